"""Crashed actors come back with growing pauses, or are given up."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any

import pytest
from pykka import ActorDeadError

from actors.runtime import Counters, Directory, EntityActor, EscalatedError, Fate, Key, RestartPolicy, Service

SITE = Key("site", "1")
SESSION = Key("session", "7")


class Tally(Counters):
    """Counters that can be read."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.spent_s = 0.0

    def add(self, name: str, change: int) -> None:
        self.counts[name] = self.counts.get(name, 0) + change

    def handled(self, kind: str, count: int, seconds: float) -> None:
        self.add(f"{kind} handled", count)
        self.spent_s += seconds

    def failed(self, kind: str) -> None:
        self.add(f"{kind} failed", 1)

    def restarted(self, kind: str) -> None:
        self.add(f"{kind} restarted", 1)

    def alive(self, kind: str, change: int) -> None:
        self.add(f"{kind} alive", change)


class Site(EntityActor):
    """Raises what is an exception; may have a commit under way, and may fail to start."""

    kind = "site"
    committing: asyncio.Future[None] | None = None
    failing_start: Exception | None = None

    def __init__(self, key: Key, seen: list[Any]) -> None:
        super().__init__(key)
        self.seen = seen

    def on_start(self) -> None:
        self.seen.append("start")
        if self.failing_start is not None:
            raise self.failing_start

    def on_receive(self, message: Any) -> Any:
        if isinstance(message, Exception):
            raise message
        if isinstance(message, asyncio.Future):
            self.committing = message
            return None
        self.seen.append(message)
        return message

    def in_flight(self) -> bool:
        return self.committing is not None and not self.committing.done()

    async def settled(self) -> None:
        if self.committing is not None:
            await asyncio.wait([self.committing])


class House:
    """A directory of sites and sessions in a world."""

    def __init__(self, world: Any) -> None:
        self.world = world
        self.tally = Tally()
        self.seen: list[Any] = []
        self.failing: Exception | None = None
        self.directory = Directory(owned=world.owned, supervisor=world.supervisor, counters=self.tally)
        self.directory.serve("site", self.make)
        self.directory.serve("session", self.make)

    async def make(self, key: Key) -> Site:
        if self.failing is not None:
            raise self.failing
        return Site(key, self.seen)

    async def crash(self, error: Exception, key: Key = SITE) -> None:
        ref = await self.directory.activate(key)
        ref.tell(error)
        await self.world.settle()
        assert self.directory.get(key) is None


@pytest.fixture
def house(world: Any) -> House:
    return House(world)


async def test_a_crashed_actor_comes_back_after_a_pause(world: Any, house: House) -> None:
    bug = ValueError("bad plate")
    await house.crash(bug)
    assert world.crashes == [(SITE, bug, bug)]
    await world.step(0.09)
    assert house.directory.get(SITE) is None
    await world.step(0.02)
    ref = house.directory.get(SITE)
    assert ref is not None
    assert await ref.ask("hello", block=False) == "hello"
    assert house.seen == ["start", "start", "hello"]
    assert house.tally.counts == {"site alive": 1, "site failed": 1, "site restarted": 1, "site handled": 4}
    assert house.tally.spent_s > 0


async def test_activation_waits_for_the_restart(world: Any, house: House) -> None:
    await house.crash(ValueError())
    activating = asyncio.create_task(house.directory.activate(SITE))
    await world.settle()
    assert not activating.done()
    await world.step(0.1)
    assert await activating is house.directory.get(SITE)
    assert house.seen == ["start", "start"], "one new instance, not two"


async def test_the_pause_doubles_and_is_forgotten_after_healthy_time(world: Any, house: House) -> None:
    for pause_s in (0.1, 0.2, 0.4):
        await house.crash(ValueError())
        await world.step(pause_s - 0.01)
        assert house.directory.get(SITE) is None
        await world.step(0.02)
        assert house.directory.get(SITE) is not None
    await world.step(45)
    await house.crash(ValueError())
    await world.step(0.11)
    assert house.directory.get(SITE) is not None


def test_the_pause_is_spread_and_bounded() -> None:
    policy, rng = RestartPolicy(), Random(1)
    pauses = {policy.delay_s(1, rng) for _ in range(100)}
    assert len(pauses) == 100
    assert all(0.08 <= pause <= 0.12 for pause in pauses)
    assert RestartPolicy(jitter=0.0).delay_s(1000, rng) == 10.0


async def test_the_sixth_crash_in_thirty_seconds_escalates(world: Any, house: House) -> None:
    for _ in range(5):
        await house.crash(ValueError("again"))
        await world.step(4)
        assert house.directory.get(SITE) is not None
    last = ValueError("once too often")
    ref = house.directory.get(SITE)
    assert ref is not None
    ref.tell(last)
    waiting = asyncio.create_task(house.directory.activate(SITE))
    await world.step(60)
    assert world.escalations == [(SITE, last)]
    assert (await asyncio.gather(waiting, return_exceptions=True))[0].__class__ is EscalatedError
    assert len(house.directory) == 0
    assert await house.directory.activate(SITE) is not None, "it may be activated anew"


async def test_crashes_further_apart_do_not_escalate(world: Any, house: House) -> None:
    for _ in range(20):
        await house.crash(ValueError("now and then"))
        await world.step(20)
    assert world.escalations == []


async def test_parked_messages_do_not_count(world: Any, house: House) -> None:
    tries: dict[str, int] = {}

    def third_time_parked(message: object) -> Fate:
        name = str(message)
        tries[name] = tries.get(name, 0) + 1
        return Fate.PARKED if tries[name] == 3 else Fate.RETRY

    world.fate = third_time_parked
    for number in range(4):
        poison = ValueError(f"row {number}")
        for _ in range(3):
            await house.crash(poison)
            await world.step(2)
    assert len(world.crashes) == 12
    assert world.escalations == []


async def test_infrastructure_failures_are_delayed_but_neither_counted_nor_asked_about(
    world: Any, house: House
) -> None:
    for _ in range(10):
        await house.crash(ConnectionResetError("database away"))
        await world.step(2)
        if house.directory.get(SITE) is None:
            await world.step(10)
    assert (world.crashes, world.escalations) == ([], [])


async def test_a_failing_start_counts_and_escalates(world: Any, house: House) -> None:
    house.failing = ConnectionError("database away")
    with pytest.raises(ConnectionError):
        await house.directory.activate(SITE)
    house.failing = None
    broken = RuntimeError("snapshot unreadable")
    Site.failing_start = broken
    try:
        await house.directory.activate(SITE)
        await world.step(60)
    finally:
        Site.failing_start = None
    assert world.crashes == [(SITE, None, broken)] * 6
    assert world.escalations == [(SITE, broken)]


async def test_a_failing_factory_is_tried_again(world: Any, house: House) -> None:
    await house.crash(ValueError())
    house.failing = ConnectionError("database away")
    await world.step(120)
    assert house.directory.get(SITE) is None
    assert world.escalations == []
    house.failing = None
    await world.step(10)
    assert house.directory.get(SITE) is not None


async def test_a_restart_waits_for_the_commit_in_flight(world: Any, house: House) -> None:
    commit = asyncio.get_running_loop().create_future()
    ref = await house.directory.activate(SITE)
    ref.tell(commit)
    await house.crash(ValueError())
    await world.step(60)
    assert house.directory.get(SITE) is None
    assert world.crashes == [], "the commit may yet finish the message that crashed"
    commit.set_result(None)
    await world.step(0.2)
    assert house.directory.get(SITE) is not None


async def test_a_failure_to_settle_the_fate_is_logged_and_the_actor_returns(
    world: Any, house: House, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_: object) -> Fate:
        raise OSError("no database")

    world.fate = broken
    await house.crash(ValueError())
    await world.step(1)
    assert house.directory.get(SITE) is not None
    assert "no database" in caplog.text


async def test_escalation_reaches_the_parent_then_the_process(world: Any, house: House) -> None:
    def to_parent(key: Key, error: Exception) -> None:
        if key.kind != "session" or not house.directory.fail(SITE, error):
            world.escalations.append((key, error))

    world.supervisor._escalate = to_parent
    site = await house.directory.activate(SITE)
    for round_number in range(6):
        error = RuntimeError(f"round {round_number}")
        for _ in range(6):
            await house.crash(error, SESSION)
            await world.step(0.8)
            if house.directory.get(SESSION) is None:
                await world.step(1.6)
    assert not site.is_alive()
    assert {key for key, _, _ in world.crashes} == {SITE, SESSION}


async def test_nothing_comes_back_during_a_drain(world: Any, house: House) -> None:
    await house.crash(ValueError())
    waiting = asyncio.create_task(house.directory.activate(SITE))
    other = await house.directory.activate(Key("site", "2"))
    await world.settle()
    house.directory.close()
    with pytest.raises(Exception, match="during a drain"):
        await waiting
    with pytest.raises(Exception, match="during a drain"):
        await house.directory.activate(SITE)
    other.tell(ValueError("while draining"))
    await world.step(60)
    assert len(house.directory) == 0
    assert house.tally.counts["site alive"] == 0


def service_of(world: Any, make: Callable[[], Awaitable[Site]]) -> Service[Site]:
    return Service(Key("journal", "1"), make, owned=world.owned, supervisor=world.supervisor, counters=Tally())


async def test_a_service_keeps_its_place_over_its_lives(world: Any) -> None:
    seen: list[Any] = []

    async def make() -> Site:
        return Site(Key("journal", "1"), seen)

    service = service_of(world, make)
    with pytest.raises(ActorDeadError):
        service.tell("too early")
    assert not service.fail(ValueError())
    first = await service.start()
    service.tell("hello")
    service.fail(ValueError("brought down"))
    await world.settle()
    with pytest.raises(ActorDeadError, match="journal 1 is not running"):
        service.tell("while away")
    await world.step(0.1)
    assert service.ref is not first
    service.tell("again")
    assert await service.stop() is True
    assert seen == ["start", "start", "again"], "control messages overtake"
    assert await service.stop() is False


async def test_a_service_that_is_stopped_while_away_stays_away(world: Any) -> None:
    seen: list[Any] = []

    async def make() -> Site:
        return Site(Key("journal", "1"), seen)

    service = service_of(world, make)
    await service.start()
    service.tell(ValueError())
    await world.settle()
    assert await service.stop() is False
    await world.step(60)
    assert seen == ["start"]
