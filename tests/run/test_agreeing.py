"""Problems without tests: a second agent writes some, and what most answers return is kept."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from pettingllms.errors import SettingError
from pettingllms.export import read_run, read_stats
from pettingllms.export.attempts import iter_attempts
from pettingllms.export.reading import read_export
from pettingllms.judge import Judge, find_sandbox
from pettingllms.problems import read_problems
from pettingllms.records import Attempt
from pettingllms.run.check import check
from pettingllms.run.collection import Report
from pettingllms.run.open import open_collection
from pettingllms.settings import resolve
from pettingllms.simulator import (
    ChatBody,
    ErrorReply,
    FunctionAnswers,
    NoAnswer,
    Reply,
    Simulator,
    SimulatorThread,
)  # fmt: skip
from pettingllms.tools.dataset_card import render_card
from pettingllms.tools.rebuild import rebuild_from_attempts, rebuild_from_cache
from pettingllms.tools.verify import Verification, verify
from tests.flows.conftest import rows_of, write_problems

CODER, WRITER = "gpt-4o-mini", "gpt-4o"
RIGHT = "def add(x): return x + 7"
ASKED = "Write add(x) that returns x + 7. Example: `add(0)` returns `7`."
LONG = "x" * 60_000
CASES = [{"args": [n], "expected": n + 7} for n in (1, 2, -9)]


def is_writer(body: ChatBody) -> bool:
    return body.messages[0].content.startswith("You write test cases")


def page(cases: list[Any] | None = None, **more: Any) -> str:
    written = {"function": "add", "cases": CASES if cases is None else cases} | more
    return f"```json\n{json.dumps(written)}\n```"


class Provider:
    """Answers samples in turn by `codes`, test writing by `tests`, and repair by `repaired`."""

    def __init__(self) -> None:
        self.codes: list[str] = [RIGHT]
        self.tests: list[str | Reply | NoAnswer] = [page()]
        self.repaired = RIGHT
        self.asked: dict[str, int] = {"code": 0, "test": 0, "repair": 0}
        self.told: list[str] = []

    def answer(self, body: ChatBody) -> str | Reply | NoAnswer:
        kind = "test" if is_writer(body) else "repair" if body.assistant_messages else "code"
        number = self.asked[kind]
        self.asked[kind] += 1
        if kind == "test":
            self.told += [body.messages[-1].content] * bool(body.assistant_messages)
            return self.tests[min(number, len(self.tests) - 1)]
        if kind == "repair":
            self.told.append(body.messages[-1].content)
            return f"```python\n{self.repaired}\n```"
        return f"```python\n{self.codes[number % len(self.codes)]}\n```"


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
def simulator(provider: Provider) -> Iterator[Simulator]:
    source = FunctionAnswers(provider.answer)
    with SimulatorThread(Simulator(source, models=(CODER, WRITER))) as simulator:
        yield simulator


Collect = Callable[..., Report]


@pytest.fixture
def collect(tmp_path: Path, simulator: Simulator) -> Collect:
    file = tmp_path / "p.jsonl"
    given = {
        "api_type": "openai", "base_url": simulator.base_url, "problems": str(file), "model": CODER,
        "cache_dir": str(tmp_path / "cache"), "output_dir": str(tmp_path / "out"),
        "write_tests": 5, "samples": 4, "max_turns": 1, "max_concurrency": 1,
    }  # fmt: skip

    async def run(changes: dict[str, Any]) -> Report:
        async with open_collection(check(resolve(given | changes).settings), "run") as collection:
            return await collection.run()

    def collect(problems: list[dict[str, Any]] | None = None, **changes: Any) -> Report:
        write_problems(file, problems or [{"id": "add", "prompt": ASKED}])
        return asyncio.run(run(changes))

    return collect


def attempts_of(report: Report) -> list[Attempt]:
    return list(iter_attempts(report.files.attempts))


def test_answers_that_agree_are_kept_as_agreed(collect: Collect, provider: Provider) -> None:
    """Never as passed, and their rows say by what."""
    provider.codes = [RIGHT, RIGHT, "def add(x): return x - 7", RIGHT]
    report = collect()
    stats = report.stats
    assert stats.accepted_by_verdict == {"agreed": 3}
    assert stats.rejected == {"disagreed": 1}
    rows = rows_of(report)
    assert [row["metadata"]["sample"] for row in rows] == [0, 1, 3]
    known = rows[0]["metadata"]
    assert (known["verdict"], known["agreement"]) == ("agreed", 0.75)
    assert (known["answers_alike"], known["answers_compared"]) == (3, 4)
    assert (known["tests_passed"], known["tests_total"]) == (4, 4)
    assert {"args": [-9], "expected": -2} in json.loads(known["tests"])["cases"]
    assert stats.test_sets.kept == {"agreed": 1}
    assert provider.asked == {"code": 4, "test": 1, "repair": 0}
    assert stats.requests_sent == 5


def test_a_second_run_asks_nobody_and_says_the_same(collect: Collect, provider: Provider) -> None:
    """Both agents' answers are in the cache; their money is on the first bill."""
    provider.codes = [RIGHT, RIGHT, "def add(x): return x - 7", RIGHT]
    first = collect()
    second = collect()
    assert second.stats.requests_sent == 0
    assert first.files.sft.read_bytes() == second.files.sft.read_bytes()
    assert first.stats.test_sets == second.stats.test_sets
    assert first.stats.cost.usd > second.stats.cost.usd == 0


@pytest.mark.parametrize(
    ("codes", "tests", "reason"),
    [
        ([RIGHT, "def add(x): return x", "def add(x): return 7"], page(), "answers_scatter"),
        (["import random\ndef add(x): return random.random()"], page(), "flaky_answers"),
        (["def add(x): raise ValueError"], page(), "tests_unconfirmed"),
        (["def add(x): return None"], page(), "tests_unconfirmed"),
        ([RIGHT, RIGHT, LONG, LONG], page(), "too_few_answers"),
        ([RIGHT], "I would test 1, 2 and -9.", "no_tests_written"),
        ([RIGHT], "```python\nassert add(1) == 8\n```", "no_tests_written"),
        ([RIGHT], page([{"args": [0], "expected": 8}]), "no_tests_written"),
    ],
)
def test_where_nothing_agrees_nothing_is_kept(
    collect: Collect, provider: Provider, codes: list[str], tests: str, reason: str
) -> None:
    """And the reason is counted."""
    provider.codes, provider.tests = codes, [tests]
    stats = collect().stats
    assert stats.accepted == 0
    assert reason in stats.rejected


def test_no_tests_are_bought_for_answers_that_cannot_agree(
    collect: Collect, provider: Provider
) -> None:
    """Too few of them are answers at all."""
    provider.tests = [page()]
    report = collect(max_tokens=1)
    assert provider.asked["test"] == 0
    assert report.stats.rejected == {"truncated": 4}


def test_a_repair_turn_is_told_what_most_give(collect: Collect, provider: Provider) -> None:
    """Input, what it gave, what most gave; the repaired answer joins them, and is no more voice."""
    provider.codes = [RIGHT, RIGHT, "def add(x): return x - 7", RIGHT]
    report = collect(max_turns=2)
    assert report.stats.accepted_by_verdict == {"agreed": 4}
    (told,) = provider.told
    assert "Test:\nadd(0)\nMost give:\n7\nGot:\n-7" in told
    (row,) = [row["metadata"] for row in rows_of(report) if row["metadata"]["turn"]]
    assert (row["agreement"], row["feedback"], row["cases_shown"]) == (0.75, "full", "0")
    provider.repaired = "def add(x): return 0"
    stats = collect(max_turns=3, temperature=0.5).stats
    assert stats.rejected == {"disagreed": 1}


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ("I would test 1, 2 and -9.", "no JSON object"),
        ("```python\nassert add(1) == 8\n```", "no JSON object"),
        ("```json\n[1, 2]\n```", "no JSON object"),
        ('{"tests": [[1, 8]]}', "not have the form"),
        (page([], function="1+1"), "not have the form"),
        (page([]), "None of your cases"),
        (page([[1, 8], {"input": 1}]), "- 2 x not a case"),
        (page([{"args": [{"a": [n]}], "expected": LONG} for n in (1, 2)]), "- 2 x too large"),
        (page([{"args": [0], "expected": 8}]), "contradict the examples"),
    ],
)
def test_a_writer_of_whose_reply_nothing_is_taken_is_told_once(
    collect: Collect, provider: Provider, reply: str, said: str
) -> None:
    """What was wrong, in the same conversation; both replies are on the bill, and kept."""
    provider.tests = [reply, page()]
    report = collect(max_turns=3, max_tokens=200_000)
    assert report.stats.accepted_by_verdict == {"agreed": 4}
    (told,) = provider.told
    assert said in told
    assert "```json" in told
    assert report.stats.requests_sent == 6
    assert report.stats.test_sets.kept == {"agreed": 1}
    assert [a.turn for a in attempts_of(report) if a.agent == "test"] == [0, 1]
    assert collect(max_turns=3, max_tokens=200_000).stats.requests_sent == 0
    provider.tests = [reply]
    assert collect(max_turns=3, max_tokens=200_001).stats.rejected == {"no_tests_written": 4}
    assert provider.asked["test"] == 4


@pytest.mark.parametrize(
    "reply",
    [
        Reply("No.", finish_reason="refusal"),
        Reply("I", finish_reason="content_filter"),
        Reply(page()[:60], finish_reason="length"),
        "I'm sorry, but I can't help with that.",
        "{" + LONG * 5,
    ],
)
def test_a_writer_who_cannot_do_better_is_not_asked_again(
    collect: Collect, provider: Provider, reply: Reply | str
) -> None:
    """One that refuses, or writes without end."""
    provider.tests = [reply, page()]
    assert collect(max_turns=3, max_tokens=500_000).stats.rejected == {"no_tests_written": 4}
    assert provider.asked["test"] == 1


def test_an_outage_between_the_writers_turns_costs_nothing_twice(
    collect: Collect, provider: Provider
) -> None:
    """The next run asks for what is missing alone."""
    provider.tests = ["none", ErrorReply(400, "no")]
    assert collect(max_turns=2).stats.test_sets.failed
    provider.tests = ["none", page()]
    provider.asked["test"] = 1
    report = collect(max_turns=2)
    assert report.stats.accepted == 4
    assert report.stats.requests_sent == 1


def test_another_model_writes_the_tests(collect: Collect, simulator: Simulator) -> None:
    """With its own row in the stats."""
    stats = collect(test_model=f"openai:{WRITER}").stats
    asked = [request.body["model"] for request in simulator.requests if request.method == "POST"]
    assert (asked.count(CODER), asked.count(WRITER)) == (4, 1)
    assert (stats.models[f"openai:{WRITER}"].answers, stats.accepted) == (1, 4)


def test_the_writer_takes_of_one_budget(collect: Collect) -> None:
    """What it may spend is reserved as for an answer."""
    report = collect(test_model=f"openai:{WRITER}", max_cost_usd=0.0055)
    assert report.stopped_by is not None
    assert report.stats.cost.usd <= 0.0055


def test_an_outage_of_the_writer_fails_the_problem_and_nothing_else(
    collect: Collect, provider: Provider
) -> None:
    """The answers are paid, and the next run asks for the tests only."""
    provider.tests = [ErrorReply(400, "no")]
    stats = collect().stats
    assert stats.test_sets.failed
    assert stats.rejected == {"no_tests_written": 4}
    provider.tests = [page()]
    assert collect().stats.accepted_by_verdict == {"agreed": 4}
    assert provider.asked["code"] == 4


def test_ten_thousand_cases_are_bounded(collect: Collect, provider: Provider) -> None:
    """As many as were asked for are used; the rest is counted."""
    provider.tests = [page([{"args": [n], "expected": n + 7} for n in range(5_000)])]
    report = collect(max_tokens=200_000)
    assert report.stats.test_sets.refused == {"surplus": 4_995}
    assert report.stats.accepted == 4
    assert len(json.loads(rows_of(report)[0]["metadata"]["tests"])["cases"]) == 5


def test_programs_agree_too(collect: Collect, provider: Provider) -> None:
    """By what they print."""
    provider.codes = ["print(int(input()) + 7)", "print(7 + int(input()))", "print(0)",
                      "n = input()\nprint(int(n) + 7, end='')"]  # fmt: skip
    cases = [{"input": f"{n}\n", "output": f"{n + 7}\n"} for n in (1, 2)]
    provider.tests = [f"```json\n{json.dumps({'cases': cases})}\n```"]
    report = collect([{"id": "p", "prompt": "Read a number from standard input, print it plus 7."}])
    assert report.stats.accepted_by_verdict == {"agreed": 3}


def test_an_input_that_uses_all_up_says_nothing(collect: Collect, provider: Provider) -> None:
    """And takes nothing from the others."""
    provider.codes = ["def add(x): return (x < 0) * 'x' * 10**11 or x + 7"]
    report = collect()
    assert report.stats.accepted == 4
    assert [row["metadata"]["tests_passed"] for row in rows_of(report)] == [3] * 4


def test_both_agents_have_rows(collect: Collect, provider: Provider) -> None:
    """A set for each sample; its row says what it killed, and the two make an episode."""
    wrong = page([{"args": [1], "expected": 9}, *CASES[1:]])
    provider.tests = [page(), page(), page(), wrong]
    provider.codes = [RIGHT, RIGHT, "def add(x): return x - 7", RIGHT]
    tested = {"id": "add", "prompt": ASKED, "entry_point": "add", "tests": CASES,
              "reference": RIGHT}  # fmt: skip
    report = collect([tested], agents="code,test")
    rows = [row["metadata"] for row in rows_of(report)]
    assert [row["agent"] for row in rows] == ["code"] * 3 + ["test"] * 3
    assert [row["env_success"] for row in rows] == [True, True, False, True, True, False]
    sets = report.stats.test_sets
    assert (sets.kept, sets.rejected, sets.exported) == ({"passed": 3}, {"wrong_answer": 1}, 3)
    assert rows[3]["programs_killed"] == rows[3]["programs_wrong"] > 1
    assert report.stats.accepted_by_verdict == {"passed": 3}
    together = collect([tested], agents="code,test", collect_mode="env")
    assert [row["metadata"]["agent"] for row in rows_of(together)] == ["code"] * 2 + ["test"] * 2
    balanced = collect([tested], agents="code,test", agent_ratios="code=2,test=1")
    assert [row["metadata"]["agent"] for row in rows_of(balanced)] == ["code"] * 3 + ["test"]
    enough = collect([tested], agents="code,test", accept=1).stats
    assert (enough.samples, enough.not_needed, enough.test_sets.written) == (1, 3, 1)
    alone = collect([tested], agents="test")
    assert {row["metadata"]["agent"] for row in rows_of(alone)} == {"test"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"samples": 2}, "3 agree"),
        ({"write_tests": 1}, "2 tests"),
        ({"write_tests": None, "agents": "test"}, "no effect without write_tests"),
        ({"write_tests": 99}, "less than or equal to 50"),
        ({"agents": "coder"}, "code and test"),
        ({"agreement": "half"}, "answers=N"),
        ({"agent_ratios": "code=1"}, "both agents"),
        ({"test_model": "gpt-4o"}, "PROVIDER:MODEL"),
    ],
)
def test_settings_that_cannot_work_are_refused(
    collect: Collect, provider: Provider, given: dict[str, Any], said: str
) -> None:
    """Before anything is sent."""
    with pytest.raises(SettingError, match=said):
        collect(**given)
    assert not any(provider.asked.values())


def test_rows_are_proved_by_the_tests_that_they_carry(
    collect: Collect, provider: Provider, tmp_path: Path
) -> None:
    """Never as passed; and an answer that is another now does not hold."""
    provider.codes = [RIGHT, RIGHT, "def add(x): return x - 7", RIGHT]
    report = collect()
    file = report.files.sft
    rows = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(rows[0] + rows[1].replace(b"x + 7\\n", b"x + 8\\n"))
    found = prove(file, tmp_path)
    assert (found.passed, found.agreed, found.untested, len(found.broken)) == (0, 1, 0, 1)
    spoilt = orjson.loads(rows[0])
    spoilt["metadata"]["tests"] = "none"
    file.write_bytes(orjson.dumps(spoilt) + b"\n")
    assert len(prove(file, tmp_path).broken) == 1


def prove(file: Path, folder: Path) -> Verification:
    async def proved() -> Verification:
        async with Judge(find_sandbox()) as judge:
            return await verify(read_export(file), read_problems([str(folder / "p.jsonl")]), judge)

    return asyncio.run(proved())


def test_rebuilt_rows_are_the_same(collect: Collect, provider: Provider, tmp_path: Path) -> None:
    """From the attempts, of both agents, and from the cache."""
    provider.codes = [RIGHT, RIGHT, "def add(x): return x - 7", RIGHT]
    report = collect(agents="code,test", collect_mode="env")
    again = {"output_dir": str(tmp_path / "again")}
    rebuilt = rebuild_from_attempts(report.files.attempts, again)
    assert rebuilt.sft.read_bytes() == report.files.sft.read_bytes()
    assert read_stats(rebuilt.stats)["test_sets"] == read_stats(report.files.stats)["test_sets"]
    settings = resolve({**read_run(report.files.stats).settings, **again}, {}).settings
    cached = asyncio.run(rebuild_from_cache(settings))
    assert rows_of(cached) == rows_of(report)


def test_the_card_calls_them_not_verified(collect: Collect) -> None:
    """And says what they are."""
    report = collect(agents="code,test")
    stats = read_stats(report.files.stats)
    card = render_card("data.jsonl", read_export(report.files.sft), stats)
    assert "none of them verified" in card
    assert "| agreed | 8 |" in card
    assert "return what most answers returned" in card
    assert "In 4 of them the answer is a set of tests" in card


def test_answers_may_name_their_function_where_the_statement_does_not(
    collect: Collect, provider: Provider, tmp_path: Path
) -> None:
    """As most public instructions are; the row is proved as it is."""
    helped = "def plus(a, b): return a + b\n\ndef seven_more(n): return plus(n, 7)"
    provider.codes = [RIGHT, helped, "def more(x): return more(x) if x is None else x + 7",
                      "def f(x): return x\ndef g(x): return x"]  # fmt: skip
    report = collect([{"id": "p", "prompt": "Write a function that returns its number plus 7."}])
    assert report.stats.accepted_by_verdict == {"agreed": 3}
    assert prove(report.files.sft, tmp_path).agreed == 3
    named = {"id": "q", "prompt": "Write `add`, which returns its number plus 7."}
    assert collect([named], temperature=0.1).stats.accepted == 0
