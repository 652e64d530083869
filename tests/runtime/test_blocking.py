"""Blocking libraries on their own threads: awaited, bounded, supervised, drained."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pykka import ActorDeadError

from actors.runtime import (
    BlockingActor,
    Counters,
    HandlerCancelledError,
    Key,
    MailboxFull,
    Service,
    WouldBlockError,
    ask,
    drain,
)
from tests.servers.waiting import wait_until

PRINTER = Key("printer", "")
ROOT = Path(__file__).parents[2]


class Printer(BlockingActor):
    """Blocks on what is an event, raises what is an exception."""

    kind = "printer"
    mailbox_limit = 2

    def __init__(self, seen: list[Any] | None = None, *, starts: bool = True, stops: bool = True) -> None:
        super().__init__()
        self.seen = [] if seen is None else seen
        self.starts = starts
        self.stops = stops

    def on_start(self) -> None:
        self.seen.append("start")
        if not self.starts:
            raise OSError("no paper")

    def on_receive(self, message: Any) -> Any:
        if isinstance(message, threading.Event):
            assert message.wait(5)
        if isinstance(message, Exception):
            raise message
        self.seen.append(message)
        return threading.get_ident()

    def on_stop(self) -> None:
        self.seen.append("stop")
        if not self.stops:
            raise OSError("paper jam")


class Figures(Counters):
    """Figures that can be read."""

    def __init__(self) -> None:
        self.counts = {"handled": 0, "failed": 0, "restarted": 0, "alive": 0}
        self.threads: set[int] = set()

    def add(self, name: str, change: int) -> None:
        self.counts[name] += change
        self.threads.add(threading.get_ident())

    def handled(self, kind: str, count: int, seconds: float) -> None:
        assert seconds >= 0
        self.add("handled", count)

    def failed(self, kind: str) -> None:
        self.add("failed", 1)

    def restarted(self, kind: str) -> None:
        self.add("restarted", 1)

    def alive(self, kind: str, change: int) -> None:
        self.add("alive", change)


def service_of(world: Any, make: Callable[[], Printer], counters: Counters | None = None) -> Service[Printer]:
    async def made() -> Printer:
        return make()

    return Service(PRINTER, made, owned=world.owned, supervisor=world.supervisor, counters=counters)


def more_than(count: int, crashes: list[Any]) -> bool:
    return len(crashes) > count


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what a thread is about to do, leaving it the loop."""
    await asyncio.to_thread(wait_until, condition, "the thread", 5.0)


async def test_the_loop_goes_on_while_the_library_blocks(world: Any) -> None:
    opened, printer = threading.Event(), Printer.start()
    asking = asyncio.create_task(ask(printer, opened, timeout_s=1, timers=world.timers))
    await world.settle()
    assert not asking.done()
    opened.set()
    assert await asking != threading.get_ident()
    assert await printer.stop(block=False) is True
    with pytest.raises(ActorDeadError):
        await printer.ask("late", block=False)


async def test_what_blocks_the_loop_is_refused_before_anything_is_sent() -> None:
    seen: list[Any] = []
    printer = Printer.start(seen)
    with pytest.raises(WouldBlockError):
        printer.ask("page")
    with pytest.raises(WouldBlockError):
        printer.stop()
    with pytest.raises(WouldBlockError):
        printer.proxy().stops = False
    assert await printer.proxy().stops is True
    await printer.stop(block=False)
    assert seen == ["start", "stop"]


async def test_its_queue_is_bounded_and_the_stop_is_never_refused() -> None:
    opened, seen = threading.Event(), list[Any]()
    printer = Printer.start(seen)
    asked = printer.ask(opened, block=False)
    await until(printer.actor_inbox.empty)
    printer.tell(1)
    printer.tell(2)
    with pytest.raises(MailboxFull):
        printer.tell(3)
    stopped = printer.stop(block=False)
    opened.set()
    await asked
    assert await stopped is True
    assert seen == ["start", opened, 1, 2, "stop"]


async def test_a_crash_is_counted_and_the_next_instance_takes_over(world: Any) -> None:
    seen: list[Any] = []
    figures = Figures()
    printer = service_of(world, lambda: Printer(seen), figures)
    await printer.start()
    bug = ValueError("bad page")
    with pytest.raises(ValueError, match="bad page"):
        await printer.ref.ask(bug, block=False)
    assert world.crashes == [], "returned to the asker"
    printer.tell(bug)
    await until(lambda: bool(world.crashes))
    assert world.crashes == [(PRINTER, bug, bug)]
    await world.step(0.2)
    await printer.ref.ask("page", block=False)
    assert await printer.stop() is True
    await until(lambda: figures.counts["alive"] == 0)
    assert seen == ["start", "start", "page", "stop"]
    assert figures.counts == {"handled": 4, "failed": 2, "restarted": 1, "alive": 0}
    assert figures.threads == {threading.get_ident()}, "counted on the loop"


async def test_one_that_cannot_start_is_given_up(world: Any) -> None:
    printer = service_of(world, lambda: Printer(starts=False))
    await printer.start()
    for crashes in range(6):
        await until(partial(more_than, crashes, world.crashes))
        await world.step(4)
    assert len(world.crashes) == 6
    assert [key for key, _ in world.escalations] == [PRINTER]
    assert {(key, message) for key, message, _ in world.crashes} == {(PRINTER, None)}
    with pytest.raises(ActorDeadError, match="printer  is not running"):
        printer.tell("page")


async def test_a_supervisor_brings_it_down_although_its_queue_is_full(world: Any) -> None:
    opened = threading.Event()
    printer = service_of(world, Printer)
    await printer.start()
    asked = printer.ref.ask(opened, block=False)
    await until(printer.ref.actor_inbox.empty)
    for _ in range(2):
        printer.tell("page")
    assert printer.fail(HandlerCancelledError("brought down"))
    opened.set()
    await asked
    await until(lambda: bool(world.crashes))
    await world.step(0.2)
    assert await printer.stop() is True


async def test_one_that_fails_to_stop_is_not_brought_back(world: Any) -> None:
    printer = service_of(world, lambda: Printer(stops=False))
    ref = await printer.start()
    await ref.stop(block=False)
    await world.step(60)
    assert world.crashes == []


async def test_the_drain_stops_it_after_its_work_and_names_one_that_is_stuck(world: Any) -> None:
    opened, seen = threading.Event(), list[Any]()
    printer = Printer.start(seen)
    printer.tell(opened)
    draining = asyncio.create_task(drain([[printer]], deadline_s=2.0, timers=world.timers))
    await world.step(1.9)
    assert not draining.done()
    await world.step(0.2)
    assert await draining == [str(printer)]
    opened.set()
    assert await drain([[Printer.start(seen)]], deadline_s=2.0, timers=world.timers) == []
    await until(lambda: seen.count("stop") == 2)


async def test_what_arrives_while_it_ends_is_answered() -> None:
    printer = Printer.start()
    mailbox = printer.actor_inbox
    await printer.stop(block=False)
    late = printer.actor_class._create_future()
    mailbox.put(_envelope("past the check of is_alive", late))
    with pytest.raises(ActorDeadError):
        await late


def _envelope(message: object, reply_to: Any) -> Any:
    from pykka._envelope import Envelope  # noqa: PLC0415 - pykka's own, needed in this one test

    return Envelope(message, reply_to=reply_to)


@pytest.mark.timeout(30)
def test_a_stuck_library_does_not_hold_up_the_exit() -> None:
    script = """
import asyncio, threading
from actors.runtime import BlockingActor

class Stuck(BlockingActor):
    def on_receive(self, message):
        message.set()
        threading.Event().wait()

async def main():
    stuck = threading.Event()
    Stuck.start().tell(stuck)
    await asyncio.to_thread(stuck.wait)
    print("leaves")

asyncio.run(main())
"""
    left = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=20, check=True
    )
    assert left.stdout == "leaves\n"
