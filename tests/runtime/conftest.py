"""A clock that is stepped by hand, and what the tests of the runtime build on it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from pykka import ActorRegistry

from actors.runtime import Fate, Key, Owned, RestartPolicy, Supervisor, Timers


class SteppedClock:
    """Stands still until it is moved."""

    speed = 1.0

    def __init__(self) -> None:
        self.passed_s = 0.0

    def now(self) -> datetime:
        return datetime(2026, 11, 22, 8, 0, tzinfo=UTC) + timedelta(seconds=self.passed_s)

    def monotonic(self) -> float:
        return 1000.0 + self.passed_s


class World:
    """Clock, timers, supervisor and owner of tasks of one test, with a record of what they reported."""

    def __init__(self) -> None:
        self.clock = SteppedClock()
        self.timers = Timers(self.clock, stepped=True)
        self.crashes: list[tuple[Key, object, Exception]] = []
        self.escalations: list[tuple[Key, Exception]] = []
        self.failed_tasks: list[tuple[str, BaseException]] = []
        self.fate: Callable[[object], Fate] = lambda _: Fate.RETRY
        self.owned = Owned("test", lambda name, error: self.failed_tasks.append((name, error)))
        self.supervisor = Supervisor(
            clock=self.clock,
            timers=self.timers,
            rng=Random(7),
            on_crash=self._on_crash,
            escalate=lambda key, error: self.escalations.append((key, error)),
            infrastructure=(ConnectionError,),
            policy=RestartPolicy(jitter=0.0),
        )

    async def _on_crash(self, key: Key, message: object, error: Exception) -> Fate:
        self.crashes.append((key, message, error))
        return self.fate(message)

    @staticmethod
    async def settle() -> None:
        """Let everything run that can run without time passing."""
        for _ in range(50):
            await asyncio.sleep(0)

    async def step(self, seconds: float) -> None:
        """Let time pass, from one timer to the next."""
        await self.settle()
        end = self.clock.monotonic() + seconds
        while (due := self.timers.next_due()) is not None and due <= end:
            self.clock.passed_s += max(0.0, due - self.clock.monotonic())
            self.timers.fire()
            await self.settle()
        self.clock.passed_s += end - self.clock.monotonic()
        await self.settle()


@pytest.fixture
async def world() -> AsyncIterator[World]:
    world = World()
    yield world
    await world.owned.close()
    assert world.owned.names == []
    assert world.failed_tasks == []


@pytest.fixture(autouse=True)
async def _nothing_left() -> AsyncIterator[None]:
    before = asyncio.all_tasks()
    yield
    refs = ActorRegistry.get_all()
    for ref in refs:
        await ref.stop(block=False)
    left = asyncio.all_tasks() - before - {asyncio.current_task()}
    assert not left, f"tasks left behind: {left}"


Settle = Callable[[], Awaitable[None]]


@pytest.fixture
def settle() -> Settle:
    return World.settle
