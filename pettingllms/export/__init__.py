"""Attempts to files: what a run leaves behind, each a pure function of its attempts.

A new output format is one function `Iterable[Attempt] -> Iterator[bytes]` beside `sft_lines`,
written by `atomic_write`. What a person sees at the end of a run is in `summary`.
"""

from pettingllms.export.attempts import (
    AttemptWriter,
    by_rollout,
    decode_attempt,
    encode_attempt,
    iter_attempts,
)
from pettingllms.export.files import RunFiles, atomic_write, check_writable
from pettingllms.export.sft import SFTMetadata, SFTRow, sft_lines, sft_rows
from pettingllms.export.stats import (
    CountMismatchError,
    RunInfo,
    Stats,
    compute_stats,
    stats_json,
)

__all__ = [
    "AttemptWriter",
    "CountMismatchError",
    "RunFiles",
    "RunInfo",
    "SFTMetadata",
    "SFTRow",
    "Stats",
    "atomic_write",
    "by_rollout",
    "check_writable",
    "compute_stats",
    "decode_attempt",
    "encode_attempt",
    "iter_attempts",
    "sft_lines",
    "sft_rows",
    "stats_json",
]
