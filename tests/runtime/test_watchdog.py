"""Whoever holds the loop is measured and named, while it still does."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from blockbuster import BlockBuster, BlockingError

from actors.runtime import AsyncioActor, Hold, Watchdog
from tests.servers.waiting import wait_until

HOLD_S = 0.1


@pytest.fixture(autouse=True)
def may_block(detector: BlockBuster) -> None:
    """These tests block on purpose."""
    detector.deactivate()


class Watched:
    """A watchdog and what it told; `held` is set by the first hold, which ends it."""

    def __init__(self) -> None:
        self.held = threading.Event()
        self.holds: list[Hold] = []
        self.lags: list[float] = []
        self.beaten = asyncio.Event()
        self.watchdog = Watchdog(on_lag=self.beat, on_hold=self.note, hold_s=HOLD_S)

    def beat(self, lag_s: float) -> None:
        self.lags.append(lag_s)
        self.beaten.set()

    def note(self, hold: Hold) -> None:
        if "Watched.block" in hold.where:  # a busy machine holds a loop now and then by itself
            self.holds.append(hold)
            self.held.set()

    def block(self) -> None:
        """Block, as a bug would, until it was noticed."""
        assert self.held.wait(5), "nobody noticed"


class Culprit(AsyncioActor):
    """Holds the loop in a plain handler, in a coroutine or in its last hook."""

    kind = "culprit"

    def __init__(self, block: Callable[[], None]) -> None:
        super().__init__()
        self.block = block

    def on_receive(self, message: Any) -> Any:
        if message == "coroutine":
            return self.later()
        if message == "plain":
            self.block()
        return None

    async def later(self) -> None:
        await asyncio.sleep(0)
        self.block()

    def on_stop(self) -> None:
        self.block()


@pytest.mark.parametrize("how", ["plain", "coroutine", "stop"])
async def test_the_kind_of_the_actor_that_holds_the_loop_is_told(how: str, caplog: pytest.LogCaptureFixture) -> None:
    watched = Watched()
    async with watched.watchdog:
        ref = Culprit.start(watched.block)
        if how != "stop":
            await ref.ask(how, block=False)
        await ref.stop(block=False)
    (hold,) = watched.holds
    assert hold.kind == "culprit"
    assert hold.seconds >= HOLD_S
    assert "Watched.block (runtime/test_watchdog.py:" in hold.where
    assert "by an actor of kind culprit at" in caplog.text


async def test_a_task_that_is_no_actors_is_named(caplog: pytest.LogCaptureFixture) -> None:
    watched = Watched()

    async def work() -> None:
        watched.block()

    async with watched.watchdog:
        await asyncio.create_task(work(), name="journal batches")
    (hold,) = watched.holds
    assert (hold.kind, hold.task) == (None, "journal batches")
    assert "by the task journal batches at" in caplog.text


async def test_each_hold_is_told_once_and_the_lag_is_measured_after_it() -> None:
    watched = Watched()
    async with watched.watchdog:
        for number in range(1, 3):
            watched.held.clear()
            watched.block()
            held_until = time.monotonic() + HOLD_S  # long enough to be told a second time
            while time.monotonic() < held_until:
                pass
            watched.beaten.clear()
            await watched.beaten.wait()
            assert max(watched.lags) >= HOLD_S
            assert len(watched.holds) == number


async def test_a_loop_that_waits_is_not_held_however_late_its_beat_is() -> None:
    """As after the whole process was frozen."""
    async with Watched().watchdog as watchdog:
        await asyncio.to_thread(wait_until, lambda: watchdog._look(60.0) is None, "the loop to wait", 5.0)


async def test_in_tests_a_blocking_call_of_ours_raises(detector: BlockBuster) -> None:
    detector.activate()
    ref = Culprit.start(lambda: time.sleep(0.0))
    with pytest.raises(BlockingError, match="sleep"):
        await ref.ask("plain", block=False)
    detector.deactivate()
    await ref.stop(block=False)
