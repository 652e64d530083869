"""Whatever is done in whatever order, with answers lost on the way: one effect per row, one order, a whole chain."""

import asyncio
from collections import Counter
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from syspark.clock import SteppedClock
from syspark.domain.units import CommandId
from syspark.errors import Unavailable
from syspark.persistence import chain
from syspark.persistence.memory import Call, MemoryStores, default_site
from syspark.ports import CommitUnknown, DataRefused
from syspark.rows import Fate, Fence, RowStatus
from tests.persistence.contract.making import NOON, Maker, lost

OWNERS = st.sampled_from(["worker-a", "worker-b"])
PICK = st.integers(0, 50)
ANSWERS = st.sampled_from(["heard", "heard", "heard", "lost before", "lost after"])
GUILTY = st.sampled_from([False, False, False, True])


class StoresMachine(RuleBasedStateMachine):
    """Two workers on one database, with every fence ever granted, and the commands that have come to an end."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.clock = SteppedClock(NOON)
        self.memory = MemoryStores(self.clock, sites=[default_site()])
        self.make = Maker(default_site())
        self.fences: list[Fence] = []
        self.ended: dict[CommandId, Fate] = {}

    def teardown(self) -> None:
        self.loop.close()

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(work)

    def fence(self, pick: int) -> Fence:
        """Mostly the fence that stands, now and then one that was lost."""
        return self.fences[-1] if pick % 4 else ([lost(self.fences[-1]), *self.fences])[pick // 4 % len(self.fences)]

    @initialize()
    def start(self) -> None:
        self.take_as("worker-a", dead=False)
        [fence] = self.fences
        self.run(self.memory.stores.inbox.insert([fence], [self.make.fact() for _ in range(6)]))
        self.commit(1, [0, 1, 2], "heard", guilty=False)

    @rule(owner=OWNERS, dead=st.booleans())
    def take(self, owner: str, dead: bool) -> None:
        self.take_as(owner, dead=dead)

    def take_as(self, owner: str, *, dead: bool) -> None:
        lease = self.run(self.memory.stores.leases.take(0, owner, predecessor_is_dead=dead))
        if lease is not None:
            self.fences.append(lease.fence)

    @rule(seconds=st.floats(0, 12))
    def pass_time(self, seconds: float) -> None:
        self.clock.advance(seconds)

    @rule(pick=PICK, event=st.integers(0, 5), answer=ANSWERS)
    def insert(self, pick: int, event: int, answer: str) -> None:
        row = self.make.fact(event_id=f"e-{event}" if event else None)
        if answer != "heard":
            self.memory.faults.lose_answer(Call.INSERT, written=answer == "lost after")
        try:
            self.run(self.memory.stores.inbox.insert([self.fence(pick)], [row]))
        except Unavailable:
            self.run(self.memory.stores.inbox.insert([self.fence(pick)], [row]))

    @rule(
        pick=PICK,
        picks=st.lists(PICK, min_size=1, max_size=4, unique=True),
        answer=ANSWERS,
        guilty=GUILTY,
    )
    def decide(self, pick: int, picks: list[int], answer: str, guilty: bool) -> None:
        self.commit(pick, picks, answer, guilty=guilty)

    def commit(self, pick: int, picks: list[int], answer: str, *, guilty: bool) -> None:
        fence, done = self.fence(pick), self.done()
        rows = [stored.row for stored in self.memory.inbox_rows()]
        batch = {rows[n % len(rows)].id: rows[n % len(rows)] for n in picks}.values()
        units = [
            self.make.unit(
                row,
                journal=(self.make.entry(cause=row.id),),
                outbox=(self.make.command(author=str(row.id)),),
                handovers=(self.make.handover(),) if row.recipient.kind == "site" else (),
                snapshot=self.make.snapshot(1_000_000) if guilty and row is rows[picks[0] % len(rows)] else None,
            )
            for row in batch
        ]
        if answer != "heard":
            self.memory.faults.lose_answer(written=answer == "lost after")
        with suppress(CommitUnknown, DataRefused):
            self.run(self.memory.stores.units.commit([fence], units))
        assert fence == self.fences[-1] or self.done() == done

    def done(self) -> set[UUID]:
        return {stored.row.id for stored in self.memory.inbox_rows() if stored.status is RowStatus.DONE}

    @rule(pick=PICK, row=PICK)
    def park(self, pick: int, row: int) -> None:
        rows = self.memory.inbox_rows()
        self.run(self.memory.stores.inbox.park(self.fence(pick), rows[row % len(rows)].row.id, "poison"))

    @rule(pick=PICK, command=PICK, fate=st.sampled_from(list(Fate)))
    def record(self, pick: int, command: int, fate: Fate) -> None:
        commands = self.memory.commands()
        record = self.make.fate(commands[command % len(commands)], fate, self.make.handover())
        self.run(self.memory.stores.outbox.record([self.fence(pick)], [record]))

    @invariant()
    def every_row_has_one_effect(self) -> None:
        done = self.done()
        causes = Counter(row.entry.cause for name in self.memory.journals() for row in self.memory.journal(name))
        authors = Counter(command.author for command in self.memory.commands())
        assert causes == Counter(done)
        assert authors == Counter(map(str, done))

    @invariant()
    def chains_verify(self) -> None:
        for name in self.memory.journals():
            assert chain.verify(name, self.memory.journal(name)) is None

    @invariant()
    def the_order_is_one_and_undone_rows_are_all_in_it(self) -> None:
        stored = self.memory.inbox_rows()
        seqs = [row.row.seq for row in stored]
        assert len(set(seqs)) == len(seqs)
        undone = self.run(self.memory.stores.inbox.undone(0, 0, len(stored) + 1))
        assert list(undone) == [row.row for row in stored if row.status is RowStatus.NEW]

    @invariant()
    def an_event_id_stands_once(self) -> None:
        events = Counter(s.row.event_id for s in self.memory.inbox_rows() if s.row.event_id is not None)
        assert all(count == 1 for count in events.values())

    @invariant()
    def ends_are_kept(self) -> None:
        ended = {Fate.CONFIRMED, Fate.EXPIRED, Fate.WITHHELD, Fate.UNKNOWN, Fate.FAILED, Fate.REFUSED}
        now = {command.id: command.fate for command in self.memory.commands()}
        assert all(now[command_id] == fate for command_id, fate in self.ended.items())
        self.ended = {command_id: fate for command_id, fate in now.items() if fate in ended}

    @invariant()
    def at_most_one_fence_stands(self) -> None:
        owner, epoch = self.memory.owner(0)
        assert [f for f in self.fences if (f.owner, f.epoch) == (owner, epoch)] == self.fences[-1:]


StoresMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=40)
test_stores_keep_their_promises = StoresMachine.TestCase
