"""Lines of rows: whose they are, and how a mailbox that lies in its table is read on."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from random import Random
from uuid import UUID

import pytest

from actors.patience import Patience
from actors.router import SITE_BOUND, Router
from actors.runtime import Directory, EntityActor, Fate, Key, Owned, Supervisor, Timers
from actors.testing import NOON
from actors.testing.quiet import come_to_rest
from actors.tools import Tools
from syspark.clock import SteppedClock
from syspark.domain.units import SiteId
from syspark.ids import IdSource
from syspark.metrics import Metrics
from syspark.persistence.memory import ORGANISATION
from syspark.rows import Address, InboxRow, Scope

SITE = Address("site", "default")


class Deaf(EntityActor):
    """Takes rows and settles none: the test does."""

    kind = "site"

    def on_receive(self, message: object) -> None:
        """Take it."""


class Desk:
    """A router of partition 0 with a reader that only remembers being asked."""

    def __init__(self) -> None:
        self.clock = SteppedClock(NOON)
        timers = Timers(self.clock, stepped=True)
        self.owned = Owned("desk")
        tools = Tools(self.clock, self.clock, timers, IdSource(self.clock), self.owned, Patience(timers), Metrics())
        self.supervisor = Supervisor(
            clock=self.clock, timers=timers, rng=Random(1), on_crash=self._crashed, escalate=lambda *_: None
        )
        self.directory = Directory(owned=self.owned, supervisor=self.supervisor)
        self.directory.serve("site", self._make)
        self.router = Router(self.directory, self._failed, tools)
        self.asked: list[Address] = []
        self.router.wire(self, lambda _partition: None)
        self.router.open(0)
        self._seqs: Iterator[int] = iter(range(1, 1_000_000))

    def read_on(self, recipient: Address, partition: int) -> None:
        """Remember it."""
        assert partition == 0
        self.asked.append(recipient)

    def row(self, partition: int = 0) -> InboxRow:
        """The next row for the site."""
        seq = next(self._seqs)
        scope = Scope(ORGANISATION, SiteId("default"), partition)
        return InboxRow(UUID(int=seq), scope, SITE, "reported", b"", NOON, NOON, seq=seq)

    def rows(self, count: int) -> list[InboxRow]:
        """The next rows for the site."""
        return [self.row() for _ in range(count)]

    @staticmethod
    async def _make(key: Key) -> Deaf:
        return Deaf(key)

    @staticmethod
    async def _crashed(_key: Key, _message: object, _error: Exception) -> Fate:
        return Fate.RETRY

    @staticmethod
    async def _failed(_row: InboxRow, error: Exception) -> None:
        raise error


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    desk = Desk()
    yield desk
    for ref in desk.directory.refs():
        await ref.stop(block=False)
    await desk.owned.close()
    await asyncio.sleep(0)


async def test_rows_of_a_partition_that_is_not_ours_are_left_to_its_owner(desk: Desk) -> None:
    row = desk.row()
    desk.router.forget(0)
    desk.router.dispatch([row])
    assert not desk.router.knows(row.id)
    desk.router.open(0)
    desk.router.dispatch([row])
    assert desk.router.first(SITE) == row


async def test_a_settled_row_is_not_taken_again_from_a_read_that_was_slow(desk: Desk) -> None:
    row = desk.row()
    desk.router.dispatch([row])
    await come_to_rest()
    desk.router.settled(row)
    desk.router.dispatch([row])
    assert desk.router.idle


async def test_a_row_put_back_long_after_it_was_settled_is_taken(desk: Desk) -> None:
    row = desk.row()
    desk.router.dispatch([row])
    desk.router.settled(row)
    desk.clock.advance(11.0)
    desk.router.dispatch([row])
    assert desk.router.first(SITE) == row


async def test_beyond_its_bound_a_mailbox_is_read_on_once_memory_is_empty(desk: Desk) -> None:
    rows = desk.rows(SITE_BOUND + 5)
    desk.router.dispatch(rows)
    for row in rows[: SITE_BOUND - 1]:
        desk.router.settled(row)
    assert desk.asked == []
    desk.router.settled(rows[SITE_BOUND - 1])
    assert desk.asked == [SITE]


async def test_a_row_that_comes_while_its_mailbox_is_read_does_not_overtake(desk: Desk) -> None:
    rows = desk.rows(SITE_BOUND + 1)
    desk.router.dispatch(rows)
    for row in rows[:SITE_BOUND]:
        desk.router.settled(row)
    desk.router.begin_reading(SITE)
    missed, late = desk.rows(2)
    desk.router.dispatch([missed])
    assert desk.router.read_back(SITE, rows[SITE_BOUND:], complete=True)
    desk.router.dispatch([late])
    desk.router.settled(rows[SITE_BOUND])
    assert desk.router.first(SITE) is None
    desk.router.begin_reading(SITE)
    assert desk.router.read_back(SITE, [missed, late], complete=True)
    assert desk.router.first(SITE) == missed
    assert not desk.router.is_spilled(SITE)


async def test_a_spilled_mailbox_of_which_nothing_was_read_is_read_again(desk: Desk) -> None:
    rows = desk.rows(SITE_BOUND + 1)
    desk.router.dispatch(rows)
    for row in rows[:SITE_BOUND]:
        desk.router.settled(row)
    desk.router.begin_reading(SITE)
    desk.router.dispatch(desk.rows(1))
    assert not desk.router.read_back(SITE, [], complete=True)


async def test_a_mailbox_read_to_its_end_leaves_no_trace(desk: Desk) -> None:
    rows = desk.rows(SITE_BOUND + 1)
    desk.router.dispatch(rows)
    for row in rows[:SITE_BOUND]:
        desk.router.settled(row)
    desk.router.begin_reading(SITE)
    desk.router.read_back(SITE, rows[SITE_BOUND:], complete=True)
    desk.router.settled(rows[SITE_BOUND])
    assert desk.router._lines == {}


async def test_a_partition_lost_takes_its_rows_out_of_memory(desk: Desk) -> None:
    desk.router.dispatch(desk.rows(3))
    desk.router.forget(0)
    assert desk.router.idle
    assert desk.router.undone(0) == 0
