"""Verdicts that are known already: a second run judges only answers that the first has not seen.

A verdict follows from the code, the tests, and what judged it; it is kept under all three. A
sandbox's own failure says nothing about the code, and wall time as much about the machine as about
the code: these are not kept.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from pettingllms import records
from pettingllms.cache.store import Store, read_as
from pettingllms.files import json
from pettingllms.files.json import decoder, integers_of_any_length
from pettingllms.files.source import source_digest
from pettingllms.judge import Judge
from pettingllms.judge.languages.programs import missing_programs
from pettingllms.judge.languages.toolchains import equipped
from pettingllms.judge.observation import Observation
from pettingllms.records import FunctionTests, StdioTests, Tests, Verdict
from pettingllms.records.languages import LANGUAGES, PYTHON

_JUDGED_BY = (Path(__file__).parent, Path(records.__file__).parent)
"""Where it is written how tests are run and compared: what was said before a line of it changed
counts no more."""
_read_verdict = decoder(Verdict)
_read_observation = decoder(Observation)


class KnownVerdicts:
    """A judge with a memory in `folder`. Raises, at opening: CacheError."""

    def __init__(self, judge: Judge, folder: Path) -> None:
        self._judge = judge
        self._store = Store(folder)

    async def judge(self, code: str, tests: Tests, language: str = PYTHON) -> Verdict:
        """The verdict on `code`, run only if it is not known. Raises: DiskFullError, CacheError."""
        key = self._key(code, tests, language)
        known = self._store.get(key)
        verdict = None if known is None else read_as(_read_verdict, key, known)
        if verdict is not None:
            return verdict
        verdict = await self._judge.judge(code, tests, language)
        if not verdict.may_change:
            await self._store.put(key, json.dumps(verdict))
        return verdict

    async def observe(
        self, code: str, tests: FunctionTests | StdioTests, language: str = PYTHON
    ) -> Observation:
        """As the judge's own, run only if it is not known. Raises: DiskFullError, CacheError."""
        key = self._key(code, tests, f"observed {language}")
        known = self._store.get(key)
        seen = None if known is None else read_as(_read_observation, key, known)
        if seen is not None:
            return seen
        seen = await self._judge.observe(code, tests, language)
        if not seen.may_change:
            await self._store.put(key, json.dumps(seen))
        return seen

    def close(self) -> None:
        self._store.close()

    def _key(self, code: str, tests: Tests, language: str) -> str:
        row = equipped(LANGUAGES[language.rpartition(" ")[2]])
        where = (self._judge.name, language, *row.version, *missing_programs(row))
        parts = _repr((source_digest(*_JUDGED_BY), *where, tests, code))
        return hashlib.sha256(parts.encode(errors="surrogatepass")).hexdigest()


def _repr(parts: object) -> str:
    """With integers of any length, which Python refuses to write."""
    try:
        return repr(parts)
    except ValueError:
        with integers_of_any_length():
            return repr(parts)
