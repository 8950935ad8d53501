"""The guides in `docs/`: commands run, facts are the code's, links lead somewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import orjson
import pytest

from pettingllms import errors
from pettingllms.export import SFTMetadata
from pettingllms.export.formats import FORMATS
from pettingllms.records import Outcome
from pettingllms.simulator import FunctionAnswers, Simulator, SimulatorThread
from pettingllms.utils.api_client import create_api_client
from tests.documents import blocks, typed
from tests.processes import ROOT, clean_environment, run, without_environment
from tests.tools.dataset.hub_server import TOKEN, hub_server

DOCS = ROOT / "docs"
ANSWERS = {
    "add": "def add(a, b):\n    return a + b",
    "root": "def root(x):\n    return -(x**0.5)",
    "upper case": "import sys\nprint(sys.stdin.read().upper())",
    "area": "import math\ndef area(r):\n    return math.pi * r * r",
}  # fmt: skip
MODELS = ("gpt-4o", "deepseek-chat", "claude-sonnet-4-5")


def _answer(asked: str) -> str:
    code = next((code for word, code in ANSWERS.items() if word in asked), None)
    return (
        f"```python\n{code}\n```" if code else "It calls itself,\nuntil it need not,\nand returns."
    )


@pytest.fixture
def provider() -> Iterator[Simulator]:
    source = FunctionAnswers(lambda body: _answer(body.first_user_content))
    with SimulatorThread(Simulator(source, models=MODELS)) as simulator:
        yield simulator


def test_the_tutorial_can_be_walked(
    provider: Simulator, tmp_path: Path, prefect_api_url: str
) -> None:
    """Command by command, in an empty folder, after the line that makes the environment active,
    with the page at the end."""
    environment = without_environment(
        tmp_path,
        OPENAI_API_KEY="k",
        API_BASE_URL=provider.base_url,
        PREFECT_API_URL=prefect_api_url,
    )
    for block in blocks(DOCS / "tutorial.md", "bash"):
        ended = run(*typed(DOCS / "tutorial.md", block), cwd=tmp_path, environment=environment)
        assert ended.exit_code == 0, ended.output
    (stats,) = (tmp_path / "sft_data_code").glob("*_stats.json")
    counted = orjson.loads(stats.read_bytes())
    assert counted["accepted_by_verdict"] == {"passed": 8, "untested": 2}
    assert list((tmp_path / "sft_data_code").glob("*.html"))


def test_the_commands_for_each_provider_plan_a_run(provider: Simulator, tmp_path: Path) -> None:
    """Each with its own key, and with a server on loopback in the provider's place."""
    (tmp_path / "problems.jsonl").write_text('{"prompt": "Write add(a, b)."}\n')
    environment = without_environment(tmp_path)
    commands = blocks(DOCS / "providers.md", "bash")
    assert len(commands) == 5
    for command in commands:
        ended = run(*typed(DOCS / "providers.md", command), cwd=tmp_path, environment=environment)
        assert ended.exit_code == 0, ended.output
        assert "1, and repair turns" in ended.stdout
    assert not provider.counts


@pytest.mark.parametrize("document", sorted(DOCS.glob("*.md")), ids=lambda path: path.name)
def test_what_the_guides_link_exists(document: Path) -> None:
    """Within the project."""
    for target in re.findall(r"\]\(([^)#:]+)[^):]*\)", document.read_text()):
        assert (document.parent / target).exists(), target


def test_a_provider_and_a_validator_are_written_as_shown(tmp_path: Path) -> None:
    """The Python of the guide, as it stands."""
    provider, validator = blocks(DOCS / "extending.md", "python")
    use = 'import asyncio\nprint(asyncio.run(client.generate([{"role": "user", "content": "x"}])))'
    ended = run(
        "python", "-c", f"{provider}\n{validator}\n{use}",
        cwd=tmp_path, environment=clean_environment(tmp_path),
    )  # fmt: skip
    assert "return a + b" in ended.stdout, ended.output


def test_rows_are_described_as_they_are() -> None:
    """Every field, reason, cause and format."""
    text = (DOCS / "rows.md").read_text()
    example = orjson.loads(blocks(DOCS / "rows.md", "json")[0])
    names = [field.name for field in fields(SFTMetadata)]
    assert list(example["metadata"]) == names
    told = set(re.findall(r"`(\w[\w-]*)`", text)) | {"messages"}
    causes = {getattr(error, "cause", None) for error in vars(errors).values()}
    assert told >= {*names, *FORMATS, *Outcome} - {Outcome.REJECTED}
    assert told >= causes - {None, "transient"}


def test_the_four_errors_are_told_in_their_own_words(tmp_path: Path) -> None:
    """As the code says them."""
    text = (DOCS / "troubleshooting.md").read_text()
    for said in (
        "API key not provided for openai",
        "openai package is required",
        "Error getting API response: timeout after 60 s",
        "Rate limit exceeded",
    ):
        assert said in text
    module = create_api_client.__module__
    call = f"import {module} as module\nmodule.create_api_client('openai')"
    ended = run("python", "-c", call, cwd=ROOT, environment=clean_environment(tmp_path))
    assert "API key not provided for openai" in ended.stderr


def test_nights_become_a_data_set_as_the_guide_has_it(tmp_path: Path) -> None:
    """Command by command: built, grown, compared, pushed, and all nights on one page."""
    with hub_server() as hub:
        environment = without_environment(tmp_path, **hub.environment)
        for block in blocks(DOCS / "datasets.md", "bash"):
            code = block.replace("hf_...", TOKEN)
            ended = run(*typed(DOCS / "datasets.md", code), cwd=tmp_path, environment=environment)
            assert ended.exit_code == 0, ended.output
    assert {path.name for path in (tmp_path / "sft_dataset").iterdir()} == {
        "README.md", "manifest.json", "data", "lineage", ".sft-index",
    }  # fmt: skip
    assert "manifest.json" in hub.repositories["team/verified-code"]
    assert (tmp_path / "sft_history.html").is_file()
