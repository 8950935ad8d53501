"""The code blocks of the documents, which tests run, and a provider for them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pettingllms.problems import bundled, read_problems
from pettingllms.simulator import FunctionAnswers, RecordedAnswers, Simulator, SimulatorThread
from tests.processes import ROOT

README = ROOT / "README.md"
README_ZH = ROOT / "README.zh-CN.md"
CONTRIBUTING = ROOT / "CONTRIBUTING.md"
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@contextmanager
def recorded_provider() -> Iterator[Simulator]:
    """Knows the recorded answers, and says hello to everything else."""
    problems = read_problems([str(bundled.problems_file())])
    recorded = RecordedAnswers(problems, bundled.recorded_answers_file())
    source = FunctionAnswers(lambda body: recorded.answer(body) or "Hello.")
    with SimulatorThread(Simulator(source, models=("gpt-4o",))) as simulator:
        yield simulator


def blocks(document: Path, language: str | None = None) -> list[str]:
    """In order; of one language, or of all."""
    found = _BLOCK.findall(document.read_text(encoding="utf-8"))
    return [code for named, code in found if language in (None, named)]


def deploying() -> list[str]:
    """The README's lines that lead to a nightly run."""
    (block,) = (code for code in blocks(README, "bash") if "prefect server start" in code)
    return block.splitlines()
