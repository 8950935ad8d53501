"""The code blocks of the documents, which tests run, and a provider for them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pettingllms.problems import bundled, read_problems
from pettingllms.simulator import FunctionAnswers, RecordedAnswers, Simulator, SimulatorThread
from tests.processes import ROOT, of_this_environment

README = ROOT / "README.md"
README_ZH = ROOT / "README.zh-CN.md"
CONTRIBUTING = ROOT / "CONTRIBUTING.md"
ACTIVE = ". .venv/bin/activate"
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


def typed(document: Path, code: str) -> tuple[str, ...]:
    """Commands as a reader types them into a new shell, after the line that makes the environment
    active, where the document has it."""
    is_active = f"environment active: `{ACTIVE}`" in document.read_text(encoding="utf-8")
    return "bash", "-ec", of_this_environment(f"{ACTIVE}\n{code}" if is_active else code)


def nightly(document: Path = README) -> list[str]:
    """What the README has typed into three terminals: the server, the worker, a night at once."""
    code = blocks(document, "bash")
    first = next(at for at, block in enumerate(code) if "prefect server start" in block)
    return code[first : first + 3]
