"""Which runs there are over one cache, until each has written its bill and come to its end.

A run's file says where its stats will be, and is locked while the run lives. So a later run can
tell one that was killed: nothing is locked, and there are no stats. It takes over the bill, which
follows from the cache: each answer says which run has paid for it. Of a run that ended early the
file stays, so that nobody takes its answers for useless; the next complete run into the same output
folder removes it.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import IO, Any

from pettingllms.cache.responses import ResponseCache
from pettingllms.engine.batch.journal import JOURNAL, Journal
from pettingllms.errors import CacheError, OutputError, reason
from pettingllms.export.stats import read_run
from pettingllms.files import json
from pettingllms.files.json import decoder
from pettingllms.providers.config import APIConfig
from pettingllms.providers.pricing import completion_cost_usd
from pettingllms.providers.wire.json_access import items, text
from pettingllms.records import NOT_BILLED, ChatRequest, Expenses, PerhapsBilled
from pettingllms.settings import Settings

_FOLDER = "runs"


@dataclass(frozen=True, slots=True)
class RunMark:
    """A run as its file tells of it. Its answers lie behind `first_row` of the cache."""

    run_id: str
    output: str
    stats: str
    first_row: int
    is_billed: bool = False
    batches: tuple[str, ...] = ()
    """By which some of its answers were bought: their owners."""

    @property
    def owners(self) -> tuple[str, ...]:
        """Who is said to have paid for its answers."""
        return (self.run_id, *self.batches)

    @property
    def has_left_a_bill(self) -> bool:
        try:
            return self.is_billed or read_run(Path(self.stats)).run_id == self.run_id
        except OutputError:
            return False


_read_mark = decoder(RunMark)


def output_name(settings: Settings) -> str:
    """By which the runs into one output are known."""
    return settings.output_url or str(settings.output_folder.absolute())


class _MarkFile:
    """Locked while it is open. Raises: OSError, also where somebody else has it."""

    def __init__(self, path: Path, mark: RunMark | None = None) -> None:
        """With a `mark` it is made; else it is there. Raises: ValueError where it is none."""
        self.path = path
        self._file: IO[bytes] = path.open("r+b" if mark is None else "w+b")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self.mark = _read_mark(self._file.read()) if mark is None else mark
        except (OSError, ValueError):
            self._file.close()
            raise
        self.write(self.mark)

    def write(self, mark: RunMark) -> None:
        self._file.seek(0)
        self._file.truncate()
        self._file.write(json.dumps(asdict(mark)))
        self._file.flush()
        self.mark = mark

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)
        self.close()

    def close(self) -> None:
        self._file.close()


class RunJournal:
    """Of the cache in `cache_dir`; one run begins and ends in it."""

    def __init__(self, cache_dir: Path) -> None:
        self._folder = cache_dir / _FOLDER
        self._ours: list[_MarkFile] = []
        """First the run's own, then those of runs whose bill it takes over."""
        self._former: RunMark | None = None

    def begin(self, mark: RunMark) -> None:
        """From here on the run may pay. Raises: CacheError."""
        path = self._folder / f"{mark.run_id}.json"
        try:
            self._folder.mkdir(exist_ok=True)
            self._former = _former_mark(path)
            # Locked before it has its name: under that nobody finds it and takes its run for dead.
            own = _MarkFile(path.with_suffix(".new"), mark)
            own.path = own.path.rename(path)
        except OSError as error:
            raise CacheError(
                f"The journal of runs in {self._folder} cannot be written: {reason(error)}.",
                "Make it writable, or name another folder with --cache-dir.",
            ) from error
        self._ours = [own]

    def take_over(
        self, cache: ResponseCache, configs: Sequence[APIConfig]
    ) -> Iterator[tuple[RunMark, Expenses]]:
        """The runs that were killed before they left a bill, each with what it has paid; an
        earlier try of this run may be among them."""
        if self._former is not None and not self._former.has_left_a_bill:
            yield self._former, _bill_of(self._former, cache, configs)
        for ended in self._ended():
            if ended.mark.has_left_a_bill:
                ended.close()
            else:
                # Locked until the stats are written: no other run takes the same bill.
                self._ours.append(ended)
                yield ended.mark, _bill_of(ended.mark, cache, configs)

    def take_batches(self, owners: Sequence[str], first_row: int) -> RunMark:
        """Whose bill is the run's from here on; their answers lie behind `first_row`."""
        own = self._ours[0]
        row = min(own.mark.first_row, first_row)
        own.write(replace(own.mark, batches=(*own.mark.batches, *owners), first_row=row))
        return own.mark

    @property
    def run_id(self) -> str:
        return self._ours[0].mark.run_id

    @property
    def batches(self) -> frozenset[str]:
        """Those whose bill the run has taken, also with those of runs that were killed."""
        marks = [file.mark for file in self._ours] + ([self._former] if self._former else [])
        return frozenset(owner for mark in marks for owner in mark.batches)

    def end(self, *, is_complete: bool) -> None:
        """The run's stats are written, with the bills that it took over. Raises: OSError."""
        for file in self._ours:
            file.write(replace(file.mark, is_billed=True))
        output = self._ours[0].mark.output if self._ours else None
        self.close()
        if is_complete:
            self._forget(output)

    def close(self) -> None:
        while self._ours:
            self._ours.pop().close()

    def _forget(self, output: str | None) -> None:
        """The answers of the runs into `output` are in its attempts now, or of no use."""
        for ended in self._ended():
            if ended.mark.output == output and ended.mark.is_billed:
                ended.remove()
            else:
                ended.close()

    def _ended(self) -> Iterator[_MarkFile]:
        for path in _mark_files(self._folder):
            try:
                ended = _MarkFile(path)
            except (OSError, ValueError):
                continue
            yield ended


def unfinished_runs(cache_dir: Path) -> frozenset[str]:
    """Those that are under way, or ended early, and batches that no complete run has used: their
    answers are in no attempts yet. Raises: CacheError."""
    paths = _mark_files(cache_dir / _FOLDER)
    marks = [mark for path in paths if (mark := _former_mark(path)) is not None]
    found = {path.stem for path in paths} | {name for mark in marks for name in mark.batches}
    if (cache_dir / JOURNAL).exists():
        with closing(Journal(cache_dir)) as batches:
            found |= {batch.owner for batch in batches.unbilled()}
    return frozenset(found)


def _former_mark(path: Path) -> RunMark | None:
    """Of an earlier try of the same run. Raises: OSError."""
    try:
        return _read_mark(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return None


def _mark_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.json"))


def take_batches(
    journal: RunJournal, cache: ResponseCache, output: str, configs: Sequence[APIConfig]
) -> tuple[tuple[str, ...], Expenses]:
    """What the batches cost that were bought for `output` and are on no bill yet: the owners of
    their answers, and the bill, which is the run's from here on. Raises: CacheError."""
    if not (cache.folder / JOURNAL).exists():
        return (), Expenses()
    with closing(Journal(cache.folder)) as batches:
        unbilled = batches.unbilled(output)
        new = [batch for batch in unbilled if batch.owner not in journal.batches]
        owners = tuple(batch.owner for batch in new)
        bill = Expenses()
        if new:
            first_row = min(batch.first_row for batch in new)
            mark = journal.take_batches(owners, first_row)
            bill = _bill_of(replace(mark, run_id=owners[0], batches=owners), cache, configs)
        for batch in unbilled:
            batches.bill_to(batch, journal.run_id)
    return owners, bill


def _bill_of(mark: RunMark, cache: ResponseCache, configs: Sequence[APIConfig]) -> Expenses:
    """By what its answers say; each was asked for once. Prices are those of the models that are
    asked now, where they have any of their own."""
    bill, owners = Expenses(), frozenset(mark.owners)
    for answer in cache.entries(after=mark.first_row):
        if answer.completion.run_id in owners:
            usd = completion_cost_usd(_asked(answer.request, configs), answer.completion)
            turn = _turn_of(answer.request.body)
            bill += Expenses({turn: 1}) + Expenses.of(turn, answer.completion.usage, usd)
    return bill + Expenses(perhaps=_lost(cache.folder, owners))


def _lost(folder: Path, owners: frozenset[str]) -> PerhapsBilled:
    """What their batches have brought no answer for, and may be charged."""
    if not (folder / JOURNAL).exists():
        return NOT_BILLED
    with closing(Journal(folder)) as journal:
        theirs = (batch.id for batch in journal.batches() if batch.owner in owners)
        return sum(map(journal.perhaps_billed, theirs), NOT_BILLED)


def _asked(request: ChatRequest, configs: Sequence[APIConfig]) -> APIConfig:
    """Who was asked: one of those that are asked now, or another, at the listed price."""
    model = str(request.body.get("model", ""))
    of_now = (each for each in configs if (each.api_type, each.model) == (request.provider, model))
    return next(of_now, APIConfig(request.provider, None, model))


def _turn_of(body: Mapping[str, Any]) -> int:
    """As far as a request tells it: how many answers it quotes."""
    return sum(text(message, "role") == "assistant" for message in items(body, "messages"))
