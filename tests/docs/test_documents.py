"""The documents: every command in them is run, by a test or by CI, and both languages agree."""

import re
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from pettingllms.problems import check_problems
from pettingllms.simulator import Simulator
from pettingllms.utils.api_client import DeepSeekClient, OpenAIClient
from tests.documents import CONTRIBUTING, README, README_ZH, blocks, nightly, recorded_provider
from tests.processes import (
    ROOT,
    clean_environment,
    of_this_environment,
    run,
    without_environment,
)

RUN_ELSEWHERE = {
    "make demo": "tests/flows/test_cli.py",
    "make test": ".ci/run",
    **dict.fromkeys("".join(nightly()).splitlines(), "tests/deployments/site.py"),
}


@pytest.fixture
def provider() -> Iterator[Simulator]:
    with recorded_provider() as simulator:
        yield simulator


def test_both_languages_show_the_same_code() -> None:
    """Block by block but for the comments, and the same number of sections and table rows."""
    code = [[re.sub(r" +# .*", "", block) for block in blocks(d)] for d in (README, README_ZH)]
    assert code[0] == code[1]
    for mark in (r"^## ", r"^\| ", r"^- \*\*"):
        found = [len(re.findall(mark, d.read_text(), re.MULTILINE)) for d in (README, README_ZH)]
        assert found[0] == found[1], mark


def test_the_chinese_readme_breaks_no_sentence() -> None:
    """A line break between two Chinese characters shows as a space; quotes and colons are
    Chinese."""
    text = README_ZH.read_text(encoding="utf-8")
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    assert not re.search(r"[\u3001\u4e00-\u9fff\uff0c\uff1b]\n[\u4e00-\u9fff]", prose)
    assert not re.search(r'[\u4e00-\u9fff]["\',;:?!]|["\'][\u4e00-\u9fff]', prose)


def test_what_is_linked_exists() -> None:
    """Links within the project."""
    for document in (README, README_ZH, CONTRIBUTING):
        for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text()):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_the_commands_of_the_readme_work(
    provider: Simulator, tmp_path: Path, prefect_api_url: str
) -> None:
    """Those that no other test runs, word for word, with a provider on loopback; no environment is
    active."""
    environment = without_environment(
        tmp_path, PREFECT_API_URL=prefect_api_url, API_BASE_URL=provider.base_url,
        OUTPUT_DIR=str(tmp_path / "out"), SFT_NUM_EPISODES="3",
    )  # fmt: skip
    own = [b for b in blocks(README, "bash") if not RUN_ELSEWHERE.keys() >= set(b.splitlines())]
    assert len(own) == 3
    for block in own:
        ended = run("bash", "-ec", of_this_environment(block), cwd=ROOT, environment=environment)
        assert ended.exit_code == 0, ended.output


def test_the_commands_run_elsewhere_are_there() -> None:
    """The places that are to run them name them."""
    for command, place in RUN_ELSEWHERE.items():
        text = (ROOT / place).read_text()
        words = ", ".join(f'"{word}"' for word in command.split())
        assert command in text or words in text or "nightly()" in text, command


@pytest.mark.parametrize("document", [README, CONTRIBUTING], ids=lambda path: path.name)
def test_the_python_examples_run(document: Path, provider: Simulator, tmp_path: Path) -> None:
    """As a file of their own."""
    environment = clean_environment(tmp_path, OPENAI_API_KEY="k", OPENAI_BASE_URL=provider.base_url)
    for example in blocks(document, "python"):
        ended = run("python", "-c", example, cwd=tmp_path, environment=environment)
        assert ended.exit_code == 0, ended.output


def test_the_example_problem_is_one(tmp_path: Path) -> None:
    """The record of the README, read by the reader."""
    (example,) = blocks(README, "json")
    path = tmp_path / "problems.jsonl"
    path.write_bytes(orjson.dumps(orjson.loads(example)))
    assert check_problems([str(path)]).with_tests == 1


def test_the_defaults_in_the_table_are_those_of_the_code() -> None:
    """Keys and models."""
    text = README.read_text()
    for client in (OpenAIClient, DeepSeekClient):
        assert f"`{client.key_env}` | `{client.default_model}`" in text
