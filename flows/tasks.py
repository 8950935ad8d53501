"""The steps of `sft-collect` as Prefect tasks, and how often a step is tried again.

A row's transient failures belong to the engine (`RetryPolicy`); an outage that outlives them
belongs to the task, whose next try re-sends only what the cache lacks. Together: at most
MAX_SENDS_PER_REQUEST sends of one request in one run.

A FatalError ends its task in the state Failed, with the error as its data: it is an answer to
the user, not a fault in the program that would need a traceback.
"""

from __future__ import annotations

import asyncio
from typing import Any, TypeVar, cast

from prefect import task
from prefect.blocks.system import Secret
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.context import FlowRunContext
from prefect.runtime import task_run
from prefect.states import Failed
from prefect.tasks import exponential_backoff
from prefect.utilities.annotations import quote

from pettingllms.errors import FatalError, SettingError
from pettingllms.providers.dispatch import RetryPolicy
from pettingllms.run.batches import BatchProgress, Submitted, buy_by_batch
from pettingllms.run.check import Checked, check
from pettingllms.run.collection import Collection, OutageError, ShardAnswers
from pettingllms.run.finished_shards import JudgedShard
from pettingllms.run.shards import Shard
from pettingllms.settings import Settings

T = TypeVar("T")
OUTAGE_RETRIES = 2
OUTAGE_BACKOFF_S = 30
MAX_SENDS_PER_REQUEST = RetryPolicy().most_sends * (1 + OUTAGE_RETRIES)


@task(name="load", task_run_name="load", cache_policy=NO_CACHE, persist_result=False)
async def load(settings: Settings, checked: Checked | None) -> Checked | State[Checked]:
    """Read all problems once and check what can be checked without the provider, unless whoever
    started the run has `checked` these settings."""
    if checked is not None and checked.settings == settings:
        return unsearched(checked)
    try:
        key = await key_in_block(settings.api_key_block)
        return unsearched(await asyncio.to_thread(check, settings, key))
    except FatalError as error:
        return _failed(error)


async def _is_outage(_task: Any, _run: Any, state: State[Any]) -> bool:
    """Only an outage passes by itself; a fatal error would be the same the next time."""
    return isinstance(await state.aresult(raise_on_failure=False), OutageError)


@task(name="batch", task_run_name="batch", cache_policy=NO_CACHE, persist_result=False)
async def batch(
    checked: Checked, run_id: str, progress: BatchProgress
) -> Submitted | State[Submitted | None] | None:
    """Buy what is missing by provider batches, and wait for them as long as is asked for. Who is
    cut off meanwhile goes on with the next run: the journal has each step."""
    try:
        return unsearched(await buy_by_batch(checked, run_id, progress))
    except FatalError as error:
        return _failed(error)


@task(
    name="generate",
    task_run_name="generate {shard.number}",
    retries=OUTAGE_RETRIES,
    retry_delay_seconds=exponential_backoff(OUTAGE_BACKOFF_S),
    retry_jitter_factor=0.5,
    retry_condition_fn=_is_outage,
    cache_policy=NO_CACHE,
    persist_result=False,
)
async def generate(collection: Collection, shard: Shard) -> ShardAnswers:
    """Answer the first turns of the shard's problems; tried again while an outage lasts."""
    return unsearched(await collection.generate(shard, is_last_try=_is_last_try()))


@task(
    name="validate",
    task_run_name="validate {shard.number}",
    retries=OUTAGE_RETRIES,
    retry_delay_seconds=exponential_backoff(OUTAGE_BACKOFF_S),
    retry_jitter_factor=0.5,
    retry_condition_fn=_is_outage,
    cache_policy=NO_CACHE,
    persist_result=False,
)
async def validate(
    collection: Collection, shard: Shard, answers: ShardAnswers
) -> JudgedShard | State[JudgedShard]:
    """Judge the answers in the sandbox; feed failures back, and ask for what is missing; tried
    again while an outage lasts."""
    try:
        return unsearched(await collection.validate(shard, answers, is_last_try=_is_last_try()))
    except FatalError as error:
        return _failed(error)


@task(
    name="write",
    task_run_name="write {shard.number}",
    cache_policy=NO_CACHE,
    persist_result=False,
)
async def write(collection: Collection, shard: JudgedShard) -> State[None] | None:
    """Append the shard's attempts to the run's file."""
    try:
        await collection.write(shard)
    except FatalError as error:
        return _failed(error)


def _is_last_try() -> bool:
    return task_run.run_count > OUTAGE_RETRIES


def unsearched(value: T) -> T:
    """For a task to be given, or to give: Prefect neither searches it for futures nor remembers
    each part of it until the flow ends. A task that is given it gets `value`."""
    return cast("T", quote(value))


def forget_states() -> None:
    """Of the tasks that have ended: Prefect keeps each until the flow ends, to tell which task was
    given what another has brought. Here none is, but by `unsearched`."""
    context = FlowRunContext.get()
    if context is not None:
        context.run_results.clear()


async def value_of(outcome: T | State[T]) -> T:
    """What a task brought. Raises: the FatalError that it ended with."""
    if isinstance(outcome, State):
        return await cast("State[T]", outcome).aresult()
    return cast("quote[T]", outcome).unquote() if isinstance(outcome, quote) else outcome


def _failed(error: FatalError) -> State[T]:
    return Failed(message=str(error), data=error)


async def key_in_block(block: str | None) -> str | None:
    """The key in a Prefect Secret block. Raises: SettingError where there is no such block."""
    if block is None:
        return None
    try:
        secret = cast("Secret[str]", await Secret.aload(block))
        return secret.get()
    except ValueError as error:
        raise SettingError(
            f"There is no Prefect Secret block named {block!r}.",
            "Make one in the Prefect UI (Blocks), or unset API_KEY_BLOCK (--api-key-block).",
        ) from error
