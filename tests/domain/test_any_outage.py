"""Whoever comes and goes while a first-generation site is alone: told in order, without times, the same are inside."""

from hypothesis import given, settings
from hypothesis import strategies as st

from syspark.domain.facts import PresenceReported
from syspark.domain.units import Uid
from tests.domain.park import ENTRY, SENSOR_OF, Park, badge_of, setup_of
from tests.examples import examples

DRIVERS = [Uid(f"A11CE{number:03X}") for number in range(5)]
CUT_S = 3600.0

MOVE = st.tuples(st.sampled_from(DRIVERS), st.none() | st.sampled_from(DRIVERS), st.booleans(), st.integers(1, 3))


@given(before=st.sets(st.sampled_from(DRIVERS)), moves=st.lists(MOVE, max_size=12), settle=st.booleans())
@settings(max_examples=examples(60))
def test_who_is_inside_after_an_outage_does_not_depend_on_what_happened_in_it(
    before: set[Uid], moves: list[tuple[Uid, Uid | None, bool, int]], *, settle: bool
) -> None:
    """Who is outside enters, who is inside leaves and may badge up to three times; another one may leave meanwhile."""
    park = Park(setup_of(sensors=(ENTRY,), capacity=3), badges=[badge_of(driver) for driver in DRIVERS])
    park.sync()
    for driver in sorted(before):
        enter(park, driver, 0.0)
        park.pass_time(90)
    park.pass_time(CUT_S)
    inside = set(before)
    for driver, other, first, times in moves:
        leaving = [other] if other in inside and other != driver else []
        if driver in inside:
            for _ in range(times):
                park.badge(driver, age_s=CUT_S, settle=settle)
            inside.remove(driver)
            continue
        enter(park, driver, CUT_S, leaving=leaving, first=first, settle=settle)
        inside = (inside | {driver}) - set(leaving)
    park.settle()

    assert {Uid(session.holder_key) for session in park.inside()} == inside
    assert park.state.occupancy == len(inside)


def enter(
    park: Park, driver: Uid, age_s: float, *, leaving: list[Uid] | None = None, first: bool = False, settle: bool = True
) -> None:
    """A vehicle comes to the entry, its driver badges, it leaves the sensor; others badge at the exit meanwhile."""
    sensor = SENSOR_OF[ENTRY]
    park.report(sensor, PresenceReported(present=True), age_s=age_s, settle=settle)
    for uid in (*(leaving or ()), driver) if first else (driver, *(leaving or ())):
        park.badge(uid, age_s=age_s, settle=settle)
    park.report(sensor, PresenceReported(present=False), age_s=age_s, settle=settle)
