"""The end of a process: everything told is done, in reverse order, and who stays is named."""

from __future__ import annotations

import asyncio
from typing import Any

import pykka
import pytest

from actors.runtime import AsyncioActor, drain


class Worker(AsyncioActor):
    """Waits for what is a future; passes the rest on to the actor below."""

    def __init__(self, name: str, seen: list[str], below: pykka.ActorRef[Any] | None = None) -> None:
        super().__init__()
        self.name = name
        self.seen = seen
        self.below = below

    async def on_receive(self, message: Any) -> None:
        if isinstance(message, asyncio.Future):
            await message
            return
        self.seen.append(f"{self.name} {message}")
        if self.below is not None:
            self.below.tell(message)

    def on_stop(self) -> None:
        self.seen.append(f"{self.name} stops")


async def test_actors_finish_their_messages_and_stop_last_started_first(world: Any) -> None:
    seen: list[str] = []
    journal = Worker.start("journal", seen)
    sites = [Worker.start(f"site {number}", seen, journal) for number in (1, 2)]
    link = Worker.start("link", seen, sites[0])
    link.tell("badge")
    assert await drain([[journal], sites, [link]], deadline_s=20, timers=world.timers) == []
    assert seen[:2] == ["link badge", "link stops"]
    assert set(seen[2:6]) == {"site 1 badge", "site 1 stops", "site 2 stops", "journal badge"}
    assert seen[6] == "journal stops"
    assert len(world.timers) == 0


async def test_survivors_of_the_deadline_are_reported_as_bugs(world: Any, caplog: pytest.LogCaptureFixture) -> None:
    seen: list[str] = []
    journal, stuck = Worker.start("journal", seen), Worker.start("stuck", seen)
    never = asyncio.get_running_loop().create_future()
    stuck.tell(never)
    draining = asyncio.create_task(drain([[journal], [stuck]], deadline_s=20, timers=world.timers))
    await world.step(19)
    assert not draining.done()
    assert journal.is_alive(), "what others depend on stays up until they are down"
    await world.step(1)
    assert await draining == [str(stuck)]
    assert "a bug" in caplog.text
    assert seen == ["journal stops"]
    never.set_result(None)
    await world.settle()
    assert seen == ["journal stops", "stuck stops"]


async def test_actors_that_are_dead_already_are_no_trouble(world: Any) -> None:
    ref = Worker.start("gone", [])
    await ref.stop(block=False)
    assert await drain([[ref], []], deadline_s=1, timers=world.timers) == []


async def test_a_stock_threading_actor_is_refused_since_waiting_for_it_blocks(world: Any) -> None:
    class Stock(pykka.ThreadingActor):
        """Replies with futures that block."""

    ref = Stock.start()
    with pytest.raises(TypeError, match="BlockingActor"):
        await drain([[ref]], deadline_s=1, timers=world.timers)
