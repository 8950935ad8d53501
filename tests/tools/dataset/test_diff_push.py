"""Two data sets compared, and one brought to the hub."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from flows.cli import main
from pettingllms.records import Outcome
from pettingllms.tools.dataset import difference
from tests.processes import Ended, clean_environment, run

from .hub_server import TOKEN, Hub, hub_server
from .nights import answer, night
from .test_build import built, contents, options


@pytest.fixture
def hub() -> Iterator[Hub]:
    with hub_server() as running:
        yield running


def push(hub: Hub, folder: Path, *arguments: str, **variables: str) -> Ended:
    environment = clean_environment(folder, **hub.environment, **variables)
    return run("sft-collect", "dataset", "push", *arguments, cwd=folder, environment=environment)


def two_nights(folder: Path) -> None:
    night(folder / "a", 0, map(answer, range(20)))
    judged_again = replace(answer(1), metadata={"difficulty": "hard"})
    night(folder / "b", 1, [answer(0, Outcome.ERROR), judged_again, *map(answer, range(18, 25))])
    built(folder / "a", into=folder / "before")
    built(folder / "a", folder / "b", into=folder / "after")


def test_what_another_data_set_has(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Rows that came, went and changed; the same the other way round; nothing against itself."""
    two_nights(tmp_path)
    found = difference(tmp_path / "before", tmp_path / "after")
    assert (found.added.count, found.removed.count, found.changed.count) == (5, 1, 1)
    assert found.removed.first[0].startswith("set/0, data/")
    back = difference(tmp_path / "after", tmp_path / "before")
    assert (back.added.count, back.removed.count, back.runs_removed) == (1, 5, 1)
    assert difference(tmp_path / "after", tmp_path / "after").is_empty
    capsys.readouterr()
    assert main(["dataset", "diff", str(tmp_path / "before"), str(tmp_path / "after")]) == 0
    said = capsys.readouterr().out
    assert "5 rows added" in said
    assert "1 row removed" in said
    assert "1 row changed" in said


def test_a_row_in_the_other_split(tmp_path: Path) -> None:
    """With the option that put it there."""
    night(tmp_path / "a", 0, map(answer, range(40)))
    built(tmp_path / "a", into=tmp_path / "before")
    built(tmp_path / "a", into=tmp_path / "after", by=options(validation=0.6))
    found = difference(tmp_path / "before", tmp_path / "after")
    assert found.options == {"validation": (0.2, 0.6)}
    assert 0 < found.moved.count < 40
    assert not found.added.count


def test_what_is_no_data_set_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    night(tmp_path / "a", 0, [answer(1)])
    assert main(["dataset", "diff", str(tmp_path / "a"), str(tmp_path / "b")]) == 12
    assert "holds no data set" in capsys.readouterr().err


def test_a_data_set_that_lacks_a_file_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also where both should have the same, of which nothing would be read."""
    two_nights(tmp_path)
    (tmp_path / "after/lineage/2026-01-01.jsonl").unlink()
    for first, second in (("before", "after"), ("after", "before"), ("after", "after")):
        arguments = ["dataset", "diff", str(tmp_path / first), str(tmp_path / second)]
        assert main(arguments) == 12
        assert "2026-01-01.jsonl is not there as it was written" in capsys.readouterr().err


def test_pushed_as_it_is_here(hub: Hub, tmp_path: Path) -> None:
    """Into a private repository of its own; the next night sends its own files alone, and what the
    data set no longer has is taken away."""
    two_nights(tmp_path)
    into = tmp_path / "grown"
    built(tmp_path / "a", into=into)
    pushed = push(hub, tmp_path, "team/set", "--folder", str(into), HF_TOKEN=TOKEN)
    assert pushed.exit_code == 0, pushed.output
    assert f"{hub.url}/datasets/team/set/commit/" in pushed.stdout
    there = hub.repositories["team/set"]
    assert hub.private == {"team/set"}
    assert {name: there[name] for name in there if name != ".gitattributes"} == contents(into)
    assert sum(hub.uploads.values()) == 2
    there["data/train-2025-01-01-00000.jsonl"] = b"of an earlier data set"
    built(tmp_path / "b", into=into)
    pushed = push(hub, tmp_path, "team/set", "--folder", str(into), MY_TOKEN=TOKEN)
    assert pushed.exit_code == 20
    assert "HF_TOKEN" in pushed.stderr
    pushed = push(
        hub, tmp_path, "team/set", "--folder", str(into), "--token-env", "MY_TOKEN", MY_TOKEN=TOKEN
    )
    assert pushed.exit_code == 0, pushed.output
    assert {name: there[name] for name in there if name != ".gitattributes"} == contents(into)
    assert set(hub.uploads.values()) == {1}
    assert hub.commits == ["20 rows of 1 run", "24 rows of 2 runs"]


@pytest.mark.parametrize(
    ("name", "token", "code", "said"),
    [
        ("team/set", "hf_another", 26, "HF_TOKEN has to have the right"),
        ("a b/c d", TOKEN, 2, "OWNER/NAME"),
        ("set", TOKEN, 2, "'set' is no name of a data set: it has no owner."),
        ("team/set", None, 20, "export HF_TOKEN"),
    ],
)
def test_a_push_that_is_refused(
    hub: Hub, tmp_path: Path, name: str, token: str | None, code: int, said: str
) -> None:
    """In words, with an exit code of its own, and never with the token."""
    night(tmp_path / "a", 0, map(answer, range(5)))
    built(tmp_path / "a", into=tmp_path / "sft_dataset")
    variables = {} if token is None else {"HF_TOKEN": token}
    refused = push(hub, tmp_path, name, **variables)
    assert refused.exit_code == code, refused.output
    assert said in refused.stderr
    assert "Traceback" not in refused.output
    assert "hf_" not in refused.output.replace("hf_...", "")
    assert not hub.repositories


def test_a_hub_that_is_away(tmp_path: Path, hub: Hub) -> None:
    """And a data set that lacks a file: nothing is sent of it."""
    night(tmp_path / "a", 0, map(answer, range(5)))
    built(tmp_path / "a", into=tmp_path / "sft_dataset")
    away = replace_url(hub, "http://127.0.0.1:9")
    refused = push(away, tmp_path, "team/set", HF_TOKEN=TOKEN)
    assert refused.exit_code == 12, refused.output
    assert "cannot be reached" in refused.stderr
    next((tmp_path / "sft_dataset/data").iterdir()).unlink()
    assert push(hub, tmp_path, "team/set", HF_TOKEN=TOKEN).exit_code == 12
    assert not hub.repositories


@pytest.mark.parametrize(
    ("what", "when"),
    [
        ("POST /api/repos/create", "before"),
        ("POST /api/repos/create", "after"),
        pytest.param("PUT /store/", "after", marks=pytest.mark.operations),  # tried for 25 s
        ("POST .../commit/main", "before"),
        ("POST .../commit/main", "after"),
    ],
)
def test_a_push_whose_line_is_cut(hub: Hub, tmp_path: Path, what: str, when: str) -> None:
    """At a request, before it arrives or before its answer does: told in words, and the next push
    brings what is missing."""
    night(tmp_path / "a", 0, map(answer, range(3)))
    built(tmp_path / "a", into=tmp_path / "sft_dataset", by=options(validation=0))
    assert push(hub, tmp_path, "team/whole", HF_TOKEN=TOKEN).exit_code == 0
    start, _, end = what.rpartition("...")
    number = next(n for n, asked in enumerate(hub.asked, 1) if start in asked and end in asked)
    hub.cut_at = (len(hub.asked) + number, when)
    hub.objects.clear()
    cut = push(hub, tmp_path, "team/set", HF_TOKEN=TOKEN)
    assert cut.exit_code == 12, cut.output
    assert "error: The hub " in cut.stderr
    assert "Traceback" not in cut.output
    hub.cut_at = None
    assert push(hub, tmp_path, "team/set", HF_TOKEN=TOKEN).exit_code == 0
    assert hub.repositories["team/set"] == hub.repositories["team/whole"]


def replace_url(hub: Hub, url: str) -> Hub:
    other = Hub()
    other.url = url
    return other


def test_a_token_in_place_of_its_name_is_not_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    token = "hf_" + "Secret" * 5
    assert main(["dataset", "push", "a/b", "--folder", str(tmp_path), "--token-env", token]) == 2
    told = capsys.readouterr()
    assert "--token-env takes the name" in told.err
    assert token not in told.err + told.out
