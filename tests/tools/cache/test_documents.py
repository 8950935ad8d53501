"""The pages on cost, cache and privacy: each command in them is run, in the order of the page."""

import os
import shlex
from collections.abc import Iterator
from pathlib import Path
from string import Template

import pytest

from flows.cli import main
from pettingllms.simulator import Simulator
from tests.documents import blocks, recorded_provider
from tests.processes import ROOT, clean_environment, run


@pytest.fixture
def provider() -> Iterator[Simulator]:
    with recorded_provider() as simulator:
        yield simulator


@pytest.fixture(autouse=True)
def project(
    tmp_path: Path, provider: Simulator, prefect_api_url: str, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A folder with the bundled problems, and what a reader has set."""
    (tmp_path / "data").symlink_to(ROOT / "data")
    environment = clean_environment(
        tmp_path, PREFECT_API_URL=prefect_api_url, API_BASE_URL=provider.base_url,
        OPENAI_API_KEY="k", SFT_NUM_EPISODES="2",
    )  # fmt: skip
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def exit_codes(page: str, folder: Path) -> Iterator[int]:
    """Of the page's commands, in one shell session: a collection in a process of its own, the rest
    in this one."""
    variables: dict[str, str] = {}
    for line in filter(None, "\n".join(blocks(ROOT / "docs" / page, "bash")).splitlines()):
        name, is_set, command = line.partition("=$(")
        if is_set:
            found = run("bash", "-c", command.removesuffix(")"), cwd=folder, environment=os.environ)
            variables[name] = found.stdout.strip()
            continue
        here = line.replace("/tmp/another-cache", str(folder / "another"))
        words = shlex.split(Template(here).substitute(variables))
        if words[1].startswith("--"):
            yield run(*words, cwd=folder, environment=os.environ).exit_code
        else:
            yield main(words[1:])


def test_the_commands_on_cost_and_cache_work(
    project: Path, provider: Simulator, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each shows what the page says of it; only the collection asks the provider."""
    assert set(exit_codes("cost-and-cache.md", project)) == {0}
    shown = capsys.readouterr().out
    for words in (
        "Requests to send", "temperature  0.2", "yes, since this run", "gpt-4o  2", "Turn 0",
        "4 answers exported to answers.jsonl.gz", "4 answers imported", "Would drop 0 answers",
    ):  # fmt: skip
        assert words in shown
    assert provider.counts[200] == 4


def test_the_commands_on_privacy_work(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A plan with and without the flag."""
    assert list(exit_codes("privacy.md", project)) == [0, 0]
    assert capsys.readouterr().out.count("Requests to send") == 2
