"""How an answer to a problem is tested."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

DEFAULT_TOLERANCE = 1e-6
"""For floats where a problem says nothing of precision."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """How an answer is held against the expected one. `docs/judging.md` says what each rule means.

    `float_tolerance` is absolute or relative; any other than the default, or `numeric`, has numbers
    compared by value however they are written. `unordered`: a list matches any permutation of
    itself, printed lines too, at every depth unless `ordered_inside`; with `unordered_pairs`, a
    pair matches itself turned round.
    """

    float_tolerance: float = DEFAULT_TOLERANCE
    unordered: bool = False
    numeric: bool = False
    ordered_inside: bool = False
    unordered_pairs: bool = False
    case_blind: bool = False
    tokens: bool = False
    """Of printed text only the words count, not their lines."""
    exact: bool = False
    """Every character counts, but for the end of the last line."""
    several_right: bool = False
    """Other outputs than the expected may be right, and no rule tells: they are `unsure`."""

    @property
    def is_numeric(self) -> bool:
        return self.numeric or self.float_tolerance != DEFAULT_TOLERANCE


@dataclass(frozen=True, slots=True)
class StatedLimits:
    """What a problem allows a program for each test case, where it says so; a Python program gets
    more of it (`--time-factor`), and nobody more than the judge's own limits."""

    seconds: float | None = None
    memory_mb: int | None = None


NO_LIMITS = StatedLimits()


@dataclass(frozen=True, slots=True)
class FunctionCase:
    """Call the entry point with `args`; it must return `expected`, or one of the
    `alternatives` (all plain JSON data)."""

    args: tuple[Any, ...]
    expected: Any
    alternatives: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class FunctionTests:
    """`checker` is Python that says whether a value is right, in place of a comparison. The first
    `public` cases may be shown to who solves the problem; no verdict hangs on that. `result`
    numbers the argument that is the result, of a function that changes one in place."""

    entry_point: str
    cases: tuple[FunctionCase, ...]
    comparison: Comparison = Comparison()
    checker: str | None = None
    limits: StatedLimits = NO_LIMITS
    public: int = field(default=0, repr=False)
    result: int | None = None


@dataclass(frozen=True, slots=True)
class StdioCase:
    """Feed `stdin` to the program; it must print `stdout`, or one of the `alternatives`."""

    stdin: str
    stdout: str
    alternatives: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StdioTests:
    """`checker` is Python that says whether an output is right, in place of a comparison; `public`
    is as in `FunctionTests`."""

    cases: tuple[StdioCase, ...]
    comparison: Comparison = Comparison()
    checker: str | None = None
    limits: StatedLimits = NO_LIMITS
    public: int = field(default=0, repr=False)


@dataclass(frozen=True, slots=True)
class AssertTests:
    """Python test code that calls the answer, as HumanEval and MBPP publish it.

    `setup` runs first (imports, helpers from the prompt); then each snippet in turn, in one
    namespace. `candidate` and `entry_point` both name the answer's function.
    """

    entry_point: str
    snippets: tuple[str, ...]
    setup: str = ""
    limits: StatedLimits = NO_LIMITS


@dataclass(frozen=True, slots=True)
class ProgramTests:
    """Test code in the answer's own language, as HumanEval-X, HumanEvalPack and MultiPL-E publish
    it: `before`, the answer and `after` are one program, which ends well when all tests pass.

    The judge finds where the program starts (`main`, a test framework's functions, or its first
    line), and keeps a `main` of the answer's own out of the way.
    """

    after: str
    before: str = ""
    entry_point: str = ""
    limits: StatedLimits = NO_LIMITS


Tests = FunctionTests | StdioTests | AssertTests | ProgramTests
