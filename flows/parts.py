"""The flow `sft-collect-parts`: a collection in parts, each a run of a deployment.

It waits in the process that calls it, and takes no worker's place. A part whose process or
machine was lost is started again: what the dead had paid is shared, and not paid again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from prefect import flow, get_run_logger
from prefect.artifacts import acreate_table_artifact
from prefect.client.schemas.objects import FlowRun, State
from prefect.deployments.flow_runs import arun_deployment
from prefect.exceptions import ObjectNotFound
from prefect.states import Completed, Failed

from flows.page import STORY
from pettingllms.errors import OrchestratorError

DEPLOYMENT = "sft-collect/part"
TRIES = 3
_LOOK_AGAIN_S = 5


@dataclass(frozen=True, slots=True)
class PartRun:
    """How a part ended: the `state` by its name, and what it says of itself."""

    part: str
    run: str
    state: str
    said: str
    is_complete: bool


@flow(name="sft-collect-parts", flow_run_name="{parts} parts", persist_result=False)
async def sft_collect_parts(parts: int, settings: Mapping[str, Any]) -> State[list[PartRun]]:
    """Run `parts` parts with the same flat `settings`; ends when all have ended.

    Raises: OrchestratorError where the deployment is not there.
    """
    names = [f"{number}/{parts}" for number in range(1, parts + 1)]
    ended = await asyncio.gather(*(_run_part(part, settings) for part in names))
    await acreate_table_artifact(
        key="sft-collect-parts",
        table=[{"part": e.part, "run": e.run, "state": e.state, "result": e.said} for e in ended],
        description="How the parts ended",
    )
    failed = [each.part for each in ended if not each.is_complete]
    if failed:
        return Failed(message=f"Not complete: {', '.join(failed)}", data=ended)
    return Completed(message=f"All {parts} parts are complete", data=ended)


async def _run_part(part: str, settings: Mapping[str, Any], tries: int = TRIES) -> PartRun:
    run = await _run({**settings, "part": part})
    ended = _ended(part, run)
    get_run_logger().info("Part %s %s. %s", part, ended.state, ended.said, extra=STORY)
    if tries > 1 and run.state is not None and run.state.is_crashed():
        return await _run_part(part, settings, tries - 1)
    return ended


async def _run(parameters: dict[str, Any]) -> FlowRun:
    try:
        return await arun_deployment(DEPLOYMENT, parameters=parameters, poll_interval=_LOOK_AGAIN_S)
    except ObjectNotFound as error:
        raise OrchestratorError(
            f"There is no deployment {DEPLOYMENT}.",
            "prefect deploy --prefect-file deployments/prefect.yaml --all",
        ) from error


def _ended(part: str, run: FlowRun) -> PartRun:
    state = run.state
    if state is None:
        return PartRun(part, run.name, "unknown", "", is_complete=False)
    return PartRun(part, run.name, state.name or "", state.message or "", state.is_completed())
