"""An exit is one transaction: its three decisions become true together, or are made again one after the other."""

from collections.abc import AsyncIterator
from unittest.mock import patch

import pytest
from msgspec.structs import replace

from actors.durable import Verdict
from actors.session import SessionActor
from actors.site import SiteActor
from actors.testing import CarPark
from syspark.domain.decision import Moment
from syspark.domain.messages import AnyMessage, ExitGranted
from syspark.domain.session import SessionEvent
from syspark.domain.site.events import SiteEvent
from syspark.persistence.memory import Call
from syspark.persistence.memory.faults import Gate
from syspark.rows import RowStatus
from tests.actors.badges import ALICE, BADGE, BOB


@pytest.fixture
async def parked(park: CarPark) -> AsyncIterator[CarPark]:
    """Alice and Bob are inside, and nobody has looked at their sessions yet."""
    await park.when(BADGE, ALICE.uid)
    await park.when(BADGE, BOB.uid)
    await park.pass_time(70.0)
    park.forget()
    yield park
    assert park.faults_of_journals() == []


async def at_the_commit(park: CarPark) -> Gate:
    """Alice wants out, and all of it waits to be written."""
    gate = park.stores.faults.hold(Call.COMMIT)
    await park.when(BADGE, ALICE.uid)
    await gate.reached()
    return gate


def let_out(park: CarPark) -> bool:
    return park.opened == ["exit"] and park.rules().count("exit-right") == 2


async def test_who_leaves_waits_for_one_commit(parked: CarPark) -> None:
    before = len(parked.rules())
    written: list[int] = []
    commit = parked.stores.stores.units.commit

    async def counted(fences: object, units: object) -> object:
        answer = await commit(fences, units)  # type: ignore[arg-type]
        written.append(len(parked.rules()) - before)
        return answer

    with patch.object(parked.stores.stores.units, "commit", counted):
        await parked.when(BADGE, ALICE.uid)
    assert written[0] == 3, "the question, the answer and the opening"
    assert let_out(parked)
    assert [stored.status for stored in parked.rows() if stored.row.kind == "exit-granted"] == [RowStatus.DONE]


async def test_nothing_leaves_before_the_commit_and_a_kill_there_leaves_nothing(parked: CarPark) -> None:
    before = parked.rules()
    await at_the_commit(parked)
    assert (parked.opened, parked.rules(), await parked.occupancy()) == ([], before, 2)
    await parked.kill()
    await parked.start()
    await parked.settle()
    assert let_out(parked)
    assert await parked.occupancy() == 1


@pytest.mark.parametrize("written", [True, False])
async def test_a_lost_answer_lets_out_once(parked: CarPark, written: bool) -> None:
    parked.stores.faults.lose_answer(Call.COMMIT, written=written)
    await parked.when(BADGE, ALICE.uid)
    assert let_out(parked)
    assert await parked.occupancy() == 1


async def test_what_is_refused_together_is_decided_apart(parked: CarPark) -> None:
    gate = await at_the_commit(parked)
    (session,) = (one for one in await parked.open_sessions() if one.holder_key == ALICE.uid)
    rows = parked.stores._tables.sessions
    rows[session.id] = replace(rows[session.id], version=2)
    gate.open()
    await parked.settle()
    assert let_out(parked)
    assert rows[session.id].version == 3
    assert await parked.occupancy() == 1
    assert parked.rows(RowStatus.PARKED) == []


async def test_a_right_lost_meanwhile_leaves_the_memory_as_it_is_stored(parked: CarPark) -> None:
    gate = await at_the_commit(parked)
    partitions = parked.stores._tables.partitions
    partitions[0] = replace(partitions[0], owner="another", epoch=partitions[0].epoch + 1)
    gate.open()
    await parked.settle()
    assert (parked.opened, parked.rules().count("exit-right"), await parked.occupancy()) == ([], 0, 2)
    await parked.pass_time(30.0)
    assert let_out(parked), "once the lease of the other has run out"
    parked.forget()
    await parked.when(BADGE, BOB.uid)
    assert (parked.opened, await parked.occupancy()) == (["exit"], 0)


async def test_a_session_that_fails_is_parked_by_itself(parked: CarPark) -> None:
    async def decide(self: SessionActor, message: AnyMessage, at: Moment) -> Verdict[SessionEvent]:
        raise RuntimeError("a bug")

    with patch.object(SessionActor, "decide", decide):
        await parked.when(BADGE, ALICE.uid)
        await parked.pass_time(5.0)
    assert [stored.row.kind for stored in parked.rows(RowStatus.PARKED)] == ["exit-requested"]
    await parked.when(BADGE, BOB.uid)
    assert parked.opened == ["exit"]


async def test_a_site_that_fails_over_the_answer_remembers_only_what_is_stored(parked: CarPark) -> None:
    sound = SiteActor.decide

    async def decide(self: SiteActor, message: AnyMessage, at: Moment) -> Verdict[SiteEvent]:
        assert not isinstance(message, ExitGranted), "a bug"
        return await sound(self, message, at)

    with patch.object(SiteActor, "decide", decide):
        await parked.when(BADGE, ALICE.uid)
        await parked.pass_time(5.0)
    assert [stored.row.kind for stored in parked.rows(RowStatus.PARKED)] == ["exit-granted"]
    assert await parked.occupancy() == 2
    await parked.when(BADGE, BOB.uid)
    assert (parked.opened, await parked.occupancy()) == (["exit"], 1)


async def test_a_session_that_does_not_answer_in_time_is_told_by_its_row(parked: CarPark) -> None:
    reading = parked.stores.faults.hold(Call.READ)
    await parked.when(BADGE, ALICE.uid)
    await reading.reached()
    await parked.pass_time(1.5, settle=False)
    assert "exit-right" not in parked.rules()
    reading.open()
    await parked.settle()
    assert let_out(parked)
