"""When a request is sent again, and after how long."""

from hypothesis import given
from hypothesis import strategies as st

from pettingllms.providers.dispatch import RetryPolicy

SECONDS = st.floats(0, 10_000)
POLICIES = st.builds(
    RetryPolicy, st.integers(1, 20), base_s=SECONDS, cap_s=SECONDS, deadline_s=SECONDS
)
SENDS = st.integers(1, 2000)


@given(POLICIES, SENDS)
def test_backoff_is_full_jitter_below_an_exponential_ceiling(policy, sends):
    """From nothing up to base, 2 base, 4 base ..., and never above the cap."""
    wait_s = policy.wait_s(sends, None)
    assert 0 <= wait_s <= policy.cap_s
    assert wait_s <= policy.base_s * 2.0 ** min(sends - 1, 1000)


@given(POLICIES, SENDS, SECONDS)
def test_the_servers_wish_is_a_lower_bound(policy, sends, retry_after_s):
    """Never earlier than Retry-After, and spread out a little behind it."""
    wait_s = policy.wait_s(sends, retry_after_s)
    assert retry_after_s <= wait_s <= retry_after_s + policy.cap_s / 4 + 1e-6


def test_jitter_spreads_over_the_whole_range():
    """A crowd that fails together does not come back together."""
    waits = [RetryPolicy(base_s=8).wait_s(2, None) for _ in range(400)]
    assert min(waits) < 4
    assert max(waits) > 12


@given(POLICIES, SENDS)
def test_while_others_come_back_well_nobody_backs_off_further(policy, sends):
    """The fifth failure waits no longer than the first."""
    assert 0 <= policy.wait_s(sends, None, is_well=True) <= min(policy.base_s, policy.cap_s)


@given(st.integers(1, 20), SENDS)
def test_while_others_come_back_well_there_are_twice_as_many_retries(attempts, sends):
    """Of six sends five are retries: ten then; still none where none is wanted."""
    retries = 2 * (attempts - 1)
    assert RetryPolicy(attempts).allows(sends, 0.0, is_well=True) == (sends <= retries)


@given(st.integers(0, 10), st.booleans())
def test_what_may_be_billed_is_sent_four_times_at_most(perhaps_billed, is_well):
    """Bad luck or not: each of them may cost what an answer does."""
    assert RetryPolicy().allows(1, 0.0, perhaps_billed, is_well) == (perhaps_billed < 4)


@given(st.integers(1, 20), SENDS)
def test_attempts_count_the_first_send(attempts, sends):
    """`attempts=1` never sends again."""
    assert RetryPolicy(attempts).allows(sends, 0.0) == (sends < attempts)


@given(SECONDS, SECONDS)
def test_no_send_starts_after_the_deadline(deadline_s, at_s):
    """The wait ahead counts: a send that would start too late is not waited for."""
    assert RetryPolicy(deadline_s=deadline_s).allows(1, at_s) == (at_s < deadline_s)
