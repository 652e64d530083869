"""Facts of several vehicles told in any order, several times: the visits told in order. Source: domain.md."""

import asyncio
from datetime import datetime, timedelta
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from actors.testing import CarPark, badge
from actors.testing.field import Report
from syspark.domain.units import Uid
from tests.examples import examples
from tests.stories.test_replay import badged, minutes_ago, seen, stays

UID, PLATE = Uid("A11CE001"), "AB111CD"
DRIVERS = {UID: PLATE, Uid("A11CE002"): "AB333CD", Uid("A11CE003"): "AB555CD"}
BADGES = [badge(uid, "visitor") for uid in DRIVERS]
SHOWN = st.sampled_from(
    [("badge", "badge"), ("plate", "plate"), ("both", "both"), ("both", "badge"), ("both", "plate")]
)
APART_S = st.integers(-50, 14)
"""The plate is read so much later than the badge; before it, where nothing opens for it."""
VISIT = st.tuples(st.sampled_from(list(DRIVERS)), st.integers(6, 40), st.integers(6, 40), SHOWN, APART_S)
"""Whom it is of, for how many minutes they were away and stayed, what was read at the entry and exit, how far apart."""
Visits = list[tuple[Uid, int, int, tuple[str, str], int]]
Stays = list[tuple[datetime | None, datetime | None, str | None]]


async def test_badge_and_plate_read_at_the_exit_during_an_outage_are_one_leaving() -> None:
    async with CarPark(badges=BADGES) as park:
        entered, left = minutes_ago(park, 60), minutes_ago(park, 40)
        await park.when_all([badged(entered, UID, "entry"), seen(entered + timedelta(seconds=5), PLATE, "entry")])
        await park.when_all([badged(left, UID, "exit"), seen(left + timedelta(seconds=5), PLATE, "exit")])
        [session] = await park.all_sessions()
        assert (session.opened_at, session.left_at) == (entered, left + timedelta(seconds=5))
        assert (session.review, await park.occupancy()) == ((), 0)


async def test_who_came_during_the_outage_leaves_by_the_plate_that_was_read_with_their_badge() -> None:
    async with CarPark(badges=BADGES) as park:
        entered = minutes_ago(park, 20)
        await park.when_all([badged(entered, UID, "entry"), seen(entered + timedelta(seconds=5), PLATE, "entry")])
        await park.when("parking/vision/plate", {"plate": PLATE, "lane": "exit"})
        assert (park.opened, await park.open_sessions(), await park.occupancy()) == (["exit"], [], 0)


async def test_what_a_camera_tells_afterwards_of_a_live_exit_is_no_visit_of_its_own() -> None:
    """Let out live by badge; the gateway of the camera, cut off, tells of the same car later."""
    async with CarPark(badges=BADGES) as park:
        await park.when_all([badged(minutes_ago(park, 20), UID, "entry")])
        await park.when_all([seen(minutes_ago(park, 20) + timedelta(seconds=5), PLATE, "entry")])
        await park.when("parking/barriere", {"uid": UID, "lane": "exit"})
        assert park.opened == ["exit"]
        read_at = park.clock.now() + timedelta(seconds=5)
        await park.pass_time(120)
        await park.when_all([seen(read_at, PLATE, "exit")])
        [session] = await park.all_sessions()
        assert (session.closed_as, session.review, await park.occupancy()) == ("free", (), 0)


async def test_who_is_told_entering_again_joins_the_plate_read_with_the_badge() -> None:
    async with CarPark(badges=BADGES) as park:
        first, second = minutes_ago(park, 120), minutes_ago(park, 60)
        await park.when_all([seen(second + timedelta(seconds=5), PLATE, "entry")])
        await park.when_all([badged(first, UID, "entry")])
        await park.when_all([badged(second, UID, "entry")])
        assert stays(await park.all_sessions()) == [(first, first, "exit_missed"), (second, None, None)]
        assert await park.occupancy() == 1


def visits_of(began: datetime, visits: Visits) -> list[list[list[Report]]]:
    """What readers and cameras keep of each visit's arrival and leaving; visits follow one another."""
    now, kept = began, []
    for uid, away, stay, shown, apart_s in visits:
        entered, left = now + timedelta(minutes=away), now + timedelta(minutes=away + stay)
        now = left
        kept.append(
            [_read(entered, uid, "entry", shown[0], apart_s), _read(left, uid, "exit", shown[1], apart_s)],
        )
    return kept


def _read(at: datetime, uid: Uid, lane: str, by: str, apart_s: int) -> list[Report]:
    read = [] if by == "plate" else [badged(at, uid, lane)]
    return read if by == "badge" else [*read, seen(at + timedelta(seconds=apart_s), DRIVERS[uid], lane)]


def mixed(kept: list[list[list[Report]]], rng: Random) -> list[Report]:
    """Visits in any order, mixed, with repetitions; a visit's arrival, in either order, before its leaving."""
    waiting = [[report for reads in visit for report in rng.sample(reads, len(reads))] for visit in kept]
    told: list[Report] = []
    while waiting := [visit for visit in waiting if visit]:
        told.append(rng.choice(waiting).pop(0))
        if rng.random() < 0.4:
            told.append(rng.choice(told))
    return told


@given(
    visits=st.lists(VISIT, min_size=1, max_size=3, unique_by=lambda visit: visit[0]),
    rng=st.randoms(use_true_random=False),
)
@settings(max_examples=examples(20))
def test_badges_and_plates_of_an_outage_are_the_same_visits_however_they_are_mixed(visits: Visits, rng: Random) -> None:
    async def told(*, in_order: bool) -> tuple[Stays, int]:
        async with CarPark(badges=BADGES) as park:
            kept = visits_of(minutes_ago(park, 1200), visits)
            reports = [report for visit in kept for reads in visit for report in reads]
            for report in reports if in_order else mixed(kept, rng):
                await park.when_all([report])
            return stays(await park.all_sessions()), await park.occupancy()

    expected = asyncio.run(told(in_order=True))
    assert (len(expected[0]), expected[1]) == (len(visits), 0)
    assert asyncio.run(told(in_order=False)) == expected
