"""The flow, in this process, on a real Prefect server, against a provider on loopback."""

from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pytest
from datasets import load_dataset
from prefect.blocks.system import Secret

import pettingllms.run.open
from flows import tasks
from flows.collect import sft_collect
from pettingllms.engine import Engine
from pettingllms.errors import (
    BudgetReachedError,
    ExitCode,
    KeyRefusedError,
    MissingKeyError,
    SettingError,
    UnknownModelError,
)
from pettingllms.providers.dispatch import RetryPolicy
from pettingllms.records import Message
from pettingllms.run.check import check
from pettingllms.simulator import (
    ChatBody,
    ErrorReply,
    Faults,
    FunctionAnswers,
    Reply,
    Simulator,
    SimulatorThread,
)
from pettingllms.tools.plan import make_plan
from pettingllms.utils.api_client import BaseAPIClient

from .conftest import Collector, right_answer, stored, write_problems


async def test_every_answer_is_kept_and_counted(collector: Collector) -> None:
    """Rows in the order of the problems, stats beside them, all attempts kept."""
    report = await collector.collect(range(12), shard_size=5)
    rows = [orjson.loads(line) for line in report.files.sft.read_bytes().splitlines()]
    assert [row["metadata"]["problem_id"] for row in rows] == [f"add-{n}" for n in range(12)]
    assert rows[3]["messages"][-1]["content"].endswith("return x + 3\n```")
    assert rows[3]["metadata"]["tests_passed"] == rows[3]["metadata"]["tests_total"] == 2
    stats = orjson.loads(report.files.stats.read_bytes())
    assert (stats["problems"], stats["accepted"], stats["requests_sent"]) == (12, 12, 12)
    assert len(report.files.attempts.read_bytes().splitlines()) == 12
    assert report.exit_code == ExitCode.COMPLETE


async def test_the_rows_load_as_a_data_set(collector: Collector, tmp_path: Path) -> None:
    """What a trainer does first with the file."""
    report = await collector.collect(range(3))
    files = str(report.files.sft)
    rows = load_dataset("json", data_files=files, split="train", cache_dir=str(tmp_path / "hf"))
    assert rows.column_names == ["messages", "metadata"]
    assert rows[0]["messages"][-1]["role"] == "assistant"


async def test_only_what_is_new_is_paid_for(collector: Collector, provider: Simulator) -> None:
    """Nothing for the same again or in another order, one for one more problem or sample."""
    sent = partial(_requests_of, collector)
    assert await sent(range(8)) == 8
    assert await sent(range(8)) == 0
    assert await sent([5, 3, 7, 1, 0, 2, 4, 6]) == 0
    assert await sent(range(9)) == 1
    assert await sent(range(9), samples=2) == 9
    assert await sent(range(9), system_prompt="Be brief.") == 9
    assert await sent(range(9), model="n") == 9
    assert await sent(range(9), timeout=90.0, max_concurrency=3, shard_size=2) == 0
    assert provider.counts[200] == 8 + 1 + 9 + 9 + 9


async def _requests_of(collector: Collector, numbers: range | list[int], **changes: Any) -> int:
    return (await collector.collect(numbers, **changes)).stats.requests_sent


async def test_the_same_inputs_and_cache_give_the_same_bytes(collector: Collector) -> None:
    """An export does not show when, or in how many shards, it was made."""
    first = await collector.collect(range(20), shard_size=3)
    second = await collector.collect(range(20), shard_size=7)
    assert first.files.sft.read_bytes() == second.files.sft.read_bytes()


@pytest.mark.parametrize("api_type", ["openai", "deepseek", "claude", "local"])
async def test_each_provider_collects(
    collector: Collector, provider: Simulator, api_type: str
) -> None:
    """The official SDK of each, over real HTTP, on its own dialect."""
    base_urls = {"claude": provider.anthropic_base_url, "deepseek": provider.deepseek_base_url}
    base_url = base_urls.get(api_type, provider.base_url)
    report = await collector.collect(range(3), api_type=api_type, base_url=base_url)
    assert report.stats.accepted == 3
    assert report.stats.tokens_paid.completion_tokens > 0


async def test_local_takes_the_model_that_the_server_lists(collector: Collector) -> None:
    """No model named: the first one listed."""
    report = await collector.collect(range(2), api_type="local", model=None)
    rows = [orjson.loads(line) for line in report.files.sft.read_bytes().splitlines()]
    assert {row["metadata"]["model"] for row in rows} == {"m"}


class Contributed(BaseAPIClient):
    """A provider as the guide shows it: `generate`, and nothing else."""

    async def generate(self, messages: list[Message], **kwargs: Any) -> str:
        number = messages[-1]["content"].split()[-1].rstrip(".")
        return f"```python\ndef add(x):\n    return x + {number}\n```"


async def test_a_provider_of_a_contributor_collects(collector: Collector) -> None:
    """Named by its path, with cache and judge like any other."""
    path = f"{__name__}:Contributed"
    report = await collector.collect(range(4), api_type=path, base_url=None)
    again = await collector.collect(range(4), api_type=path, base_url=None)
    assert (report.stats.accepted, report.stats.requests_sent) == (4, 4)
    assert (again.stats.accepted, again.stats.requests_sent) == (4, 0)


async def test_a_failure_is_fed_back_until_the_answer_is_right(
    tmp_path: Path, prefect: str
) -> None:
    """Wrong twice, then right: three requests, the last answer kept, the transcript whole."""

    def at_the_third_try(body: ChatBody) -> str:
        if body.assistant_messages < 2:
            return "```python\ndef add(x):\n    return 'no'\n```"
        return right_answer(body)

    with SimulatorThread(Simulator(FunctionAnswers(at_the_third_try))) as simulator:
        collector = Collector(tmp_path, simulator.base_url)
        report = await collector.collect([4], model="simulator")
        assert report.stats.accepted_by_turn == {2: 1}
        assert report.stats.requests_sent == 3
        last = simulator.requests[-1].body["messages"]
        assert "Expected:\n5" in last[-1]["content"]
        assert [message["role"] for message in last][-4:] == ["assistant", "user"] * 2
        fewer = await collector.collect([4], model="simulator", max_turns=2)
        assert fewer.stats.rejected == {"wrong_answer": 1}
        assert fewer.exit_code == ExitCode.NOTHING_KEPT


async def test_truncated_refused_and_empty_answers_are_not_bought_again(
    tmp_path: Path, prefect: str
) -> None:
    """They are stored as what they are, and a second run sends nothing."""

    def odd(body: ChatBody) -> Reply:
        number = int(body.first_user_content.split()[-1].rstrip("."))
        return [Reply("```python\nde", "length"), Reply("No.", "refusal"), Reply("")][number]

    with SimulatorThread(Simulator(FunctionAnswers(odd), models=("m",))) as simulator:
        collector = Collector(tmp_path, simulator.base_url)
        report = await collector.collect(range(3))
        assert report.stats.rejected == {"truncated": 1, "refused": 1, "empty": 1}
        assert (await collector.collect(range(3))).stats.requests_sent == 0


async def test_a_refused_key_in_mid_run_stops_it_and_keeps_what_was_paid(
    tmp_path: Path, prefect: str
) -> None:
    """What arrived is exported, the rest is counted as not reached, and costs nothing twice."""
    script = [None] * 10 + [ErrorReply(401, "the key expired")] * 1000
    source = FunctionAnswers(right_answer)
    with SimulatorThread(Simulator(source, models=("m",), faults=Faults(script=script))) as failing:
        report = await Collector(tmp_path, failing.base_url).collect(range(60), shard_size=10)
        assert isinstance(report.stopped_by, KeyRefusedError)
        assert report.exit_code == KeyRefusedError.exit_code
        assert report.stats.accepted == 10
        assert failing.counts[401] <= 32
        assert report.stats.samples + report.stats.not_reached == 60
        failing._faults = Faults()
        healed = await Collector(tmp_path, failing.base_url).collect(range(60))
        assert (healed.stats.accepted, healed.stats.requests_sent) == (60, 50)


async def test_a_budget_stops_a_run_and_holds_over_the_next_ones(
    tmp_path: Path, prefect: str
) -> None:
    """Exit code 5; what was paid is exported; a raised limit goes on where it stopped."""
    source = FunctionAnswers(right_answer)
    with SimulatorThread(Simulator(source, models=("gpt-4o",), latency=0.05)) as simulator:
        collector = Collector(tmp_path, simulator.base_url)
        priced = {"model": "gpt-4o", "max_tokens": 100}
        stopped = await collector.collect(range(200), max_cost_usd=0.02, **priced)
        assert isinstance(stopped.stopped_by, BudgetReachedError)
        assert stopped.exit_code == 5
        assert 0 < stopped.stats.requests_sent == simulator.counts[200] < 200
        assert stopped.stats.cost.usd <= 0.02
        nothing = await collector.collect(range(200), max_cost_usd=0.02, **priced)
        assert nothing.stats.cost.usd + stopped.stats.cost.usd <= 0.02
        rest = await collector.collect(range(200), max_cost_usd=5, **priced)
        assert rest.stats.accepted == 200
        assert simulator.counts[200] == 200


async def test_a_plan_agrees_with_the_run_that_follows(tmp_path: Path, prefect: str) -> None:
    """Requests to the number, the cost within the range; and nothing is sent for the plan."""
    with SimulatorThread(Simulator(FunctionAnswers(right_answer), models=("gpt-4o",))) as simulator:
        collector = Collector(tmp_path, simulator.base_url)
        await collector.collect(range(5), model="gpt-4o")
        sent = simulator.counts[200]
        plan = await make_plan(check(collector.settings(range(30), model="gpt-4o")))
        assert simulator.counts[200] == sent
        assert (plan.samples, plan.answered, plan.to_send) == (30, 5, 25)
        stats = (await collector.collect(range(30), model="gpt-4o")).stats
        assert stats.requests_sent == 25
        assert plan.cost_usd is not None
        assert plan.cost_usd.least <= stats.cost.usd < plan.cost_usd.most


async def test_a_plan_tells_what_is_certain_from_what_may_follow(
    tmp_path: Path, provider: Simulator
) -> None:
    """Samples beyond the first wave, and a rubric's requests; nothing is sent."""
    rubric = tmp_path / "rubric.txt"
    rubric.write_text("Is it right?")
    collector = Collector(tmp_path, provider.base_url)
    settings = collector.settings(range(3), model="gpt-4o", samples=8, accept=2)
    plan = await make_plan(check(settings))
    assert (plan.answered, plan.to_send, plan.later, plan.reviews) == (0, 6, 18, 0)
    write_problems(collector.problems, [{"id": "a", "prompt": "Say hello."}])
    graded = await make_plan(check(settings.model_copy(update={"rubric": rubric})))
    assert (graded.to_send, graded.later, graded.reviews) == (2, 6, 8)
    ungraded = await make_plan(check(settings))
    assert graded.cost_usd is not None
    assert ungraded.cost_usd is not None
    assert graded.cost_usd.most > ungraded.cost_usd.most
    assert not provider.counts


async def test_an_outage_is_tried_again_by_the_task_for_what_is_missing_only(
    tmp_path: Path, prefect: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine gives up after its attempts, the task's next try asks for the missing rows. What
    the first one paid is on the run's bill."""
    policy = RetryPolicy(attempts=1)
    monkeypatch.setattr(pettingllms.run.open, "Engine", partial(Engine, retry_policy=policy))
    monkeypatch.setattr(tasks, "generate", tasks.generate.with_options(retry_delay_seconds=0))
    script = [None, ErrorReply(500, "down"), None, ErrorReply(500, "down"), None, None]
    source = FunctionAnswers(right_answer)
    with SimulatorThread(Simulator(source, models=("m",), faults=Faults(script=script))) as sim:
        report = await Collector(tmp_path, sim.base_url).collect(range(4))
        assert report.stats.accepted == 4
        assert sim.counts == Counter({200: 4, 500: 2})
        assert (report.stats.requests_sent, report.stats.answered_from_cache) == (4, 0)
        assert report.stats.retries == {"server_error": 2}


async def test_a_repair_turn_too_is_tried_again_by_its_task(
    tmp_path: Path, prefect: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The step that judges asks for it; an outage there is waited for as at the first turn."""
    policy = RetryPolicy(attempts=1)
    monkeypatch.setattr(pettingllms.run.open, "Engine", partial(Engine, retry_policy=policy))
    monkeypatch.setattr(tasks, "validate", tasks.validate.with_options(retry_delay_seconds=0))
    outage = iter([ErrorReply(500, "down"), ErrorReply(500, "down")])

    def answer(body: ChatBody) -> str | ErrorReply:
        if len(body.messages) > 2:
            return next(outage, right_answer(body))
        return "no code" if "x + 1" in body.first_user_content else right_answer(body)

    with SimulatorThread(Simulator(FunctionAnswers(answer), models=("m",))) as sim:
        report = await Collector(tmp_path, sim.base_url).collect(range(3))
        assert report.stats.accepted_by_turn == {0: 2, 1: 1}
        assert sim.counts == Counter({200: 4, 500: 2})
        assert (report.stats.requests_sent, report.stats.answered_from_cache) == (4, 0)
        assert report.stats.retries == {"server_error": 2}


async def test_rows_that_failed_make_a_run_partial_and_are_asked_again(
    tmp_path: Path, prefect: str
) -> None:
    """One row that the provider refuses costs its neighbours nothing."""
    refusal = ErrorReply(400, "too long", code="context_length_exceeded")
    source = FunctionAnswers(lambda body: refusal if "x + 2" in body.first_user_content
                             else right_answer(body))  # fmt: skip
    with SimulatorThread(Simulator(source, models=("m",))) as simulator:
        collector = Collector(tmp_path, simulator.base_url)
        report = await collector.collect(range(5))
        assert report.stats.failed == {"context_length": 1}
        assert (report.stats.accepted, report.exit_code) == (4, ExitCode.PARTIAL)
        assert (await collector.collect(range(5))).stats.requests_sent == 1


async def test_a_missing_key_stops_before_anything_is_sent(
    collector: Collector, provider: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Away from loopback a key is needed; nothing is made or sent without."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    error = await collector.outcome(range(3), base_url="https://api.example.com/v1")
    assert isinstance(error, MissingKeyError)
    assert not provider.requests


async def test_a_retired_model_stops_before_a_row_is_sent(
    collector: Collector, provider: Simulator
) -> None:
    """The message names the model, the setting, and what the provider lists."""
    error = await collector.outcome(range(3), model="gpt-2")
    assert isinstance(error, UnknownModelError)
    assert "'gpt-2'" in str(error)
    assert "API_MODEL" in str(error)
    assert "m, n" in str(error)
    assert not provider.counts


async def test_the_run_its_tasks_and_its_page_are_on_the_server(
    collector: Collector, prefect: str
) -> None:
    """What the UI shows: a named state, a task for each step and shard, three artifacts."""
    report = await collector.collect(range(4), shard_size=2)
    of_run = {"flow_runs": {"id": {"any_": [report.stats.run.run_id]}}}
    (run,) = stored(prefect, "flow_runs", of_run)
    assert run["state_name"] == "Completed"
    assert run["state"]["message"] == "4 of 4 samples accepted, $0.0000"
    names = {task["name"] for task in stored(prefect, "task_runs", of_run)}
    steps = {f"{step} {shard}" for step in ("generate", "validate", "write") for shard in (1, 2)}
    assert names == {"load"} | steps
    keys = {artifact["key"] for artifact in stored(prefect, "artifacts", of_run)}
    artifacts = ("summary", "outcomes", "progress", "history")
    assert keys == {f"sft-collect-{name}" for name in artifacts}


async def test_no_key_is_anywhere_on_the_server(
    collector: Collector, prefect: str, provider: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither parameters nor logs nor artifacts nor the files hold the key that was used."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-a-secret-of-the-tests")
    report = await collector.collect(range(2))
    assert provider.requests[-1].headers["Authorization"] == "Bearer sk-a-secret-of-the-tests"
    for path in report.files.output_dir.parent.rglob("*"):
        assert not path.is_file() or b"secret-of-the-tests" not in path.read_bytes()
    for kind in ("flow_runs", "task_runs", "artifacts", "logs"):
        assert "secret-of-the-tests" not in str(stored(prefect, kind, {}))


async def test_the_key_can_come_from_a_secret_block(
    collector: Collector, provider: Simulator
) -> None:
    """By the block's name; a name without a block is a setting that is wrong."""
    await Secret(value="sk-from-the-block").save("a-key", overwrite=True)
    await collector.collect(range(1), api_key_block="a-key")
    assert provider.requests[-1].headers["Authorization"] == "Bearer sk-from-the-block"
    error = await collector.outcome(range(1), api_key_block="no-such-block")
    assert isinstance(error, SettingError)
    assert "no-such-block" in str(error)


def test_parameters_are_flat_and_each_is_documented() -> None:
    """Prefect replaces nested parameters whole: none is an object."""
    schema = sft_collect.parameters.model_dump()["properties"]
    assert {"api_type", "model", "samples", "output_dir"} <= schema.keys()
    assert all("description" in parameter for parameter in schema.values())
    types = {kind.get("type") for p in schema.values() for kind in p.get("anyOf", [p])}
    assert "object" not in types
    assert "api_key" not in schema


def test_the_product_of_all_retries_is_stated() -> None:
    """Eleven sends by the engine where the others' come back well, three tries by the task."""
    assert tasks.MAX_SENDS_PER_REQUEST == 33
    assert tasks.generate.retries == 2
