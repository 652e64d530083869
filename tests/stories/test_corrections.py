"""What a person puts right, seen from outside: the request, its outcome, and what the barrier then does.

Source: domain.md, "Parking session"; docs/corrections.md.
"""

from typing import Any
from uuid import UUID

import msgspec
import pytest

from actors.testing import CarPark
from syspark.domain.corrections import (
    ClearReview,
    CloseByHand,
    CorrectPlate,
    FixCount,
    FlagReview,
    Ground,
    MergeSessions,
    SplitSession,
    VoidSession,
)
from syspark.domain.messages import AnyMessage
from syspark.domain.session import Session, Status
from syspark.domain.units import HolderKey, Plate, SessionId
from syspark.rows import Address

ENTRY, EXIT, READER = "parking/entry/vision/plate", "parking/exit/vision/plate", "parking/barriere"
SITE = Address("site", "default")
BY: dict[str, Any] = {"reason": Ground.PICTURE, "author": "op"}


async def came_in(park: CarPark, plate: str) -> Session:
    """A car that came in by its plate ten minutes ago."""
    await park.given(ENTRY, {"plate": plate, "lane": "entry", "confidence": 0.97, "valid": True})
    await park.pass_time(600)
    return (await park.open_sessions())[-1]


async def version_of(park: CarPark, session_id: SessionId) -> int:
    row = await park.stores.another().stores.state.session(session_id)
    assert row is not None
    return row.version


async def asked(park: CarPark, recipient: Address, message: AnyMessage) -> tuple[str, str | None]:
    """What an operator's request comes to: its rule, and why it was refused."""
    row_id: UUID = await park.request(recipient, message)
    await park.pass_time(2)
    outcome = next(stored.outcome for stored in park.rows() if stored.row.id == row_id)
    told = msgspec.json.decode(outcome)
    return told["rule"], told.get("refused")


async def test_a_car_misread_at_the_entry_leaves_by_its_own_plate_once_it_is_corrected() -> None:
    async with CarPark() as park:
        session = await came_in(park, "AB128CD")
        correction = CorrectPlate(
            session_id=session.id, plate=Plate("AB123CD"), key=session.holder_key, version=1, **BY
        )
        assert await asked(park, SITE, correction) == ("plate-corrected", None)
        await park.restart()

        await park.when(EXIT, {"plate": "AB123CD", "lane": "exit", "confidence": 0.97, "valid": True})

        assert park.opened == ["exit"]
        assert (await park.session(session.id)).closed_as == "free"


async def test_the_plate_it_was_misread_as_is_a_stranger_s_again() -> None:
    async with CarPark() as park:
        session = await came_in(park, "AB128CD")
        correction = CorrectPlate(
            session_id=session.id, plate=Plate("XY999ZZ"), key=session.holder_key, version=1, **BY
        )
        await asked(park, SITE, correction)
        await park.restart()
        park.forget()

        await park.when(EXIT, {"plate": "AB128CD", "lane": "exit", "confidence": 0.97, "valid": True})

        assert park.opened == []
        assert await park.occupancy() == 1


async def test_the_second_of_two_operators_is_told_to_look_again() -> None:
    async with CarPark() as park:
        session = await came_in(park, "AB123CD")
        first = Address("session", session.id)
        assert await asked(park, first, FlagReview(version=1, **BY)) == ("review-flagged", None)
        rule, why = await asked(park, first, CloseByHand(version=1, **BY))
        assert (rule, why) == ("changed-since", "the session has changed since it was shown: look again")
        assert (await park.session(session.id)).status is Status.ACTIVE


async def test_a_ghost_closed_by_hand_gives_its_place_back() -> None:
    async with CarPark() as park:
        session = await came_in(park, "AB123CD")
        assert await park.occupancy() == 1
        await asked(park, Address("session", session.id), CloseByHand(version=1, **BY))
        assert await park.occupancy() == 0
        assert (await park.session(session.id)).closed_as == "by_hand"
        assert "visit-ended" in park.rules()


async def test_what_never_happened_gives_its_place_back_and_its_car_gets_out() -> None:
    async with CarPark() as park:
        session = await came_in(park, "AB123CD")
        await asked(park, Address("session", session.id), VoidSession(version=1, **BY))
        assert await park.occupancy() == 0
        await park.when(EXIT, {"plate": "AB123CD", "lane": "exit", "confidence": 0.97, "valid": True})
        assert park.opened[-1] == "exit"


async def test_one_car_taken_for_two_is_one_again() -> None:
    async with CarPark() as park:
        first = await came_in(park, "AB123CD")
        second = await came_in(park, "XY999ZZ")
        merging = MergeSessions(session_id=second.id, version=1, into=first.id, into_version=1, **BY)
        assert await asked(park, SITE, merging) == ("sessions-merged", None)
        assert await park.occupancy() == 1
        assert (await park.session(second.id)).status is Status.VOID
        await park.restart()
        await park.when(EXIT, {"plate": "XY999ZZ", "lane": "exit", "confidence": 0.97, "valid": True})
        assert (await park.session(first.id)).status is Status.CLOSED
        assert await park.occupancy() == 0


async def test_two_cars_taken_for_one_are_two() -> None:
    async with CarPark() as park:
        session = await came_in(park, "AB123CD")
        added = CorrectPlate(session_id=session.id, plate=Plate("XY999ZZ"), version=1, **BY)
        await asked(park, SITE, added)
        version = await version_of(park, session.id)
        rows = await park.stores.another().stores.state.witnesses(session.id)
        theirs = next(row.holder_key for row in rows if row.plate == "XY999ZZ")
        splitting = SplitSession(session_id=session.id, keys=(HolderKey(theirs),), version=version, **BY)
        assert await asked(park, SITE, splitting) == ("session-split", None)
        assert await park.occupancy() == 2
        await park.restart()
        for plate in ("XY999ZZ", "AB123CD"):
            await park.when(EXIT, {"plate": plate, "lane": "exit", "confidence": 0.97, "valid": True})
            await park.pass_time(30)
        assert (len(await park.open_sessions()), await park.occupancy()) == (0, 0)


async def test_a_review_is_asked_for_and_cleared() -> None:
    async with CarPark() as park:
        session = await came_in(park, "AB123CD")
        address = Address("session", session.id)
        await asked(park, address, FlagReview(version=1, **BY))
        row = await park.stores.another().stores.state.session(session.id)
        assert row is not None
        assert row.in_review
        assert await asked(park, address, ClearReview(version=2, **BY)) == ("review-cleared", None)


@pytest.mark.parametrize("act", [CloseByHand, VoidSession])
async def test_who_says_how_a_doubtful_session_ended_has_looked_at_it(act: type[CloseByHand | VoidSession]) -> None:
    async with CarPark() as park:
        address = Address("session", (await came_in(park, "AB123CD")).id)
        await asked(park, address, FlagReview(version=1, **BY))
        await asked(park, address, act(version=2, **BY))
        row = await park.stores.another().stores.state.session(SessionId(address.id))
        assert row is not None
        assert not row.in_review


async def test_the_count_is_put_right_once() -> None:
    async with CarPark() as park:
        seen_at = park.clock.now()
        await park.pass_time(1)
        fixing = FixCount(by=3, seen_at=seen_at, **BY)
        assert await asked(park, SITE, fixing) == ("count-corrected", None)
        assert (await asked(park, SITE, fixing))[0] == "count-changed-since"
        assert await park.occupancy() == 3
        assert park.shown[-1] == "LIBRE:47"


async def test_a_killed_worker_corrects_once() -> None:
    async with CarPark() as park:
        session = await came_in(park, "AB123CD")
        await park.request(Address("session", session.id), CloseByHand(version=1, **BY))
        await park.restart()
        await park.pass_time(15)
        assert await park.occupancy() == 0
        assert park.rules().count("closed-by-hand") == 1


async def test_of_four_people_who_put_two_sessions_right_at_once_each_is_told_what_stands() -> None:
    async with CarPark() as park:
        one, two = await came_in(park, "AB123CD"), await came_in(park, "XY789ZW")
        seen: dict[str, Any] = {"version": 1, **BY}
        acts: list[tuple[Address, AnyMessage]] = [
            (SITE, MergeSessions(session_id=one.id, into=two.id, into_version=1, **seen)),
            (SITE, MergeSessions(session_id=two.id, into=one.id, into_version=1, **seen)),
            (Address("session", one.id), CloseByHand(**seen)),
            (Address("session", two.id), FlagReview(**seen)),
        ]
        outcomes = [(await asked(park, recipient, act))[1] for recipient, act in acts]

        assert outcomes[0] is None
        assert outcomes[1:3] == ["that session never happened by itself", "the session is void"]
        assert [row.status for row in await park.all_sessions()] == [Status.VOID, Status.ACTIVE]
        assert await park.occupancy() == 1
        for plate in ("AB123CD", "XY789ZW"):
            await park.given(EXIT, {"plate": plate, "lane": "exit", "confidence": 0.97, "valid": True})
            await park.pass_time(20)
        assert await park.occupancy() == 0, "either plate lets it out, once"
