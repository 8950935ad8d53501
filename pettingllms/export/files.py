"""The files of one run: their names, and the claim to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from pettingllms.errors import OutputError
from pettingllms.files import remote
from pettingllms.files.atomic import sync_folder, write_error

_STAMP = "%Y%m%d_%H%M%S"


@dataclass(frozen=True, slots=True)
class RunFiles:
    """Where one run writes; its stamp belongs to it alone. What is written goes to the URL
    `destination` at the end, where there is one."""

    output_dir: Path
    stamp: str
    suffix: str = ".jsonl"
    destination: str | None = None

    @property
    def sft(self) -> Path:
        return self.output_dir / f"sft_data_{self.stamp}{self.suffix}"

    @property
    def stats(self) -> Path:
        return self.output_dir / f"sft_data_{self.stamp}_stats.json"

    @property
    def attempts(self) -> Path:
        return self.output_dir / "attempts" / f"attempts_{self.stamp}.jsonl"

    @property
    def dropped(self) -> Path:
        """There where the gates dropped something."""
        return self.output_dir / "attempts" / f"dropped_{self.stamp}.jsonl"

    @property
    def folder(self) -> str:
        """Where the files are to be found, as are `place` of each of them."""
        return self.destination or str(self.output_dir)

    def place(self, path: Path) -> str:
        if self.destination is None:
            return str(path)
        return remote.join(self.destination, *path.relative_to(self.output_dir).parts)

    @classmethod
    def create(
        cls,
        output_dir: Path,
        now: datetime,
        suffix: str = ".jsonl",
        destination: str | None = None,
    ) -> RunFiles:
        """Make the folders and claim the first second from `now` on that no run has, here or at
        the destination.

        The claim is the attempts file, created empty. Raises: OutputError, DiskFullError.
        """
        try:
            (output_dir / "attempts").mkdir(parents=True, exist_ok=True)
            while not (
                files := cls(output_dir, now.strftime(_STAMP), suffix, destination)
            )._claim():
                now += timedelta(seconds=1)
            sync_folder(files.attempts.parent)
        except OSError as error:
            raise write_error(output_dir, error) from error
        return files

    @classmethod
    def of_attempts(cls, attempts: Path) -> RunFiles:
        """The run that wrote `attempts`. Raises: OutputError where the name is no such file's."""
        prefix, _, stamp = attempts.stem.partition("_")
        if prefix != "attempts" or not stamp or not attempts.is_file():
            raise OutputError(
                f"{attempts} is no attempts file of a run.",
                "Name one such as sft_data_code/attempts/attempts_20261124_235959.jsonl.",
            )
        return cls(attempts.resolve().parent.parent, stamp)

    def _claim(self) -> bool:
        if self.sft.exists() or self.stats.exists():
            return False
        try:
            self.attempts.touch(exist_ok=False)
        except FileExistsError:
            return False
        return self.destination is None or self._claim_there()

    def _claim_there(self) -> bool:
        try:
            is_ours = remote.create(self.place(self.attempts))
        except remote.RemoteFileError as error:
            self.attempts.unlink()
            raise OutputError(error.message, error.remedy) from error
        if not is_ours:
            self.attempts.unlink()
        return is_ours
