"""`python -m deployments.serve`: every deployment and its nights, served by one process.

For one machine, instead of a work pool and a worker. What it serves is in prefect.yaml. What it
takes from a work pool it gives back at the end: a worker then runs the nights as before.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import chdir
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn
from uuid import UUID

import yaml
from prefect import get_client, serve
from prefect.client.schemas.actions import DeploymentUpdate
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterName
from prefect.client.schemas.objects import ConcurrencyLimitConfig
from prefect.deployments.runner import RunnerDeployment
from prefect.runner.storage import LocalStorage
from prefect.schedules import Cron
from pydantic import BaseModel, ConfigDict

from flows import orchestrator
from flows.flags import tell
from pettingllms import keyboard_interrupts
from pettingllms.errors import ExitCode, FatalError, OrchestratorError, as_typed

_DESCRIPTION = """\
Serve every deployment of prefect.yaml and its nights, in this process, until it is interrupted. The
server is that of PREFECT_API_URL; keys and problems come from this process's environment."""
_ROOT = Path(__file__).parents[1]
_PREFECT_YAML = Path(__file__).with_name("prefect.yaml")


class ServedNight(BaseModel):
    """When a deployment runs: `cron` by the clock of `timezone`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cron: str
    timezone: str


class Deployment(BaseModel):
    """An entry of prefect.yaml. The `work_pool` is for workers alone."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    description: str
    entrypoint: str
    parameters: dict[str, Any]
    schedules: tuple[ServedNight, ...] = ()
    concurrency_limit: ConcurrencyLimitConfig | None = None
    work_pool: dict[str, Any]


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until interrupted; returns the exit code. A night missed meanwhile is run at the next
    start."""
    parser = argparse.ArgumentParser(
        prog=as_typed("python -m deployments.serve"),
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.parse_args(arguments)
    try:
        lent = asyncio.run(_of_work_pools())
        with keyboard_interrupts():
            _serve_and_give_back(lent)
    except FatalError as error:
        return tell(error)
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    return ExitCode.COMPLETE


def _end(_number: int, _frame: FrameType | None) -> NoReturn:
    """As Prefect does it itself, once it serves."""
    sys.exit()


def _serve_and_give_back(lent: Mapping[UUID, DeploymentUpdate]) -> None:
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    with chdir(_ROOT):
        try:
            serve(*map(_served, read_deployments()), pause_on_shutdown=False)
        finally:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)  # whoever is impatient tears nothing
            asyncio.run(_give_back(lent))


async def _of_work_pools() -> dict[UUID, DeploymentUpdate]:
    """How workers find the deployments that are on the server. Raises: OrchestratorError."""
    if orchestrator.server_url() is None:
        raise OrchestratorError(
            "Nights need a Prefect server that stays, and PREFECT_API_URL names none.",
            "Start one (prefect server start), and"
            " export PREFECT_API_URL=http://127.0.0.1:4200/api",
        )
    await orchestrator.reach_server()
    named = DeploymentFilterName(any_=[deployment.name for deployment in read_deployments()])
    async with get_client() as client:
        found = await client.read_deployments(deployment_filter=DeploymentFilter(name=named))
    return {
        each.id: DeploymentUpdate(
            work_pool_name=each.work_pool_name,
            work_queue_name=each.work_queue_name,
            path=each.path,
            pull_steps=each.pull_steps,
            entrypoint=each.entrypoint,
        )
        for each in found
        if each.work_pool_name is not None
    }


async def _give_back(lent: Mapping[UUID, DeploymentUpdate]) -> None:
    """But for what somebody has deployed anew meanwhile."""
    async with get_client() as client:
        for deployment, as_before in lent.items():
            if (await client.read_deployment(deployment)).work_pool_name is None:
                await client.update_deployment(deployment, as_before)


def read_deployments() -> Iterator[Deployment]:
    """In the order of prefect.yaml."""
    page = yaml.safe_load(_PREFECT_YAML.read_text(encoding="utf-8"))
    return map(Deployment.model_validate, page["deployments"])


def _served(deployment: Deployment) -> RunnerDeployment:
    served = RunnerDeployment.from_entrypoint(
        deployment.entrypoint,
        name=deployment.name,
        description=deployment.description,
        parameters=deployment.parameters,
        schedules=[Cron(night.cron, timezone=night.timezone) for night in deployment.schedules],
        concurrency_limit=deployment.concurrency_limit,
    )
    # What a worker's deployment of the same name has on the server is replaced, not left.
    served.work_pool_name = None
    served.storage = LocalStorage(str(_ROOT))
    return served


if __name__ == "__main__":
    raise SystemExit(main())
