"""Every command that a document prints: typed in a new shell, where no environment is active; what
needs a cluster, a GPU or a bucket is held against the program's own flags."""

from __future__ import annotations

import argparse
import re
import shlex
import shutil
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from flows.cli import program_parser
from flows.commands import COMMANDS
from tests.documents import (
    ACTIVE,
    CONTRIBUTING,
    README,
    README_ZH,
    blocks,
    recorded_provider,
    typed,
)
from tests.processes import BIN, ROOT, run, without_environment

DOCS = ROOT / "docs"
TYPED = ("cost-and-cache", "privacy", "problem-sets", "sandbox", "troubleshooting")
"""In this order, in one folder, as a reader may who goes through them all."""
TYPED_ELSEWHERE = ("datasets", "providers", "tutorial", "two-agents")
ONLY_READ = ("local-models", "operations", "training")
GUIDES = sorted(path for path in DOCS.glob("*.md") if path.stem != "design")
DOCUMENTS = (*GUIDES, README, README_ZH, CONTRIBUTING)
_INLINE = re.compile(r"`((?:\.venv/bin/)?(?:sft-collect|python -m|make|prefect) [^`]+)`")
_OF_AN_ENVIRONMENT = re.compile(r"^(?:sft-collect|prefect|python -m|pip) ", re.MULTILINE)


def test_the_commands_of_the_guides_work(tmp_path: Path, prefect_api_url: str) -> None:
    """Word for word, but for the folder of the second cache."""
    shutil.copytree(ROOT / "data", tmp_path / "data")
    (tmp_path / "tasks.jsonl").write_text(
        '{"task": "Write f().", "entry_point": "f", "meta": {"cases": ["assert f() == 1"]},'
        ' "gold": "def f(): return 1"}\n'
    )
    with recorded_provider() as provider:
        environment = without_environment(
            tmp_path, PREFECT_API_URL=prefect_api_url, API_BASE_URL=provider.base_url,
            API_TYPE="openai", OPENAI_API_KEY="k",
        )  # fmt: skip
        for name in TYPED:
            code = "\n".join(blocks(DOCS / f"{name}.md", "bash"))
            told = code.replace("/tmp/another-cache", str(tmp_path / "another"))
            ended = run(*typed(DOCS / f"{name}.md", told), cwd=tmp_path, environment=environment)
            assert ended.exit_code == 0, (name, ended.output)


def test_each_guide_with_commands_is_in_one_of_the_lists() -> None:
    """A new one is typed by a test, or it is said why not."""
    lists = {*TYPED, *TYPED_ELSEWHERE, *ONLY_READ}
    assert lists == {guide.stem for guide in GUIDES if blocks(guide, "bash")}


@pytest.mark.parametrize("name", ONLY_READ)
def test_the_commands_that_are_not_typed_are_there(name: str) -> None:
    """Each program, with each of its flags; each script, with each variable."""
    commands = [line for block in blocks(DOCS / f"{name}.md", "bash") for line in lines_of(block)]
    assert commands
    for command in commands:
        assert_known(shlex.split(command))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_the_commands_in_a_sentence_are_there(document: Path) -> None:
    """Command, action, module or target, and flags; and they can be typed as they stand: by their
    path, or after the line that makes the environment active."""
    text = document.read_text(encoding="utf-8")
    inline: list[str] = _INLINE.findall(re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    for command in inline:
        assert_known(shlex.split(command))
    bare = [*inline, *blocks(document, "bash")]
    assert ACTIVE in text or not any(map(_OF_AN_ENVIRONMENT.search, bare))


@pytest.mark.parametrize("script", ["code_sft_collect_only.sh", "code_sft_collect_and_train.sh"])
def test_a_script_names_itself_as_it_was_called(script: str, tmp_path: Path) -> None:
    """In its help, from whatever folder."""
    path = ROOT / "scripts" / "sft_train" / script
    ended = run(
        "bash", str(path), "--help", cwd=tmp_path, environment=without_environment(tmp_path)
    )
    named: list[str] = re.findall(r"bash (\S+\.sh)", ended.stdout)
    assert named
    assert set(named) == {str(path)}


def lines_of(block: str) -> Iterator[str]:
    """Its commands, without what is exported before."""
    for line in block.replace("\\\n", " ").splitlines():
        if not line.startswith("export "):
            yield line


def assert_known(words: list[str]) -> None:
    """What stands for something else, such as FILE, is passed over."""
    variables = [word for word in words if re.match(r"\w+=", word)]
    program, *others = [word for word in words if word not in variables]
    flags = {word.partition("=")[0] for word in others if re.match(r"--?[a-z]", word)}
    match Path(program).name:
        case "sft-collect":
            assert flags <= flags_of(others), words
        case "make":
            assert_target(others[0])
        case "bash":
            scripts = [path.read_text() for path in (ROOT / others[0]).parent.glob("*.sh")]
            assert (ROOT / others[0]).is_file()
            names = [variable.partition("=")[0] for variable in variables]
            assert all(any(name in script for script in scripts) for name in names), words
        case "python":
            assert find_spec(others[1]) is not None, words
            own = {flag for flag in flags if flag != "-m"}
            assert not own or own <= flags_in(BIN / "python", "-m", others[1]), words
        case name:
            depth = 2 if name == "prefect" else 1
            assert flags <= flags_in(BIN / name, *others[:depth]), words


def flags_of(words: list[str]) -> set[str]:
    """Of a command of ours, and its action."""
    name = words[0] if words[0] in COMMANDS else "collect"
    assert name == words[0] or words[0].startswith("-"), words
    parser = program_parser() if name == "collect" else COMMANDS[name].parser()
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction) and len(words) > 1:
            assert words[1] in action.choices, words
            parser = action.choices[words[1]]
    return set(parser._option_string_actions)


def flags_in(*program: Path | str) -> set[str]:
    """Of what its help says."""
    ended = run(
        *map(str, program), "--help", cwd=ROOT, environment=without_environment(Path("/nowhere"))
    )
    assert ended.exit_code == 0, ended.output
    return {*re.findall(r"(?<![\w-])--?[a-z][\w-]*", ended.stdout)}


def assert_target(target: str) -> None:
    makefile = (ROOT / "Makefile").read_text()
    names: Iterable[str] = re.findall(r"^([\w%-]+):", makefile, re.MULTILINE)
    assert any(re.fullmatch(name.replace("%", r"[\w-]+"), target) for name in names), target
