import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import orjson
import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.collect import sft_collect
from pettingllms.run.collection import Report
from pettingllms.settings import Settings, resolve
from pettingllms.simulator import ChatBody, FunctionAnswers, Simulator, SimulatorThread
from tests.processes import clean_environment


def add_problem(number: int) -> dict[str, Any]:
    """A problem that only its own right answer passes."""
    return {
        "id": f"add-{number}",
        "prompt": f"Write add(x) that returns x + {number}.",
        "entry_point": "add",
        "tests": [{"args": [1], "expected": 1 + number}, {"args": [-5], "expected": number - 5}],
    }


def right_answer(body: ChatBody) -> str:
    """What a good model says to an `add_problem`."""
    number = body.first_user_content.split()[-1].rstrip(".")
    return f"Sure:\n\n```python\ndef add(x):\n    return x + {number}\n```"


def write_problems(path: Path, problems: list[dict[str, Any]]) -> Path:
    path.write_bytes(b"".join(orjson.dumps(problem) + b"\n" for problem in problems))
    return path


def rows_of(report: Report) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in report.files.sft.read_bytes().splitlines()]


def run_of(api_url: str, report: Report) -> dict[str, Any]:
    """The run, as the server has it."""
    (run,) = stored(api_url, "flow_runs", of_run(report))
    return run


def of_run(report: Report) -> dict[str, Any]:
    """A filter for `stored`."""
    return {"flow_runs": {"id": {"any_": [report.stats.run.run_id]}}}


def stored(api_url: str, kind: str, filters: dict[str, Any]) -> list[dict[str, Any]]:
    """What the server has, as its UI asks for it."""
    request = Request(
        f"{api_url}/{kind}/filter",
        data=orjson.dumps({**filters, "limit": 200}),
        headers={"Content-Type": "application/json"},
    )
    with urlopen(request, timeout=30) as response:
        return orjson.loads(response.read())


def become_a_new_user(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    """In `home`, with the environment of whoever has set nothing."""
    environment = clean_environment(home)
    for name in os.environ.keys() - environment.keys() - {"PYTEST_CURRENT_TEST"}:
        monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.chdir(home)


@pytest.fixture
def nothing_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, where a new user of the program is."""
    become_a_new_user(monkeypatch, tmp_path)
    return tmp_path


@pytest.fixture
def prefect(prefect_api_url: str) -> Iterator[str]:
    """Flows of this process run on the tests' server."""
    with temporary_settings({PREFECT_API_URL: prefect_api_url}):
        yield prefect_api_url


@pytest.fixture
def provider() -> Iterator[Simulator]:
    """A provider that knows the right answers."""
    with SimulatorThread(Simulator(FunctionAnswers(right_answer), models=("m", "n"))) as simulator:
        yield simulator


class Collector:
    """Runs the flow in this process, with one cache and one output folder."""

    def __init__(self, folder: Path, base_url: str) -> None:
        self.problems = folder / "problems.jsonl"
        self._parameters = {
            "problems": str(self.problems),
            "api_type": "openai",
            "model": "m",
            "base_url": base_url,
            "output_dir": str(folder / "out"),
            "cache_dir": str(folder / "cache"),
        }

    async def outcome(self, numbers: range | list[int], **parameters: Any) -> Report | Exception:
        """The report, or the error in its place, of a run over the problems `numbers`."""
        return await self.outcome_of([add_problem(number) for number in numbers], **parameters)

    async def outcome_of(
        self, problems: list[dict[str, Any]], /, **parameters: Any
    ) -> Report | Exception:
        write_problems(self.problems, problems)
        state = await sft_collect(**self._parameters | parameters, return_state=True)
        return await state.aresult(raise_on_failure=False)

    def settings(self, numbers: range | list[int], **parameters: Any) -> Settings:
        """What a run over the problems `numbers` would have."""
        return self.settings_of([add_problem(number) for number in numbers], **parameters)

    def settings_of(self, problems: list[dict[str, Any]], **parameters: Any) -> Settings:
        write_problems(self.problems, problems)
        return resolve(self._parameters | parameters).settings

    async def collect(self, numbers: range | list[int], **parameters: Any) -> Report:
        return await self.collect_from([add_problem(number) for number in numbers], **parameters)

    async def collect_from(self, problems: list[dict[str, Any]], /, **parameters: Any) -> Report:
        report = await self.outcome_of(problems, **parameters)
        assert isinstance(report, Report), report
        return report


@pytest.fixture
def collector(tmp_path: Path, prefect: str, provider: Simulator) -> Collector:
    return Collector(tmp_path, provider.base_url)
