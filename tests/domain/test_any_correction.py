"""Whatever people put right while vehicles come and go, in any order: the site, its sessions and its rows agree."""

from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from syspark.domain.corrections import (
    CloseByHand,
    CorrectPlate,
    Ground,
    MergeSessions,
    SplitSession,
    VoidSession,
)
from syspark.domain.units import Lane, Plate, SessionId
from tests.domain.park import ALICE, CAR, CAROL, ENTRY, EXIT, VAN, Park, setup_of
from tests.domain.test_any_history import LANES, PLATES, SENSORS, UIDS, check_settled, take
from tests.examples import examples

BY: dict[str, Any] = {"reason": Ground.PICTURE, "author": "op"}
WHICH = st.integers(0, 3)
COMES_AND_GOES = st.one_of(
    st.tuples(st.just("badge"), UIDS, LANES, st.just(0)),
    st.tuples(st.just("plate"), PLATES, LANES, st.just(0)),
    st.tuples(st.just("pin"), LANES, st.just(0)),
    st.tuples(st.just("presence"), LANES, st.booleans()),
    st.tuples(st.just("fate"), st.just(0), st.sampled_from(["acked", "expired"])),
    st.tuples(st.just("wait"), st.sampled_from([2, 20, 70, 310, 1900])),
    st.tuples(st.just("open"), LANES),
)
PUT_RIGHT = st.one_of(
    st.tuples(st.just("end"), WHICH, st.sampled_from([CloseByHand, VoidSession])),
    st.tuples(st.just("merge"), WHICH, WHICH),
    st.tuples(st.just("split"), WHICH, WHICH),
    st.tuples(st.just("correct"), WHICH, WHICH, PLATES),
)
INSIDE: list[tuple[object, ...]] = [
    ("badge", ALICE, ENTRY, 0),
    ("wait", 70),
    ("plate", CAR, ENTRY, 0),
    ("wait", 70),
    ("badge", CAROL, ENTRY, 0),
    ("wait", 70),
    ("pin", ENTRY, 0),
    ("wait", 70),
]


def put_right(park: Park, step: tuple[object, ...]) -> None:
    """One correction of one of the latest sessions, where there is one."""
    sessions = list(park.sessions)[::-1]
    if not isinstance(step[1], int) or step[1] >= len(sessions):
        return
    of = sessions[step[1]]
    keys = list(dict.fromkeys(one.key for session_id, one in park.witnesses if session_id == of))
    versions: dict[str, Any] = {"session_id": of, "version": park.versions[of], **BY}
    match step:
        case ("end", _, type() as correction):
            park.correct(of, correction)
        case ("merge", _, int() as other) if other < len(sessions):
            into: SessionId = sessions[other]
            park.tell(MergeSessions(into=into, into_version=park.versions[into], **versions))
        case ("split", _, int() as first):
            park.tell(SplitSession(keys=tuple(keys[first:]), **versions))
        case ("correct", _, int() as which, plate):
            key = keys[which] if which < len(keys) else None
            park.tell(CorrectPlate(plate=Plate(str(plate)), key=key, **versions))
        case _:
            pass
    park.settle()


def check_found(park: Park) -> None:
    """A site that starts now finds those inside by the same holders, the first one whom their session is of."""
    alive, rebuilt = ({one.session_id: one for one in visits if one.inside} for visits in (park.visits, park.rebuilt()))
    assert alive.keys() == rebuilt.keys()
    for session_id, visit in alive.items():
        other = rebuilt[session_id]
        assert (visit.key, set(visit.keys), visit.plan) == (other.key, set(other.keys), other.plan)


@given(SENSORS, st.integers(0, 4), st.lists(COMES_AND_GOES | PUT_RIGHT, max_size=15))
@settings(max_examples=examples(60))
@example((), 1, [("correct", 0, 1, CAR), ("correct", 0, 0, VAN)])
@example((), 0, [("pin", ENTRY, 0), ("correct", 0, 0, CAR)])
def test_any_corrections_leave_one_session_a_vehicle_and_a_count_that_is_right(
    sensors: tuple[Lane, ...], inside: int, history: list[tuple[object, ...]]
) -> None:
    park = Park(setup_of(sensors=sensors))
    for step in [*INSIDE[: 2 * inside], *history]:
        if step[0] in {"end", "merge", "split", "correct"}:
            put_right(park, step)
        else:
            take(park, step)
        check_settled(park)
        check_found(park)


@given(SENSORS, st.integers(1, 4), st.lists(COMES_AND_GOES | PUT_RIGHT, max_size=15))
@settings(max_examples=examples(40))
def test_any_corrections_lock_nobody_in(
    sensors: tuple[Lane, ...], inside: int, history: list[tuple[object, ...]]
) -> None:
    """Whatever was put right: a driver who badges at the exit, twice at most, is let out or asked to pay."""
    park = Park(setup_of(sensors=sensors))
    for step in [*INSIDE[: 2 * inside], *history]:
        put_right(park, step) if step[0] in {"end", "merge", "split", "correct"} else take(park, step)
    for _ in range(2):
        park.pass_time(20)
        before = park.sent_to(EXIT) + len(park.asks())
        park.badge(ALICE, EXIT)
        if park.sent_to(EXIT) + len(park.asks()) > before:
            return
    raise AssertionError(park.rules)
