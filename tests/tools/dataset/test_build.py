"""One data set from all nights: each answer once, by its newest verdict, in whatever order."""

from __future__ import annotations

import hashlib
import os
import subprocess
from dataclasses import replace
from importlib import import_module
from itertools import permutations
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as pq
import pytest
from datasets import load_dataset
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flows.cli import main
from pettingllms.errors import OutputError
from pettingllms.export.formats import ROW_FORMATS
from pettingllms.files.locks import alone
from pettingllms.records import Outcome
from pettingllms.tools.dataset import Built, Cap, Layout, Options, build
from tests.object_store import Bucket
from tests.processes import clean_environment, wait_until

from .nights import answer, night

WRONG = Outcome.WRONG_ANSWER


def layout(form: str = "messages", validation: float = 0.2, shard_rows: int = 1000) -> Layout:
    return Layout(form, validation, shard_rows)


def options(*caps: Cap, **chosen: Any) -> Options:
    return Options(layout(**chosen), caps)


def built(*places: Path, into: Path, by: Options | None = None) -> Built:
    return build([str(place) for place in places], into, by or options())


def contents(folder: Path) -> dict[str, bytes]:
    """All that is not the index."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".sft-index" not in path.parts
    }


def rows(folder: Path, split: str = "*") -> list[dict[str, Any]]:
    return [
        orjson.loads(line)
        for path in sorted((folder / "data").glob(f"{split}-*.jsonl"))
        for line in path.read_bytes().splitlines()
    ]


def problems(folder: Path, split: str = "*") -> list[str]:
    return sorted(row["metadata"]["problem_id"] for row in rows(folder, split))


def test_nights_come_together_whatever_their_order(tmp_path: Path) -> None:
    """One by one, in any order, twice, or all at once: the same bytes."""
    nights = [tmp_path / name for name in "abc"]
    night(nights[0], 0, map(answer, range(30)))
    night(nights[1], 1, (answer(n, WRONG if n == 20 else Outcome.PASSED) for n in range(15, 45)))
    night(nights[2], 40, map(answer, range(40, 50)))
    built(*nights, into=tmp_path / "whole")
    whole = contents(tmp_path / "whole")
    assert problems(tmp_path / "whole") == sorted(f"set/{n}" for n in range(50) if n != 20)
    for number, order in enumerate(permutations(nights)):
        into = tmp_path / f"grown{number}"
        for place in order:
            built(place, into=into)
        assert contents(into) == whole
        assert built(*order, into=into).days_written == 0


def test_a_night_writes_its_own_files_alone(tmp_path: Path) -> None:
    """What was there before is neither read nor written again."""
    night(tmp_path / "a", 0, map(answer, range(30)))
    built(tmp_path / "a", into=tmp_path / "out")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out/data").iterdir()}
    for path in (tmp_path / "a").rglob("*.jsonl"):
        path.chmod(0)
    night(tmp_path / "b", 1, map(answer, range(60)))
    grown = built(tmp_path / "a", tmp_path / "b", into=tmp_path / "out")
    assert (grown.read, grown.days_written) == (1, 1)
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert len(rows(tmp_path / "out")) == 60


def test_the_newest_verdict_counts(tmp_path: Path) -> None:
    """Found wrong later, right again later still; what could not be judged says nothing."""
    into = tmp_path / "out"
    for day, outcome, is_there in (
        (0, Outcome.PASSED, True),
        (2, WRONG, False),
        (1, Outcome.PASSED, False),
        (3, Outcome.SANDBOX_FAILURE, False),
        (4, Outcome.PASSED, True),
        (5, Outcome.MISSING_LIBRARY, True),
        (6, Outcome.NOT_ISOLATED, False),
    ):
        night(tmp_path / str(day), day, [answer(1, outcome), answer(2)])
        built(tmp_path / str(day), into=into)
        assert problems(into) == (["set/1", "set/2"] if is_there else ["set/2"]), day


def test_a_weaker_verdict_gives_way(tmp_path: Path) -> None:
    """A later night without tests neither takes a verdict back nor makes a wrong answer right."""
    into = tmp_path / "out"
    for day, outcome, said in (
        (0, Outcome.UNTESTED, "untested"),
        (1, Outcome.AGREED, "agreed"),
        (2, Outcome.UNTESTED, "agreed"),
        (3, Outcome.PASSED, "passed"),
        (4, Outcome.DISAGREED, "passed"),
        (6, WRONG, None),
        (5, Outcome.PASSED, None),
        (7, Outcome.UNTESTED, None),
        (8, Outcome.PASSED, "passed"),
    ):
        night(tmp_path / str(day), day, [answer(1, outcome), answer(2)])
        built(tmp_path / str(day), into=into)
        verdicts = {row["metadata"]["problem_id"]: row["metadata"]["verdict"] for row in rows(into)}
        assert verdicts.get("set/1") == said, day


def test_what_others_put_there_stays(tmp_path: Path) -> None:
    """Whatever dates their names have."""
    into = tmp_path / "out"
    night(tmp_path / "a", 0, [answer(1)])
    built(tmp_path / "a", into=into)
    theirs = [into / "data" / "notes-01-02.txt", into / "lineage" / "seen-2026-01-01.md"]
    for file in theirs:
        file.write_text("mine")
    built(tmp_path / "a", into=into, by=options(validation=0.0))
    assert [file.read_text() for file in theirs] == ["mine", "mine"]


def test_another_answer_to_the_same_problem_is_another_row(tmp_path: Path) -> None:
    """Bought by another run it has a verdict of its own."""
    night(tmp_path / "a", 0, [answer(1, code="def f(x):\n    return x")])
    night(tmp_path / "b", 1, [answer(1, WRONG, paid_by="another", code="def f(x):\n    return 2")])
    built(tmp_path, into=tmp_path / "out")
    assert problems(tmp_path / "out") == ["set/1"]


def test_the_same_code_is_there_once(tmp_path: Path) -> None:
    """The first stays, also where it comes in later; when that is withdrawn, the next is there."""
    into = tmp_path / "out"
    night(tmp_path / "b", 1, [answer(2, code="x = 1")])
    built(tmp_path / "b", into=into)
    assert problems(into) == ["set/2"]
    night(tmp_path / "a", 0, [answer(1, code="x  =  1")])
    assert built(tmp_path / "a", into=into).manifest.left_out == {"duplicate": 1}
    assert problems(into) == ["set/1"]
    night(tmp_path / "c", 2, [answer(1, WRONG, code="x = 1")])
    assert built(tmp_path / "c", into=into).manifest.left_out == {"withdrawn": 1}
    assert problems(into) == ["set/2"]


LONG = "\n".join(f"    total_{n} = first_{n} * second_{n} + third_{n}" for n in range(40))


def test_nearly_the_same_code_is_there_once(tmp_path: Path) -> None:
    """Where it is asked for; when the first is withdrawn, the next is there; in any order."""
    by = Options(layout(), dedup=0.8)
    codes = [f"def f(x):\n{LONG}\n    return {n}" for n in range(4)]
    night(tmp_path / "a", 0, [answer(0, code=codes[0]), answer(9)])
    night(tmp_path / "b", 1, [answer(1, code=codes[1]), answer(2, code=codes[2])])
    night(tmp_path / "c", 2, [answer(0, WRONG, code=codes[0])])
    built(tmp_path / "b", into=tmp_path / "out", by=by)
    assert problems(tmp_path / "out") == ["set/1"]
    grown = built(tmp_path / "a", into=tmp_path / "out", by=by)
    assert problems(tmp_path / "out") == ["set/0", "set/9"]
    assert grown.manifest.left_out == {"near_duplicate": 2}
    built(tmp_path / "c", into=tmp_path / "out", by=by)
    assert problems(tmp_path / "out") == ["set/1", "set/9"]
    places = [tmp_path / name for name in "abc"]
    built(*places, into=tmp_path / "whole", by=by)
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")
    built(*places, into=tmp_path / "out")
    assert problems(tmp_path / "out") == ["set/1", "set/2", "set/9"]


@pytest.mark.parametrize(
    "same",
    [
        "Write  F of number {}.",
        "write f\r\n of\tnumber {}",
        "**Write** `f` of number {}!",
        "Write f\u00a0of “number {}”.\n\n",
        "# Write f\n> of number {}:",
        "Write f of number {}.\n\nWrite a function named `f`.",
    ],
)
def test_no_problem_is_in_both_splits(same: str, tmp_path: Path) -> None:
    """Nor is one that asks the same under another name, with other white space or marks, nor one
    that was asked in other words."""
    attempts = [answer(n, sample=k, code=f"x = {n}, {k}") for n in range(60) for k in range(2)]
    copies = [answer(n + 1000, asked=same.format(n)) for n in range(60)]
    reworded = [answer(n + 2000, problem=f"set/{n}", asked=f"Another {n}?") for n in range(60)]
    night(tmp_path / "a", 0, attempts)
    night(tmp_path / "b", 1, copies)
    built(tmp_path / "a", tmp_path / "b", into=tmp_path / "out", by=options(validation=0.3))
    night(tmp_path / "c", 2, reworded)
    built(tmp_path / "c", into=tmp_path / "out", by=options(validation=0.3))

    def families(split: str) -> set[int]:
        return {int(name.removeprefix("set/")) % 1000 for name in problems(tmp_path / "out", split)}

    assert families("train") | families("validation") == set(range(60))
    assert not families("train") & families("validation")
    assert 8 <= len(families("validation")) <= 30


def test_a_problem_that_joins_two_moves_its_rows(tmp_path: Path) -> None:
    """Grown or built at once, the split is the same."""
    night(tmp_path / "a", 0, [answer(n, problem=f"one/{n}", asked=f"{n}?") for n in range(30)])
    night(
        tmp_path / "b",
        1,
        [answer(n + 50, problem=f"two/{n}", asked=f"{n}, now") for n in range(30)],
    )
    night(
        tmp_path / "c",
        2,
        [answer(n + 99, problem=f"one/{n}", asked=f"{n}, now") for n in range(30)],
    )
    by = options(validation=0.5)
    for name in "abc":
        built(tmp_path / name, into=tmp_path / "grown", by=by)
    built(*(tmp_path / name for name in "abc"), into=tmp_path / "whole", by=by)
    assert contents(tmp_path / "grown") == contents(tmp_path / "whole")
    sides = {split: {name.partition("/")[2] for name in problems(tmp_path / "whole", split)}
             for split in ("train", "validation")}  # fmt: skip
    assert sides["validation"]
    assert not sides["train"] & sides["validation"]


@pytest.mark.parametrize(
    ("caps", "expected"),
    [
        ((Cap("problem", 2),), 20),
        ((Cap("difficulty", 7),), 14),
        ((Cap("problem", 1), Cap("difficulty", 4)), 8),
        ((Cap("language", 5),), 5),
    ],
)
def test_balanced(tmp_path: Path, caps: tuple[Cap, ...], expected: int) -> None:
    """At most so many of each, grown or at once; another balance takes from the same index."""

    def attempts(samples: range) -> list[Any]:
        return [
            answer(n, sample=k, code=f"x = {n}, {k}", difficulty="hard" if n % 2 else "easy")
            for n in range(10)
            for k in samples
        ]

    night(tmp_path / "a", 0, attempts(range(3)))
    night(tmp_path / "b", 1, attempts(range(3, 6)))
    into = tmp_path / "grown"
    built(tmp_path / "a", into=into)
    for place in "ab":
        grown = built(tmp_path / place, into=into, by=options(*caps))
    whole = built(tmp_path / "a", tmp_path / "b", into=tmp_path / "whole", by=options(*caps))
    assert sum(whole.manifest.rows.values()) == expected
    assert grown.manifest == whole.manifest
    assert contents(into) == contents(tmp_path / "whole")
    night(tmp_path / "c", 2, [answer(n, WRONG, sample=k) for n in range(10) for k in range(2)])
    built(tmp_path / "c", into=into, by=options(*caps))
    built(*(tmp_path / name for name in "abc"), into=tmp_path / "again", by=options(*caps))
    assert contents(into) == contents(tmp_path / "again")


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    nights=st.lists(
        st.lists(
            st.tuples(st.integers(0, 5), st.integers(0, 3), st.sampled_from(("passed", "error"))),
            max_size=6, unique_by=lambda each: each[0],
        ),
        min_size=2, max_size=4,
    ),
    order=st.randoms(use_true_random=False),
    caps=st.sampled_from(((), (Cap("problem", 1),), (Cap("language", 3), Cap("difficulty", 2)))),
    dedup=st.sampled_from((1.0, 0.5)),
)  # fmt: skip
def test_any_nights_grow_as_they_are_built(
    tmp_path_factory: pytest.TempPathFactory,
    nights: Any,
    order: Any,
    caps: tuple[Cap, ...],
    dedup: float,
) -> None:
    """Duplicates, second verdicts, shared texts: in any order the same."""
    root, by = tmp_path_factory.mktemp("nights"), Options(layout(), caps, dedup=dedup)
    for day, attempts in enumerate(nights):
        night(root / "n" / str(day), day, [
            answer(n, Outcome(outcome), code=f"x = {code}", asked=f"Ask {code}",
                   difficulty=str(code)) for n, code, outcome in attempts])  # fmt: skip
    places = [root / "n" / str(day) for day in range(len(nights))]
    built(root / "n", into=root / "whole", by=by)
    order.shuffle(places)
    for place in places:
        built(place, into=root / "grown", by=by)
    assert contents(root / "grown") == contents(root / "whole")


def test_rows_that_give_away_a_benchmark_stay_out(tmp_path: Path) -> None:
    """By task or by code; another benchmark has everything looked at again."""
    benchmark = tmp_path / "benchmark.jsonl"
    benchmark.write_text('{"id": "b/1", "prompt": "Write f of number 3."}\n')
    night(tmp_path / "a", 0, map(answer, range(6)))
    into, arguments = tmp_path / "out", ["dataset", "build", str(tmp_path / "a"), "--output"]
    assert main([*arguments, str(into), "--benchmarks", str(benchmark)]) == 0
    assert problems(into) == ["set/0", "set/1", "set/2", "set/4", "set/5"]
    assert main([*arguments, str(into)]) == 0
    assert len(problems(into)) == 6


def test_what_a_run_left_out_stays_out(tmp_path: Path) -> None:
    """A row that its gates dropped was never exported."""
    night(tmp_path / "a", 0, [answer(1, sample=k, code=f"x = {k}") for k in range(3)], keep=1)
    built(tmp_path / "a", into=tmp_path / "out")
    assert len(rows(tmp_path / "out")) == 1


@pytest.mark.parametrize("form", ROW_FORMATS)
def test_attempts_may_be_gone(tmp_path: Path, form: str) -> None:
    """Then the exported rows are read, in whichever format."""
    files = night(tmp_path / "a", 0, map(answer, range(5)), format=form)
    built(tmp_path / "a", into=tmp_path / "whole")
    files.attempts.unlink()
    built(tmp_path / "a", into=tmp_path / "out")
    assert rows(tmp_path / "out") == rows(tmp_path / "whole")


def test_a_run_that_is_removed_stays(tmp_path: Path) -> None:
    """Its rows are in the index; only what changes all has to read it again, and says so."""
    first = night(tmp_path / "a", 0, map(answer, range(5)))
    built(tmp_path / "a", into=tmp_path / "out")
    for path in (first.attempts, first.sft, first.stats):
        path.unlink()
    second = night(tmp_path / "a", 1, map(answer, range(5, 9)))
    grown = built(tmp_path / "a", into=tmp_path / "out")
    assert (grown.read, grown.kept, len(rows(tmp_path / "out"))) == (1, 1, 9)
    night(tmp_path / "other", 1, [answer(99)])
    second.attempts.write_bytes((tmp_path / "other/attempts" / second.attempts.name).read_bytes())
    with pytest.raises(OutputError, match=r"has changed.*1 of those"):
        built(tmp_path / "a", into=tmp_path / "out")
    built(tmp_path / "a", into=tmp_path / "elsewhere")
    assert problems(tmp_path / "elsewhere") == ["set/99"]


def test_a_run_that_was_moved_is_not_gone(tmp_path: Path) -> None:
    """Whether nothing else is new, or all has to be read again."""
    night(tmp_path / "nights/a", 0, map(answer, range(5)))
    night(tmp_path / "nights/b", 1, map(answer, range(5, 9)))
    built(tmp_path / "nights", into=tmp_path / "out")
    (tmp_path / "nights/a").rename(tmp_path / "nights/renamed")
    grown = built(tmp_path / "nights", into=tmp_path / "out")
    assert (grown.read, grown.kept, grown.days_written) == (0, 0, 0)
    (tmp_path / "nights/b").rename(tmp_path / "nights/moved")
    again = built(tmp_path / "nights", into=tmp_path / "out", by=replace(options(), dedup=0.5))
    assert (again.read, again.kept) == (2, 0)


@pytest.mark.parametrize("kind", ["data", "lineage"])
def test_files_that_were_lost_are_written_again(tmp_path: Path, kind: str) -> None:
    """Removed or cut off, of one day among others."""
    for day in range(3):
        night(tmp_path / "a", day, map(answer, range(9 * day, 9 * day + 9)))
    built(tmp_path / "a", into=tmp_path / "out")
    before = contents(tmp_path / "out")
    lost, cut = sorted((tmp_path / "out" / kind).iterdir())[:2]
    lost.unlink()
    cut.write_bytes(cut.read_bytes()[:-9])
    assert built(tmp_path / "a", into=tmp_path / "out").days_written in (1, 2)
    assert contents(tmp_path / "out") == before


def test_a_run_that_was_made_again_is_read_again(tmp_path: Path) -> None:
    """As after `rebuild` with other gates; one that was only touched is not."""
    files = night(tmp_path / "a", 0, [answer(1, sample=k, code=f"x = {k}") for k in range(3)])
    built(tmp_path / "a", into=tmp_path / "out")
    os.utime(files.attempts)
    assert built(tmp_path / "a", into=tmp_path / "out").days_written == 0
    assert main(["rebuild", str(files.attempts), "--keep", "1"]) == 0
    built(tmp_path / "a", into=tmp_path / "out")
    assert len(rows(tmp_path / "out")) == 1


def test_one_run_in_two_places_is_one(tmp_path: Path) -> None:
    """A copy, a link, the folder above."""
    night(tmp_path / "a", 0, map(answer, range(5)))
    (tmp_path / "b").symlink_to(tmp_path / "a")
    twice = built(tmp_path / "a", tmp_path / "b", tmp_path, into=tmp_path / "out")
    assert (twice.read, len(twice.manifest.runs)) == (1, 1)


def test_runs_that_have_not_ended_wait(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """They are named; once they have stats they are read."""
    files = night(tmp_path / "a", 0, map(answer, range(5)))
    night(tmp_path / "a", 1, [answer(7)])
    stats = files.stats.read_bytes()
    files.stats.unlink()
    arguments = ["dataset", "build", str(tmp_path / "a"), "--output", str(tmp_path / "out")]
    assert main(arguments) == 0
    assert "has no stats" in capsys.readouterr().out
    assert problems(tmp_path / "out") == ["set/7"]
    files.stats.write_bytes(stats)
    assert main(arguments) == 0
    assert len(problems(tmp_path / "out")) == 6


def test_shards_load_and_are_what_the_manifest_says(tmp_path: Path) -> None:
    """In Parquet and JSON lines, by the hub's own loader; hashes, counts and lineage are right."""
    night(tmp_path / "a", 0, map(answer, range(50)))
    for form, suffix in (("parquet", "parquet"), ("messages", "jsonl")):
        into = tmp_path / form
        made = built(tmp_path / "a", into=into, by=options(form=form, shard_rows=8))
        for file in made.manifest.files:
            content = (into / file.path).read_bytes()
            assert (len(content), hashlib.sha256(content).hexdigest()) == (file.bytes, file.sha256)
        loaded = load_dataset(str(into), cache_dir=str(tmp_path / "hf"))
        assert {name: len(part) for name, part in loaded.items()} == made.manifest.rows
        assert len([*(into / "data").glob(f"train-*.{suffix}")]) > 4
    line = orjson.loads(
        (tmp_path / "parquet/lineage/2026-01-01.jsonl").read_bytes().splitlines()[9]
    )
    row = pq.read_table(tmp_path / "parquet" / line["file"]).to_pylist()[line["row"] - 1]
    assert row["metadata"]["problem_id"] == line["problem_id"]
    assert row["metadata"]["request_key"] == line["request_key"]
    assert made.manifest.runs[0].digest.startswith(line["run"])


def test_another_layout_takes_the_place_of_the_first(tmp_path: Path) -> None:
    """No file of it is left."""
    night(tmp_path / "a", 0, map(answer, range(50)))
    built(tmp_path / "a", into=tmp_path / "out", by=options(shard_rows=4))
    built(tmp_path / "a", into=tmp_path / "out", by=options(form="parquet"))
    built(tmp_path / "a", into=tmp_path / "fresh", by=options(form="parquet"))
    assert contents(tmp_path / "out") == contents(tmp_path / "fresh")


def test_runs_at_a_url(tmp_path: Path, bucket: Bucket) -> None:
    """Found in folders below, and not downloaded again."""
    files = night(tmp_path / "a", 0, map(answer, range(5)))
    for path in (files.attempts, files.sft, files.stats):
        bucket.put(f"nights/first/{path.relative_to(tmp_path / 'a')}", path.read_bytes())
    url = f"{bucket.url}/nights"
    into = tmp_path / "out"
    arguments = ["dataset", "build", url, "--output", str(into)]
    assert main([*arguments, "--validation", "0.2", "--shard-rows", "1000"]) == 0
    built(tmp_path / "a", into=tmp_path / "here")
    assert contents(into) == contents(tmp_path / "here")
    bucket.put(f"nights/first/attempts/{files.attempts.name}x", b"not of a run")
    assert build([url], into, options()).read == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "DIR"),
        (("nowhere",), "nowhere is not there"),
        ((".",), "no run in ."),
        ((".", "--per", "model", "3"), "problem, language, difficulty"),
        ((".", "--per", "problem", "0"), "--per problem 0"),
        ((".", "--validation", "1"), "--validation"),
        ((".", "--validation", "nan"), "--validation"),
        ((".", "--shard-rows", "0"), "--shard-rows"),
        ((".", "--dedup", "0"), "--dedup"),
        ((".", "--output", "s3://x/y"), "folder here"),
    ],
)
def test_mistakes_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...], said: str,
) -> None:  # fmt: skip
    """With what to do, and before anything is written."""
    monkeypatch.chdir(tmp_path)
    assert main(["dataset", "build", *arguments]) in (2, 12)
    assert said in capsys.readouterr().err
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize("after", [".sft-index/index.db", "data/train-2026-01-03-00000.jsonl"])
def test_a_build_that_was_killed_is_finished_by_the_next(tmp_path: Path, after: str) -> None:
    """While runs are read, and while files are written: by kill -9."""
    for day in range(30):
        night(tmp_path / "n", day, (answer(n) for n in range(100 * day, 100 * day + 150)))
    into = tmp_path / "out"
    command = ("sft-collect", "dataset", "build", "n", "--output", "out", "--shard-rows", "1000",
               "--validation", "0.2")  # fmt: skip
    process = subprocess.Popen(
        command, cwd=tmp_path, env=clean_environment(tmp_path), stdout=subprocess.DEVNULL
    )
    wait_until((into / after).exists)
    process.kill()
    process.wait()
    built(tmp_path / "n", into=into)
    built(tmp_path / "n", into=tmp_path / "whole")
    assert contents(into) == contents(tmp_path / "whole")


def test_one_build_at_a_time_and_on_a_disk_with_room(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Else it is told, and what was there stays; a spoiled index is named with what to do."""
    night(tmp_path / "a", 0, map(answer, range(5)))
    into = tmp_path / "out"
    built(tmp_path / "a", into=into)
    before = contents(into)
    arguments = ["dataset", "build", str(tmp_path / "a"), "--output", str(into)]
    with alone(into / ".sft-index" / "lock"):
        assert main(arguments) == 12
    assert "Another build" in capsys.readouterr().err
    (into / ".sft-index" / "index.db").write_bytes(b"not a database" * 1000)
    assert main(arguments) == 12
    assert "Remove the folder" in capsys.readouterr().err
    assert contents(into) == before
    assert main(["dataset", "build", str(tmp_path / "a"), "--output", "/dev/full/out"]) == 12


@pytest.mark.parametrize("step", ["dataset_card", "_remove_others"])
def test_another_build_waits_for_the_last_step(
    tmp_path: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the manifest of the first, which knows less, takes the place of the other's."""
    night(tmp_path / "a", 0, map(answer, range(5)))
    night(tmp_path / "b", 1, map(answer, range(5, 9)))
    into, module = tmp_path / "out", import_module("pettingllms.tools.dataset.build")
    last = getattr(module, step)
    refused: list[str] = []

    def meanwhile(*arguments: object) -> object:
        try:
            built(tmp_path / "b", into=into)
        except OutputError as error:
            refused.append(str(error))
        return last(*arguments)

    monkeypatch.setattr(module, step, meanwhile)
    built(tmp_path / "a", into=into)
    assert ["Another build into" in said for said in refused] == [True]


def test_a_damaged_run_is_named_and_the_rest_stays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By file and line; what was built before is as it was."""
    night(tmp_path / "a", 0, map(answer, range(5)))
    built(tmp_path / "a", into=tmp_path / "out")
    before = contents(tmp_path / "out")
    files = night(tmp_path / "a", 1, map(answer, range(9)))
    lines = files.attempts.read_bytes().splitlines(keepends=True)
    files.attempts.write_bytes(b"".join((*lines[:4], b"{}\n", *lines[5:])))
    arguments = ["dataset", "build", str(tmp_path / "a"), "--output", str(tmp_path / "out")]
    assert main(arguments) == 12
    assert f"{files.attempts.name}:5" in capsys.readouterr().err
    assert contents(tmp_path / "out") == before
    files.attempts.write_bytes(b"".join(lines))
    assert main([*arguments, "--validation", "0.2"]) == 0
    assert len(rows(tmp_path / "out")) == 9


@pytest.mark.parametrize("name", ["README.md", "manifest.json", "data/2026-01-02.jsonl"])
def test_what_somebody_else_wrote_is_not_written_over(tmp_path: Path, name: str) -> None:
    night(tmp_path / "a", 0, map(answer, range(3)))
    own = tmp_path / "project"
    (own / name).parent.mkdir(parents=True)
    (own / name).write_text("mine")
    with pytest.raises(OutputError, match=r"of no data set of ours"):
        built(tmp_path / "a", into=own)
    assert contents(own) == {name: b"mine"}
