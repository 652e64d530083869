"""How an actor begins and ends: hooks that wait or fail, cancellation, the end of the process."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from pykka import ActorDeadError, ActorRegistry

from actors.runtime import (
    AsyncioActor,
    HandlerCancelledError,
)
from tests.runtime.recorder import Recorder

Settle = Callable[[], Awaitable[None]]


def gate() -> asyncio.Future[Any]:
    return asyncio.get_running_loop().create_future()


class Patient(AsyncioActor):
    """All hooks are coroutines."""

    def __init__(self, seen: list[str], gates: dict[str, asyncio.Future[None]]) -> None:
        super().__init__()
        self.seen = seen
        self.gates = gates

    async def pass_gate(self, name: str) -> None:
        await self.gates[name]
        self.seen.append(name)

    async def on_start(self) -> None:
        await self.pass_gate("start")

    async def on_stop(self) -> None:
        await self.pass_gate("stop")

    async def on_failure(self, exception_type: Any, exception_value: Any, traceback: Any) -> None:
        await self.pass_gate("failure")

    async def on_receive(self, message: Any) -> Any:
        if isinstance(message, Exception):
            raise message
        await self.pass_gate(message)


async def test_hooks_may_wait(settle: Settle) -> None:
    seen: list[str] = []
    gates = {name: gate() for name in ("start", "hello", "stop")}
    ref = Patient.start(seen, gates)
    ref.tell("hello")
    gates["hello"].set_result(None)
    await settle()
    assert seen == [], "no message before on_start is through"
    gates["start"].set_result(None)
    await settle()
    assert seen == ["start", "hello"]
    stopped = asyncio.ensure_future(ref.stop(block=False))
    await settle()
    assert not ref.is_alive()
    assert not stopped.done(), "stopped means that on_stop is through"
    gates["stop"].set_result(None)
    assert await stopped is True
    assert seen == ["start", "hello", "stop"]


async def test_on_failure_may_wait(settle: Settle) -> None:
    seen: list[str] = []
    gates = {name: gate() for name in ("start", "failure")}
    ref = Patient.start(seen, gates)
    gates["start"].set_result(None)
    ref.tell(ValueError("bad plate"))
    waiting = asyncio.ensure_future(ref.ask("hello", block=False))
    await settle()
    assert not ref.is_alive()
    assert not waiting.done()
    gates["failure"].set_result(None)
    with pytest.raises(ActorDeadError):
        await waiting
    assert seen == ["start", "failure"]


@pytest.mark.parametrize("hook", ["on_start", "on_stop", "on_failure"])
@pytest.mark.parametrize("waits", [False, True])
async def test_a_failing_hook_ends_the_actor_and_is_logged(
    hook: str, waits: bool, settle: Settle, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError(f"{hook} is broken")

    async def fails_later(*_: object) -> None:
        fails()

    broken: Any = type("Broken", (Recorder,), {hook: fails_later if waits else fails})
    ref = broken.start([])
    if hook == "on_failure":
        ref.tell(ValueError("bad plate"))
    assert await ref.stop(block=False) is True
    assert not ref.is_alive()
    assert f"{hook} is broken" in caplog.text


async def test_an_awaited_cancellation_is_a_failure_of_the_handler(settle: Settle) -> None:
    seen: list[Any] = []
    ref, opened = Recorder.start(seen), gate()
    opened.cancel()
    with pytest.raises(HandlerCancelledError):
        await ref.ask(("wait", opened), block=False)
    assert ref.is_alive()


async def test_cancelling_the_task_of_an_actor_ends_it_and_answers_everybody(settle: Settle) -> None:
    seen: list[Any] = []
    ref, opened = Recorder.start(seen), gate()
    first, second = ref.ask(("wait", opened), block=False), ref.ask("next", block=False)
    await settle()
    (task,) = (task for task in asyncio.all_tasks() if task.get_name() == ref.actor_urn)
    task.cancel()
    for reply in (first, second):
        with pytest.raises(ActorDeadError):
            await reply
    assert not ref.is_alive()
    assert seen == ["waits"]


def test_system_exit_in_a_handler_stops_all_actors_and_the_loop() -> None:
    class Leaver(AsyncioActor):
        def on_receive(self, message: Any) -> Any:
            raise SystemExit(message)

    seen: list[Any] = []

    async def main() -> None:
        Recorder.start(seen)
        Leaver.start().tell(3)
        await asyncio.Event().wait()

    with pytest.raises(SystemExit, match="3"):
        asyncio.run(main())
    assert ActorRegistry.get_by_class(Leaver) == []
    for ref in ActorRegistry.get_all():
        ActorRegistry.unregister(ref)
