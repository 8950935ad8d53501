"""When a request is sent again, and after how long."""

from hypothesis import given
from hypothesis import strategies as st

from pettingllms.providers.dispatch import RetryPolicy

SECONDS = st.floats(0, 10_000)
POLICIES = st.builds(RetryPolicy, st.integers(1, 20), SECONDS, SECONDS, SECONDS)
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


@given(st.integers(1, 20), SENDS)
def test_attempts_count_the_first_send(attempts, sends):
    """`attempts=1` never sends again."""
    assert RetryPolicy(attempts).allows(sends, 0.0) == (sends < attempts)


@given(SECONDS, SECONDS)
def test_no_send_starts_after_the_deadline(deadline_s, at_s):
    """The wait ahead counts: a send that would start too late is not waited for."""
    assert RetryPolicy(deadline_s=deadline_s).allows(1, at_s) == (at_s < deadline_s)
