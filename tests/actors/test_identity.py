"""Plates and PINs through the whole worker: one session, the plate in one place only, one look-up for a new one."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from unittest.mock import patch
from uuid import UUID

from actors.testing import CarPark
from syspark.domain.access import Plan
from syspark.domain.units import SiteId
from syspark.persistence.memory import Call
from syspark.persistence.memory.state import MemoryActorState
from syspark.rows import SessionRow
from tests.actors.badges import ALICE, BADGE, BOB, ENTRY, EXIT, PAYMENT

SITE = SiteId("default")
AT_ENTRY, AT_EXIT = "parking/entry/vision/plate", "parking/exit/vision/plate"
CAR, VAN = "AA123BB", "EF456GH"


@asynccontextmanager
async def look_ups() -> AsyncIterator[list[str]]:
    """The plates that the database is asked for meanwhile."""
    asked: list[str] = []
    sound = MemoryActorState.subject

    async def subject(self: MemoryActorState, site_id: SiteId, plate: str) -> UUID | None:
        asked.append(plate)
        return await sound(self, site_id, plate)

    with patch.object(MemoryActorState, "subject", subject):
        yield asked


async def stored(park: CarPark) -> list[SessionRow]:
    """The sessions with the holders of their witnesses."""
    return list(await park.stores.another().stores.state.sessions_of(SITE, park.clock.now()))


async def test_a_plate_enters_is_stored_once_and_leaves_by_what_was_stored(park: CarPark) -> None:
    async with look_ups() as asked:
        await park.when(AT_ENTRY, {"plate": CAR, "confidence": 0.9})
        await park.pass_time(20.0)
        await park.when(AT_EXIT, {"plate": CAR})
    assert (park.payloads(ENTRY), park.payloads(EXIT)) == ([b"100"], [b"100"])
    assert asked == [CAR]
    assert (await park.occupancy(), await park.open_sessions()) == (0, [])


async def test_after_a_restart_whoever_is_inside_is_known_without_a_question(park: CarPark) -> None:
    await park.when(AT_ENTRY, {"plate": CAR})
    await park.when(BADGE, ALICE.uid)
    await park.kill()
    await park.start()
    await park.pass_time(70.0)
    async with look_ups() as asked:
        await park.when(AT_EXIT, {"plate": CAR})
    assert (asked, park.payloads(EXIT)) == ([], [b"100"])


async def test_a_plate_and_a_badge_are_witnesses_of_one_stored_session(park: CarPark) -> None:
    await park.when(AT_ENTRY, {"plate": CAR})
    await park.pass_time(4.0)
    await park.when(BADGE, {"uid": ALICE.uid, "lane": "entry"})
    (row,) = await stored(park)
    ((subject, plate),) = row.subjects
    assert (row.holder_keys, row.holder_key, plate) == ((subject, ALICE.uid), subject, CAR)
    (session,) = await park.open_sessions()
    assert (session.plan, park.payloads(ENTRY)) == (Plan.SUBSCRIBER, [b"100"])


async def test_either_of_them_finds_the_session_after_a_restart(park: CarPark) -> None:
    await park.when(AT_ENTRY, {"plate": CAR})
    await park.pass_time(4.0)
    await park.when(BADGE, {"uid": ALICE.uid, "lane": "entry"})
    await park.kill()
    await park.start()
    await park.pass_time(7200.0)
    await park.when(BADGE, ALICE.uid)
    assert (park.payloads(EXIT), await park.open_sessions()) == ([b"100"], [])


async def test_a_plate_that_is_refused_at_the_exit_is_stored_for_those_who_decide(park: CarPark) -> None:
    await park.when(AT_EXIT, {"plate": VAN})
    subject = await park.stores.another().stores.state.subject(SITE, VAN)
    assert subject is not None
    assert (park.rules()[0], await stored(park), park.payloads(EXIT)) == ("plate-unknown", [], [])


async def test_a_plate_the_camera_doubts_is_stored_nowhere(park: CarPark) -> None:
    await park.when(AT_ENTRY, {"plate": CAR, "valid": False})
    assert park.rules()[0] == "plate-not-valid"
    assert await park.stores.another().stores.state.subject(SITE, CAR) is None


async def test_the_journal_holds_no_plate_but_beside_itself(park: CarPark) -> None:
    await park.when(AT_ENTRY, {"plate": CAR})
    await park.pass_time(3.0)
    await park.when(BADGE, {"uid": BOB.uid, "lane": "entry"})
    await park.pass_time(7200.0)
    await park.when(AT_EXIT, {"plate": CAR})
    await park.when(AT_EXIT, {"plate": VAN})
    await park.pass_time(30.0)
    entries = [chained.entry for chained in park.stores.journal("site:default")]
    clear = b"".join(entry.inputs for entry in entries)
    subjects = [str(await park.stores.another().stores.state.subject(SITE, plate)) for plate in (CAR, VAN)]
    hidden = [CAR, VAN, "..3BB", "..6GH", BOB.uid]
    assert [value for value in (*hidden, *subjects) if value.encode() in clear] == []
    beside = {value for entry in entries for value in entry.personal.values()}
    assert {*hidden[:3], *subjects} <= beside
    assert park.faults_of_journals() == []


async def test_a_payment_is_asked_for_under_the_masked_plate(park: CarPark) -> None:
    await park.when(AT_ENTRY, {"plate": CAR})
    await park.pass_time(7200.0)
    await park.when(AT_EXIT, {"plate": CAR})
    (request,) = park.payloads(PAYMENT)
    assert json.loads(request)["plate"] == "..3BB"


async def test_a_pin_enters_and_leaves_by_the_stored_order_of_entries(park: CarPark) -> None:
    for _ in range(2):
        await park.when(BADGE, "PIN_IN")
        await park.pass_time(10.0)
    first, second = await park.open_sessions()
    await park.kill()
    await park.start()
    await park.when(BADGE, "PIN_OUT")
    assert await park.open_sessions() == [second]
    assert (await park.session(first.id)).review == ("pin_exit_guessed",)
    assert park.payloads(EXIT) == [b"100"]


async def test_a_commit_that_was_lost_leaves_no_subject_behind_in_memory(park: CarPark) -> None:
    """The decision is made again: its subject is the same, for its id comes from the row."""
    park.stores.faults.lose_answer(Call.COMMIT, written=False)
    await park.when(AT_ENTRY, {"plate": CAR})
    await park.pass_time(20.0)
    park.stores.faults.lose_answer(Call.COMMIT, written=True)
    await park.when(AT_ENTRY, {"plate": VAN})
    await park.pass_time(20.0)
    assert sorted(plate for row in await stored(park) for _, plate in row.subjects) == [CAR, VAN]
    assert park.payloads(ENTRY) == [b"100", b"100"]
