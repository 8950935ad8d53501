"""What an earlier run finished: the attempts of a shard again, with nothing read, asked or judged.

The attempts follow from the records, from what is asked and judged by, from the paid answers, and
from this program; they are kept under a digest of all that but the answers, once every sample has
one. So a run over problems of which few are new costs the time of those few.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from pettingllms.cache.store import Store, is_store, look_up, read_as
from pettingllms.export import Tally, decode_attempt, encode_attempt, encode_repeated
from pettingllms.export.tally import KeptCounts
from pettingllms.files import json
from pettingllms.files.json import decoder
from pettingllms.problems.privacy import HeldBack
from pettingllms.records import PRIVATE, Attempt, Quota
from pettingllms.run.versions import program_digest
from pettingllms.settings import Settings, settings_that_change

_ANY_RUN = "(this run)"


@dataclass(frozen=True, slots=True)
class FinishedShard:
    """What an earlier run made of a shard: its counts, its attempts as lines of the attempts file,
    and its rows as lines of the export, where they are kept in that form."""

    number: int
    digest: str
    counts: KeptCounts
    lines: bytes
    rows: bytes | None

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        return tuple(map(decode_attempt, self.lines.splitlines()))

    def count_in(self, tally: Tally) -> None:
        tally.add_kept(self.counts)


@dataclass(frozen=True, slots=True)
class JudgedShard:
    """What this run made of a shard: its attempts in the order of its problems; a sample's turns
    lie side by side. Their counts are made once, for the run and for those after it."""

    number: int
    digest: str | None
    attempts: tuple[Attempt, ...]
    counted: Tally
    rows: None = None

    @classmethod
    def of(
        cls, number: int, digest: str | None, attempts: tuple[Attempt, ...], quota: Quota
    ) -> JudgedShard:
        """`quota` says how many samples a problem needs. Raises: OutputError."""
        counted = Tally(quota)
        counted.add(attempts)
        return cls(number, digest, attempts, counted)

    @property
    def lines(self) -> bytes:
        return b"".join(map(encode_attempt, self.attempts))

    def count_in(self, tally: Tally) -> None:
        tally.add_tally(self.counted)


@dataclass(frozen=True, slots=True)
class KnownInput:
    """What a look through all problems found; none of them was bad."""

    problems: int
    with_tests: int
    held_back: HeldBack
    kinds: dict[str, int] = field(default_factory=dict[str, int])


_read_counts = decoder(KeptCounts)
_read_input = decoder(KnownInput)


def conditions_of(settings: Settings, *parts: str) -> str:
    """What the attempts depend on beside records and answers; `parts` name what the settings
    leave open."""
    chosen = settings.model_dump(mode="json", include=settings_that_change("attempts"))
    if settings.prompt_template is not None:
        chosen["prompt_template"] = settings.prompt_template.read_text(encoding="utf-8")
    return json.dumps((program_digest(), chosen, parts), orjson.OPT_SORT_KEYS).decode()


class FinishedShards:
    """Beside the cache in `cache_dir`, for runs under the same `conditions`, whose rows are in
    the form `rows_as`. A shard goes by the digest of its records. One with answers that `billed`
    has is made again: its kept counts have each of them for nothing, and this run pays for them.

    Raises, at opening: CacheError.
    """

    def __init__(
        self,
        cache_dir: Path,
        conditions: str,
        rows_as: str,
        run_id: str,
        billed: Collection[str] = (),
    ) -> None:
        self._store = Store(_folder(cache_dir))
        self._conditions = conditions
        self._rows_as = rows_as
        self._run_id = run_id
        self._billed = billed

    def find(self, number: int, digest: str) -> FinishedShard | None:
        """The `number`th shard of this run, if it has been finished before."""
        of_attempts, of_rows = self._keys(digest)
        found = self._store.get_many((of_attempts, of_rows))
        if of_attempts not in found:
            return None
        head, _, lines = found[of_attempts].partition(b"\n")
        counts = read_as(_read_counts, of_attempts, head)
        if counts is None or any(_run_field(owner) in lines for owner in self._billed):
            return None
        lines = _of_run(self._run_id, lines)
        return FinishedShard(number, digest, counts, lines, found.get(of_rows))

    async def keep(self, shard: JudgedShard | FinishedShard, rows: bytes | None) -> None:
        """What of it is not kept yet; nothing, where the records have no digest, or something of
        the shard may come out otherwise another time. Raises: DiskFullError, CacheError.
        """
        if shard.digest is None:
            return
        of_attempts, of_rows = self._keys(shard.digest)
        if isinstance(shard, JudgedShard):
            if not all(map(_is_final, shard.attempts)):
                return
            await self._store.put(of_attempts, _repeatable(shard))
        if rows is not None and shard.rows is None:
            await self._store.put(of_rows, rows)

    async def keep_input(self, key: str, known: KnownInput) -> None:
        """Raises: DiskFullError, CacheError."""
        await self._store.put(key, json.dumps(known))

    def close(self) -> None:
        self._store.close()

    def _keys(self, digest: str) -> tuple[str, str]:
        """Of the attempts and of the rows."""
        parts = ("attempts", digest, self._conditions)
        return _key(*parts), _key("rows", self._rows_as, *parts)


def input_key(digests: Sequence[str], conditions: str) -> str:
    """Where the counts of an input are kept that has these shards."""
    return _key("input", *digests, conditions)


def find_input(cache_dir: Path, key: str | None) -> KnownInput | None:
    content = look_up(_folder(cache_dir), [key]).get(key) if key is not None else None
    return None if key is None or content is None else read_as(_read_input, key, content)


def forget_finished(cache_dir: Path) -> None:
    """Where answers are dropped, what was made of them goes too. Raises: CacheError."""
    if is_store(_folder(cache_dir)):
        with closing(Store(_folder(cache_dir))) as store:
            store.delete([entry.key for entry in store.entries()])


def _folder(cache_dir: Path) -> Path:
    return cache_dir / "finished"


def _key(*parts: str) -> str:
    return hashlib.sha256(json.dumps(parts)).hexdigest()


def _is_final(attempt: Attempt) -> bool:
    if attempt.failure is not None:
        return attempt.failure.cause == PRIVATE
    return attempt.verdict is not None and not attempt.verdict.may_change


def _of_run(run_id: str, lines: bytes) -> bytes:
    """Told apart from text in the attempts by its quotation marks, which text has escaped."""
    return lines.replace(_run_field(_ANY_RUN), _run_field(run_id))


def _run_field(run_id: str) -> bytes:
    return b'"run_id":%b' % json.dumps(run_id)


def _repeatable(shard: JudgedShard) -> bytes:
    """The counts on the first line, then the attempts, as every later run has them."""
    counts = json.dumps(shard.counted.kept(), orjson.OPT_NON_STR_KEYS)
    return b"\n".join((counts, b"".join(encode_repeated(a, _ANY_RUN) for a in shard.attempts)))
