"""Plates and what speaks for a vehicle: one subject a plate, and sessions found again by everything that was read."""

from typing import Any

import pytest
from msgspec.structs import replace

from syspark.domain.units import SessionId, SiteId
from syspark.ports import DataRefused, Stores
from syspark.rows import Fence, PartnerRow, SessionRow, Unit, ValidationRow, Withdrawal
from tests.persistence.contract.benches import Bench
from tests.persistence.contract.making import Maker, after


async def unit(stores: Stores, make: Maker, fence: Fence, **parts: Any) -> Unit:
    """A unit whose row is in its place."""
    [answer] = await stores.inbox.insert([fence], [make.fact()])
    return make.unit(answer.row, **parts)


async def decide(stores: Stores, make: Maker, fence: Fence, **parts: Any) -> None:
    """Write parts by a unit of their own."""
    await stores.units.commit([fence], [await unit(stores, make, fence, **parts)])


async def read_back(stores: Stores, make: Maker) -> list[SessionRow]:
    """The site's sessions, those closed since the suite's noon among them."""
    return list(await stores.state.sessions_of(make.site.id, after(0)))


async def test_a_plate_is_found_by_its_subject_at_its_site_only(stores: Stores, make: Maker, fence: Fence) -> None:
    assert await stores.state.subject(make.site.id, "AB123CD") is None
    subject = make.subject("AB123CD")
    await decide(stores, make, fence, subjects=(subject, make.subject("EF456GH")))
    assert await stores.state.subject(make.site.id, "AB123CD") == subject.id
    assert await stores.state.subject(make.site.id, "AB123CE") is None
    assert await stores.state.subject(SiteId("elsewhere"), "AB123CD") is None


@pytest.mark.parametrize("in_one_unit", [True, False])
async def test_a_second_subject_of_a_plate_is_refused(
    stores: Stores, bench: Bench, make: Maker, fence: Fence, *, in_one_unit: bool
) -> None:
    first, second, entry = make.subject(), make.subject(), make.entry()
    if not in_one_unit:
        await decide(stores, make, fence, subjects=(first,))
    both = (first, second) if in_one_unit else (second,)
    with pytest.raises(DataRefused):
        await decide(stores, make, fence, subjects=both, journal=(entry,))
    assert await stores.state.subject(make.site.id, first.plate) == (None if in_one_unit else first.id)
    assert list(await bench.journal(entry.chain)) == []


async def test_the_same_plate_at_two_sites_is_two_subjects(
    stores: Stores, bench: Bench, make: Maker, fence: Fence
) -> None:
    there = make.another_site("north", make.site.partition)
    here = make.subject()
    theirs = make.subject(scope=replace(make.scope, site_id=there.id))
    await decide(stores, make, fence, new_site=there, subjects=(here, theirs))
    assert await stores.state.subject(make.site.id, here.plate) == here.id
    assert await stores.state.subject(there.id, here.plate) == theirs.id


async def test_a_session_is_read_back_with_all_that_speaks_for_it(stores: Stores, make: Maker, fence: Fence) -> None:
    session, subject = make.session(), make.subject("AB123CD")
    await decide(stores, make, fence, sessions=(session,), witnesses=(make.witness(session, read_at=after(3)),))
    plate = make.witness(session, str(subject.id), kind="plate", read_at=after(1), confidence=0.93)
    await decide(stores, make, fence, subjects=(subject,), witnesses=(plate,))
    again = make.witness(session, lane="exit", read_at=after(60))
    pin = make.witness(session, f"pin:{session.id}", kind="pin", read_at=after(9))
    await decide(stores, make, fence, witnesses=(again, pin))
    keys = (str(subject.id), "A1B2C3D4", f"pin:{session.id}")
    assert await read_back(stores, make) == [
        replace(session, holder_keys=keys, subjects=((str(subject.id), "AB123CD"),))
    ]
    assert await stores.state.session(session.id) == session


async def test_every_session_has_its_own_witnesses(stores: Stores, make: Maker, fence: Fence) -> None:
    one, none, left = make.session(), make.session(), make.session(status="closed", closed_at=after(5))
    subjects = (make.subject("AB123CD"), make.subject("EF456GH"))
    witnesses = [
        make.witness(session, str(subject.id), kind="plate")
        for session, subject in zip((one, left), subjects, strict=True)
    ]
    await decide(stores, make, fence, sessions=(one, none, left), subjects=subjects, witnesses=tuple(witnesses))
    assert [(row.holder_keys, row.subjects) for row in await read_back(stores, make)] == [
        ((str(subjects[0].id),), ((str(subjects[0].id), "AB123CD"),)),
        ((), ()),
        ((str(subjects[1].id),), ((str(subjects[1].id), "EF456GH"),)),
    ]


async def test_what_was_read_back_with_a_session_is_not_written_with_it(
    stores: Stores, make: Maker, fence: Fence
) -> None:
    session = make.session()
    await decide(stores, make, fence, sessions=(session,))
    later = replace(session, version=2, holder_keys=("A1B2C3D4",), subjects=((str(make.id()), "AB123CD"),))
    await decide(stores, make, fence, sessions=(later,))
    assert await read_back(stores, make) == [replace(session, version=2)]


async def test_two_readings_of_the_same_moment_are_two_witnesses(stores: Stores, make: Maker, fence: Fence) -> None:
    session = make.session()
    twice = (make.witness(session, read_at=after(1)), make.witness(session, read_at=after(1)))
    await decide(stores, make, fence, sessions=(session,), witnesses=twice)
    [row] = await read_back(stores, make)
    assert row.holder_keys == ("A1B2C3D4",)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "rumour"},
        {"kind": "plate", "holder_key": "AB123CD"},
        {"session_id": SessionId("not-a-uuid")},
        {"holder_key": "A\0B"},
    ],
)
async def test_a_witness_that_cannot_be_is_refused(
    stores: Stores, make: Maker, fence: Fence, wrong: dict[str, Any]
) -> None:
    session = make.session()
    with pytest.raises(DataRefused):
        await decide(stores, make, fence, sessions=(session,), witnesses=(make.witness(session, **wrong),))
    assert await stores.state.session(session.id) is None


async def test_the_same_witness_twice_is_refused(stores: Stores, make: Maker, fence: Fence) -> None:
    session = make.session()
    witness = make.witness(session)
    await decide(stores, make, fence, sessions=(session,), witnesses=(witness,))
    with pytest.raises(DataRefused):
        await decide(stores, make, fence, witnesses=(witness,))


async def test_a_batch_writes_each_unit_s_identity(stores: Stores, make: Maker, fence: Fence) -> None:
    units = []
    for number in range(5):
        session, subject = make.session(), make.subject(f"AB{number}CD")
        witness = make.witness(session, str(subject.id), kind="plate")
        units.append(await unit(stores, make, fence, sessions=(session,), subjects=(subject,), witnesses=(witness,)))
    await stores.units.commit([fence], units)
    assert [row.subjects for row in await read_back(stores, make)] == [
        ((str(made.subjects[0].id), made.subjects[0].plate),) for made in units
    ]


async def test_what_was_withdrawn_speaks_for_a_session_no_more_until_it_is_kept_again(
    stores: Stores, make: Maker, fence: Fence
) -> None:
    session, subject = make.session(), make.subject("AB123CD")
    badge, plate = make.witness(session), make.witness(session, str(subject.id), kind="plate", read_at=after(2))
    await decide(stores, make, fence, sessions=(session,), subjects=(subject,), witnesses=(badge, plate))
    assert list(await stores.state.witnesses(session.id)) == [badge, replace(plate, plate="AB123CD")]

    await decide(stores, make, fence, withdrawn=(Withdrawal(session.id, plate.holder_key, after(9)),))
    assert list(await stores.state.witnesses(session.id)) == [badge]
    assert [row.holder_keys for row in await read_back(stores, make)] == [("A1B2C3D4",)]

    await decide(stores, make, fence, witnesses=(plate,))
    assert list(await stores.state.witnesses(session.id)) == [badge, replace(plate, plate="AB123CD")]


async def test_what_lists_of_sessions_are_found_by_is_read_back(stores: Stores, make: Maker, fence: Fence) -> None:
    session = make.session(in_review=True, unpaid_cents=250)
    await decide(stores, make, fence, sessions=(session,))
    later = replace(session, version=2, in_review=False)
    await decide(stores, make, fence, sessions=(later,))
    assert await stores.state.session(session.id) == later


async def test_sessions_around_a_time_are_the_holder_s_and_those_opened_then_with_their_witnesses(
    stores: Stores, make: Maker, fence: Fence
) -> None:
    theirs = make.session(opened_at=after(0))
    again = make.session(opened_at=after(5_000))
    near = make.session(opened_at=after(1_010))
    other = make.session(opened_at=after(2_000))
    holders = [
        (theirs, "A1B2C3D4", 0),
        (again, "A1B2C3D4", 5_000),
        (near, "CAFE0001", 1_010),
        (other, "CAFE0002", 2_000),
    ]
    witnesses = [make.witness(session, key, read_at=after(at)) for session, key, at in holders]
    late = make.witness(theirs, "CAFE0003", read_at=after(9_000))
    await decide(stores, make, fence, sessions=(theirs, again, near, other), witnesses=(late, *witnesses))

    found = await stores.state.sessions_around(make.site.id, "A1B2C3D4", after(1_000), 15)
    assert [one.row for one in found] == sorted((theirs, again, near), key=lambda row: row.id)
    by_id = {one.row.id: one.witnesses for one in found}
    assert by_id[theirs.id] == (witnesses[0], late)
    assert by_id[near.id] == (witnesses[2],)
    assert list(await stores.state.sessions_around(SiteId("elsewhere"), "A1B2C3D4", after(1_000), 15)) == []


async def test_a_plate_that_nothing_refers_to_is_forgotten(stores: Stores, make: Maker, fence: Fence) -> None:
    session = make.session()
    read, unread, gone = make.subject("AB123CD"), make.subject("EF456GH"), make.id()
    witness = make.witness(session, str(read.id), kind="plate")
    await decide(stores, make, fence, sessions=(session,), subjects=(read, unread), witnesses=(witness,))
    await decide(stores, make, fence, forgotten=(read.id, unread.id, gone))
    assert await stores.state.subject(make.site.id, read.plate) == read.id
    assert await stores.state.subject(make.site.id, unread.plate) is None
    await decide(stores, make, fence, subjects=(make.subject("EF456GH"),))


async def test_a_plate_whose_validation_waits_is_not_forgotten(stores: Stores, make: Maker, fence: Fence) -> None:
    subject, partner = make.subject("AB123CD"), PartnerRow(make.id(), make.scope, "Hotel", b"{}")
    waits = ValidationRow(make.id(), make.scope, partner.id, subject.id, "2026-11", after(0), True, b"{}")
    await decide(stores, make, fence, subjects=(subject,), partners=(partner,), validations=(waits,))
    await decide(stores, make, fence, forgotten=(subject.id,))
    assert await stores.state.subject(make.site.id, subject.plate) == subject.id
    await decide(stores, make, fence, validations=(replace(waits, live=False),))
    await decide(stores, make, fence, forgotten=(subject.id,))
    assert await stores.state.subject(make.site.id, subject.plate) is None
