"""A site that was cut off tells afterwards what happened: in any order, twice, mixed with what happens now."""

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import permutations
from random import Random
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.testing import CarPark, badge
from actors.testing.field import Payload, Report
from syspark.domain.access import Plan
from syspark.domain.corrections import CloseByHand, Ground
from syspark.domain.identity import WitnessKind
from syspark.domain.payment.messages import RecordOnSite
from syspark.domain.payment.payment import Means
from syspark.domain.rerun import Rerun, setups_in
from syspark.domain.review import Review
from syspark.domain.session import Session
from syspark.domain.units import Cents, Lane
from syspark.rows import Address
from tests.examples import examples

READER, CAMERA, SENSOR, REPLAY = (
    "parking/barriere",
    "parking/vision/plate",
    "parking/sensor_gate/present",
    "parking/replay/event",
)
ALICE, VISITOR = badge("A11CE000"), badge("CAFE0001", "visitor")


def kept(at: datetime, topic: str, payload: Payload, event_id: str | None = None) -> Report:
    """What the site has kept of a message while it was cut off, as it tells it afterwards."""
    body = {"ts": round(at.timestamp() * 1000), "topic": topic.removeprefix("parking/"), "payload": payload}
    return Report(REPLAY, body | {"event_id": event_id or uuid4().hex})


def badged(at: datetime, uid: str, lane: str) -> Report:
    return kept(at, READER, {"uid": uid, "lane": lane})


def seen(at: datetime, plate: str, lane: str) -> Report:
    return kept(at, CAMERA, {"plate": plate, "lane": lane})


def stays(sessions: Iterable[Session]) -> list[tuple[datetime | None, datetime | None, str | None]]:
    found = [(one.opened_at, one.left_at, one.closed_as) for one in sessions]
    return sorted(found, key=str)


def minutes_ago(park: CarPark, minutes: float) -> datetime:
    return park.clock.now() - timedelta(minutes=minutes)


async def test_a_visit_of_the_outage_has_its_true_times_and_moves_no_barrier() -> None:
    async with CarPark(badges=[VISITOR]) as park:
        entered, left = minutes_ago(park, 180), minutes_ago(park, 89)
        await park.when_all([badged(entered, VISITOR.uid, "entry"), badged(left, VISITOR.uid, "exit")])
        [session] = await park.all_sessions()
        assert (session.opened_at, session.left_at) == (entered, left)
        assert session.closed_as == "left_unpaid"
        assert session.unpaid is not None
        assert (session.unpaid.duration_s, session.unpaid.total_cents) == (91 * 60, 250)
        assert (park.opened, park.asked, park.shown) == ([], [], [])
        assert await park.occupancy() == 0


async def test_who_is_inside_since_the_outage_leaves_as_anybody() -> None:
    async with CarPark(badges=[VISITOR]) as park:
        entered = minutes_ago(park, 90)
        await park.when_all([badged(entered, VISITOR.uid, "entry")])
        assert await park.occupancy() == 1
        await park.when(READER, {"uid": VISITOR.uid, "lane": "exit"})
        assert park.asked == [200]


async def test_what_was_paid_afterwards_is_not_cut_in_two_by_an_entry_told_later() -> None:
    async with CarPark(badges=[VISITOR]) as park:
        entered, again, left = (minutes_ago(park, minutes) for minutes in (210, 150, 30))
        await park.when_all([badged(entered, VISITOR.uid, "entry"), badged(left, VISITOR.uid, "exit")])
        [session] = await park.all_sessions()
        cash = RecordOnSite(means=Means.CASH, receipt_number="17", amount_cents=Cents(500), author="Ben")
        await park.request(Address("session", session.id), cash)

        await park.when_all([badged(again, VISITOR.uid, "entry")])

        [session] = await park.all_sessions()
        assert (session.opened_at, session.left_at, session.paid_cents) == (entered, left, 500)
        assert Review.REPLAY_CONFLICT in session.review


async def came_in_and_was_ended(park: CarPark, entered: datetime) -> None:
    """Alice entered then, as is told now, and a person ends her session."""
    await park.when_all([badged(entered, ALICE.uid, "entry")])
    [session] = await park.all_sessions()
    gone = CloseByHand(version=1, reason=Ground.PICTURE, author="Ben")
    await park.request(Address("session", session.id), gone)


@pytest.mark.parametrize("lane", ["exit", None])
async def test_an_exit_told_after_a_person_has_ended_the_session_is_its_exit(lane: str | None) -> None:
    async with CarPark(badges=[ALICE]) as park:
        entered, left = minutes_ago(park, 120), minutes_ago(park, 60)
        await came_in_and_was_ended(park, entered)

        told = {"uid": ALICE.uid} | ({"lane": lane} if lane is not None else {})
        await park.when_all([kept(left, READER, told)])

        assert stays(await park.all_sessions()) == [(entered, left, "by_hand")]
        assert await park.occupancy() == 0


async def test_an_entry_told_after_a_person_has_ended_the_session_before_it_begins_another() -> None:
    async with CarPark(badges=[ALICE]) as park:
        entered, again = minutes_ago(park, 120), minutes_ago(park, 60)
        await came_in_and_was_ended(park, entered)

        await park.when_all([badged(again, ALICE.uid, "entry")])

        assert stays(await park.all_sessions()) == [(entered, entered, "by_hand"), (again, None, None)]
        assert await park.occupancy() == 1


async def test_a_badge_shown_again_by_who_is_asked_to_pay_is_not_of_the_car_that_came_to_the_entry() -> None:
    async with CarPark(badges=[VISITOR]) as park:
        await park.when_all([seen(minutes_ago(park, 120), "AB123CD", "entry")])
        await park.when(CAMERA, {"plate": "AB123CD", "lane": "exit"})
        await park.when(READER, VISITOR.uid)
        await park.pass_time(80)
        await park.when(SENSOR, "1")
        await park.when(CAMERA, {"plate": "EF456GH", "lane": "entry"})

        await park.when(READER, VISITOR.uid)

        assert park.opened == ["entry"]
        state = await park.site_state()
        assert state.ask is not None
        assert {one.kind for one in state.lane(Lane.ENTRY).arrivals[-1].witnesses} == {WitnessKind.PLATE}


async def test_the_next_car_s_plate_read_while_the_line_was_cut_is_no_trailer_s() -> None:
    async with CarPark() as park:
        await park.when(SENSOR, "1")
        await park.when(CAMERA, {"plate": "AB123CD", "lane": "entry"})
        await park.pass_time(9)

        await park.when_all([seen(park.clock.now(), "EF456GH", "entry")])

        assert (len(await park.open_sessions()), await park.occupancy(), park.opened) == (2, 2, ["entry", "entry"])


async def test_a_plate_kept_long_after_a_badge_while_the_line_was_cut_is_the_next_car_s() -> None:
    async with CarPark(badges=[ALICE]) as park:
        await park.when(SENSOR, "1")
        now = park.clock.now()

        await park.when_all([badged(now - timedelta(seconds=28), ALICE.uid, "entry"), seen(now, "EF456GH", "entry")])

        assert (len(await park.open_sessions()), await park.occupancy()) == (2, 2)


async def test_replaying_twice_changes_nothing() -> None:
    async with CarPark(badges=[ALICE, VISITOR]) as park:
        day = [
            badged(minutes_ago(park, 300), ALICE.uid, "entry"),
            seen(minutes_ago(park, 290), "AB123CD", "entry"),
            badged(minutes_ago(park, 200), VISITOR.uid, "entry"),
            badged(minutes_ago(park, 100), ALICE.uid, "exit"),
            seen(minutes_ago(park, 90), "AB123CD", "exit"),
            Report(REPLAY, {"ts": minutes_ago(park, 80).timestamp(), "topic": "barriere", "payload": "PIN_IN"}),
        ]
        await park.when_all(day)
        before = park.stores.contents()
        await park.when_all(day)
        assert park.stores.contents() == before
        assert len(await park.all_sessions()) == 4


VISITS = [("entry", 400), ("exit", 300), ("entry", 200), ("exit", 100)]


@pytest.mark.parametrize("order", list(permutations(range(4))))
async def test_the_order_of_a_replay_does_not_matter(order: tuple[int, ...]) -> None:
    async with CarPark(badges=[VISITOR]) as park:
        at = {place: minutes_ago(park, minutes) for place, (_, minutes) in enumerate(VISITS)}
        for place in order:
            await park.when_all([badged(at[place], VISITOR.uid, VISITS[place][0])])
        sessions = await park.all_sessions()
        assert stays(sessions) == [(at[0], at[1], "left_unpaid"), (at[2], at[3], "left_unpaid")]
        assert [one.review for one in sessions] == [("left_unpaid",)] * 2
        assert await park.occupancy() == 0


async def test_the_nearest_exit_is_an_entry_s_own() -> None:
    """Of three visits two exits come first; the second entry takes the nearer one, which the first seemed to have."""
    visits = [("exit", 200), ("exit", 100), ("entry", 350), ("exit", 300), ("entry", 250), ("entry", 150)]
    async with CarPark(badges=[VISITOR]) as park:
        at = {minutes: minutes_ago(park, minutes) for _, minutes in visits}
        await park.when_all([badged(at[minutes], VISITOR.uid, lane) for lane, minutes in visits])
        found = sorted((opened_at, left_at) for opened_at, left_at, _ in stays(await park.all_sessions()))
        assert found == [(at[350], at[300]), (at[250], at[200]), (at[150], at[100])]


async def test_an_entry_found_after_its_exit_belongs_to_it() -> None:
    """The link is back, the car leaves, and only then the site tells when it came."""
    async with CarPark(badges=[ALICE]) as park:
        await park.when(READER, {"uid": ALICE.uid, "lane": "exit"})
        assert park.opened == ["exit"], "nobody is held hostage"
        entered = minutes_ago(park, 30)
        await park.when_all([badged(entered, ALICE.uid, "entry")])
        [session] = await park.all_sessions()
        assert (session.opened_at, session.review) == (entered, ())
        assert await park.occupancy() == 0


async def test_what_was_told_live_is_not_told_again_by_a_replay() -> None:
    async with CarPark(badges=[ALICE]) as park:
        await park.when(READER, {"uid": ALICE.uid, "lane": "entry"})
        read_at = park.clock.now()
        await park.pass_time(300)
        await park.when_all([badged(read_at, ALICE.uid, "entry")])
        assert park.rules()[-1] == "replayed-repeated"
        assert len(await park.all_sessions()) == 1


async def test_a_state_of_the_past_does_not_move_the_present() -> None:
    async with CarPark() as park:
        await park.when(SENSOR, "1", retain=True)
        before = await park.site_state()
        await park.when_all([kept(minutes_ago(park, 60), SENSOR, "0")])
        assert await park.site_state() == before
        await park.when_all([kept(minutes_ago(park, 60), "parking/sensor_gate/error", "READ_FAIL")])
        assert (await park.twin("sensor_gate")).error is None


@pytest.mark.parametrize("days", [-1, 36])
async def test_a_time_that_cannot_be_is_flagged_and_changes_nothing(days: float) -> None:
    async with CarPark(badges=[ALICE]) as park:
        await park.when_all([badged(minutes_ago(park, days * 24 * 60), ALICE.uid, "entry")])
        assert park.rules()[-2:] == ["replayed-time-cannot-be", "alarm-raised"]
        assert await park.all_sessions() == []


async def test_plate_and_badge_of_one_arrival_are_one_visit_in_either_order() -> None:
    async with CarPark(badges=[ALICE]) as park:
        at = minutes_ago(park, 60)
        badge_first = [badged(at, ALICE.uid, "entry"), seen(at + timedelta(seconds=5), "AB123CD", "entry")]
        later = at + timedelta(minutes=20)
        plate_first = [seen(later + timedelta(seconds=5), "EF456GH", "entry"), badged(later, VISITOR.uid, "entry")]
        await park.when_all(badge_first)
        await park.when_all(plate_first)
        assert [one.opened_at for one in await park.all_sessions()] == [at, later + timedelta(seconds=5)]


@pytest.mark.parametrize("order", list(permutations(range(2))))
async def test_plate_and_badge_of_one_departure_are_one_visit_and_a_subscriber_owes_nothing(
    order: tuple[int, ...],
) -> None:
    """The camera saw it come; at the exit camera and reader tell of it, which let it out by the badge."""
    async with CarPark(badges=[ALICE]) as park:
        entered, left = minutes_ago(park, 180), minutes_ago(park, 60)
        out = [seen(left, "AB123CD", "exit"), badged(left + timedelta(seconds=4), ALICE.uid, "exit")]
        await park.when_all([seen(entered, "AB123CD", "entry"), *(out[place] for place in order)])
        session, *parts = await park.all_sessions()
        assert (session.opened_at, session.closed_as, session.unpaid, session.review) == (entered, "right", None, ())
        assert session.left_at in {left, left + timedelta(seconds=4)}
        assert [(one.review, one.merged_into) for one in parts] == [((), session.id)] * len(parts)
        assert await park.occupancy() == 0


async def test_of_two_vehicles_that_leave_close_behind_one_another_the_badge_is_the_second_s() -> None:
    async with CarPark(badges=[ALICE]) as park:
        left = minutes_ago(park, 60)
        plates = [seen(left + timedelta(seconds=10 * place), plate, "exit") for place, plate in enumerate(PLATES[:2])]
        await park.when_all([*plates, badged(left + timedelta(seconds=12), ALICE.uid, "exit")])
        first, second = await park.all_sessions()
        assert (first.closed_as, second.closed_as) == ("entry-unknown", "right")


async def test_a_pin_typed_while_a_plate_stands_at_the_exit_is_that_vehicle_s() -> None:
    """Who came second by PIN leaves first; without its plate the one who came first would be let go."""
    async with CarPark() as park:
        times = [minutes_ago(park, minutes) for minutes in (90, 80, 40, 30)]
        plates = [PLATES[0], PLATES[1], PLATES[1], PLATES[0]]
        words = [("entry", "PIN_IN")] * 2 + [("exit", "PIN_OUT")] * 2
        told = []
        for at, plate, (lane, word) in zip(times, plates, words, strict=True):
            told += [seen(at, plate, lane), kept(at + timedelta(seconds=3), READER, word)]
        await park.when_all(told)
        sessions = await park.all_sessions()
        assert [(one.opened_at, one.closed_as, one.review) for one in sessions] == [
            (times[0], "right", ()),
            (times[1], "right", ()),
        ]
        lasted = [one.left_at - one.opened_at for one in sessions if one.left_at and one.opened_at]
        assert [round(one / timedelta(minutes=1)) for one in lasted] == [60, 40]


async def test_of_two_vehicles_that_enter_close_behind_one_another_the_badge_is_the_second_s() -> None:
    async with CarPark(badges=[ALICE]) as park:
        at = minutes_ago(park, 60)
        plates = [seen(at + timedelta(seconds=10 * place), plate, "entry") for place, plate in enumerate(PLATES[:2])]
        await park.when_all([*plates, badged(at + timedelta(seconds=12), ALICE.uid, "entry")])
        first, second = await park.all_sessions()
        assert (first.plan, second.plan) == (Plan.VISITOR, Plan.SUBSCRIBER)


async def test_who_badges_at_the_entry_until_it_opens_is_one_vehicle_and_the_next_plate_is_not_theirs() -> None:
    async with CarPark(badges=[VISITOR]) as park:
        at = minutes_ago(park, 60)
        tries = [badged(at + timedelta(seconds=20 * times), VISITOR.uid, "entry") for times in range(3)]
        await park.when_all(
            [seen(at, PLATES[0], "entry"), *tries, seen(at + timedelta(seconds=50), PLATES[1], "entry")]
        )
        assert [one.opened_at for one in await park.all_sessions()] == [at, at + timedelta(seconds=50)]
        assert await park.occupancy() == 2


async def test_who_badges_at_the_exit_until_somebody_comes_is_one_vehicle() -> None:
    """The site cannot let a visitor out by itself: they badge every 20 s until an attendant opens."""
    async with CarPark(badges=[VISITOR]) as park:
        entered, asked = minutes_ago(park, 180), minutes_ago(park, 60)
        reads = [asked + timedelta(seconds=20 * times) for times in range(5)]
        await park.when_all([badged(entered, VISITOR.uid, "entry"), *(badged(at, VISITOR.uid, "exit") for at in reads)])
        [session] = await park.all_sessions()
        assert (session.opened_at, session.left_at, session.closed_as) == (entered, reads[-1], "left_unpaid")


async def test_what_cannot_be_reconciled_is_for_a_person_to_see() -> None:
    """The car waits at the exit now, asked to pay; a replay says that it came in a moment ago."""
    async with CarPark(badges=[VISITOR]) as park:
        await park.when(READER, {"uid": VISITOR.uid, "lane": "entry"})
        await park.pass_time(32 * 60)
        await park.when(READER, {"uid": VISITOR.uid, "lane": "exit"})
        assert park.asked == [50]
        await park.pass_time(60)
        await park.when_all([badged(minutes_ago(park, 20), VISITOR.uid, "entry")])
        [session] = await park.open_sessions()
        assert session.review == ("replay_conflict",)


async def test_pins_of_the_outage_let_in_and_out_by_turns() -> None:
    async with CarPark() as park:
        times = [minutes_ago(park, minutes) for minutes in (90, 80, 40, 30)]
        words = ["PIN_IN", "PIN_IN", "PIN_OUT", "PIN_OUT"]
        await park.when_all([kept(at, READER, word) for at, word in zip(times, words, strict=True)])
        assert [(one.opened_at, one.left_at) for one in await park.all_sessions()] == [
            (times[0], times[2]),
            (times[1], times[3]),
        ]
        assert {one.review for one in await park.all_sessions()} == {("pin_exit_guessed",)}, (
            "nobody knows whose they were"
        )
        assert await park.occupancy() == 0


PLATES = [f"AB{number}CD" for number in (111, 333, 555)]


@given(
    visits=st.lists(st.tuples(st.sampled_from(PLATES), st.integers(2, 20), st.integers(6, 20)), min_size=1, max_size=6),
    seed=st.integers(0, 2**32),
)
@settings(max_examples=examples(25))
def test_any_visits_told_in_any_order_several_times_are_those_visits(
    visits: list[tuple[str, int, int]], seed: int
) -> None:
    """Each plate comes and goes; what is told of it is shuffled, repeated, and mixed with what happens now.

    Nobody leaves twice within 5 minutes: told out of order, that is one leaving (docs/offline.md).
    """

    async def replay() -> None:
        async with CarPark() as park:
            clock = {plate: minutes_ago(park, 1200) for plate in PLATES}
            told, truth = [], []
            for plate, away, stay in visits:
                entered = clock[plate] + timedelta(minutes=away)
                clock[plate] = left = entered + timedelta(minutes=stay)
                told += [seen(entered, plate, "entry"), seen(left, plate, "exit")]
                truth.append((entered, left))
            rng = Random(seed)
            told = [*told, *rng.sample(told, len(told) // 2)]
            rng.shuffle(told)
            half = len(told) // 2
            await park.when_all(told[:half])
            await park.when(READER, "PIN_IN")
            await park.restart()
            await park.when_all(told[half:])

            now = park.clock.now() - timedelta(minutes=1)
            sessions = [one for one in await park.all_sessions() if one.opened_at is None or one.opened_at < now]
            assert sorted((one.opened_at, one.left_at) for one in sessions) == sorted(truth)
            assert all(one.review in {(), ("left_unpaid",)} for one in sessions)
            assert await park.occupancy() == 1
            assert park.opened in ([], ["entry"])
            rows, found = park.recorded(), Rerun()
            for row in rows:
                found.add(row, setups_in(rows))
            assert (found.differences, found.left_out) == ([], {})

    asyncio.run(replay())
