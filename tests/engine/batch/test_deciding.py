"""What a person decides of a batch, done at the provider: adopted, cancelled, released."""

from __future__ import annotations

import asyncio

import pytest

from pettingllms.engine.batch.records import Batch, BatchesUnderWay, BatchState
from pettingllms.errors import SettingError
from pettingllms.tools import batches
from tests.engine.batch.conftest import Site, with_faults


def held(site: Site) -> Batch:
    site.run()
    (batch,) = site.batches()
    assert batch.state is BatchState.HELD
    return batch


def under_way(site: Site) -> Batch:
    site.wait_s = 0.0
    with pytest.raises(BatchesUnderWay):
        site.run()
    site.wait_s = None
    (batch,) = site.batches()
    return batch


@with_faults({"unlisted-create"})
def test_an_adopted_batch_brings_its_answers(site: Site) -> None:
    """It was created, though no list shows it: its results are taken, and nothing is bought
    twice."""
    batch = held(site)
    (at_provider,) = site.at_provider()
    adopted = asyncio.run(batches.adopt(site.cache_dir, batch, at_provider))
    assert (adopted.state, adopted.remote_id) == (BatchState.CREATED, at_provider)
    site.run()
    assert site.answers() == site.all_answers
    assert (site.billed_answers(), site.created()) == (site.numbers, 1)
    assert site.spent_usd() == pytest.approx(site.billed_usd())
    with pytest.raises(SettingError, match="waits for no name"):
        asyncio.run(batches.adopt(site.cache_dir, batch, at_provider))


@with_faults({"unlisted-create"}, {"unlisted-create"})
def test_a_batch_of_another_size_is_not_adopted(site: Site) -> None:
    """Somebody's mistake: the answers would be another's."""
    batch = held(site)
    (first,) = site.at_provider()
    site.numbers += 2
    site.run()
    other = next(each for each in site.batches() if each.id != batch.id)
    assert other.size != batch.size
    with pytest.raises(SettingError, match=f"has {batch.size} requests"):
        asyncio.run(batches.adopt(site.cache_dir, other, first))


def test_a_batch_is_cancelled_at_the_provider(site: Site) -> None:
    """What it has answered by then is taken, and all that is billed; what the budget held for the
    rest is given back, and no other batch is made of it."""
    batch = under_way(site)
    cancelled = asyncio.run(batches.cancel(site.cache_dir, batch))
    assert cancelled.why == "it was cancelled"
    site.run()
    assert site.batches()[0].state is BatchState.DONE
    assert len(site.answers()) == site.billed_answers() == site.numbers / 2
    assert site.spent_usd() == pytest.approx(site.billed_usd())
    assert site.created() == 1


@with_faults({"failed-request"})
def test_what_is_released_is_bought_by_the_next_run(site: Site) -> None:
    """Once somebody has seen that the provider has no such batch."""
    batch = held(site)
    asyncio.run(batches.release(site.cache_dir, batch))
    assert site.spent_usd() == 0.0
    site.run()
    assert site.answers() == site.all_answers
    assert site.spent_usd() == pytest.approx(site.billed_usd())
