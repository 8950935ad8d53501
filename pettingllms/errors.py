"""Every error this project raises on purpose, with the exit code that tells it apart.

CollectError                      what happened; `remedy` says what to do next
├── FatalError                    stops the run
│   ├── BudgetReachedError (5)    what may be spent is spent
│   ├── SettingError (2)          a setting is wrong
│   ├── ProblemFileError (10)     unreadable, empty, or a bad record
│   │   └── DuplicateProblemError (11)
│   ├── OutputError (12)          the output folder cannot be written
│   ├── CacheError (13)           the cache cannot be used
│   ├── SandboxMissingError (14)  no way to run code safely on this machine
│   ├── DiskFullError (15)
│   ├── OrchestratorError (16)    the Prefect server cannot be reached
│   ├── PackageError (17)         a package, or Python, of a version that does not work
│   ├── SharingError (18)         the Redis that machines share cannot be used
│   ├── MissingKeyError (20)      also a ValueError
│   ├── UnknownProviderError (21) also a ValueError
│   ├── MissingSDKError (22)      also an ImportError
│   ├── UnknownModelError (23)
│   ├── UnreachableError (24)     nothing answers at the base URL
│   ├── BaseURLError (25)         something answers, but it is no such API
│   ├── KeyRefusedError (26)
│   ├── QuotaError (27)           the account is empty or over its spending limit
│   ├── RequestRefusedError (28)  the provider refuses a setting every row shares
│   └── NoTextError (29)          most answers end at the limit of tokens, before their text
├── TransientError                worth sending again; `retry_after_s` where the server said
│   ├── RateLimitError
│   │   └── NoCapacityError       of the cheaper tier, for now
│   ├── RequestTimeoutError       also a TimeoutError
│   ├── ConnectionFailedError
│   ├── ServerError               5xx, 529, 408, 409, 425
│   ├── BatchExpiredError         a batch ended before it came to this request
│   ├── CanceledError             somebody cancelled the batch
│   ├── FailedAnswerError         a 200 that says itself that it failed
│   └── MalformedResponseError    a 200 that is no answer
├── RowError                      this row only: its neighbours go on
│   ├── ContextLengthError
│   ├── ContentFilterError
│   ├── ResponseTooLargeError     more than one answer may have; reading it was broken off
│   ├── InBatchError              a batch holds the request; it is bought by nobody else
│   ├── EmptyAnswerError          an answer without text, where text was asked for
│   ├── BrokenProblemError        its reference fails its own tests; never sent
│   ├── PrivateProblemError       something in it must not leave the machine; never sent
│   └── RowRefusedError           any other 4xx
└── BatchError                    some prompts of a batch failed; carries the answers
"""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from enum import IntEnum
from pathlib import Path
from typing import Any, ClassVar

from pettingllms.records import BROKEN_PROBLEM, IN_BATCH, LACKING_LIBRARY, PRIVATE

_PROJECT = Path(__file__).parents[1]
_COMMAND = re.compile(
    r"""(?<![\w/.'"-])(?:sft-collect(?=\ (?:[a-z]|--))|python(?=\ -m\ )|pip(?=\ install\ )"""
    r"""|prefect(?=\ (?:server|config|work-pool|worker)\ )"""
    r"""|make(?=\ (?:language|judge-libraries|demo)))""",
    re.VERBOSE,
)
"""A program of this environment in a message, or a target of the project's Makefile."""


class ExitCode(IntEnum):
    """What a finished process says, besides the code of the FatalError that stopped it."""

    COMPLETE = 0
    UNEXPECTED = 1
    PARTIAL = 3
    NOTHING_KEPT = 4
    NOT_VERIFIED = 6
    SUBMITTED = 7
    INTERRUPTED = 130


class CollectError(Exception):
    """The root: `str()` is what happened, then what to do about it.

    `said` is what a server refused with (code, type, parameter and message), in lower case.
    """

    said: str = ""
    may_be_billed: bool = False
    """Whether the provider may have computed an answer, and charge for it."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(f"{message}\n{remedy}" if remedy else message)
        self.message = message
        self.remedy = remedy

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.message, self.remedy)


class FatalError(CollectError):
    exit_code: ClassVar[int] = ExitCode.UNEXPECTED


class BudgetReachedError(FatalError):
    exit_code = 5


class SettingError(FatalError):
    exit_code = 2


class ProblemFileError(FatalError):
    exit_code = 10


class DuplicateProblemError(ProblemFileError):
    exit_code = 11


class OutputError(FatalError):
    exit_code = 12


class CacheError(FatalError):
    exit_code = 13


class SandboxMissingError(FatalError):
    exit_code = 14


class DiskFullError(FatalError):
    exit_code = 15


class OrchestratorError(FatalError):
    exit_code = 16


class PackageError(FatalError):
    exit_code = 17


class SharingError(FatalError):
    exit_code = 18


class MissingKeyError(FatalError, ValueError):
    exit_code = 20


class UnknownProviderError(FatalError, ValueError):
    exit_code = 21


class MissingSDKError(FatalError, ImportError):
    exit_code = 22


class UnknownModelError(FatalError):
    """`nearest_model` is one that the provider has, where it lists any."""

    exit_code = 23
    nearest_model: str = ""


class UnreachableError(FatalError):
    exit_code = 24


class BaseURLError(FatalError):
    exit_code = 25


class KeyRefusedError(FatalError):
    exit_code = 26


class QuotaError(FatalError):
    exit_code = 27


class RequestRefusedError(FatalError):
    exit_code = 28


class NoTextError(FatalError):
    exit_code = 29


class TransientError(CollectError):
    """`cause` is the word the stats count it under; `retry_after_s` is the server's own wish.

    What `is_in_vain`, once its retries are used up, is not tried again in the same run: each send
    may be billed.
    """

    cause: ClassVar[str] = "transient"
    is_in_vain: ClassVar[bool] = False

    def __init__(self, message: str, remedy: str = "", retry_after_s: float | None = None) -> None:
        super().__init__(message, remedy)
        self.retry_after_s = retry_after_s

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.message, self.remedy, self.retry_after_s)


def is_transient(cause: str) -> bool:
    """Whether a failure under this word may soon be another answer."""
    return any(cause == kind.cause and not kind.is_in_vain for kind in _kinds_of(TransientError))


def _kinds_of(kind: type[TransientError]) -> Iterator[type[TransientError]]:
    yield kind
    for narrower in kind.__subclasses__():
        yield from _kinds_of(narrower)


class RateLimitError(TransientError):
    cause = "rate_limit"


class NoCapacityError(RateLimitError):
    cause = "no_capacity"


class RequestTimeoutError(TransientError, TimeoutError):
    cause = "timeout"
    may_be_billed = True
    is_in_vain = True


class ConnectionFailedError(TransientError):
    """Lost while the answer was awaited, unless `may_be_billed` says that it was never made."""

    cause = "connection"
    may_be_billed = True


class ServerError(TransientError):
    cause = "server_error"


class BatchExpiredError(TransientError):
    cause = "expired"


class CanceledError(TransientError):
    cause = "canceled"
    is_in_vain = True


class FailedAnswerError(TransientError):
    cause = "failed_answer"
    may_be_billed = True
    is_in_vain = True


class MalformedResponseError(TransientError):
    cause = "malformed"
    may_be_billed = True
    is_in_vain = True


class RowError(CollectError):
    cause: ClassVar[str] = "row_refused"


class ContextLengthError(RowError):
    cause = "context_length"


class ContentFilterError(RowError):
    cause = "content_filter"


class ResponseTooLargeError(RowError):
    cause = "response_too_large"
    may_be_billed = True


class InBatchError(RowError):
    cause = IN_BATCH


class EmptyAnswerError(RowError):
    cause = "empty"


class BrokenProblemError(RowError):
    cause = BROKEN_PROBLEM


class LackingLibraryError(RowError):
    cause = LACKING_LIBRARY


class PrivateProblemError(RowError):
    cause = PRIVATE


class RowRefusedError(RowError):
    cause = "row_refused"


class BatchError(CollectError):
    """Some prompts of `batch_generate` failed.

    `results` has one place per prompt: the answer, or None where it failed; `failures` maps
    the failed positions to their errors.
    """

    def __init__(self, results: Sequence[str | None], failures: Mapping[int, Exception]) -> None:
        positions = ", ".join(map(str, sorted(failures)))
        first = failures[min(failures)]
        super().__init__(
            f"{len(failures)} of {len(results)} prompts failed, at positions {positions}."
            f" The first: {first}",
            "The answers that arrived are in `.results`, the errors in `.failures`;"
            " return_exceptions=True returns them in place.",
        )
        self.results = list(results)
        self.failures = dict(failures)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.results, self.failures)


def reason(error: BaseException) -> str:
    """Why something failed, as a clause: what the system says by a number, in its words alone."""
    system = isinstance(error, OSError) and error.strerror
    return (system or str(error) or type(error).__name__).rstrip(".")


def one_line(name: str) -> str:
    """A name from outside, as part of a message: it begins no line of its own there."""
    return name.translate({ord("\n"): r"\n", ord("\r"): r"\r", ord("\t"): r"\t"})


def quoted(name: str) -> str:
    """As `one_line`, marked as a name."""
    return f"`{one_line(name)}`"


def typed(program: str) -> str:
    """How a shell takes a program of this environment here: by its name where it finds it, else by
    its path, from the current folder where it lies below that."""
    path = Path(sys.executable).parent / program
    found = shutil.which(program)
    if not path.exists() or (found and Path(found).absolute() == path):
        return program
    here = Path.cwd()
    if path.parent == here:
        return f"./{program}"
    return shlex.quote(str(path.relative_to(here) if path.is_relative_to(here) else path))


def as_typed(text: str) -> str:
    """A message whose commands can be typed as they stand, whether or not an environment is active,
    and from any folder."""
    return _COMMAND.sub(_typed_command, text)


def _typed_command(found: re.Match[str]) -> str:
    program = found[0]
    if program != "make":
        return typed(program)
    is_elsewhere = (_PROJECT / "Makefile").is_file() and Path.cwd() != _PROJECT
    return f"make -C {shlex.quote(str(_PROJECT))}" if is_elsewhere else program
