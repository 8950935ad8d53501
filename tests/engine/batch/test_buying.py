"""Answers by batch: each request once, for half, whatever the provider does."""

from __future__ import annotations

import asyncio
from contextlib import closing, suppress
from dataclasses import replace

import pytest

from pettingllms.cache.responses import ResponseCache
from pettingllms.engine.batch.journal import Journal
from pettingllms.engine.batch.records import BatchesUnderWay, BatchState
from pettingllms.errors import BudgetReachedError, CacheError, InBatchError, RequestRefusedError
from pettingllms.providers.batches import BatchLimits, OpenAIBatches
from pettingllms.simulator import ChatBody, FunctionAnswers, Reply
from tests.engine.batch.conftest import Site, echo, with_faults

openai_only = pytest.mark.parametrize("api_type", ["openai"], indirect=True)


def check_complete(site: Site) -> None:
    """Every answer is there, and was paid once; the ledger has what the provider bills."""
    assert site.answers() == site.all_answers
    assert site.billed_answers() == site.numbers
    assert site.spent_usd() == pytest.approx(site.billed_usd())
    assert {charge.tier for charge in site.simulator.charges} == {"batch"}
    assert {batch.state for batch in site.batches()} == {BatchState.DONE}


def test_all_answers_for_half(site: Site) -> None:
    site.run()
    check_complete(site)
    assert site.created() == 1


def test_the_next_run_sends_nothing(site: Site) -> None:
    site.run()
    site.run()
    assert site.created() == 1


@pytest.mark.parametrize(
    "faults", [[{"lost-create"}], [{"failed-create"}]], ids=["no answer", "a 502"], indirect=True
)
def test_a_create_whose_answer_was_lost_is_found_again(site: Site) -> None:
    """OpenAI's by its metadata, Anthropic's by the custom ids of its results."""
    site.run()
    check_complete(site)
    assert site.created() == 1


@pytest.mark.parametrize(
    "faults", [[{"lost-request"}], [{"failed-request"}]], ids=["no answer", "a 502"], indirect=True
)
def test_a_create_that_nobody_lists_is_held(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    """It may have arrived: nothing of it is bought again, online or by batch, until somebody says
    so."""
    site.run()
    assert site.answers() == []
    (batch,) = site.batches()
    assert batch.state is BatchState.HELD
    over = f"--cache-dir {site.cache_dir}"
    for typed in (f"adopt {batch.id[:8]} NAME {over}", f"release {batch.id[:8]} {over}", over):
        assert f"`sft-collect batches {typed}`" in caplog.text
    site.run()
    assert site.created() == 1
    with pytest.raises(InBatchError, match="is held"):
        raise asyncio.run(ask_online(site))
    assert site.spent_usd() == pytest.approx(batch.most_usd)


async def ask_online(site: Site) -> Exception:
    """What the first question's answer is, where there is none."""
    with closing(ResponseCache(site.cache_dir)) as cache:
        engine = site.engine(cache)
        answer = await engine.buy((await site.misses(engine))[0])
        await engine.aclose()
    assert answer.error is not None
    return answer.error


@pytest.mark.parametrize(
    "faults", [[{"refused-create"}], [{"overloaded"}]], ids=["429", "529"], indirect=True
)
def test_a_create_that_was_turned_away_is_sent_again(site: Site) -> None:
    """A 429, or the provider's own word that it is overloaded, says that nothing was created."""
    site.run()
    check_complete(site)
    assert site.created() == 2


@with_faults({"shuffled", "broken-off"})
def test_results_in_any_order_and_in_pieces(site: Site) -> None:
    site.run()
    check_complete(site)


@with_faults({"half-expired", "shuffled"})
def test_what_has_expired_is_asked_by_the_next_batch(site: Site) -> None:
    site.run()
    check_complete(site)
    assert [batch.size for batch in site.batches()] == [6, 3]


@with_faults({"no-output"})
def test_a_batch_of_which_all_failed(site: Site) -> None:
    """OpenAI's has no output file, and its error file is read."""
    site.run()
    check_complete(site)
    assert [batch.size for batch in site.batches()] == [6, 6]


@openai_only
@with_faults({"empty-file-id"})
def test_an_empty_file_id_is_no_file(site: Site) -> None:
    site.run()
    check_complete(site)


@with_faults({"half-refused"}, {"half-refused"}, {"half-refused"}, {"half-refused"})
def test_what_no_batch_answers_is_left(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    """After three rounds, to be asked online."""
    site.numbers = 16
    site.run()
    assert [batch.size for batch in site.batches()] == [16, 8, 4]
    assert "2 requests are left to be asked online" in caplog.text
    assert isinstance(asyncio.run(ask_online_after(site)), str)


async def ask_online_after(site: Site) -> object:
    with closing(ResponseCache(site.cache_dir)) as cache:
        engine = site.engine(cache)
        answer = await engine.buy((await site.misses(engine))[0])
        await engine.aclose()
    return answer.completion and answer.completion.text


@openai_only
@with_faults({"fails-validation"}, {"fails-validation"}, {"fails-validation"})
def test_a_batch_that_is_not_accepted_costs_nothing(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    site.run()
    assert site.spent_usd() == 0
    assert "invalid_json_line" in caplog.text
    assert {batch.state for batch in site.batches()} == {BatchState.DONE}


@openai_only
@with_faults({"too-many-tokens"}, {"too-many-tokens"})
def test_what_is_too_much_at_once_is_cut_smaller(site: Site) -> None:
    site.numbers = 8
    site.run()
    check_complete(site)
    assert [batch.size for batch in site.batches()] == [8, 4, 4, 2, 2]


@with_faults({"torn-line"})
def test_a_line_that_does_not_read_is_paid_and_held(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody can tell whose answer it was: it is not bought again by itself."""
    site.run()
    assert len(site.answers()) == site.numbers - 1
    (batch,) = site.batches()
    assert batch.state is BatchState.HELD
    assert "1 of its requests have no readable line" in caplog.text
    assert site.spent_usd() >= site.billed_usd()
    site.run()
    assert site.created() == 1


@with_faults({"results-gone"})
def test_results_that_are_gone_are_held(site: Site) -> None:
    site.run()
    (batch,) = site.batches()
    assert batch.state is BatchState.HELD
    assert "its results are gone" in batch.why
    assert site.spent_usd() == pytest.approx(batch.most_usd)


@with_faults({"gone"})
def test_a_batch_that_is_gone_is_not_looked_for_for_ever(site: Site) -> None:
    site.run()
    (batch,) = site.batches()
    assert batch.state is BatchState.HELD


@with_faults({"canceling"})
def test_what_a_cancelled_batch_has_answered_is_kept(site: Site) -> None:
    """`canceling` with one l or two; the rest is left to be asked as anything else."""
    site.run()
    assert len(site.answers()) == 3
    assert site.spent_usd() == pytest.approx(site.billed_usd())
    assert site.created() == 1


def test_who_does_not_wait_goes_on_later(site: Site) -> None:
    """The wait is over at once; the next run takes the results."""
    site.wait_s = 0.0
    with pytest.raises(BatchesUnderWay) as ended:
        site.run()
    assert [batch.state for batch in ended.value.batches] == [BatchState.CREATED]
    assert site.spent_usd() == pytest.approx(ended.value.batches[0].most_usd)
    with pytest.raises(InBatchError, match="under way"):
        raise asyncio.run(ask_online(site))
    site.wait_s = None
    site.run()
    check_complete(site)
    assert site.created() == 1


def test_two_runs_at_once_buy_each_request_once(site: Site) -> None:
    async def both() -> None:
        await asyncio.gather(site.buy(), site.buy())

    asyncio.run(both())
    check_complete(site)


def test_a_budget_holds_half_the_worst_case(site: Site) -> None:
    """As many at once as there is room for; the rest follows as the first ones settle."""
    site.run()
    (batch,) = site.batches()
    online = sum(2 * each for each in [batch.most_usd])
    assert 0 < site.spent_usd() < batch.most_usd < online


def test_a_budget_that_has_room_for_some_is_used_for_them(site: Site) -> None:
    """The next batch is sent when the one before has settled."""
    site.run()
    site.limit_usd = site.spent_usd() + site.batches()[0].most_usd / 2
    site.numbers = 12
    with suppress(BudgetReachedError):
        site.run()
    assert max(batch.size for batch in site.batches()[1:]) <= 3
    assert len(site.answers()) > 8
    assert site.billed_usd() <= site.spent_usd() <= site.limit_usd
    assert not any(batch.is_open for batch in site.batches())


def test_a_budget_without_room_plans_nothing(site: Site) -> None:
    site.limit_usd = 1e-6
    with pytest.raises(BudgetReachedError, match="no room for a batch"):
        site.run()
    assert site.batches() == []


@openai_only
def test_a_batch_is_cut_by_number_and_bytes(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OpenAIBatches, "limits", BatchLimits(4, 700, one_model=True))
    site.run()
    check_complete(site)
    sizes = [batch.size for batch in site.batches()]
    assert sum(sizes) == site.numbers
    assert max(sizes) < 4


@openai_only
def test_a_key_that_is_refused_stops_before_anything_is_planned_for_ever(site: Site) -> None:
    """Nothing stays planned, and nothing is held in the budget."""
    simulator = site.simulator
    simulator._keys = {"another"}  # pyright: ignore[reportPrivateUsage]
    with pytest.raises(Exception, match="API key"):
        site.run()
    assert [batch.state for batch in site.batches()] == [BatchState.DONE]
    assert site.spent_usd() == 0


@openai_only
def test_a_create_that_is_refused_says_why(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    async def prepare(*_: object) -> str:
        return "file-unknown"

    monkeypatch.setattr(OpenAIBatches, "prepare", prepare)
    with pytest.raises(RequestRefusedError, match="input_file_id"):
        site.run()
    assert site.spent_usd() == 0


def test_the_journal_takes_a_request_once(site: Site) -> None:
    """Whoever plans it, and whatever else is going on."""
    site.wait_s = 0.0
    with pytest.raises(BatchesUnderWay):
        site.run()
    with closing(Journal(site.cache_dir)) as journal:
        (batch,) = journal.batches()
        with pytest.raises(CacheError, match="UNIQUE"):
            journal.plan(replace(batch, id="f" * 32), [*journal.items(batch.id)])


def test_a_batch_settles_with_the_ledger_that_holds_it(site: Site) -> None:
    """Also where the run that collects it has no budget."""
    site.wait_s = 0.0
    with pytest.raises(BatchesUnderWay):
        site.run()
    site.wait_s, limit_usd = None, site.limit_usd
    site.has_budget = False
    site.run()
    site.has_budget, site.limit_usd = True, limit_usd
    check_complete(site)


@openai_only
def test_a_line_that_is_longer_than_an_answer_may_be_is_lost_alone(site: Site) -> None:
    """The others are read; it is held, as it was paid."""

    def answer(body: ChatBody) -> Reply:
        is_long = body.first_user_content == "0000"
        return Reply("x" * 3_000_000 if is_long else echo(body), completion_tokens=50)

    site.max_response_mb = 1
    site.simulator._source = FunctionAnswers(answer)  # pyright: ignore[reportPrivateUsage]
    site.run()
    (batch,) = site.batches()
    assert batch.state is BatchState.HELD
    assert "1 of its requests" in batch.why
    assert site.answers() == site.all_answers[1:]
