"""The orderly end of a process."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

import pykka

from actors.runtime.future import AsyncioFuture
from actors.runtime.timers import Timers

logger = logging.getLogger(__name__)

Refs = Sequence[pykka.ActorRef[Any]]


async def drain(groups: Sequence[Refs], *, deadline_s: float, timers: Timers) -> list[str]:
    """Stop groups of actors, given in the order they were started, in reverse, and name the survivors.

    Each actor finishes what waits in its mailbox; what is told to it after its stop is refused. A group is stopped
    only when those started after it are down, so that an actor finds the ones it depends on. After ``deadline_s``
    for all groups the rest is asked to stop without waiting. A survivor is a bug: some handler waits for what will
    not come. It is logged as one.
    """
    survivors: list[str] = []
    over = asyncio.Event()
    alarm = timers.wake_after(deadline_s, over.set)
    try:
        for group in reversed(groups):
            survivors += await _stop(group, over)
    finally:
        alarm.cancel()
    for name in survivors:
        logger.error("%s did not stop within %s s: a bug, some handler of it is stuck", name, deadline_s)
    return survivors


async def _stop(group: Refs, over: asyncio.Event) -> list[str]:
    stops = [(ref, _ask_to_stop(ref)) for ref in reversed(group)]
    watch = [
        asyncio.create_task(_all_down(stops), name="drain: actors"),
        asyncio.create_task(over.wait(), name="drain: deadline"),
    ]
    try:
        await asyncio.wait(watch, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in watch:
            task.cancel()
        await asyncio.wait(watch)
    return [str(ref) for ref, stop in stops if not stop.resolved]


def _ask_to_stop(ref: pykka.ActorRef[Any]) -> AsyncioFuture[bool]:
    stop = ref.stop(block=False)
    if not isinstance(stop, AsyncioFuture):
        raise TypeError(f"waiting for {ref} would block the loop: make it a BlockingActor")
    return stop


async def _all_down(stops: list[tuple[pykka.ActorRef[Any], AsyncioFuture[bool]]]) -> None:
    for _, stop in stops:
        await stop
