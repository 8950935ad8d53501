"""What is known of a model before it is asked: its name, price, context, thinking and end."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher

from pettingllms.providers.pricing import BATCH, context_window, cost_usd
from pettingllms.providers.wire.model_list import OfferedModel
from pettingllms.providers.wire.thinking import bare_name, thinks_by_default
from pettingllms.records import Usage
from pettingllms.records.expenses import plain_number

_MILLION = 1_000_000
_THOUSAND = Usage(1000, 0), Usage(0, 1000)
_DATED = re.compile(r"[-@](20\d\d-?\d\d-?\d\d|latest|\d{4})$")
_NO_WRITER = re.compile(
    r"embed|whisper|tts|dall-e|image|imagen|audio|realtime|transcri|moderation|sora|veo|rerank"
    r"|computer-use|robotics|babbage|davinci"
)
"""What models are called that answer with no text, or with none that is asked for here."""
_HAS_BATCHES = frozenset({"openai", "claude"})


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """A model on offer. Prices are US dollars for a million tokens in and out, None where the
    price list does not know it; `batch` where the provider sells batches."""

    name: str
    price: tuple[float, float] | None
    batch: tuple[float, float] | None
    context: int | None
    thinks: bool
    until: date | None


def entry(api_type: str, model: OfferedModel) -> CatalogEntry:
    return CatalogEntry(
        model.name,
        price_of(api_type, model.name),
        price_of(api_type, model.name, BATCH) if api_type in _HAS_BATCHES else None,
        model.context or context_window(api_type, model.name),
        thinks_by_default(api_type, model.name),
        model.until,
    )


def price_of(api_type: str, model: str, tier: str = "") -> tuple[float, float] | None:
    """For a million tokens in and out; dearer tiers begin at longer prompts."""
    names = (model, bare_name(model))
    for name in names:
        sent, received = (cost_usd(api_type, name, usage, tier=tier) for usage in _THOUSAND)
        if sent is not None and received is not None:
            return sent * 1000, received * 1000
    return None


def is_named(listed: str, asked: str) -> bool:
    """Whether the provider's list means the model that is asked for: proxies put a maker before a
    name, or a way of routing behind it; providers list a dated name for one without a date."""
    if asked.startswith("ft:") or listed.startswith("ft:"):
        return asked == listed
    ours, theirs = bare_name(asked), bare_name(listed)
    dates = {found[1] for name in (ours, theirs) if (found := _DATED.search(name))} - {"latest"}
    return len(dates) < 2 and _DATED.sub("", ours) == _DATED.sub("", theirs)


def nearest(api_type: str, asked: str, offered: Sequence[OfferedModel]) -> OfferedModel | None:
    """The living model that is most like the one that is asked for: most words of its name in
    common, fewest others, then the cheapest, then the most alike in letters."""
    ours = _words(asked)

    def rank(model: OfferedModel) -> tuple[int, int, float, float]:
        theirs, price = _words(model.name), price_of(api_type, model.name)
        alike = SequenceMatcher(None, bare_name(asked), bare_name(model.name)).ratio()
        usd = price[1] if price else float("inf")
        return -len(ours & theirs), len(theirs - ours), usd, -alike

    writers = [model for model in offered if not _NO_WRITER.search(model.name.lower())]
    return min(writers or offered, key=rank, default=None)


def described(api_type: str, model: str) -> str:
    """Its price, and what it does by itself, in words."""
    price = price_of(api_type, model)
    costs = (
        f"${plain_number(price[0])} in and ${plain_number(price[1])} out for a million tokens"
        if price
        else "of unknown price"
    )
    if not thinks_by_default(api_type, model):
        return f"{costs}; does not think by itself"
    return f"{costs}; thinks by itself: let it have room with --max-tokens 8192, or --thinking off"


def _words(model: str) -> set[str]:
    return set(re.findall(r"[a-z]+", bare_name(model).removeprefix("chat")))
