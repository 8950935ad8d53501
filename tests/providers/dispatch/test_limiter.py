"""Admission: how many at once, how fast, and who waits for whom."""

import asyncio
import time
from contextlib import AsyncExitStack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pettingllms.errors import KeyRefusedError, QuotaError, RateLimitError
from pettingllms.providers.dispatch import Dispatcher, Limiter, RateLimits, RetryPolicy
from pettingllms.providers.dispatch.limiter import TokenBucket
from pettingllms.providers.dispatch.pause import Pause
from pettingllms.simulator import limits as simulated
from pettingllms.simulator.chat import RefusedError


async def peak_of(limiter, count, seconds=0.005):
    """How many of `count` requests were in flight at once, at most."""
    peak = 0

    async def request():
        nonlocal peak
        async with limiter.slot():
            peak = max(peak, limiter.in_flight)
            await asyncio.sleep(seconds)

    await asyncio.gather(*(request() for _ in range(count)))
    assert limiter.in_flight == 0
    return peak


@pytest.mark.parametrize("limit", [1, 3, 32])
async def test_no_more_than_allowed_are_in_flight(limit):
    """And all of the allowance is used."""
    assert await peak_of(Limiter(max_concurrency=limit), 100) == limit


async def test_waiters_are_let_in_in_order():
    """First come, first served."""
    limiter, order = Limiter(max_concurrency=1), []

    async def request(number):
        async with limiter.slot():
            order.append(number)
            await asyncio.sleep(0)

    await asyncio.gather(*map(request, range(50)))
    assert order == list(range(50))


async def answered_after(seconds, limiter, answers):
    """So many requests come back well that were so long on their way."""
    sent_at = time.monotonic() - seconds
    for _ in range(answers):
        limiter.succeeded(sent_at)
    await asyncio.sleep(0)


async def test_concurrency_grows_eightfold_a_round_trip_up_to_the_maximum():
    """While nothing was refused, each success lets seven more in: 8 successes, from 8 to 64."""
    limiter = Limiter(max_concurrency=80, initial_concurrency=8)
    await answered_after(0.01, limiter, 8)
    await asyncio.sleep(0.05)
    assert limiter.concurrency == 64
    await answered_after(0.01, limiter, 50)
    await asyncio.sleep(0.05)
    assert limiter.concurrency == 80


async def test_a_refusal_ends_a_growth_that_is_under_way():
    """It comes one after the other within a round trip, so that not all of it is too much."""
    limiter = Limiter(initial_concurrency=8)
    await answered_after(0.2, limiter, 8)
    assert limiter.concurrency < 64
    limiter.overloaded(time.monotonic(), None)
    left = limiter.concurrency
    assert left <= 32
    await asyncio.sleep(0.3)
    assert limiter.concurrency == left


async def test_growth_takes_no_longer_where_answers_take_long():
    """A model that thinks for a minute is asked all that it may be asked soon after its first."""
    limiter = Limiter(max_concurrency=64, initial_concurrency=8)
    await answered_after(60.0, limiter, 8)
    await asyncio.sleep(0.4)
    assert limiter.concurrency == 64


def test_concurrency_halves_once_a_round_trip_and_then_grows_slowly():
    """32 refusals of one wave are one signal; afterwards a whole round trip adds one."""
    limiter = Limiter(initial_concurrency=32)
    sent_at = time.monotonic()
    for _ in range(32):
        limiter.overloaded(sent_at, None)
    assert limiter.concurrency == 16
    for _ in range(16):
        limiter.succeeded()
    assert 16.9 < limiter.concurrency <= 17
    for _ in range(30):
        limiter.overloaded(time.monotonic(), None)
    assert limiter.concurrency == 1, "one always may"


@given(st.lists(st.booleans(), max_size=300), st.integers(1, 50), st.integers(1, 50))
def test_concurrency_stays_within_its_bounds(outcomes, maximum, initial):
    """Whatever comes back, between one and the maximum are let through."""

    async def all_come_back():
        limiter = Limiter(maximum, initial)
        for succeeded in outcomes:
            if succeeded:
                await answered_after(0.0, limiter, 1)
            else:
                limiter.overloaded(time.monotonic(), None)
            assert 1 <= limiter.concurrency <= maximum

    asyncio.run(all_come_back())


async def test_retry_after_stops_every_new_send_until_it_ends():
    """After one 429 nothing leaves before its time, and all of it leaves afterwards."""
    dispatcher = Dispatcher(Limiter(initial_concurrency=4), RetryPolicy(base_s=0.001))
    sent, refused_at = [], []

    async def attempt():
        sent.append(time.monotonic())
        if len(sent) == 1:
            refused_at.append(time.monotonic())
            raise RateLimitError("Rate limit exceeded", retry_after_s=0.4)
        await asyncio.sleep(0.01)

    await asyncio.gather(*(dispatcher.send(attempt) for _ in range(30)))

    assert len(sent) == 31
    early = [at for at in sent if at - refused_at[0] < 0.4]
    assert len(early) <= 4, "only those that had their slot when the refusal came"


async def test_no_stampede_follows_a_pause():
    """When the pause ends, no more than the halved allowance leave at once."""
    limiter = Limiter(initial_concurrency=32)
    limiter.overloaded(time.monotonic(), retry_after_s=0.1)
    assert await peak_of(limiter, 200, seconds=0.01) <= 16


async def test_the_longest_pause_counts():
    """A later, shorter Retry-After does not cut an earlier one short."""
    limiter = Limiter()
    started = time.monotonic()
    limiter.overloaded(started, retry_after_s=0.3)
    limiter.overloaded(started, retry_after_s=0.01)
    async with limiter.slot():
        assert time.monotonic() - started >= 0.3


async def test_stop_ends_all_waiting():
    """Those in the queue and in a pause get the error that stopped, and the first one stays."""
    limiter = Limiter(max_concurrency=1)
    limiter.overloaded(time.monotonic(), retry_after_s=3600)
    queued = [asyncio.create_task(limiter.slot().__aenter__()) for _ in range(5)]
    sleeping = asyncio.create_task(limiter.sleep(3600))
    await asyncio.sleep(0.01)

    limiter.stop(KeyRefusedError("first"))
    limiter.stop(QuotaError("second"))

    async with asyncio.timeout(30):
        results = await asyncio.gather(*queued, return_exceptions=True)
        await sleeping
    assert [str(result) for result in results] == ["first"] * 5
    with pytest.raises(KeyRefusedError):
        async with limiter.slot():
            pytest.fail("nothing leaves any more")


async def test_forgiving():
    """A stop is taken back for the kinds named, and for no others."""
    limiter = Limiter()
    limiter.stop(QuotaError("empty"))
    limiter.forgive(KeyRefusedError)
    with pytest.raises(QuotaError):
        await limiter.slot().__aenter__()
    limiter.forgive(QuotaError)
    assert await peak_of(limiter, 3) == 3


async def test_turned_away_until_the_pause_ends():
    """Whoever waits or comes gets the error; afterwards the door is open again."""
    limiter = Limiter(max_concurrency=1)
    limit = RateLimitError("Rate limit exceeded")
    limiter.overloaded(time.monotonic(), retry_after_s=0.3)
    queued = asyncio.create_task(limiter.slot().__aenter__())
    await asyncio.sleep(0)
    limiter.turn_away(limit)
    with pytest.raises(RateLimitError):
        await queued
    with pytest.raises(RateLimitError):
        await limiter.slot().__aenter__()
    await asyncio.sleep(0.35)
    assert await peak_of(limiter, 2) == 1


@pytest.mark.parametrize("ending", ["admitted", "stopped"])
async def test_cancelled_just_as_the_wait_ended(ending):
    """The slot handed over, or not, at that very moment is accounted for."""
    limiter = Limiter(max_concurrency=1)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(limiter.slot())
        waiting = asyncio.create_task(limiter.slot().__aenter__())
        await asyncio.sleep(0)
        if ending == "stopped":
            limiter.stop(QuotaError("empty"))
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert limiter.in_flight == 0


def test_one_limiter_serves_two_loops_in_turn():
    """What the first left behind, cut off in a pause, does not hold up the second."""
    limiter = Limiter()
    limiter.overloaded(time.monotonic(), retry_after_s=0.2)

    async def cut_off():
        async with asyncio.timeout(0.05):
            await limiter.slot().__aenter__()

    with pytest.raises(TimeoutError):
        asyncio.run(cut_off())
    assert asyncio.run(peak_of(limiter, 5)) == 5


async def test_learnt_limits_slow_the_senders_down():
    """600 requests a minute are ten a second: 6 more take half a second, whatever the slots."""
    limiter = Limiter()
    limiter.learn(RateLimits(requests_per_minute=600))
    started = time.monotonic()
    await peak_of(limiter, 7, seconds=0)
    assert time.monotonic() - started >= 0.55


async def test_a_share_of_the_limits_is_kept_to():
    """Half of 1,200 a minute are ten a second."""
    limiter = Limiter()
    limiter.share = 0.5
    limiter.learn(RateLimits(requests_per_minute=1200))
    assert limiter.traffic.limits.requests_per_minute == 1200
    started = time.monotonic()
    await peak_of(limiter, 6, seconds=0)
    assert time.monotonic() - started >= 0.45


async def test_tokens_are_paid_off_before_the_next_one_leaves():
    """6,000 tokens a minute are a hundred a second: after 50 the next waits half a second."""
    limiter = Limiter()
    limiter.learn(RateLimits(tokens_per_minute=6000))
    started = time.monotonic()
    for _ in range(2):
        async with limiter.slot(tokens=50):
            pass
    assert time.monotonic() - started >= 0.45


async def test_learning_the_same_again_changes_nothing():
    """Every response repeats the limits; the bucket keeps its level, and silence keeps it too."""
    limiter = Limiter()
    started = time.monotonic()
    for _ in range(5):
        limiter.learn(RateLimits(requests_per_minute=600))
        limiter.learn(RateLimits())
        async with limiter.slot():
            pass
    assert time.monotonic() - started >= 0.35


@given(
    st.floats(1, 1e6),
    st.lists(st.tuples(st.floats(0, 100), st.booleans()), max_size=60),
)
def test_a_bucket_never_lets_more_through_than_its_rate(per_minute, steps):
    """Over any time from its start: the rate, plus one second's worth (or one) at most."""
    now, passed = 0.0, 0
    bucket = TokenBucket(per_minute, now)
    for pause_s, tries in steps:
        now += pause_s
        if tries and bucket.wait_s(now) == 0.0:
            bucket.take(1.0)
            passed += 1
    assert passed <= per_minute / 60 * now + max(1.0, per_minute / 60) + 1e-6


@pytest.mark.parametrize(("per_minute", "burst"), [(6, 1), (60, 1), (600, 10), (6000, 100)])
def test_a_bucket_saves_up_one_second_at_most(per_minute, burst):
    """After an hour without requests one second's worth may leave at once, and at least one."""
    bucket, passed = TokenBucket(per_minute, 0.0), 0
    while bucket.wait_s(3600.0) == 0.0:
        bucket.take(1.0)
        passed += 1
    assert passed == burst


@given(st.floats(1, 1e6), st.floats(0, 1e5))
def test_the_wait_a_bucket_tells_is_enough(per_minute, cost):
    """After exactly that long the next unit goes through."""
    bucket = TokenBucket(per_minute, 0.0)
    bucket.take(cost)
    wait_s = bucket.wait_s(0.0)
    assert bucket.wait_s(wait_s * (1 + 1e-9) + 1e-9) == 0.0


class Server:
    """Answers in 5 ms; `refuses` says of a request's number whether it is refused for 2 s."""

    def __init__(self, refuses):
        self.sent = []
        self._refuses = refuses

    async def attempt(self):
        number = len(self.sent)
        self.sent.append(time.monotonic())
        await asyncio.sleep(0.005)
        if self._refuses(number):
            raise RateLimitError("Rate limit exceeded", retry_after_s=2.0)

    def between(self, start, end):
        return sum(start < at < end for at in self.sent)


def sending(server, count, concurrency=16):
    dispatcher = Dispatcher(Limiter(concurrency, concurrency), RetryPolicy(base_s=0.001))
    return dispatcher, asyncio.gather(*(dispatcher.send(server.attempt) for _ in range(count)))


async def test_a_refusal_that_was_meant_for_one_holds_the_others_for_a_probe_only():
    """One of many is refused: the rest need not wait for its two seconds, and as many as before
    may be on their way."""
    server = Server(lambda number: number in (40, 70))
    dispatcher, sent = sending(server, 200)
    await asyncio.sleep(1.5)
    assert len(server.sent) == 200, "all but the two that are sent again later"
    assert dispatcher.limiter.concurrency == 16
    await sent
    assert len(server.sent) == 202


async def test_a_few_of_the_first_requests_are_refused_before_the_others_are_answered():
    """Three of 16, and so far no answer: that is no limit, four are one."""
    limiter, sent_at = Limiter(16, 16), time.monotonic()
    async with AsyncExitStack() as on_their_way:
        for _ in range(16):
            await on_their_way.enter_async_context(limiter.slot())
        for _ in range(3):
            limiter.overloaded(sent_at, retry_after_s=3600)
        assert limiter.concurrency == 16
        limiter.overloaded(sent_at, retry_after_s=3600)
        assert limiter.concurrency == 8


async def test_at_a_limit_one_request_leaves_in_the_time_that_was_asked_for():
    """From the 64th on all are refused: one probe, which is refused too, and then nobody."""
    server = Server(lambda number: 64 <= number < 90)
    _, sent = sending(server, 200)
    await asyncio.sleep(0.3)
    first = server.sent[64]
    assert server.between(first + 0.02, first + 1.9) <= 1
    await sent


async def test_one_probe_at_a_time():
    """While it is under way nobody else leaves; one that brings no news is followed by another."""
    limiter = Limiter(8, 8)
    for _ in range(8):
        limiter.succeeded()
    limiter.overloaded(time.monotonic(), retry_after_s=3600)
    assert await peak_of(limiter, 20) == 1


def a_pause_at(now):
    """Of two seconds, of a server that answered 32 well before."""
    pause = Pause()
    for _ in range(32):
        pause.answered(1.0, 2.0)
    pause.hold(now, 2.0, sent_at=now - 0.1)
    return pause


def test_a_probe_answers_for_those_that_left_before_it():
    """Their refusals come late, and hold nobody; one that left after it does."""
    pause = a_pause_at(10.0)
    pause.probe()
    pause.answered(10.0, 10.05)
    pause.hold(10.06, 2.0, sent_at=9.95)
    assert pause.until == 10.05
    pause.hold(10.07, 2.0, sent_at=10.06)
    assert pause.until == 12.07


def test_a_probe_that_is_never_answered_holds_up_no_later_pause():
    """Each has a probe of its own; that the old one ends says nothing of the new one."""
    pause = a_pause_at(10.0)
    lost = pause.probe()
    assert not pause.lets_probe()
    pause.hold(20.0, 2.0, sent_at=19.9)
    assert pause.lets_probe()
    another = pause.probe()
    pause.probe_ended(lost)
    assert not pause.lets_probe()
    pause.probe_ended(another)
    assert pause.lets_probe()


async def test_where_most_are_refused_nobody_probes():
    """That is an answer already: of one among three nothing leaves in the time."""
    limiter = Limiter(8, 8)
    for _ in range(2):
        limiter.succeeded()
    limiter.overloaded(time.monotonic(), retry_after_s=3600)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05), limiter.slot():
            pytest.fail("nothing leaves")


async def test_what_the_server_says_is_left_may_leave_at_once():
    """Of 6,000 a minute 80 are left; 20 are on their way and may not be counted yet: 60 leave
    without waiting, though 32 would be let out to find out, and the rest at its pace."""
    limiter, left = Limiter(), []

    async def request():
        async with limiter.slot():
            left.append(time.monotonic())
            await asyncio.sleep(0.5)

    first = [asyncio.create_task(request()) for _ in range(20)]
    await asyncio.sleep(0)
    limiter.learn(RateLimits(requests_per_minute=6000, requests_left=80))
    started = time.monotonic()
    more = [asyncio.create_task(request()) for _ in range(80)]
    await asyncio.gather(*first, *more)
    assert 60 <= sum(at - started < 0.05 for at in left[20:]) <= 67
    assert limiter.traffic.in_flight == 0


async def test_what_a_full_bucket_of_the_server_did_not_gain_is_not_sent():
    """The first fifty are half a second on their way, in which the server's bucket is full still:
    what would have flowed in meanwhile is refused there, but for a tenth of a second's worth."""
    served = simulated.RateLimits(requests_per_minute=3000, burst_s=1.0)
    gate, limiter, refused = simulated.Gate(served), Limiter(), 0
    arrival = asyncio.create_task(asyncio.sleep(0.5))

    async def request():
        nonlocal refused
        async with limiter.slot():
            await asyncio.shield(arrival)
            try:
                with gate:
                    pass
            except RefusedError:
                refused += 1
            left = gate.allowances()["requests"].remaining
            limiter.learn(RateLimits(requests_per_minute=3000, requests_left=left))

    limiter.learn(RateLimits(requests_per_minute=3000, requests_left=50))
    await asyncio.gather(*(request() for _ in range(90)))
    assert refused < 10, "25 flow in within half a second"


async def test_where_nothing_is_left_the_first_waits():
    """At 60 a minute for a second."""
    limiter = Limiter()
    limiter.learn(RateLimits(requests_per_minute=60, requests_left=0))
    started = time.monotonic()
    async with limiter.slot():
        assert time.monotonic() - started >= 0.95


async def test_where_somebody_else_was_told_nobody_probes_here():
    """That machine does; here all wait."""
    limiter = Limiter(8, 8)
    for _ in range(8):
        limiter.succeeded()
    limiter.hold(3600)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05), limiter.slot():
            pytest.fail("nothing leaves")
