"""Which of the problems a run asks, in a line each, where somebody may have meant otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from pettingllms.problems.hub import PREFIX as HUB_PREFIX
from pettingllms.run.check import Checked
from pettingllms.run.shards import problem_sources
from pettingllms.settings import REPLAY, Settings, environment_name, how_to_set


def scope_notices(checked: Checked) -> Iterator[str]:
    """To be said before anything is sent. Reads the records that are passed over, to count them."""
    settings, asked = checked.settings, checked.input.count.problems
    if not settings.problems and settings.api_type not in (None, REPLAY):
        yield (
            f"No problems are named by {how_to_set('problems')}: {settings.api_type} is asked the"
            f" {asked:,} bundled examples."
        )
    if passed_over := _passed_over(checked):
        whole = passed_over + (settings.num_episodes or 0)
        variable = environment_name(Settings.model_fields["num_episodes"])
        yield f"{asked:,} of {whole:,} problems ({variable}={settings.num_episodes})"


def _passed_over(checked: Checked) -> int:
    """How many records come after the first `num_episodes`. None are counted where only some of
    them are wanted, or of data sets of the hub, which may have millions to fetch."""
    settings = checked.settings
    if settings.num_episodes is None or settings.where:
        return 0
    if any(name.startswith(HUB_PREFIX) for name in problem_sources(settings)):
        return 0
    return sum(1 for _ in islice(checked.input.records, settings.num_episodes, None))
