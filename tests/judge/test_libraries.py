"""Libraries that answers may import: there, missing, and said before anything is paid."""

from __future__ import annotations

import logging
import venv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pettingllms.errors import BrokenProblemError, LackingLibraryError, SettingError
from pettingllms.judge import Judge, Limits, Sandbox
from pettingllms.judge.assess import check_reference
from pettingllms.judge.sandbox.libraries import (
    Libraries,
    find_libraries,
    imported_libraries,
    missing_library,
)
from pettingllms.records import (
    AssertTests,
    FunctionCase,
    FunctionTests,
    Outcome,
    Problem,
    Solution,
    StdioCase,
    StdioTests,
)
from pettingllms.run.check import check_input
from pettingllms.settings import resolve

pytestmark = pytest.mark.asyncio(loop_scope="session")

SOURCE = """
def pairwise_sum(items):
    return [a + b for a, b in zip(items, items[1:])]
"""
USES = "import more_itertools as m\ndef f(x): return m.pairwise_sum([x, x, x])"
SUMS = FunctionTests("f", (FunctionCase((2,), [4, 4]),))
QUICK = Limits(cpu_seconds=2)


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python of its own with one library, under a name that answers import."""
    place = tmp_path_factory.mktemp("judge")
    venv.create(place, symlinks=True)
    found = next(place.glob("lib/python*/site-packages"))
    (found / "more_itertools.py").write_text(SOURCE)
    about = found / "more_itertools-9.9.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: more-itertools\nVersion: 9.9\n")
    (about / "top_level.txt").write_text("more_itertools\n")
    (about / "RECORD").write_text("more_itertools.py,,\n")
    return place / "bin" / "python"


@pytest.fixture
def libraries(python: Path) -> Libraries:
    found = find_libraries(python)
    assert found is not None
    return found


async def test_an_answer_imports_what_is_there(sandbox: Sandbox, libraries: Libraries) -> None:
    """In functions, programs and tests; from a process that had imported it before."""
    program = StdioTests((StdioCase("", "[3, 5]\n"),))
    prints = "from more_itertools import pairwise_sum\nprint(pairwise_sum([1, 2, 3]))"
    asserts = AssertTests("f", ("import more_itertools\nassert more_itertools and f(1) == 1",))
    warm = "import sys\nwarm = 'more_itertools' in sys.modules\ndef f(x): return warm"
    imported = FunctionTests("f", (FunctionCase((2,), True),))
    async with Judge(replace(sandbox, libraries=libraries), QUICK, workers=1) as judge:
        for code, tests in (
            (USES, SUMS),
            (prints, program),
            ("def f(x): return x", asserts),
            (f"# more_itertools\n{warm}", imported),
        ):
            verdict = await judge.judge(code, tests)
            assert verdict.outcome is Outcome.PASSED, verdict
        cold = await judge.judge(warm.replace("more_itertools", "more_" + "'+'itertools"), imported)
        assert cold.outcome is Outcome.WRONG_ANSWER


async def test_a_library_that_is_missing_is_nobody_s_error(sandbox: Sandbox) -> None:
    """Not the answer's, wherever it is imported, and not one to be fed back; it has its name."""
    program = StdioTests((StdioCase("", "1\n"),))
    numpy_tests = AssertTests("f", ("import numpy as np\nassert np.all(f(1) == 1)",))
    async with Judge(sandbox, QUICK, workers=1) as judge:
        for code, tests in (
            (USES.replace("more_itertools", "numpy"), SUMS),
            ("def f(x):\n    from scipy.special import comb\n    return comb(x, 2)", SUMS),
            ("import sortedcontainers", program),
            ("def f(x): return x", numpy_tests),
        ):
            verdict = await judge.judge(code, tests)
            assert verdict.outcome is Outcome.MISSING_LIBRARY, verdict
            assert not verdict.outcome.is_repairable
            assert not verdict.outcome.is_kept
            assert verdict.failure is not None
            assert verdict.failure.error.split()[0] in ("numpy", "scipy", "sortedcontainers")


async def test_a_module_that_nobody_knows_is_the_answer_s_error(sandbox: Sandbox) -> None:
    """As is one that it imports only where it is there."""
    guarded = "try:\n    import numpy\nexcept ImportError:\n    pass\ndef f(x): return [x + x] * 2"
    async with Judge(sandbox, QUICK, workers=1) as judge:
        assert (await judge.judge("import helpers_of_mine", SUMS)).outcome is Outcome.ERROR
        assert (await judge.judge(guarded, SUMS)).outcome is Outcome.PASSED


async def test_a_reference_that_needs_more_is_no_broken_one(
    sandbox: Sandbox, libraries: Libraries
) -> None:
    """Nothing is known of its problem, but that it cannot be judged here."""
    needs = Problem("a", (), SUMS, reference="import numpy\ndef f(x): return numpy.full(2, 2 * x)")
    fails = replace(needs, reference="def f(x): return [x]")
    does_without = replace(needs, solutions=(Solution("def f(x): return [x + x] * 2"),))
    async with Judge(replace(sandbox, libraries=libraries), QUICK, workers=1) as judge:
        lacking = await check_reference(needs, judge)
        assert isinstance(lacking, LackingLibraryError)
        assert "numpy is not among the judge's libraries" in lacking.message
        assert "--judge-python" in lacking.remedy
        assert isinstance(await check_reference(fails, judge), BrokenProblemError)
        assert await check_reference(does_without, judge) is None


NEED = {
    "at the start": ("import numpy as np\nassert np.all(f(1) == 1)", ""),
    "in a test that is not the first": (
        "assert f(x=1)\ndef test_a():\n    import numpy as n\n    n.x()",
        "",
    ),
    "in the prompt": ("assert f(x=1)", "from numpy import array"),
}
DO_WITHOUT = {
    "where it may be missing": (
        "try:\n    import numpy\nexcept ImportError: pass\nassert f(x=1)",
        "",
    ),
    "in a prompt before plain claims": ("assert f(1)", "import numpy"),
    "one that is there": ("import more_itertools\nassert f(x=1)", ""),
}


@pytest.mark.parametrize("name", [*NEED, *DO_WITHOUT])
async def test_tests_that_need_more_are_not_asked(
    sandbox: Sandbox, libraries: Libraries, name: str
) -> None:
    """No reference is needed to know that no answer can be judged."""
    snippet, setup = (NEED | DO_WITHOUT)[name]
    problem = Problem("a", (), AssertTests("f", (snippet,), setup), origin="file:1")
    async with Judge(replace(sandbox, libraries=libraries), QUICK, workers=1) as judge:
        lacking = await check_reference(problem, judge)
    assert isinstance(lacking, LackingLibraryError) == (name in NEED)
    assert lacking is None or "numpy is not among" in lacking.message


async def test_other_libraries_are_another_judge(sandbox: Sandbox, libraries: Libraries) -> None:
    """What was said without them is not remembered for those who have them."""
    assert Judge(sandbox).name != Judge(replace(sandbox, libraries=libraries)).name


async def test_problems_that_need_more_are_named_before_the_run(
    tmp_path: Path, python: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """By library, with the way out; what is there is not spoken of."""
    file = tmp_path / "problems.jsonl"
    file.write_text(
        '{"id": "a", "prompt": "f", "entry_point": "f", "tests": "import numpy\\nassert f(1)"}\n'
        '{"id": "b", "prompt": "f", "entry_point": "f", "tests": "import more_itertools\\n'
        'assert f(1)", "reference": "import numpy, os\\ndef f(x): return x"}\n'
    )
    given = {"problems": str(file), "api_type": "local", "judge_python": str(python)}
    with caplog.at_level(logging.WARNING):
        check_input(resolve(given, {}).settings)
    (said,) = [record.getMessage() for record in caplog.records]
    assert said.startswith("In reference or tests of 2 problems there is numpy")
    assert "make judge-libraries" in said


@pytest.mark.parametrize("make", [lambda folder: folder / "none", lambda folder: folder])
async def test_a_python_that_is_none_is_named(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    """With the setting to change."""
    with pytest.raises(SettingError, match="does not run") as caught:
        find_libraries(make(tmp_path))
    assert "--judge-python" in str(caught.value)


async def test_what_is_read_of_imports() -> None:
    """Anywhere in the code; and of a traceback, its last line."""
    code = "def f():\n    from scipy.stats import norm\nimport os, numpy.linalg as l, mine"
    assert imported_libraries(code) == {"scipy", "numpy"}
    assert imported_libraries("def (") == frozenset()
    lost = "ModuleNotFoundError: No module named 'pandas.core'"
    assert missing_library(f"Traceback\n  x\n{lost}") == "pandas"
    assert missing_library(f"{lost}\n\nDuring this\n\nTraceback\nValueError: x") is None
    assert missing_library("ModuleNotFoundError: No module named 'mine'") is None
