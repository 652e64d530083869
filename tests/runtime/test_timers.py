"""Timers on a stepped clock, and once on the loop's own."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pykka
import pytest

from actors.runtime import Timers
from syspark.clock import ScaledClock


async def test_timers_fire_in_order_of_time_then_of_setting(world: Any) -> None:
    fired: list[str] = []
    now = world.clock.now()
    for name, delay_s in (("late", 30), ("early", 10), ("early too", 10), ("past", -5)):
        world.timers.wake_at(now + timedelta(seconds=delay_s), lambda name=name: fired.append(name))
    await world.step(9)
    assert fired == ["past"]
    await world.step(1)
    assert fired == ["past", "early", "early too"]
    await world.step(3600)
    assert fired[-1] == "late"
    assert (len(world.timers), world.timers.next_due(), world.timers.fire()) == (0, None, 0)


async def test_a_timer_set_by_a_timer_waits_for_the_next_turn(world: Any) -> None:
    fired: list[int] = []

    def again() -> None:
        fired.append(1)
        world.timers.wake_after(0, again)

    world.timers.wake_after(0, again)
    assert world.timers.fire() == 1
    assert world.timers.fire() == 1
    assert len(world.timers) == 1
    world.timers.close()


async def test_a_cancelled_timer_does_not_fire_and_does_not_stay(world: Any) -> None:
    fired: list[int] = []
    handles = [world.timers.wake_after(100 + n, lambda n=n: fired.append(n)) for n in range(300)]
    for handle in handles[1:]:
        handle.cancel()
        handle.cancel()
    assert len(world.timers) == 1
    assert len(world.timers._heap) <= 65
    await world.step(500)
    assert fired == [0]
    handles[0].cancel()
    assert len(world.timers) == 0


async def test_a_failing_callback_is_logged_and_the_next_fires(world: Any, caplog: pytest.LogCaptureFixture) -> None:
    fired: list[str] = []
    world.timers.wake_after(1, lambda: 1 / 0)
    world.timers.wake_after(1, lambda: fired.append("next"))
    await world.step(1)
    assert fired == ["next"]
    assert "ZeroDivisionError" in caplog.text


async def test_sleep_passes_with_the_clock_and_leaves_no_timer_when_cancelled(world: Any) -> None:
    sleepers = [asyncio.create_task(world.timers.sleep(60)) for _ in range(2)]
    await world.step(59)
    assert not sleepers[0].done()
    sleepers[1].cancel()
    await world.settle()
    assert len(world.timers) == 1
    await world.step(1)
    assert sleepers[0].done()


async def test_an_outer_cancellation_is_not_taken_for_a_timeout(world: Any) -> None:
    never = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(world.timers.limit(never, 5, "too late"))
    await world.settle()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    both = asyncio.create_task(world.timers.limit(asyncio.get_running_loop().create_future(), 5, "too late"))
    await world.settle()
    world.clock.passed_s += 5
    world.timers.fire()
    both.cancel()
    with pytest.raises(asyncio.CancelledError):
        await both
    late = asyncio.create_task(world.timers.limit(asyncio.get_running_loop().create_future(), 5, "too late"))
    await world.step(5)
    with pytest.raises(pykka.Timeout, match="too late"):
        await late


class LoopClock:
    speed = 1.0

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


async def test_the_loops_timer_fires_what_is_due() -> None:
    timers = Timers(LoopClock())
    fired = asyncio.Event()
    far = timers.wake_after(3600, lambda: None)
    timers.wake_after(0, fired.set)
    await fired.wait()
    far.cancel()
    assert timers._alarm is None, "no loop timer without timers"
    timers.wake_after(3600, lambda: None)
    timers.close()
    assert timers._alarm is None
    assert len(timers) == 0


async def test_timers_of_a_fast_clock_are_fast() -> None:
    clock, fired = ScaledClock(100), asyncio.Event()
    timers = Timers(clock)
    began_s = clock.monotonic()
    timers.wake_after(20, fired.set)
    timers.wake_after(10_000, lambda: None)
    await asyncio.wait_for(fired.wait(), 5)
    assert clock.monotonic() - began_s >= 20
    timers.close()
