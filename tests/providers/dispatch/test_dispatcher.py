"""One request until it is answered, refused or out of patience."""

import asyncio
import time

import pytest

from pettingllms import errors
from pettingllms.providers.dispatch import Dispatcher, Limiter, RetryCounts, RetryPolicy

FAST = RetryPolicy(attempts=4, base_s=0.001)


def script(*outcomes):
    """An attempt that goes through `outcomes`; errors are raised. `sent` counts."""
    left = list(outcomes)

    async def attempt():
        attempt.sent += 1
        outcome = left.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    attempt.sent = 0
    return attempt


async def test_retries_are_counted_by_cause():
    """Each kind of failure under its own word; the answer comes through."""
    attempt = script(
        errors.ServerError("500"), errors.RequestTimeoutError("slow"), errors.ServerError("503"), 7
    )
    retries = RetryCounts()
    assert await Dispatcher(policy=FAST).send(attempt, retries=retries) == 7
    assert retries == {"server_error": 2, "timeout": 1}


async def test_the_last_error_is_raised_when_the_attempts_are_used_up():
    """Four attempts: four sends, three retries."""
    attempt = script(*(errors.ServerError(f"number {i}") for i in range(9)))
    retries = RetryCounts()
    with pytest.raises(errors.ServerError, match="number 3"):
        await Dispatcher(policy=FAST).send(attempt, retries=retries)
    assert attempt.sent == 4
    assert retries == {"server_error": 3}


async def test_a_failure_among_answers_is_bad_luck():
    """Thirty in a row where all others are answered: with waits that double the deadline would
    have passed."""
    dispatcher = Dispatcher(policy=RetryPolicy(16, base_s=0.001, cap_s=3600, deadline_s=30))
    for _ in range(32):
        await dispatcher.send(script("answer"))
    unlucky = script(*(errors.ServerError("500") for _ in range(30)), "answer")
    assert await dispatcher.send(unlucky) == "answer"
    assert unlucky.sent == 31


async def test_where_most_fail_it_is_an_outage():
    """Six sends, and what waits between them doubles."""
    dispatcher = Dispatcher(policy=RetryPolicy(base_s=0.001))
    await dispatcher.send(script("answer"))
    for _ in range(2):
        failing = script(*(errors.ServerError("500") for _ in range(20)))
        with pytest.raises(errors.ServerError):
            await dispatcher.send(failing)
        assert failing.sent == 6


@pytest.mark.parametrize(
    "error", [errors.ContextLengthError("long"), errors.ContentFilterError("no"), ValueError("bug")]
)
async def test_an_error_of_the_row_is_not_sent_again(error):
    """And the next row is not affected."""
    dispatcher = Dispatcher(policy=FAST)
    attempt = script(error, "answer")
    with pytest.raises(type(error)):
        await dispatcher.send(attempt)
    assert attempt.sent == 1
    assert await dispatcher.send(attempt) == "answer"
    assert dispatcher.limiter.in_flight == 0


async def test_a_fatal_error_is_everybodys():
    """Who waits for a slot gets it without sending, and so does whoever comes later."""
    dispatcher = Dispatcher(Limiter(max_concurrency=1), FAST)
    refused = script(errors.KeyRefusedError("no"))
    waiting = script("answer")

    results = await asyncio.gather(
        dispatcher.send(refused),
        *(dispatcher.send(waiting) for _ in range(5)),
        return_exceptions=True,
    )

    assert [type(result) for result in results] == [errors.KeyRefusedError] * 6
    with pytest.raises(errors.KeyRefusedError):
        await dispatcher.send(waiting)
    assert waiting.sent == 0
    assert dispatcher.limiter.in_flight == 0


async def test_a_fatal_error_wakes_who_waits_to_send_again():
    """An hour's backoff does not hold up the end of a run that has been stopped."""
    dispatcher = Dispatcher(policy=RetryPolicy(base_s=3600, cap_s=3600, deadline_s=1e6))
    failed = script(errors.ServerError("500"), "never")
    backing_off = asyncio.create_task(dispatcher.send(failed))
    await asyncio.sleep(0.01)

    with pytest.raises(errors.QuotaError):
        await dispatcher.send(script(errors.QuotaError("empty")))

    with pytest.raises(errors.QuotaError):
        await asyncio.wait_for(backing_off, 30)
    assert failed.sent == 1


async def test_retry_after_is_respected():
    """The second send leaves no earlier than the server asked for."""
    times = []

    async def attempt():
        times.append(time.monotonic())
        if len(times) == 1:
            raise errors.ServerError("503", retry_after_s=0.2)
        return "answer"

    assert await Dispatcher(policy=FAST).send(attempt) == "answer"
    assert times[1] - times[0] >= 0.2


async def test_a_server_that_lets_requests_wait_in_line_is_given_fewer():
    """One at a time in 10 ms, and 100 ms of patience: of 32 in line most come too late, until as
    many are sent as it can do."""
    patient = RetryPolicy(attempts=100, base_s=0.01, cap_s=0.1)
    dispatcher = Dispatcher(Limiter(initial_concurrency=32), patient)
    server = asyncio.Lock()

    async def attempt():
        try:
            async with asyncio.timeout(0.1), server:
                await asyncio.sleep(0.01)
        except TimeoutError as error:
            raise errors.RequestTimeoutError("timeout") from error
        return "answer"

    answers = await asyncio.gather(*(dispatcher.send(attempt) for _ in range(100)))
    assert answers == ["answer"] * 100
    assert dispatcher.limiter.concurrency < 16


async def test_an_answer_that_is_lost_now_and_then_is_no_overload():
    """While one waits in vain, the others are answered: as many as before may be sent."""
    dispatcher = Dispatcher(Limiter(max_concurrency=4, initial_concurrency=4), FAST)
    others = asyncio.Event()

    async def lost():
        if not others.is_set():
            await others.wait()
            raise errors.RequestTimeoutError("timeout")

    waiting = asyncio.create_task(dispatcher.send(lost))
    await asyncio.sleep(0)
    await asyncio.gather(*(dispatcher.send(script("answer")) for _ in range(10)))
    others.set()
    await waiting
    assert dispatcher.limiter.concurrency == 4


async def test_a_retry_after_beyond_the_deadline_is_not_waited_for():
    """Six hours: this row fails now, as do those that wait or come; nobody sleeps that long."""
    dispatcher = Dispatcher(Limiter(max_concurrency=1), RetryPolicy(deadline_s=60))
    limited = script(errors.RateLimitError("Rate limit exceeded", retry_after_s=6 * 3600.0))
    waiting = script("answer")

    async with asyncio.timeout(30):
        results = await asyncio.gather(
            dispatcher.send(limited),
            *(dispatcher.send(waiting) for _ in range(5)),
            return_exceptions=True,
        )
        with pytest.raises(errors.RateLimitError):
            await dispatcher.send(waiting)

    assert [type(result) for result in results] == [errors.RateLimitError] * 6
    assert waiting.sent == 0


async def test_the_queue_uses_up_nobodys_patience():
    """The deadline runs from a row's own first failure, however long it had waited for a slot."""
    dispatcher = Dispatcher(
        Limiter(max_concurrency=1), RetryPolicy(attempts=3, base_s=0.0, deadline_s=0.3)
    )

    async def slow():
        await asyncio.sleep(0.4)

    late = script(errors.ServerError("500"), "answer")
    _, answer = await asyncio.gather(dispatcher.send(slow), dispatcher.send(late))
    assert answer == "answer"


async def test_a_cancelled_send_gives_its_slot_back():
    """Cancelled in flight, in the queue, and in backoff: the next one leaves."""
    dispatcher = Dispatcher(Limiter(max_concurrency=1), RetryPolicy(base_s=3600, cap_s=3600))
    in_flight = asyncio.create_task(dispatcher.send(asyncio.Event().wait))
    await asyncio.sleep(0.01)
    queued = asyncio.create_task(dispatcher.send(asyncio.Event().wait))
    await asyncio.sleep(0.01)
    for task in (queued, in_flight):
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    backing_off = asyncio.create_task(dispatcher.send(script(errors.ServerError("500"))))
    await asyncio.sleep(0.01)
    backing_off.cancel()

    async with asyncio.timeout(30):
        assert await dispatcher.send(script("answer")) == "answer"
    assert dispatcher.limiter.in_flight == 0
