"""Whatever happens at a site, these hold. The steps are random, the invariants are the spec's."""

from collections import Counter
from datetime import timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from syspark.domain.orders import MoveBarrier, ShowText
from syspark.domain.session import Status
from syspark.domain.site.state import Visit
from syspark.domain.units import HolderKey, Lane, Plate, SessionId, Uid
from tests.domain.park import ALICE, BOB, CAR, CAROL, ENTRY, EXIT, NOBODY, TRAILER, VAN, Park, setup_of
from tests.examples import examples

UIDS = st.sampled_from([ALICE, BOB, CAROL, NOBODY])
PLATES = st.sampled_from([CAR, VAN, TRAILER])
LANES = st.sampled_from([ENTRY, EXIT])
WAITS_S = st.sampled_from([0.5, 2, 3, 9, 14, 16, 45, 61, 130, 299, 301, 601, 1900, 90_000])
FATES = st.sampled_from(["sent", "acked", "expired", "unknown", "failed", "refused"])
AGES_S = st.sampled_from([0, 0, 0, 1, 9, 11, 100, 3600])

STEP = st.one_of(
    st.tuples(st.just("badge"), UIDS, st.none() | LANES, AGES_S),
    st.tuples(st.just("badge"), UIDS, st.none() | LANES, AGES_S),
    st.tuples(st.just("plate"), PLATES, st.none() | LANES, AGES_S),
    st.tuples(st.just("plate"), PLATES, LANES, AGES_S),
    st.tuples(st.just("pin"), LANES, AGES_S),
    st.tuples(st.just("wait"), WAITS_S),
    st.tuples(st.just("fate"), st.integers(0, 3), FATES),
    st.tuples(st.just("fate"), st.just(0), st.just("acked")),
    st.tuples(st.just("barrier"), st.integers(0, 3), st.sampled_from(["open", "closed", "fault"])),
    st.tuples(st.just("presence"), LANES, st.booleans()),
    st.tuples(st.just("trust"), LANES, st.booleans()),
    st.tuples(st.just("sync")),
    st.tuples(st.just("block"), st.sampled_from([ALICE, CAROL]), st.booleans()),
    st.tuples(st.just("open"), LANES),
    st.tuples(st.just("restart")),
)
SENSORS = st.sampled_from([(), (ENTRY,), (ENTRY, EXIT)])
HISTORY = st.lists(STEP, max_size=30)


def take(park: Park, step: tuple[object, ...], *, settle: bool = True) -> None:
    match step:
        case ("badge", str() as uid, lane, int() as age_s):
            assert lane is None or isinstance(lane, Lane)
            park.badge(Uid(uid), lane, age_s=age_s, settle=settle)
        case ("plate", str() as plate, lane, int() as age_s):
            assert lane is None or isinstance(lane, Lane)
            park.plate(Plate(plate), lane, age_s=age_s, settle=settle)
        case ("pin", Lane() as lane, int() as age_s):
            park.pin(lane, age_s=age_s, settle=settle)
        case ("wait", int() | float() as seconds):
            park.pass_time(seconds)
        case ("fate", int() as back, str() as fate):
            ids = [one.command.id for one in park.openings() if one.fate in {"queued", "sent"}]
            if len(ids) > back:
                park.fated(fate, ids[-1 - back])
        case ("barrier", int() as back, str() as said):
            # A store keeps an end it was told: the site's own word comes to a command that has none.
            ids = [one.command.id for one in park.openings() if one.fate in {"queued", "sent", "acked"}]
            if len(ids) > back:
                park.barrier(ids[-1 - back], said)
        case ("presence", Lane() as lane, bool() as present):
            park.arrive(lane) if present else park.leave(lane)
        case ("trust", Lane() as lane, bool() as trusted):
            park.trust(lane, trusted=trusted)
        case ("sync",):
            park.sync()
        case ("block", str() as uid, bool() as blocked):
            park.know(Uid(uid), park.credentials[HolderKey(uid)].plan, blocked=blocked)
        case ("open", Lane() as lane):
            # At an instant of its own: what a person asks for is no second command for a read.
            park.pass_time(0.25)
            park.open_by_hand(lane, settle=settle)
            park.pass_time(0.25)
        case ("restart",):
            park.restart()
        case _:
            raise AssertionError(step)


def check_always(park: Park) -> None:
    """What holds at any instant, hand-overs on their way or not."""
    unfated = Counter(one.root for one in park.openings() if one.fate == "queued")
    assert all(count == 1 for count in unfated.values()), "two commands in flight for one read"
    for one in park.openings():
        order = one.command.order
        assert isinstance(order, MoveBarrier)
        assert order.session_id is None or order.session_id in park.sessions
        assert one.command.withheld == (one.decided_at - one.fact_at > timedelta(seconds=10))
        assert one.command.expires_at == one.fact_at + timedelta(seconds=10)
    for sent in park.sent.values():
        assert not isinstance(sent.command.order, ShowText) or "COMPLET" not in sent.command.order.text


def check_settled(park: Park) -> None:
    """What holds when every hand-over has arrived."""
    check_always(park)
    unfated = Counter(
        (one.command.order.session_id, one.command.order.lane, one.command.order.read_at)
        for one in park.openings()
        if isinstance(one.command.order, MoveBarrier) and one.command.order.session_id and one.fate == "queued"
    )
    assert all(count == 1 for count in unfated.values()), "two commands in flight for one read"
    check_counts(park)


def check_counts(park: Park) -> None:
    """One open session a vehicle, and the count is their number."""
    holders = Counter(key for visit in park.visits if visit.inside for key in visit.keys)
    assert all(count == 1 for count in holders.values()), "two open sessions of one vehicle"
    for visit in park.visits:
        of_witnesses = {one.key for session_id, one in park.witnesses if session_id == visit.session_id}
        assert set(visit.keys) <= of_witnesses
        assert all(park.visits.by_key(key) is not None for key in of_witnesses) or not visit.inside
        assert not visit.inside or all(park.visits.by_key(key) == visit for key in visit.keys)
    by_pin = [visit for visit in park.visits if visit.inside and visit.by_pin]
    assert (park.visits.oldest_pin in by_pin) if by_pin else park.visits.oldest_pin is None
    assert park.state.occupancy == len(park.inside()) == sum(visit.inside for visit in park.visits)
    assert {visit.session_id for visit in park.visits if visit.inside} == {session.id for session in park.inside()}


def known(park: Park, visits: object) -> dict[SessionId, Visit]:
    """The visits that still mean something: lately let out, or inside."""
    keep = timedelta(seconds=park.setup.policy.same_exit_s)
    assert hasattr(visits, "__iter__")
    return {visit.session_id: visit for visit in visits if visit.left_at is None or park.now - visit.left_at < keep}


@given(SENSORS, st.sampled_from([0, 1, 10]), HISTORY)
@settings(max_examples=examples(250))
@example(
    (), 0, [("pin", ENTRY, 0), ("open", ENTRY), ("badge", BOB, EXIT, 1), ("badge", BOB, ENTRY, 1), ("pin", EXIT, 0)]
)
def test_count_sessions_and_visits_agree_and_nothing_opens_twice_or_late(
    sensors: tuple[Lane, ...], capacity: int, history: list[tuple[object, ...]]
) -> None:
    park = Park(setup_of(sensors=sensors, capacity=capacity))
    for step in history:
        take(park, step)
        check_settled(park)
        check_rebuilt(park)


def check_rebuilt(park: Park) -> None:
    """A site that starts now knows from its rows what the running one knows.

    Five things rows do not tell: a read at the entry that only confirmed it, that a request for payment came too late
    to be shown, that an opening was meant for a second read too, whom a person's opening was found to be for, and how
    many had come to the entry by then.
    After a restart all but the second may be repeated earlier, the second some seconds later.
    """
    alive, rebuilt = known(park, park.visits), known(park, park.rebuilt())
    assert alive.keys() == rebuilt.keys()
    for uid, visit in alive.items():
        other = rebuilt[uid]
        if visit.inside and visit.lane is ENTRY:
            other = replace(other, read_at=visit.read_at)
        if park.sessions[visit.session_id].status is Status.PENDING_PAYMENT:
            other = replace(other, answer=visit.answer)
        assert (visit.keys[:1], set(visit.keys)) == (other.keys[:1], set(other.keys))
        if park.sessions[visit.session_id].closed_as == "override":
            continue
        asked_at = park.sessions[visit.session_id].asked_at
        if not visit.inside and asked_at is not None and visit.read_at < asked_at:
            continue
        # Of two plates read at the same instant rows do not tell the first.
        assert bool(visit.masked) == bool(other.masked)
        assert visit == replace(other, keys=visit.keys, masked=visit.masked, come_by_exit=visit.come_by_exit)
        if visit.command_id is not None:
            assert park.visits.by_command(visit.command_id) == visit


LATE_STEP = STEP.filter(lambda step: step[0] != "restart") | st.tuples(st.just("deliver"))


@given(SENSORS, st.lists(LATE_STEP, max_size=30))
@settings(max_examples=examples(200))
def test_hand_overs_that_are_long_on_their_way_change_nothing_of_it(
    sensors: tuple[Lane, ...], history: list[tuple[object, ...]]
) -> None:
    park = Park(setup_of(sensors=sensors))
    for step in history:
        if step == ("deliver",):
            if park.line:
                park.deliver()
        elif step[0] in {"badge", "plate", "pin"}:
            take(park, step, settle=False)
        else:
            take(park, step)
        check_always(park)
    park.settle()
    check_always(park)
    check_counts(park)


@given(SENSORS, HISTORY, UIDS.filter(lambda uid: uid != NOBODY))
@settings(max_examples=examples(120))
def test_nobody_is_held_hostage(sensors: tuple[Lane, ...], history: list[tuple[object, ...]], uid: Uid) -> None:
    """Whatever happened: a driver who badges at the exit, twice at most, is let out or asked to pay."""
    park = Park(setup_of(sensors=sensors))
    for step in history:
        take(park, step)
    park.pass_time(20)
    for _ in range(2):
        opened, asked = park.sent_to(EXIT), len(park.asks())
        park.badge(uid, EXIT)
        if park.sent_to(EXIT) > opened or len(park.asks()) > asked:
            return
        park.pass_time(16)
    raise AssertionError(park.rules)


@given(SENSORS, HISTORY)
@settings(max_examples=examples(120))
def test_a_driver_with_a_right_gets_in_by_the_entry(
    sensors: tuple[Lane, ...], history: list[tuple[object, ...]]
) -> None:
    """Whatever happened: badging at the entry once a minute for two minutes opens the entry."""
    park = Park(setup_of(sensors=sensors))
    for step in history:
        take(park, step)
    park.know(ALICE)
    park.pass_time(20)
    for _ in range(3):
        opened = park.sent_to(ENTRY)
        park.badge(ALICE, ENTRY)
        if park.sent_to(ENTRY) > opened:
            return
        park.pass_time(61)
    raise AssertionError(park.rules)
