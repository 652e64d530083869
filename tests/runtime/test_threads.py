"""Actors and other threads: telling from anywhere is safe, and nothing blocks the loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pykka
import pytest
from pykka import ActorDeadError, ActorRegistry
from pykka._envelope import Envelope
from pykka.messages import _ActorStop

from actors.runtime import (
    AsyncioActor,
    AsyncioFuture,
    Control,
    WouldBlockError,
)

Settle = Callable[[], Awaitable[None]]


class Recorder(AsyncioActor):
    """Writes down and returns what it is told."""

    def __init__(self, seen: list[Any]) -> None:
        super().__init__()
        self.seen = seen
        self.level = 0

    def on_receive(self, message: Any) -> Any:
        self.seen.append(message)
        return message


class Urgent(Control):
    """Overtakes."""


async def test_tell_and_ask_from_another_thread(settle: Settle) -> None:
    seen: list[Any] = []
    ref = Recorder.start(seen)
    loop = asyncio.get_running_loop()
    idle = asyncio.Event()

    def tell_many() -> Any:
        for number in range(3):
            ref.tell(number)
        answer = ref.ask("question", timeout=5)
        loop.call_soon_threadsafe(idle.set)
        return answer

    teller = threading.Thread(target=tell_many)
    teller.start()
    await idle.wait()
    teller.join()
    assert seen == [0, 1, 2, "question"]


async def test_a_thread_waiting_for_the_stop_is_released(settle: Settle) -> None:
    ref = Recorder.start([])
    waited: list[bool] = []
    assert await asyncio.to_thread(ref.actor_stopped.wait, 0) is False
    waiter = threading.Thread(target=lambda: waited.append(ref.actor_stopped.wait(5)))
    waiter.start()
    with pytest.raises(WouldBlockError):
        ref.actor_stopped.wait()
    await ref.stop(block=False)
    waiter.join()
    assert waited == [True]
    assert ref.actor_stopped.wait() is True


async def test_blocking_calls_on_the_loop_are_refused_before_they_do_anything(settle: Settle) -> None:
    seen: list[Any] = []
    ref = Recorder.start(seen)
    with pytest.raises(WouldBlockError):
        ref.ask("question")
    with pytest.raises(WouldBlockError):
        ref.stop()
    with pytest.raises(WouldBlockError):
        ref.proxy().level = 3
    await settle()
    assert seen == []
    assert ref.is_alive()


async def test_an_actor_starts_on_a_loop_only() -> None:
    with pytest.raises(RuntimeError, match="no running event loop"):
        await asyncio.to_thread(Recorder.start, [])
    assert ActorRegistry.get_by_class(Recorder) == []


def test_an_actor_of_a_closed_loop_is_dead(settle: Settle) -> None:
    async def main() -> Any:
        return Recorder.start([])

    ref = asyncio.run(main())
    with pytest.raises(ActorDeadError, match="loop is closed"):
        ref.tell("anything")
    ActorRegistry.unregister(ref)


async def test_threads_that_ask_while_the_actor_stops_are_all_answered(settle: Settle) -> None:
    class Counting(AsyncioActor):
        def on_receive(self, message: Any) -> Any:
            return self.later(message) if message % 3 == 0 else message

        async def later(self, message: int) -> int:
            await asyncio.sleep(0)
            return message

    def ask_until_dead(ref: pykka.ActorRef[Any]) -> int:
        for number in range(100_000):
            try:
                assert ref.ask(number, timeout=5) == number
            except ActorDeadError:
                return number
        raise AssertionError("the actor never stopped")

    for _ in range(20):
        ref = Counting.start()
        askers = [asyncio.create_task(asyncio.to_thread(ask_until_dead, ref)) for _ in range(4)]
        for _ in range(20):
            await asyncio.sleep(0)
        await ref.stop(block=False)
        await asyncio.gather(*askers)


async def test_control_messages_from_threads_are_all_taken(settle: Settle) -> None:
    seen: list[Any] = []
    ref = Recorder.start(seen)
    await asyncio.gather(*(asyncio.to_thread(ref.tell, Urgent()) for _ in range(20)))
    await settle()
    assert len(seen) == 20


async def test_a_message_that_arrives_in_a_closed_mailbox_is_answered() -> None:
    ref = Recorder.start([])
    reply, stop = ref.ask("hello", block=False), ref.stop(block=False)
    assert await reply == "hello"
    assert await stop is True
    late: AsyncioFuture[Any] = AsyncioFuture()
    late_stop: AsyncioFuture[Any] = AsyncioFuture()
    ref.actor_inbox.put(Envelope("past the check of is_alive in another thread", reply_to=late))
    ref.actor_inbox.put(Envelope(_ActorStop(), reply_to=late_stop))
    ref.actor_inbox.put(Envelope("told"))
    with pytest.raises(ActorDeadError):
        await late
    assert await late_stop is None
    assert ref.actor_inbox.empty()
