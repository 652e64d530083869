"""An actor on the loop: order, replies, hooks, ends."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import threading
import weakref
from collections.abc import Awaitable, Callable
from typing import Any

import pykka
import pytest
from pykka import ActorDeadError, ActorRegistry

from actors.runtime import (
    AsyncioActor,
    Control,
    Fail,
    MailboxFull,
    ask,
)
from tests.runtime.recorder import Recorder

Settle = Callable[[], Awaitable[None]]

log_field: contextvars.ContextVar[str] = contextvars.ContextVar("log_field", default="none")


class Urgent(Control):
    """Overtakes."""


def gate() -> asyncio.Future[Any]:
    return asyncio.get_running_loop().create_future()


async def test_messages_are_handled_in_the_order_they_were_told(settle: Settle) -> None:
    seen: list[Any] = []
    ref = Recorder.start(seen)
    for number in range(5):
        ref.tell(number)
    assert seen == [], "the teller is not interrupted"
    await settle()
    assert seen == [0, 1, 2, 3, 4]


async def test_a_waiting_handler_holds_back_its_own_actor_only(settle: Settle) -> None:
    slow: list[Any] = []
    quick: list[Any] = []
    first, second, opened = Recorder.start(slow), Recorder.start(quick), gate()
    first.tell(("wait", opened))
    first.tell("after")
    second.tell("meanwhile")
    await settle()
    assert (slow, quick) == (["waits"], ["meanwhile"])
    opened.set_result("open")
    await settle()
    assert slow == ["waits", "open", "after"]


async def test_ask_is_answered_by_plain_and_waiting_handlers(world: Any) -> None:
    ref, opened = Recorder.start([]), gate()
    opened.set_result("open")
    assert await ask(ref, "plain", timeout_s=1, timers=world.timers) == "plain"
    assert await ask(ref, ("wait", opened), timeout_s=1, timers=world.timers) == "open"


async def test_ask_gives_up_after_its_timeout_and_the_late_reply_is_dropped(world: Any) -> None:
    seen: list[Any] = []
    ref, opened = Recorder.start(seen), gate()
    asking = asyncio.create_task(ask(ref, ("wait", opened), timeout_s=2, timers=world.timers))
    await world.step(1.9)
    assert not asking.done()
    await world.step(0.2)
    with pytest.raises(pykka.Timeout, match="within 2 s"):
        await asking
    assert len(world.timers) == 0
    opened.set_result("late")
    await world.settle()
    assert seen == ["waits", "late"]


async def test_an_exception_under_ask_is_returned_and_the_actor_lives(settle: Settle) -> None:
    seen: list[Any] = []
    ref, opened = Recorder.start(seen), gate()
    opened.set_exception(LookupError("no such lane"))
    with pytest.raises(ValueError, match="bad plate"):
        await ref.ask(ValueError("bad plate"), block=False)
    with pytest.raises(LookupError, match="no such lane"):
        await ref.ask(("wait", opened), block=False)
    assert ref.is_alive()
    assert seen == ["waits"]


async def test_an_exception_under_tell_ends_the_actor(settle: Settle) -> None:
    seen: list[Any] = []
    ref = Recorder.start(seen)
    ref.tell(ValueError("bad plate"))
    ref.tell("lost with the mailbox")
    reply = ref.ask("never answered", block=False)
    await settle()
    assert seen == ["on_failure bad plate"]
    assert not ref.is_alive()
    assert ActorRegistry.get_by_urn(ref.actor_urn) is None
    with pytest.raises(ActorDeadError):
        await reply
    with pytest.raises(ActorDeadError):
        ref.tell("anything")


async def test_stop_comes_after_what_was_told_before_it(settle: Settle) -> None:
    seen: list[Any] = []
    ref = Recorder.start(seen)
    ref.tell("before")
    stopped = ref.stop(block=False)
    after = ref.ask("after", block=False)
    again = ref.stop(block=False)
    assert await stopped is True
    assert seen == ["before", "on_stop"]
    with pytest.raises(ActorDeadError, match="stopped before handling"):
        await after
    assert await again is True
    assert await ref.stop(block=False) is False
    with pytest.raises(ActorDeadError, match="not found"):
        await ref.ask("dead", block=False)


async def test_an_actor_can_stop_itself(settle: Settle) -> None:
    class Mayfly(Recorder):
        def on_receive(self, message: Any) -> Any:
            self.stop()
            return super().on_receive(message)

    seen: list[Any] = []
    ref = Mayfly.start(seen)
    ref.tell("only")
    await settle()
    assert seen == ["only", "on_stop"]
    assert not ref.is_alive()


async def test_a_full_mailbox_refuses_messages_but_not_control(settle: Settle) -> None:
    seen: list[Any] = []
    ref = Recorder.start(seen)
    for number in range(5):
        ref.tell(number)
    with pytest.raises(MailboxFull):
        ref.tell("too much")
    with pytest.raises(MailboxFull):
        _ = ref.ask("too much", block=False)
    urgent = Urgent()
    ref.tell(urgent)
    stopped = ref.stop(block=False)
    assert await stopped is True
    assert seen == [urgent, 0, 1, 2, 3, 4, "on_stop"], "control first, stop in its place"


async def test_a_supervisor_can_bring_down_an_actor_with_a_full_mailbox(settle: Settle) -> None:
    seen: list[Any] = []
    ref = Recorder.start(seen)
    for number in range(5):
        ref.tell(number)
    ref.tell(Fail(RuntimeError("a child was given up")))
    await settle()
    assert seen == ["on_failure a child was given up"]


async def test_an_idle_actor_has_neither_thread_nor_task(settle: Settle) -> None:
    threads, tasks = threading.active_count(), len(asyncio.all_tasks())
    refs = [Recorder.start([]) for _ in range(100)]
    await settle()
    assert (threading.active_count(), len(asyncio.all_tasks())) == (threads, tasks)
    opened = gate()
    for ref in refs:
        ref.tell("plain")
    await asyncio.sleep(0)
    assert len(asyncio.all_tasks()) == tasks, "plain handlers need no task"
    refs[0].tell(("wait", opened))
    refs[0].tell(("wait", opened))
    await settle()
    assert len(asyncio.all_tasks()) == tasks + 1
    opened.set_result(None)
    await settle()
    assert (threading.active_count(), len(asyncio.all_tasks())) == (threads, tasks)


async def test_a_busy_actor_leaves_the_loop_to_others() -> None:
    class Endless(AsyncioActor):
        handled = 0

        def on_receive(self, message: Any) -> Any:
            self.handled += 1
            self.actor_ref.tell(message)
            return self.waits() if message == "waits" else None

        async def waits(self) -> None:
            """Never really waits."""

    for message in ("plain", "waits"):
        ref = Endless.start()
        ref.tell(message)
        for _ in range(5):
            await asyncio.sleep(0)
        stopped = ref.stop(block=False)
        assert await stopped is True


async def test_handlers_see_the_context_variables_of_the_start(settle: Settle) -> None:
    class Reader(Recorder):
        def on_receive(self, message: Any) -> Any:
            self.seen.append(log_field.get())
            return self.later() if message == "later" else None

        async def later(self) -> None:
            self.seen.append(log_field.get())

    seen: list[Any] = []
    log_field.set("start")
    ref = Reader.start(seen)
    log_field.set("teller")
    ref.tell("now")
    ref.tell("later")
    await settle()
    assert seen == ["start", "start", "start"]


async def test_a_stopped_actor_is_freed_without_the_collector(settle: Settle) -> None:
    gc.disable()
    try:
        ref = Recorder.start([])
        actor = weakref.ref(ref.proxy()._actor)
        ref.tell("hello")
        await ref.stop(block=False)
        await settle()
        assert actor() is None
    finally:
        gc.enable()


async def test_a_message_an_actor_does_not_handle_is_logged(settle: Settle, caplog: pytest.LogCaptureFixture) -> None:
    class Silent(AsyncioActor):
        """Handles nothing."""

    Silent.start().tell("hello")
    await settle()
    assert "Unexpected message" in caplog.text
