"""Providers that keep to no form of a batch: each answer is read, and nothing is bought twice."""

from __future__ import annotations

import asyncio
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pettingllms.cache.responses import ResponseCache, request_key
from pettingllms.engine.batch.creating import create
from pettingllms.engine.batch.desk import Desk
from pettingllms.engine.batch.journal import Journal
from pettingllms.engine.batch.planning import new_batch
from pettingllms.engine.batch.records import BatchesUnderWay, BatchState, Item
from pettingllms.errors import FatalError
from pettingllms.records import Message
from pettingllms.tools import batches
from tests.engine.batch.conftest import Site
from tests.engine.batch.hostile import HostileProvider, serving

NUMBERS = 3


@pytest.fixture
def provider(api_type: str) -> Iterator[HostileProvider]:
    with serving(HostileProvider(api_type)) as provider:
        yield provider


@pytest.fixture
def site(tmp_path: Path, api_type: str, provider: HostileProvider) -> Site:
    return Site(tmp_path, api_type, provider, numbers=NUMBERS, max_response_mb=1)  # type: ignore[arg-type]


def state_of(site: Site) -> BatchState:
    return site.batches()[-1].state


def perhaps(site: Site) -> tuple[int, float]:
    with closing(Journal(site.cache_dir)) as journal:
        each = [journal.perhaps_billed(batch.id) for batch in journal.batches()]
    return sum(one.sends for one in each), sum(one.usd for one in each)


Lines = Callable[[HostileProvider], bytes]


def whole(p: HostileProvider) -> bytes:
    return b"".join(map(p.line, p.asked))


FORMS: dict[str, Lines] = {
    "a byte order mark": lambda p: b"\xef\xbb\xbf" + whole(p),
    "CRLF": lambda p: whole(p).replace(b"\n", b"\r\n"),
    "empty lines": lambda p: b"\n\n" + whole(p).replace(b"\n", b"\n \n\n"),
    "no last newline": lambda p: whole(p).rstrip(),
    "each twice": lambda p: whole(p) + whole(p),
    "each a second time as an error": lambda p: (
        whole(p) + b"".join(p.line(key, body={"error": {"message": "x"}}, status=500)
        for key in p.asked)
    ),
    "each as an error first": lambda p: (
        b"".join(p.line(key, body={"error": {"message": "x"}}, status=500) for key in p.asked)
        + whole(p)
    ),
    "somebody else's": lambda p: p.line("f" * 64) + whole(p) + p.line("") + p.line("né\u0000"),
    "lines that are no JSON": lambda p: b"<html>\n" + whole(p) + b"[1\n\x00\xff\n42\nnull\n",
}  # fmt: skip


@pytest.mark.parametrize("lines", FORMS.values(), ids=FORMS)
def test_results_in_any_form_are_read(site: Site, provider: HostileProvider, lines: Lines) -> None:
    provider.steps["results"] = lambda _: lines(provider)
    site.run()
    assert site.answers() == ["fine"] * NUMBERS
    assert state_of(site) is BatchState.DONE
    assert provider.calls.count("create") == 1
    site.run()
    assert provider.calls.count("create") == 1


def test_more_answers_than_lines_are_held(site: Site, provider: HostileProvider) -> None:
    """The results file is larger, by what the provider counts: what is missing may be billed."""
    provider.steps["results"] = lambda _: provider.line(provider.asked[0])
    site.run()
    assert state_of(site) is BatchState.HELD
    assert perhaps(site)[0] == NUMBERS - 1
    assert site.spent_usd() > perhaps(site)[1] > 0


def test_a_status_that_goes_back_is_waited_for(site: Site, provider: HostileProvider) -> None:
    states = ["in_progress", "finalizing", "in_progress", "validating", "never heard of"]
    provider.steps["look"] = lambda n: provider.batch((states + ["completed"] * 99)[n])
    site.run()
    assert site.answers() == ["fine"] * NUMBERS
    assert provider.calls.count("create") == 1


def test_a_batch_that_nobody_knows_any_more_is_held(site: Site, provider: HostileProvider) -> None:
    """Looked for once, and not for ever; it may be billed."""
    provider.steps["look"] = lambda _: (404, {"error": {"message": "No such batch"}})
    site.run()
    assert state_of(site) is BatchState.HELD
    assert provider.calls.count("look") == 1
    assert perhaps(site)[0] == NUMBERS
    assert site.spent_usd() == pytest.approx(perhaps(site)[1])


NO_BATCH: dict[str, Any] = {
    "no id": {"status": "in_progress", "processing_status": "in_progress"},
    "null": None,
    "a list": [],
    "no JSON": b"created",
    "more than an answer may have": b" " * 3_000_000,
    "nothing": b"",
    "an id that is a number": {"id": 7, "status": "in_progress"},
}


@pytest.mark.parametrize("said", NO_BATCH.values(), ids=NO_BATCH)
def test_a_create_that_says_nothing_is_looked_for_and_held(
    site: Site, provider: HostileProvider, said: Any
) -> None:
    """A 200 without an id: it may have been created, and is not created again."""
    provider.steps["create"] = lambda _: said
    site.run()
    site.run()
    assert state_of(site) is BatchState.HELD
    assert provider.calls.count("create") == 1
    assert perhaps(site)[0] == NUMBERS
    assert site.spent_usd() == pytest.approx(perhaps(site)[1])


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422])
def test_a_create_that_is_refused_ends_in_words(
    site: Site, provider: HostileProvider, status: int
) -> None:
    """Nothing was created: the budget is whole, and nothing stays taken."""
    provider.steps["create"] = lambda _: (status, {"error": {"message": "We take none."}})
    with pytest.raises(FatalError, match="We take none"):
        site.run()
    assert provider.calls.count("create") == 1
    assert site.spent_usd() == 0
    assert state_of(site) is BatchState.DONE


def test_a_rate_limit_on_create_is_waited_for(site: Site, provider: HostileProvider) -> None:
    provider.steps["create"] = lambda n: (
        (429, {"error": {"message": "slow down"}}) if n < 3 else provider.batch("in_progress")
    )
    site.run()
    assert site.answers() == ["fine"] * NUMBERS
    assert len(site.batches()) == 1


IN_VAIN: dict[str, Any] = {
    "nothing": {},
    "no choices": {"choices": [], "content": None},
    "an error": {"error": {"message": "it broke off", "code": 500}},
}


@pytest.mark.parametrize("body", IN_VAIN.values(), ids=IN_VAIN)
def test_a_line_that_failed_and_may_be_billed_is_counted(
    site: Site, provider: HostileProvider, body: Any
) -> None:
    """A 200 that is no answer: in the ledger at its worst, and in what is perhaps billed."""
    provider.steps["results"] = lambda _: b"".join(
        provider.line(key, body=body) for key in provider.asked
    )
    site.run()
    sends, usd = perhaps(site)
    assert sends >= NUMBERS
    assert site.spent_usd() == pytest.approx(usd)
    assert site.answers() == []
    assert provider.calls.count("create") <= 3


def test_a_cancel_that_comes_too_late_brings_the_answers(
    site: Site, provider: HostileProvider
) -> None:
    """The provider refuses it, as the batch has ended by then."""
    site.wait_s = 0.0
    provider.steps["look"] = lambda _: provider.batch("in_progress")
    with pytest.raises(BatchesUnderWay):
        site.run()
    del provider.steps["look"]
    provider.steps["cancel"] = lambda _: (409, {"error": {"message": "It has ended already."}})
    with pytest.raises(FatalError, match="It has ended already"):
        asyncio.run(batches.cancel(site.cache_dir, site.batches()[0]))
    site.run()
    assert site.answers() == ["fine"] * NUMBERS


def test_an_upload_whose_answer_is_lost_is_uploaded_again(
    site: Site, provider: HostileProvider
) -> None:
    """A file costs nothing: one batch is made, of one of them."""
    if site.api_type == "claude":
        return
    provider.steps["upload"] = lambda n: (502, b"bad gateway") if n < 2 else {"id": "file-z"}
    site.run()
    assert site.answers() == ["fine"] * NUMBERS
    assert provider.calls.count("create") == 1


def test_results_that_break_off_again_and_again_are_read_in_the_end(
    site: Site, provider: HostileProvider
) -> None:
    """Server errors in place of the results are waited out, too."""
    provider.steps["results"] = lambda n: (503, b"later") if n < 4 else whole(provider)
    site.run()
    assert site.answers() == ["fine"] * NUMBERS
    assert provider.calls.count("create") == 1


def test_a_batch_is_sent_from_the_disk(site: Site, provider: HostileProvider) -> None:
    """Of 40 MB of requests, few are in memory at a time; all of them arrive."""
    provider.keeps_nothing = True
    asked = [Message(role="user", content="x" * 20_000)]
    with (
        closing(ResponseCache(site.cache_dir)) as cache,
        closing(Journal(site.cache_dir)) as journal,
    ):
        desk = Desk.of(site.engine(cache), journal)
        requests = (desk.client.request(site.config, asked, n) for n in range(2000))
        items = [Item(request_key(request), request, 0, 1, 0.0) for request in requests]
        batch = new_batch(items, site.config, "out", "", 0)
        journal.plan(batch, items)
        tracemalloc.start()
        created = asyncio.run(create(desk, batch))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert created.state is BatchState.CREATED
    assert provider.received_bytes > 40_000_000
    assert peak < 12_000_000
