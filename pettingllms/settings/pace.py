"""How fast it goes, and what it may cost."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from pydantic import BaseModel

from pettingllms.providers.config import parse_tiers
from pettingllms.providers.pricing import parse_price
from pettingllms.settings.setting import read_by, setting

_setting = partial(setting, "Pace and budget", changes="nothing")


class PaceSettings(BaseModel):
    tier: Annotated[str | None, read_by(parse_tiers)] = _setting(
        "SFT_TIER",
        "service tier: flex (half the price, slow), auto, default or priority; flex,default falls"
        " back where there is no room",
    )
    price: Annotated[str | None, read_by(parse_price)] = _setting(
        "SFT_PRICE",
        "in=USD,out=USD for a million tokens, where the price list does not know the model;"
        " cached= and reasoning= too",
    )
    max_cost_usd: float | None = _setting(
        "SFT_MAX_COST_USD",
        "US dollars that all runs into this output folder may spend together",
        gt=0,
    )
    batch: bool = _setting(
        "SFT_BATCH",
        "buy what is missing by provider batches: half the price, within a day",
        False,
    )
    batch_repairs: bool = _setting(
        "SFT_BATCH_REPAIRS",
        "with --batch: repair turns and grades too, wave by wave; else they go online, or as --tier"
        " says",
        False,
        needs="batch",
    )
    batch_wait: float | None = _setting(
        "SFT_BATCH_WAIT",
        "seconds to wait for batches, then the run ends as Submitted; to the end where not set",
        needs="batch",
        ge=0,
    )
    job: str | None = _setting(
        "SFT_JOB", "name of the budget, where machines share one through Redis"
    )
    max_concurrency: int = _setting(
        "SFT_MAX_CONCURRENCY", "requests in flight at most; adapts below that", 256, ge=1
    )
    shard_size: int = _setting("SFT_SHARD_SIZE", "samples in one Prefect task", 500, ge=1)
