"""`python -m deployments.automations`: what the Prefect server does by itself about bad runs.

A run that has gone silent is marked as crashed. With `--webhook URL`, every run that fails,
crashes or does not start is posted there, as Slack, Mattermost and most others read it; and every
night whose acceptance, or cost of an accepted row, is out of its usual range. Running it again
replaces what it made before.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID

from prefect import get_client
from prefect.automations import Automation
from prefect.blocks.webhook import Webhook
from prefect.client.schemas.objects import StateType
from prefect.events.actions import CallWebhook, ChangeFlowRunState
from prefect.events.schemas.automations import EventTrigger, Posture
from prefect.events.schemas.events import ResourceSpecification
from prefect.types import SecretDict
from pydantic import SecretStr
from rich.console import Console

from flows import orchestrator
from flows.flags import tell
from flows.nights_page import UNUSUAL
from flows.page import PARTIAL
from pettingllms.errors import ExitCode, FatalError, SettingError, as_typed

SILENCE = timedelta(minutes=10)
"""Three heartbeats of a run, which come every 180 s (PREFECT_FLOWS_HEARTBEAT_FREQUENCY)."""
WEBHOOK = "sft-collect-webhook"
_RUNS = ResourceSpecification({"prefect.resource.id": "prefect.flow-run.*"})
_OF_OUR_FLOW = ResourceSpecification(
    {"prefect.resource.role": "flow", "prefect.resource.name": "sft-collect"}
)
_ENDS = ("Completed", PARTIAL, "Failed", "Crashed", "Cancelled")
_OF_A_DEPLOYMENT = ResourceSpecification({"prefect.resource.role": "deployment"})
"""What is tried by hand has somebody who looks at it."""
_ALARMING = ("Failed", "Crashed", "Late")
_TEXT = """\
{%- set late = flow_run.state.name == "Late" -%}
{%- set which = "sft-collect/" ~ deployment.name if late else flow_run.name -%}
{%- set why = "No worker has taken it since " ~ flow_run.expected_start_time
  ~ "; is one at work for the pool " ~ (deployment.work_pool_name or "of this deployment") ~ "?"
  if late else flow_run.state.message or "" -%}
{"text": {{ (which ~ ": " ~ flow_run.state.name ~ ". " ~ why) | tojson }}}"""
"""A run has a name from its start on; one that is late is called by its deployment."""
_UNUSUAL_TEXT = '{"text": {{ (flow_run.name ~ ": Unusual. " ~ event.payload.message) | tojson }}}'


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the automations on the server of PREFECT_API_URL; returns the exit code."""
    parser = argparse.ArgumentParser(prog=as_typed("python -m deployments.automations"))
    parser.add_argument("--webhook", metavar="URL", help="where bad runs are posted")
    try:
        webhook = parser.parse_args(arguments).webhook
        _check(webhook)
        asyncio.run(_set_up(webhook))
    except FatalError as error:
        return tell(error)
    return ExitCode.COMPLETE


def _check(webhook_url: str | None) -> None:
    """Whether the server can post there: it tells nobody but its log. Raises: SettingError, without
    the URL, which is often a secret."""
    if webhook_url is not None and not _is_web_address(webhook_url):
        raise SettingError(
            "What --webhook names is no web address.",
            "Give the whole URL, such as https://hooks.example.com/T0/B0.",
        )


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and len(url.split()) == 1


async def _set_up(webhook_url: str | None) -> None:
    async with orchestrator.session():
        automations = [_silent_runs()]
        if webhook_url is not None:
            webhook = await _webhook(webhook_url)
            automations += [_bad_runs(webhook), _unusual_nights(webhook)]
        for automation in automations:
            await _replace(automation)
            Console().print(f"Automation: {automation.name}")


_CRASHED = ChangeFlowRunState(
    name=None,
    force=False,
    state=StateType.CRASHED,
    message="No sign of life: the machine or the process that ran it is gone.",
)


def _silent_runs() -> Automation:
    """Nobody else notices when a run's whole machine is gone."""
    ends = {f"prefect.flow-run.{state}" for state in _ENDS}
    heartbeat = "prefect.flow-run.heartbeat"
    return Automation(
        name="sft-collect: mark silent runs as crashed",
        trigger=EventTrigger(
            match=_RUNS,
            match_related=_OF_OUR_FLOW,
            after={heartbeat},
            expect={heartbeat} | ends,
            for_each={"prefect.resource.id"},
            posture=Posture.Proactive,
            within=SILENCE,
        ),
        actions=[_CRASHED],
    )


def _bad_runs(webhook: UUID) -> Automation:
    return Automation(
        name="sft-collect: post bad runs",
        trigger=EventTrigger(
            match=_RUNS,
            match_related=[_OF_OUR_FLOW, _OF_A_DEPLOYMENT],
            expect={f"prefect.flow-run.{state}" for state in _ALARMING},
            for_each={"prefect.resource.id"},
        ),
        actions=[CallWebhook(block_document_id=webhook, payload=_TEXT)],
    )


def _unusual_nights(webhook: UUID) -> Automation:
    """The run says itself what is unusual, and by which numbers."""
    return Automation(
        name="sft-collect: post unusual nights",
        trigger=EventTrigger(match=_RUNS, expect={UNUSUAL}, for_each={"prefect.resource.id"}),
        actions=[CallWebhook(block_document_id=webhook, payload=_UNUSUAL_TEXT)],
    )


async def _webhook(url: str) -> UUID:
    """A block, so that the URL, which is often a secret, is kept encrypted."""
    headers = SecretDict({"Content-Type": "application/json"})
    return await Webhook(url=SecretStr(url), headers=headers).asave(WEBHOOK, overwrite=True)


async def _replace(automation: Automation) -> None:
    """In its place, where there is one: a server goes on for a while by one that was deleted,
    beside the new one, and each alarm comes twice."""
    async with get_client() as client:
        earlier = await client.read_automations_by_name(automation.name)
        for another in earlier[1:]:
            await client.delete_automation(another.id)
    if earlier:
        automation.id = earlier[0].id
        await automation.aupdate()
    else:
        await automation.acreate()


if __name__ == "__main__":
    raise SystemExit(main())
