"""An actor behind a proxy: what pykka documents of it, awaited instead of waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pykka
import pytest
from pykka import ActorDeadError, ActorProxy, CallableProxy

from actors.runtime import AsyncioActor, MailboxFull, WouldBlockError

Settle = Callable[[], Awaitable[None]]


class Boom:
    """Part of an actor, reached through it."""

    raised = False

    def raise_(self) -> str:
        self.raised = True
        return "raised"


class Lane(AsyncioActor):
    """Has fields, methods that wait and do not, parts, and a proxy to itself."""

    mailbox_limit = 3
    capacity = 2

    def __init__(self, seen: list[Any] | None = None) -> None:
        super().__init__()
        self.seen = [] if seen is None else seen
        self.queue: list[str] = []
        self.boom = pykka.traversable(Boom())
        self._later = self.actor_ref.proxy()
        self._hidden = "nobody's business"

    @property
    def length(self) -> int:
        return len(self.queue)

    def arrive(self, plate: str, *, at: int = 0) -> int:
        self.queue.insert(at, plate)
        return self.length

    async def leave(self, gate: asyncio.Future[None]) -> str:
        await gate
        return self.queue.pop()

    def fail(self) -> None:
        raise ValueError("the lane is closed")

    def count_down(self, number: int) -> None:
        self.seen.append(number)
        if number:
            self._later.count_down.defer(number - 1)

    def on_failure(self, exception_type: Any, exception_value: Any, traceback: Any) -> None:
        self.seen.append(f"on_failure {exception_value}")


async def test_fields_properties_and_methods_are_futures() -> None:
    lane = Lane.start().proxy()
    assert await lane.capacity == 2
    assert await lane.arrive("AB-123-CD") == 1
    assert await lane.arrive("EF-456-GH", at=1) == 2
    assert await lane.length == 2
    assert await lane.queue == ["AB-123-CD", "EF-456-GH"]
    assert isinstance(lane.arrive, CallableProxy)


async def test_a_method_that_waits_answers_once_it_is_through() -> None:
    lane, gate = Lane.start().proxy(), asyncio.get_running_loop().create_future()
    lane.arrive.defer("AB-123-CD")
    leaving = asyncio.ensure_future(lane.leave(gate))
    for _ in range(5):
        await asyncio.sleep(0)
    assert not leaving.done()
    gate.set_result(None)
    assert await leaving == "AB-123-CD"


async def test_results_are_mapped_joined_and_reduced() -> None:
    lane = Lane.start().proxy()
    both = lane.arrive("AB-123-CD").join(lane.arrive("EF-456-GH"))
    assert await both.map(sum) == 3
    assert await lane.queue.filter(lambda plate: plate.startswith("E")) == ["EF-456-GH"]
    assert await lane.queue.reduce(lambda text, plate: text + plate[0], "") == "EA"


async def test_what_a_called_method_raises_is_raised_to_the_caller_and_the_actor_lives() -> None:
    lane = Lane.start().proxy()
    with pytest.raises(ValueError, match="the lane is closed"):
        await lane.fail()
    assert await lane.length == 0


async def test_what_a_deferred_method_raises_ends_the_actor(settle: Settle) -> None:
    seen: list[Any] = []
    ref = Lane.start(seen)
    ref.proxy().fail.defer()
    await settle()
    assert seen == ["on_failure the lane is closed"]
    assert not ref.is_alive()


async def test_parts_marked_traversable_are_reached_through_the_proxy() -> None:
    lane = Lane.start().proxy()
    assert isinstance(lane.boom, ActorProxy)
    assert await lane.boom.raise_() == "raised"
    assert await lane.boom.raised is True


async def test_an_actor_defers_work_to_itself_behind_what_waits(settle: Settle) -> None:
    seen: list[Any] = []
    lane = Lane.start(seen).proxy()
    lane.count_down.defer(2)
    lane.seen.map(list)
    await settle()
    assert seen == [2, 1, 0]


async def test_a_field_is_set_from_another_thread_and_refused_on_the_loop() -> None:
    lane = Lane.start().proxy()
    with pytest.raises(WouldBlockError, match="setting capacity through a proxy would block the event loop"):
        lane.capacity = 5
    await asyncio.to_thread(setattr, lane, "capacity", 3)
    assert await lane.capacity == 3


async def test_what_an_actor_has_not_or_hides_is_not_there() -> None:
    lane = Lane.start().proxy()
    for name in ("width", "_hidden"):
        with pytest.raises(AttributeError, match=name):
            getattr(lane, name)


async def test_a_proxy_knows_its_actor() -> None:
    ref, other = Lane.start(), Lane.start()
    lane = ref.proxy()
    assert lane.actor_ref is ref
    assert (lane == ref.proxy(), lane == other.proxy()) == (True, False)
    assert len({lane, ref.proxy()}) == 1
    assert {"arrive", "capacity", "boom"} <= set(dir(lane))
    assert "_hidden" not in dir(lane)


async def test_a_proxy_of_a_dead_actor_is_refused_and_an_old_one_answers_with_that() -> None:
    ref = Lane.start()
    lane = ref.proxy()
    await ref.stop(block=False)
    with pytest.raises(ActorDeadError, match="not found"):
        ref.proxy()
    with pytest.raises(ActorDeadError, match="not found"):
        await lane.length
    with pytest.raises(ActorDeadError, match="not found"):
        lane.arrive.defer("AB-123-CD")


async def test_calls_count_against_the_mailbox() -> None:
    lane = Lane.start().proxy()
    answers = [lane.arrive("AB-123-CD") for _ in range(3)]
    with pytest.raises(MailboxFull):
        lane.arrive("EF-456-GH")
    with pytest.raises(MailboxFull):
        lane.arrive.defer("EF-456-GH")
    assert [await answer for answer in answers] == [1, 2, 3]
