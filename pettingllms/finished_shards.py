"""What an earlier run finished: the attempts of a shard again, with nothing read, asked or judged.

The attempts follow from the records, from what is asked and judged by, from the paid answers, and
from this program; they are kept under a digest of all that but the answers, once every sample has
one. So a run over problems of which few are new costs the time of those few.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import orjson

from pettingllms import json_text
from pettingllms.export import Tally, encode_attempt
from pettingllms.json_records import decoder
from pettingllms.privacy import HeldBack
from pettingllms.problems import Row, digest_of
from pettingllms.progress import KeptCounts
from pettingllms.records import PRIVATE, Attempt, Outcome, Quota
from pettingllms.settings import Settings
from pettingllms.store import Store, is_store
from pettingllms.versions import program_digest

_CHANGE_NO_ATTEMPT = {
    *("problems", "num_episodes", "shard_size", "output_dir", "cache_dir"),
    *("timeout", "api_key_block", "max_cost_usd", "max_concurrency", "job"),
    *("format", "reasoning", "dialogue", "keep", "dedup", "benchmarks"),
}
_ANY_RUN = "(this run)"


@dataclass(frozen=True, slots=True)
class FinishedShard:
    """Its counts, and its attempts as lines of the attempts file."""

    counts: KeptCounts
    lines: bytes


@dataclass(frozen=True, slots=True)
class KnownInput:
    """What a look through all problems found; none of them was bad."""

    problems: int
    with_tests: int
    held_back: HeldBack


_read_counts = decoder(KeptCounts)
_read_input = decoder(KnownInput)


def conditions_of(settings: Settings, *parts: str) -> str:
    """What the attempts depend on beside records and answers; `parts` name what the settings
    leave open."""
    chosen = settings.model_dump(mode="json", exclude=_CHANGE_NO_ATTEMPT)
    return json_text.dumps((program_digest(), chosen, parts), orjson.OPT_SORT_KEYS).decode()


class FinishedShards:
    """Beside the cache in `cache_dir`, for runs under the same `conditions`.

    Raises, at opening: CacheError.
    """

    def __init__(self, cache_dir: Path, conditions: str, run_id: str, quota: Quota) -> None:
        self._store = Store(_folder(cache_dir))
        self._conditions = conditions
        self._run_id = run_id
        self._quota = quota

    def key(self, rows: Sequence[Row]) -> str | None:
        """Where the shard made of `rows` is kept; None where it cannot be."""
        return _key(self._conditions, rows)

    def find(self, key: str | None) -> FinishedShard | None:
        content = None if key is None else self._store.get(key)
        if content is None:
            return None
        counts, _, lines = content.partition(b"\n")
        return FinishedShard(_read_counts(counts), _of_run(self._run_id, lines))

    async def keep(self, key: str | None, attempts: Sequence[Attempt]) -> None:
        """Unless something of the shard may come out otherwise another time.

        Raises: DiskFullError, CacheError.
        """
        if key is None or not all(map(_is_final, attempts)):
            return
        repeated = [_repeated(attempt) for attempt in attempts]
        tally = Tally(self._quota)
        tally.add(repeated)
        counts = json_text.dumps(tally.kept(), orjson.OPT_NON_STR_KEYS)
        await self._store.put(key, b"\n".join((counts, b"".join(map(encode_attempt, repeated)))))

    async def keep_input(self, key: str, known: KnownInput) -> None:
        """Raises: DiskFullError, CacheError."""
        await self._store.put(key, json_text.dumps(known))

    def close(self) -> None:
        self._store.close()


def input_key(rows: Iterable[Row], conditions: str) -> str | None:
    """Where the counts of an input are kept; None where they cannot be."""
    return _key(f"input {conditions}", rows)


def find_input(cache_dir: Path, key: str | None) -> KnownInput | None:
    """Raises: CacheError."""
    if key is None or not is_store(_folder(cache_dir)):
        return None
    with closing(Store(_folder(cache_dir))) as store:
        content = store.get(key)
    return None if content is None else _read_input(content)


def forget_finished(cache_dir: Path) -> None:
    """Where answers are dropped, what was made of them goes too. Raises: CacheError."""
    if is_store(_folder(cache_dir)):
        with closing(Store(_folder(cache_dir))) as store:
            store.delete([entry.key for entry in store.entries()])


def _folder(cache_dir: Path) -> Path:
    return cache_dir / "finished"


def _key(conditions: str, rows: Iterable[Row]) -> str | None:
    digest = digest_of(rows)
    return digest and hashlib.sha256(f"{digest} {conditions}".encode()).hexdigest()


def _is_final(attempt: Attempt) -> bool:
    if attempt.failure is not None:
        return attempt.failure.cause == PRIVATE
    return attempt.verdict is not None and attempt.verdict.outcome is not Outcome.SANDBOX_FAILURE


def _of_run(run_id: str, lines: bytes) -> bytes:
    """Told apart from text in the attempts by its quotation marks, which text has escaped."""
    return lines.replace(_run_field(_ANY_RUN), _run_field(run_id))


def _run_field(run_id: str) -> bytes:
    return b'"run_id":%b' % json_text.dumps(run_id)


def _repeated(attempt: Attempt) -> Attempt:
    """As a run would have it that finds the answer in the cache."""
    answer = attempt.completion and replace(attempt.completion, cached=True)
    return replace(attempt, run_id=_ANY_RUN, completion=answer, retries={})
