"""What a run is called in a list of runs: provider, model, problems."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from prefect.runtime import flow_run

from pettingllms.errors import FatalError
from pettingllms.settings import REPLAY, resolve
from pettingllms.utils.api_client import client_class
from pettingllms.wording import shown

_GLOB = frozenset("*?[")


def run_name() -> str:
    """Like `openai gpt-4o problems.jsonl, 30 Nov 01:00`, from the parameters and the environment;
    a part also says which.

    Settings that are wrong have no name: the run then says what is wrong with them.
    """
    try:
        settings = resolve(flow_run.parameters).settings
        api_type = settings.api_type or REPLAY
        model = settings.model or client_class(api_type).default_model
    except FatalError:
        return "sft-collect"
    part = settings.part and f"part {settings.part}"
    named = filter(None, (api_type, model, _sources(settings.problems), part))
    return f"{shown(' '.join(named))}, {datetime.now():%d %b %H:%M}"  # noqa: DTZ005 - the reader's clock


def _sources(problems: Sequence[str]) -> str:
    if not problems:
        return "bundled problems"
    more = f" and {len(problems) - 1} more" if len(problems) > 1 else ""
    return _short(problems[0]) + more


def _short(source: str) -> str:
    """A file's name; of a glob also its folder's."""
    path = Path(source)
    return "/".join(path.parts[-2:]) if _GLOB & set(path.name) else path.name
