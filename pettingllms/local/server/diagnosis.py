"""Why vLLM ended, as far as its log tells."""

from __future__ import annotations

import re
import signal
from pathlib import Path

from pettingllms.errors import FatalError, SettingError, UnreachableError

_SHOWN_LINES = 15
_SHOWN_CHARACTERS = 90
_PREFIX = re.compile(r"^\(.*?\) INFO \S+ \S+ \[\S+\] (?=[A-Z])")
"""Before what vLLM says of itself; its settings it shows in small letters."""
_READ_BYTES = 200_000
_MEMORY_REMEDY = (
    "Serve a smaller or quantised model, use more GPUs, or ask for less:"
    ' SERVE_ARGS="--max-model-len 8192 --max-num-seqs 64".'
)
_CAUSES: tuple[tuple[str, type[FatalError], str, str], ...] = (
    (
        r"out of memory|OutOfMemory|not enough \w* ?memory|No available memory"
        r"|larger than the available KV cache|less than desired .* memory",
        UnreachableError,
        "it ran out of memory",
        _MEMORY_REMEDY,
    ),
    (
        r"Address already in use|address already in use",
        UnreachableError,
        "its port is taken",
        "Name another: API_BASE_URL=http://localhost:8001/v1",
    ),
    (
        r"not a valid model identifier|Repository Not Found|Invalid repository ID"
        r"|is not a local folder|LocalEntryNotFound|couldn't connect to 'https",
        SettingError,
        "it does not find the model",
        "Check MODEL_PATH: a folder, or a name on the hub, which may want HF_TOKEN.",
    ),
    (
        r"unrecognized arguments|: error: argument",
        SettingError,
        "it does not know an argument",
        "Check SERVE_ARGS, or bring vLLM up to date: pip install -U vllm",
    ),
)
_KILLED = "it was killed (signal 9), most likely by the kernel for lack of memory"


def why_it_ended(log: Path, exit_code: int, when: str) -> FatalError:
    """The error to raise for a server that is gone; `when` says what it had been doing."""
    words = tail(log, _READ_BYTES)
    kind, cause, remedy = _cause(words, exit_code)
    last = "\n".join(words.splitlines()[-_SHOWN_LINES:])
    return kind(f"vLLM ended {when}: {cause}. The end of {log}:\n{last}", remedy)


def _cause(words: str, exit_code: int) -> tuple[type[FatalError], str, str]:
    for pattern, kind, cause, remedy in _CAUSES:
        if re.search(pattern, words):
            return kind, cause, remedy
    if exit_code == -signal.SIGKILL:
        return UnreachableError, _KILLED, _MEMORY_REMEDY
    return UnreachableError, f"exit code {exit_code}", "The log says more."


def last_step(log: Path) -> str:
    """What the server says it is doing, in one short line; "" before it says anything."""
    lines = tail(log, _READ_BYTES).splitlines()
    said = (_PREFIX.sub("", line) for line in reversed(lines) if _PREFIX.match(line))
    return next(said, "")[:_SHOWN_CHARACTERS]


def tail(path: Path, size: int) -> str:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - size))
        return file.read().decode(errors="replace")
