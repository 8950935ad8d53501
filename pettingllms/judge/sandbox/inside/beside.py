"""The answer and its tests in one process, for tests that no message can carry.

What is tested could do here as it likes: end the process, patch what compares, read the tests. So
nothing is believed that does not carry a secret, which comes with the tests, once the answer has
been loaded; and the host runs it again against decoys (see `decoy`), which look the same from here.
"""

from __future__ import annotations

import hmac
import json
import traceback
import types
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from .candidate import FILE_NAME, SPARE_BYTES, attempt, describe
from .candidate import Answer as Module
from .channel import Channel
from .checks import Checks, Instrument
from .decoy import DecoyChecks, Decoys
from .examination import ANSWER_NAMES, TESTS_FILE, Examination, Findings, Source


class _Neighbour:
    """The answer's names, for tests in the same process."""

    def __init__(self, module: Module) -> None:
        self._module = module

    def find(self, name: str) -> Any:
        return self._module.find(name)

    def names(self) -> set[str]:
        return {name for name in self._module.namespace if not name.startswith("__")}

    def module(self) -> types.ModuleType:
        return self._module.module

    def run_again(self) -> None:
        self._module.run_again()

    def raised(self, error: BaseException) -> bool:
        """Whether it comes from the answer's own code."""
        frames = (frame for frame, _ in traceback.walk_tb(error.__traceback__))
        files = [frame.f_code.co_filename for frame in frames]
        ours = [name for name in files if name in (FILE_NAME, TESTS_FILE)]
        return bool(ours) and ours[-1] == FILE_NAME

    def told(self, error: BaseException) -> str:
        return describe(error)["traceback"]


def serve(channel: Channel) -> None:
    """Loads the answer; then runs its tests, and tells the host of each check that holds."""
    send, receive, dumps, digest = channel.send, channel.receive, json.dumps, hmac.digest
    spare = [bytes(SPARE_BYTES)]
    module = Module("answer")
    request = receive()
    loaded = attempt(lambda: module.load(**request), spare)
    send(loaded)
    if "raised" in loaded:
        return
    request = receive()
    secret = bytes.fromhex(request.pop("secret"))

    def tell(message: dict[str, Any]) -> None:
        said = dumps(message)
        send({"said": said, "proof": digest(secret, said.encode(), "sha256").hex()})

    def report(index: int) -> None:
        tell({"held": index})

    direction = request.pop("direction")
    tell({"done": asdict(_findings(_Neighbour(module), Source(**request), direction, report))})


def _findings(
    answer: _Neighbour, source: Source, direction: int, report: Callable[[int], None]
) -> Findings:
    try:
        if direction:
            return _decoyed(answer, source, direction, report)
        return Examination(answer, source, Checks(report), is_beside=True).run()
    except BaseException as error:  # noqa: BLE001  # what fails outside the snippets is the tests'
        how = "raised" if answer.raised(error) else "broken"
        return Findings(0, 0, how, error=f"{type(error).__name__}: {error}")


def _decoyed(
    answer: _Neighbour, source: Source, direction: int, report: Callable[[int], None]
) -> Findings:
    def instrument(checks: Checks, names: set[str]) -> Instrument:
        known = {*ANSWER_NAMES, source.entry_point, *answer.names()}
        return Decoys(checks, direction, names & known)

    checks = DecoyChecks(report, direction)
    return Examination(answer, source, checks, instrument, is_beside=True).run(to_the_end=True)
