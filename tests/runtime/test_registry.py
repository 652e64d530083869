"""pykka's registry of service actors on the loop. Entity actors stand in a `Directory` instead."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pykka
import pytest
from pykka import ActorRegistry

from actors.runtime import AsyncioActor, BlockingActor, MailboxFull, WouldBlockError, ask

Settle = Callable[[], Awaitable[None]]


class Clerk(AsyncioActor):
    """Writes down what it is told."""

    mailbox_limit = 2

    def __init__(self, seen: list[Any] | None = None) -> None:
        super().__init__()
        self.seen = [] if seen is None else seen

    def on_receive(self, message: Any) -> Any:
        self.seen.append(message)

    def on_stop(self) -> None:
        self.seen.append("stopped")


class Notary(Clerk):
    """A clerk too."""


class Archive(BlockingActor):
    """On a thread."""

    def on_receive(self, message: Any) -> Any:
        return f"archived {message}"


def waiting(ref: pykka.ActorRef[Any]) -> int:
    """How many messages wait for an actor."""
    mailbox: Any = ref.actor_inbox
    return len(mailbox)


async def test_actors_are_found_by_class_name_and_urn(settle: Settle) -> None:
    clerk, notary, archive = Clerk.start(), Notary.start(), Archive.start()
    assert ActorRegistry.get_all() == [clerk, notary, archive]
    assert ActorRegistry.get_by_class(Clerk) == [clerk, notary]
    assert ActorRegistry.get_by_class(Notary) == [notary]
    assert ActorRegistry.get_by_class_name("Clerk") == [clerk]
    assert ActorRegistry.get_by_urn(archive.actor_urn) is archive
    assert ActorRegistry.get_by_urn("urn:uuid:nobody") is None
    await notary.stop(block=False)
    assert ActorRegistry.get_by_class(Clerk) == [clerk]


async def test_broadcast_tells_all_or_those_of_a_class(settle: Settle) -> None:
    heard: dict[str, list[Any]] = {"clerk": [], "notary": []}
    Clerk.start(heard["clerk"])
    Notary.start(heard["notary"])
    ActorRegistry.broadcast("all")
    ActorRegistry.broadcast("clerks", target_class=Clerk)
    await settle()
    ActorRegistry.broadcast("by name", target_class="Notary")
    await settle()
    assert heard == {"clerk": ["all", "clerks"], "notary": ["all", "clerks", "by name"]}


async def test_a_broadcast_ends_at_a_full_mailbox(settle: Settle) -> None:
    first, second, third = (Clerk.start([]) for _ in range(3))
    for number in range(2):
        second.tell(number)
    with pytest.raises(MailboxFull):
        ActorRegistry.broadcast("news")
    assert [waiting(ref) for ref in (first, second, third)] == [1, 2, 0]


async def test_all_are_stopped_after_what_waits_for_them() -> None:
    seen: list[Any] = []
    Clerk.start(seen).tell("before")
    archive = Archive.start()
    asked = archive.ask("deed", block=False)
    stops = ActorRegistry.stop_all(block=False)
    assert [await stop for stop in stops] == [True, True]
    assert seen == ["before", "stopped"]
    assert await asked == "archived deed"
    assert ActorRegistry.get_all() == []


@pytest.mark.parametrize("latest", [Clerk, Archive])
async def test_stopping_all_and_waiting_is_refused_on_the_loop_before_anything_is_stopped(
    latest: type[AsyncioActor] | type[BlockingActor], world: Any
) -> None:
    clerk, archive = Clerk.start(), Archive.start()
    latest.start()
    with pytest.raises(WouldBlockError, match=r"await stop\(block=False\)"):
        ActorRegistry.stop_all()
    assert clerk.is_alive()
    assert await ask(archive, "deed", timeout_s=1, timers=world.timers) == "archived deed"


def test_a_thread_may_stop_all_and_wait() -> None:
    ref: pykka.ActorRef[Archive] = Archive.start()
    assert ActorRegistry.stop_all(timeout=5) == [True]
    assert not ref.is_alive()
