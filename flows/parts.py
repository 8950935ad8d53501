"""The flow `sft-collect-parts`: a collection in parts, each a run of a deployment.

It waits in the process that calls it, and takes no worker's place. A part whose process or
machine was lost is started again: what the dead had paid is shared, and not paid again. Where all
parts leave their files in one place that is reached from here, one export of all follows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from prefect import flow, get_run_logger
from prefect.artifacts import acreate_table_artifact
from prefect.client.schemas.objects import FlowRun, State
from prefect.deployments.flow_runs import arun_deployment
from prefect.exceptions import ObjectNotFound
from prefect.states import Completed, Failed

from flows.page import PARTIAL
from flows.story import STORY
from pettingllms.errors import FatalError, OrchestratorError
from pettingllms.tools.whole_job import export_job
from pettingllms.wording import shown

DEPLOYMENT = "sft-collect/part"
TRIES = 3
_LOOK_AGAIN_S = 5
_NO_PLACE = "For one export of all, name a folder or URL that all of them reach: --output-dir."


@dataclass(frozen=True, slots=True)
class PartRun:
    """How a part ended: the `state` by its name, and what it says of itself. One that has come to
    its end may still lack some rows."""

    part: str
    run: str
    run_id: str
    state: str
    said: str
    has_ended: bool

    @property
    def is_complete(self) -> bool:
        return self.has_ended and self.state != PARTIAL


@dataclass(frozen=True, slots=True)
class Job:
    """Its parts, and the `export` of all of them, or why there is none."""

    parts: tuple[PartRun, ...]
    export: str = ""
    why_none: str = ""

    @property
    def is_complete(self) -> bool:
        return all(part.is_complete for part in self.parts)


@flow(name="sft-collect-parts", flow_run_name="{parts} parts", persist_result=False)
async def sft_collect_parts(parts: int, settings: Mapping[str, Any]) -> State[Job]:
    """Run `parts` parts with the same flat `settings`; ends when all have ended, and one export is
    made of them.

    Raises: OrchestratorError where the deployment is not there.
    """
    names = [f"{number}/{parts}" for number in range(1, parts + 1)]
    ended = await asyncio.gather(*(_run_part(part, settings) for part in names))
    await acreate_table_artifact(
        key="sft-collect-parts",
        table=[{"part": e.part, "run": e.run, "state": e.state, "result": e.said} for e in ended],
        description="How the parts ended",
    )
    job = await asyncio.to_thread(_exported, Job(tuple(ended)), settings.get("output_dir"))
    get_run_logger().info(job.export or job.why_none, extra=STORY)
    if failed := [each.part for each in ended if not each.has_ended]:
        return Failed(message=f"Not complete: {', '.join(failed)}", data=job)
    if lacking := [each.part for each in ended if not each.is_complete]:
        message = f"Partial, rows are missing in {', '.join(lacking)}. {job.export}".rstrip()
        return Completed(name=PARTIAL, message=message, data=job)
    return Completed(message=f"All {parts} parts are complete. {job.export}".rstrip(), data=job)


def _exported(job: Job, place: str | None) -> Job:
    """Whatever keeps it from being exported: the parts have what was paid."""
    if place is None:
        return replace(
            job, why_none=f"Each part's files are where its worker has them. {_NO_PLACE}"
        )
    try:
        files = export_job(place, [part.run_id for part in job.parts])
    except FatalError as error:
        return replace(job, why_none=f"There is no export of all parts: {error}")
    return replace(job, export=files.place(files.sft))


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
            "In the project's folder, with its environment active: prefect deploy --prefect-file"
            " deployments/prefect.yaml --all",
        ) from error


def _ended(part: str, run: FlowRun) -> PartRun:
    state = run.state
    if state is None:
        return PartRun(part, shown(run.name), str(run.id), "unknown", "", has_ended=False)
    said = shown(state.message or "")
    name = shown(run.name)
    return PartRun(part, name, str(run.id), state.name or "", said, state.is_completed())
