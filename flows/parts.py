"""The flow `sft-collect-parts`: a collection in parts, each a run of a deployment.

It waits in the process that calls it, and takes no worker's place. A part whose process or
machine was lost is started again: what the dead had paid is shared, and not paid again. Where all
parts leave their files in one place that is reached from here, one export of all follows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from prefect import flow, get_client, get_run_logger
from prefect.artifacts import acreate_table_artifact
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterParentFlowRunId
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.deployments.flow_runs import arun_deployment
from prefect.exceptions import ObjectNotFound
from prefect.runtime import flow_run
from prefect.states import Cancelled, Completed, Failed

from flows.cancelling import end_if_cancelled
from flows.interruption import interruptible, to_the_end
from flows.page import PARTIAL
from flows.story import STORY
from pettingllms.errors import FatalError, OrchestratorError
from pettingllms.tools.whole_job import export_job
from pettingllms.wording import counted, shown

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
    by_hand = interruptible.get()
    if by_hand is not None:
        by_hand.listen()  # Prefect has taken SIGTERM when the flow began
    names = [f"{number}/{parts}" for number in range(1, parts + 1)]
    try:
        ended = await _until_ended(*(_run_part(part, settings) for part in names))
    except asyncio.CancelledError:
        message = await to_the_end(_cancel_parts())
        return Cancelled(message=message, data=by_hand and by_hand.interruption())
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


async def _until_ended(*runs: Coroutine[Any, Any, PartRun]) -> list[PartRun]:
    """Raises: CancelledError where the job is cancelled meanwhile."""
    looking = asyncio.create_task(_look_whether_cancelled())
    try:
        return await asyncio.gather(*runs)
    finally:
        looking.cancel()


async def _look_whether_cancelled() -> None:
    while True:
        await asyncio.sleep(_LOOK_AGAIN_S)
        await end_if_cancelled()


async def _cancel_parts() -> str:
    """Those that have not ended: what a job is asked to end for, they would go on paying for.
    Returns how many they were, in words."""
    async with get_client() as client:
        own = FlowRunFilterParentFlowRunId(any_=[UUID(str(flow_run.id))])
        runs = await client.read_flow_runs(flow_run_filter=FlowRunFilter(parent_flow_run_id=own))
        at_work = [run for run in runs if run.state and not run.state.is_final()]
        for run in at_work:
            await client.set_flow_run_state(run.id, State(type=StateType.CANCELLING))
    said = f"{counted(len(at_work), 'part')} not at the end: cancelled, what was paid is kept."
    get_run_logger().info(said, extra=STORY)
    return said


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
