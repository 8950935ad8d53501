"""Attempts to files: what a run leaves behind, each a pure function of its attempts.

A new output format is one function from rows to bytes, and a row of FORMATS in `formats`. What a
person sees at the end of a run is in `summary`.
"""

from pettingllms.export.attempts import (
    AttemptWriter,
    by_problem,
    by_rollout,
    decode_attempt,
    encode_attempt,
    encode_repeated,
    iter_attempts,
)
from pettingllms.export.decontamination import Benchmark
from pettingllms.export.files import RunFiles
from pettingllms.export.filters import (
    NO_DROPS,
    Drop,
    Drops,
    Gates,
    drop_lines,
    find_drops,
    read_drops,
)
from pettingllms.export.sft import RowOptions, SFTMetadata, SFTRow, sft_rows
from pettingllms.export.stats import (
    CountMismatchError,
    RunInfo,
    Stats,
    compute_stats,
    read_run,
    read_stats,
    stats_json,
    stats_of,
)
from pettingllms.export.tally import Outcomes, Tally

__all__ = [
    "NO_DROPS",
    "AttemptWriter",
    "Benchmark",
    "CountMismatchError",
    "Drop",
    "Drops",
    "Gates",
    "Outcomes",
    "RowOptions",
    "RunFiles",
    "RunInfo",
    "SFTMetadata",
    "SFTRow",
    "Stats",
    "Tally",
    "by_problem",
    "by_rollout",
    "compute_stats",
    "decode_attempt",
    "drop_lines",
    "encode_attempt",
    "encode_repeated",
    "find_drops",
    "iter_attempts",
    "read_drops",
    "read_run",
    "read_stats",
    "sft_rows",
    "stats_json",
    "stats_of",
]
