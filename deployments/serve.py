"""`python -m deployments.serve`: every deployment and its nights, served by one process.

For one machine, instead of a work pool and a worker. What it serves is in prefect.yaml.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path
from typing import Any

import yaml
from prefect import serve
from prefect.client.schemas.objects import ConcurrencyLimitConfig
from prefect.deployments.runner import RunnerDeployment
from prefect.runner.storage import LocalStorage
from prefect.schedules import Cron
from pydantic import BaseModel, ConfigDict

_ROOT = Path(__file__).parents[1]
_PREFECT_YAML = Path(__file__).with_name("prefect.yaml")


class Night(BaseModel):
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
    schedules: tuple[Night, ...] = ()
    concurrency_limit: ConcurrencyLimitConfig | None = None
    work_pool: dict[str, Any]


def main() -> None:
    """Serve until interrupted. A night missed meanwhile is run at the next start."""
    with chdir(_ROOT):
        serve(*map(_served, read_deployments()), pause_on_shutdown=False)


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
    main()
