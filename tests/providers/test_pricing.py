"""What an answer costs: what the price list's own arithmetic says, for our way of counting."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from genai_prices import Usage as ListedUsage
from genai_prices.data_snapshot import get_snapshot
from hypothesis import given
from hypothesis import strategies as st

from pettingllms.providers.config import Price
from pettingllms.providers.pricing import cost_usd, parse_price, price_table_date
from pettingllms.records import Usage

HOURLY = "deepseek-flash"
WHEN = datetime(2026, 11, 20, 12, tzinfo=UTC)
LISTED = {
    (provider.id, model.id): (provider, model)
    for provider in get_snapshot().providers
    for model in provider.models
    if provider.find_model(model.id) is model
}


@pytest.mark.parametrize(
    ("provider", "model", "usage", "usd"),
    [
        ("openai", "gpt-4o-2024-08-06", Usage(1_000_000, 0), 2.5),
        ("openai", "gpt-4o-2024-08-06", Usage(1_000_000, 0, cached_tokens=1_000_000), 1.25),
        ("openai", "gpt-4o", Usage(0, 1_000_000, 0, reasoning_tokens=900_000), 10.0),
        ("claude", "claude-3-5-sonnet-20241022", Usage(1000, 100, cached_tokens=400), 0.00342),
        ("deepseek", "deepseek-chat", Usage(1000, 100, cached_tokens=400), 0.0003),
    ],
)
def test_known_prices(provider: str, model: str, usage: Usage, usd: float) -> None:
    """Cached tokens are part of the prompt's and cheaper; reasoning is part of the answer's."""
    assert cost_usd(provider, model, usage, WHEN) == pytest.approx(usd)


@given(
    st.sampled_from(sorted(LISTED)),
    st.integers(0, 2_000_000),
    st.integers(0, 200_000),
    st.floats(0, 1),
    st.floats(0, 1),
)
def test_agrees_with_the_price_list(
    listed: tuple[str, str], prompt: int, completion: int, cached: float, reasoning: float
) -> None:
    """For every model priced by its tokens, tiers of long prompts included."""
    provider, model = LISTED[listed]
    price = model.get_prices(WHEN)
    usage = Usage(prompt, completion, int(prompt * cached), int(completion * reasoning))
    found = cost_usd(*listed, usage, WHEN)
    if price.input_mtok is None or price.output_mtok is None:
        assert found is None
        return
    expected = model.calc_price(
        ListedUsage(
            input_tokens=usage.prompt_tokens,
            cache_read_tokens=usage.cached_tokens,
            output_tokens=usage.completion_tokens,
            output_reasoning_tokens=usage.reasoning_tokens,
        ),
        provider,
        genai_request_timestamp=WHEN,
    )
    per_request = price.requests_kcount or Decimal(0)
    assert isinstance(per_request, Decimal)
    assert found == pytest.approx(float(expected.total_price - per_request / 1000))


def test_the_hour_decides_where_the_provider_says_so() -> None:
    """DeepSeek's nights cost half: the price is that of the time of the request."""
    usage = Usage(1000, 1000)
    day = cost_usd("deepseek", "deepseek-chat", usage, datetime(2026, 1, 5, 8, tzinfo=UTC))
    night = cost_usd("deepseek", "deepseek-chat", usage, datetime(2026, 1, 5, 20, tzinfo=UTC))
    assert day is not None
    assert night == pytest.approx(day / 2)


@pytest.mark.parametrize("provider", ["local", "replay"])
def test_ones_own_machine_is_free(provider: str) -> None:
    """Whatever the model is called."""
    assert cost_usd(provider, "gpt-4o", Usage(1000, 1000)) == 0.0


@pytest.mark.parametrize(
    ("provider", "model"),
    [("openai", "no-such-model"), ("openai", ""), ("my.openai_clone:Client", "gpt-4o")],
)
def test_the_unknown_has_no_price(provider: str, model: str) -> None:
    """None, never 0.0, and never the price of a namesake."""
    assert cost_usd(provider, model, Usage(1000, 1000)) is None


def test_the_table_has_a_date_that_is_never_in_the_future() -> None:
    """Prices that are announced for later do not count."""
    assert price_table_date(date(2026, 11, 24)) == max(
        price_table_date(date(2026, 11, day)) for day in range(1, 25)
    )
    for day in (date(2026, 6, 1), date(2027, 6, 1)):
        assert price_table_date(day) <= day.isoformat()
    assert price_table_date(date(2026, 6, 1)) < price_table_date(date(2027, 6, 1))


@pytest.mark.parametrize(
    ("day", "is_dear"), [("2026-11-27", True), ("2026-11-28", False), ("2026-11-29", False)]
)
def test_weekends_are_off_peak(day: str, is_dear: bool) -> None:
    """At DeepSeek: Friday at 02:00 UTC costs more than noon, Saturday and Sunday do not. The hour
    is that of UTC, wherever the clock is read."""
    usage = Usage(1_000_000, 0)
    night, noon = (datetime.fromisoformat(f"{day}T{at}+00:00") for at in ("02:00", "12:00"))
    in_china = night.astimezone(timezone(timedelta(hours=8)))
    prices = [cost_usd("deepseek", HOURLY, usage, when) for when in (night, in_china, noon)]
    assert prices[0] == prices[1]
    assert (prices[0] != prices[2]) == is_dear


def test_a_price_of_ones_own() -> None:
    price = parse_price("in=2.5, out=10 cached=0.5,reasoning=20")
    assert price == Price(2.5, 10, 0.5, 20)
    usage = Usage(1_000_000, 1_000_000, cached_tokens=500_000, reasoning_tokens=250_000)
    assert cost_usd("openai", "mine", usage, own=price) == pytest.approx(1.25 + 0.25 + 7.5 + 5)
    assert cost_usd("openai", "mine", usage, tier="batch", own=price) == pytest.approx(7.0)


@pytest.mark.parametrize(
    "words",
    ["", "in=1", "out=1", "in=1,out=x", "in=1,out=-1", "in=1,out=1e3", "1,2", "in=1,up=2",
     "in=1,in=2,out=3", "in=1,out=2,out=2"],
)  # fmt: skip
def test_what_is_no_price_is_refused(words: str) -> None:
    with pytest.raises(ValueError, match=r"in=|out=|both"):
        parse_price(words)
