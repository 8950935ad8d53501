"""The flow `sft-collect`: load problems, generate, validate, write.

`flows.collect` is where it is run and deployed from.
Shards flow: while one is judged the next is generated, and only a few are in memory.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress
from contextvars import ContextVar
from typing import Any, Protocol, TypeVar

from prefect import Flow, get_run_logger
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Cancelled, Completed, Failed
from prefect.utilities.callables import ParameterSchema, parameter_schema
from pydantic_core import to_jsonable_python

from flows import nights_page, page, tasks
from flows.ahead import (
    NOTHING_SENT,
    SHARDS_IN_FLIGHT,
    opened_before,
    report_of,
    what_is_left,
)
from flows.cancelling import end_if_cancelled, is_being_cancelled
from flows.interruption import interruptible, to_the_end
from flows.run_name import run_name
from flows.story import STORY
from pettingllms.engine import collect_garbage_seldom
from pettingllms.engine.batch.records import batches_command
from pettingllms.errors import ExitCode, FatalError
from pettingllms.run.batches import BatchProgress, Submitted
from pettingllms.run.check import Checked
from pettingllms.run.collection import Collection, Report
from pettingllms.run.finished_shards import FinishedShard, JudgedShard
from pettingllms.run.open import open_collection
from pettingllms.run.scope import scope_notices
from pettingllms.run.shards import Shard
from pettingllms.settings import Settings, parameter_type, resolve

T = TypeVar("T")
P = TypeVar("P")
P_contra = TypeVar("P_contra", contravariant=True)
HEARTBEAT_S = 5.0
FIRST_BEAT_S = 0.5
"""Most runs that find everything in the cache have ended by then, and wait for no bar."""
Watch = Callable[[Collection], AbstractAsyncContextManager[None]]
watched_by: ContextVar[Watch | None] = ContextVar("watched_by", default=None)
"""Who looks on while the shards run, beside the log: what holds a display open, for one."""
checked_before: ContextVar[Checked | None] = ContextVar("checked_before", default=None)
"""What the command line found, which looks before it waits for Prefect."""


class Bar(Protocol[P_contra]):
    """What moves on the run's page; `marks` are those of its lines in the log."""

    @property
    def marks(self) -> Mapping[str, bool]: ...

    async def show(self, progress: P_contra, /) -> None: ...


async def _sft_collect(**parameters: Any) -> State[Any]:
    page.leave_out_good_ends()
    what_is_left.set(NOTHING_SENT)
    by_hand = interruptible.get()
    if by_hand is not None:
        by_hand.listen()  # Prefect has taken SIGTERM when the flow began
    try:
        settings = resolve(parameters).settings
        given, before = tasks.unsearched(settings), tasks.unsearched(checked_before.get())
        checked = await tasks.value_of(await tasks.load(given, before))
        for notice in await asyncio.to_thread(lambda: [*scope_notices(checked)]):
            get_run_logger().info(notice, extra=STORY)
        submitted = await _bought_by_batch(checked)
        if submitted is not None:
            return Completed(name="Submitted", message=submitted.message, data=submitted)
        report = await _collect(checked)
    except FatalError as error:
        return _failed(str(error), error)
    except asyncio.CancelledError:
        interruption = by_hand and by_hand.interruption()
        if interruption is not None:
            return Cancelled(message="Interrupted by hand", data=interruption)
        if await is_being_cancelled():
            asyncio.get_running_loop().set_exception_handler(_say_nothing)
            return Cancelled(message=what_is_left.get())
        raise
    told = page.publish(report), nights_page.publish(report)
    *_, state = await asyncio.gather(*told, _last_state(report))
    return state


def _say_nothing(_loop: asyncio.AbstractEventLoop, _context: Mapping[str, Any]) -> None:
    """Of the state: the signal has ended the loop, which takes it for an unhandled error."""


async def _bought_by_batch(checked: Checked) -> Submitted | None:
    """None where everything is there that batches can bring, or nothing goes by batch."""
    if not checked.settings.batch:
        return None
    progress = BatchProgress()
    listed = batches_command(checked.settings.cache_dir)
    what_is_left.set(f"What is under way at the provider goes on, and is billed: {listed}.")
    async with _heartbeat(page.BatchBar(), progress, str):
        return await tasks.value_of(
            await tasks.batch(tasks.unsearched(checked), str(flow_run.id), progress)
        )


async def _collect(checked: Checked) -> Report:
    get_run_logger().info(f"Problems: {checked.input.count}")
    async with _opened(checked) as collection:
        collect_garbage_seldom()
        collection.flow_run_id = str(flow_run.id)
        if checked.settings.report_url is not None:
            collection.before_delivery = nights_page.write_report_beside
        return await report_of(collection, _through(collection), get_run_logger())


def _opened(checked: Checked) -> AbstractAsyncContextManager[Collection]:
    """What the command line has opened and begun, or one that is this flow run's own."""
    before = opened_before.get()
    return nullcontext(before) if before else open_collection(checked, str(flow_run.id))


async def _through(collection: Collection) -> Report:
    """All shards, and the end."""
    beat = _heartbeat(page.ProgressBar(), collection.progress, page.progress_line)
    async with beat, _watched(collection):
        await _run_shards(collection)
    return await to_the_end(asyncio.to_thread(collection.finish))


async def _run_shards(collection: Collection) -> None:
    """A few shards at a time; each is written after the one before it."""
    places = asyncio.Semaphore(SHARDS_IN_FLIGHT)
    written = asyncio.create_task(asyncio.sleep(0))
    try:
        async with asyncio.TaskGroup() as group:
            for shard in collection.shards():
                await places.acquire()
                written = group.create_task(_run_shard(collection, shard, written))
                written.add_done_callback(lambda _: places.release())
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None


async def _run_shard(
    collection: Collection, shard: Shard | FinishedShard, written_before: asyncio.Task[None]
) -> None:
    """What an earlier run has finished is written without a task of its own, which takes longer
    than that."""
    if isinstance(shard, FinishedShard):
        await written_before
        await collection.write(shard)
        return
    judged = await _judged(collection, tasks.unsearched(shard))
    await written_before
    await tasks.value_of(await tasks.write(collection, tasks.unsearched(judged)))
    tasks.forget_states()


async def _judged(collection: Collection, shard: Shard) -> JudgedShard:
    answers = await tasks.generate(collection, shard)
    return await tasks.value_of(await tasks.validate(collection, shard, answers))


def _watched(collection: Collection) -> AbstractAsyncContextManager[None]:
    watch = watched_by.get()
    return nullcontext() if watch is None else watch(collection)


@asynccontextmanager
async def _heartbeat(bar: Bar[P], progress: P, line_of: Callable[[P], str]) -> AsyncGenerator[None]:
    """Say how far the run is, whenever that has changed, and at its end."""
    over = asyncio.Event()
    beating = asyncio.create_task(_beat(bar, progress, line_of, over))
    try:
        yield
        over.set()
        await asyncio.wait((beating,))
        await bar.show(progress)
    finally:
        beating.cancel()


async def _beat(bar: Bar[P], progress: P, line_of: Callable[[P], str], over: asyncio.Event) -> None:
    logger = get_run_logger()
    said = ""
    if not await _comes_within(FIRST_BEAT_S, over):
        await bar.show(progress)
    while not await _comes_within(HEARTBEAT_S, over):
        await end_if_cancelled()
        if (line := line_of(progress)) != said:
            logger.info(line, extra=bar.marks)
            await bar.show(progress)
            said = line


async def _comes_within(seconds: float, event: asyncio.Event) -> bool:
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
    return event.is_set()


async def _last_state(report: Report) -> State[Any]:
    """The server takes no other of a run that is cancelled as it comes to its end."""
    with page.server_may_be_away():
        if await is_being_cancelled():
            return Cancelled(message=page.headline(report), data=report)
    return _state(report)


def _state(report: Report) -> State[Any]:
    message = page.headline(report)
    if report.exit_code in (ExitCode.COMPLETE, ExitCode.PARTIAL):
        name = None if report.exit_code == ExitCode.COMPLETE else page.PARTIAL
        return Completed(name=name, message=message, data=report)
    return _failed(message, report)


def _failed(message: str, data: Report | FatalError) -> State[Any]:
    """Who tries something by hand sees the message, and alarms nobody who shares the server."""
    if interruptible.get() is not None:
        return Cancelled(name="Failed by hand", message=message, data=data)
    return Failed(message=message, data=data)


def _signature() -> inspect.Signature:
    """One flat parameter per setting; left out, it comes from the environment or the default."""
    return inspect.Signature(
        [
            inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                default=None,
                annotation=parameter_type(field),
            )
            for name, field in Settings.model_fields.items()
        ]
    )


def _documentation() -> str:
    described = (
        f"    {name}: {field.description}" for name, field in Settings.model_fields.items()
    )
    return "\n".join(("Collect verified SFT data for code models.", "", "Args:", *described, ""))


class _FlatFlow(Flow[..., Coroutine[Any, Any, State[Any]]]):
    """Its parameters are plain values, for which Prefect would load FastAPI; and their schema is
    for those who deploy it."""

    @property
    def parameters(self) -> ParameterSchema:
        return parameter_schema(self.fn)

    @parameters.setter
    def parameters(  # pyright: ignore[reportIncompatibleVariableOverride] - it is one for others
        self, schema: ParameterSchema
    ) -> None:
        """Of a function that has no signature yet."""

    def serialize_parameters(self, parameters: dict[str, Any]) -> dict[str, Any]:
        return to_jsonable_python(parameters, fallback=str)


_sft_collect.__doc__ = _documentation()
sft_collect = _FlatFlow(
    _sft_collect,
    name="sft-collect",
    flow_run_name=run_name,
    validate_parameters=False,  # the settings table does it, and says where a value came from
    persist_result=False,
)
_sft_collect.__signature__ = _signature()  # pyright: ignore[reportFunctionMemberAccess]
