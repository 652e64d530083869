"""What a person puts right about whose vehicle it is. Source: domain.md, "Parking session"; docs/corrections.md."""

from collections.abc import Sequence
from datetime import timedelta

from syspark.domain.access import Plan
from syspark.domain.corrections import (
    CloseByHand,
    CorrectPlate,
    FixCount,
    Ground,
    MergeSessions,
    SplitSession,
    VoidSession,
)
from syspark.domain.identity import WitnessKind
from syspark.domain.session import Session, Status
from syspark.domain.units import HolderKey, Plate, SessionId
from tests.domain.park import ALICE, BOB, CAR, ENTRY, EXIT, TRAILER, VAN, Park, badge_of, setup_of

MISREAD = Plate("AA128BB")
"""What a camera made of `CAR`."""


def entered(park: Park, plate: Plate) -> Session:
    """A vehicle that came in by its plate long enough ago to leave."""
    park.plate(plate, ENTRY)
    park.fated("acked")
    park.pass_time(600)
    return park.inside()[-1]


def corrected(park: Park, session: Session, plate: Plate, *, was: Plate | None = None, version: int = 0) -> str:
    asked = CorrectPlate(
        session_id=session.id,
        plate=plate,
        key=park.holder(was) if was is not None else None,
        version=version or park.versions[session.id],
        reason=Ground.PICTURE,
        author="op",
    )
    rule = park.tell(asked).rule
    park.settle()
    return rule


def merged(park: Park, part: Session, into: Session) -> str:
    asked = MergeSessions(
        session_id=part.id,
        version=park.versions[part.id],
        into=into.id,
        into_version=park.versions[into.id],
        reason=Ground.DRIVER,
        author="op",
    )
    rule = park.tell(asked).rule
    park.settle()
    return rule


def split(park: Park, session: Session, keys: Sequence[HolderKey]) -> str:
    asked = SplitSession(
        session_id=session.id,
        version=park.versions[session.id],
        keys=tuple(keys),
        reason=Ground.PICTURE,
        author="op",
    )
    rule = park.tell(asked).rule
    park.settle()
    return rule


def test_a_corrected_plate_leaves_as_the_plate_that_entered() -> None:
    park = Park()
    session = entered(park, MISREAD)
    assert corrected(park, session, CAR, was=MISREAD) == "plate-corrected"
    assert park.plate(CAR, EXIT) == "exit-asked"
    assert park.sessions[session.id].holder_key == park.holder(CAR)


def test_the_misread_plate_is_a_stranger_s_again() -> None:
    park = Park()
    session = entered(park, MISREAD)
    corrected(park, session, CAR, was=MISREAD)
    for _ in ("at once", "after a restart"):
        visit = park.visits.by_key(park.holder(MISREAD))
        assert visit is None, "nobody leaves by it"
        assert park.visits.by_key(park.holder(CAR)) is not None
        park.restart()
    assert park.plate(MISREAD, ENTRY) == "plate-admitted"
    assert len(park.inside()) == 2


def test_a_plate_that_another_open_session_has_is_not_given_twice() -> None:
    park = Park()
    session = entered(park, MISREAD)
    entered(park, VAN)
    assert corrected(park, session, VAN, was=MISREAD) == "plate-not-corrected"
    assert park.state.occupancy == 2


def test_a_correction_of_what_has_changed_since_is_refused() -> None:
    park = Park()
    session = entered(park, MISREAD)
    corrected(park, session, CAR, was=MISREAD)
    assert corrected(park, session, TRAILER, was=CAR, version=1) == "plate-not-corrected"


def test_a_session_without_a_plate_gets_one() -> None:
    park = Park()
    park.badge(ALICE, ENTRY)
    park.pass_time(600)
    session = park.inside()[0]
    assert corrected(park, session, CAR) == "plate-corrected"
    assert park.plate(CAR, EXIT) == "exit-asked"
    assert park.badge(BOB, EXIT) != "exit-asked"


def test_two_halves_of_a_visit_become_one_that_has_left() -> None:
    park = Park()
    entry = entered(park, MISREAD)
    park.badge(BOB, EXIT)
    park.fated("acked")
    exit_ = park.sessions[next(name for name in park.sessions if name != entry.id)]
    assert (exit_.opened_at, exit_.status, park.state.occupancy) == (None, Status.CLOSED, 1)
    assert merged(park, exit_, entry) == "sessions-merged"
    whole, part = park.sessions[entry.id], park.sessions[exit_.id]
    assert (whole.status, whole.left_at, whole.closed_as) == (Status.CLOSED, exit_.left_at, "merged")
    assert (part.merged_into, part.review) == (entry.id, ())
    assert park.state.occupancy == 0


def test_a_vehicle_counted_twice_is_counted_once() -> None:
    park = Park()
    one, two = entered(park, MISREAD), entered(park, CAR)
    assert park.state.occupancy == 2
    assert merged(park, two, one) == "sessions-merged"
    assert (park.state.occupancy, park.sessions[two.id].status) == (1, Status.VOID)
    assert park.plate(CAR, EXIT) == "exit-asked"
    assert park.sessions[one.id].status is not Status.ACTIVE
    assert merged(park, two, one) == "not-merged"


def test_two_vehicles_taken_for_one_are_two_sessions() -> None:
    park = Park(setup_of(sensors=[ENTRY]))
    park.arrive(ENTRY)
    park.plate(CAR, ENTRY)
    park.badge(ALICE, ENTRY)
    park.fated("acked")
    park.leave(ENTRY)
    park.pass_time(600)
    session = park.inside()[0]
    assert (len(park.inside()), session.plan) == (1, Plan.SUBSCRIBER)
    assert split(park, session, [HolderKey(ALICE)]) == "session-split"
    theirs = next(one for one in park.inside() if one.id != session.id)
    assert (park.state.occupancy, theirs.plan, theirs.opened_at) == (2, Plan.SUBSCRIBER, session.opened_at)
    assert park.sessions[session.id].plan is Plan.VISITOR, "the badge was not theirs"
    park.restart()
    assert park.badge(ALICE, EXIT) == "exit-asked"
    park.pass_time(30)
    assert park.plate(CAR, EXIT) == "exit-asked"
    assert (park.sessions[theirs.id].closed_as, park.sessions[session.id].status) == ("right", Status.CLOSED)


def test_what_was_split_can_be_merged_again() -> None:
    park = Park(badges=(badge_of(ALICE),))
    session = entered(park, CAR)
    corrected(park, session, VAN)
    assert split(park, session, [park.holder(VAN)]) == "session-split"
    theirs = next(one for one in park.inside() if one.id != session.id)
    assert merged(park, park.sessions[theirs.id], park.sessions[session.id]) == "sessions-merged"
    assert park.state.occupancy == 1
    assert park.plate(VAN, EXIT) == "exit-asked"


def test_each_of_two_vehicles_keeps_a_reading() -> None:
    park = Park()
    session = entered(park, CAR)
    assert split(park, session, [park.holder(CAR)]) == "not-split"
    assert split(park, session, [HolderKey("nobody")]) == "not-split"


def test_a_closed_ghost_gives_its_place_back_and_is_asked_for_nothing() -> None:
    park = Park()
    session = entered(park, CAR)
    park.pass_time(3600)
    park.plate(CAR, EXIT)
    assert (park.state.ask is not None, park.state.occupancy) == (True, 1)
    assert park.correct(session.id, CloseByHand) == "closed-by-hand"
    assert (park.state.ask, park.state.occupancy) == (None, 0)


def test_a_ghost_that_stands_at_the_exit_all_the_same_is_counted_in_again() -> None:
    park = Park()
    session = entered(park, CAR)
    park.correct(session.id, CloseByHand)
    park.pass_time(120)
    park.plate(CAR, EXIT)
    assert park.sessions[session.id].status is Status.CLOSED
    assert (park.sent_to(EXIT), park.state.occupancy) == (1, 0)


def test_a_void_session_s_vehicle_gets_out() -> None:
    park = Park()
    session = entered(park, CAR)
    assert park.correct(session.id, VoidSession) == "voided"
    park.restart()
    park.plate(CAR, EXIT)
    assert (park.sent_to(EXIT), park.state.occupancy) == (1, 0)


def test_the_count_is_corrected_by_a_signed_difference() -> None:
    park = Park()
    entered(park, CAR)
    assert park.tell(FixCount(by=2, seen_at=park.now, reason=Ground.ON_SITE, author="op")).rule == "count-corrected"
    assert park.state.occupancy == 3
    assert "LIBRE:7" in park.texts()


def test_a_count_corrected_twice_from_one_look_is_corrected_once() -> None:
    park = Park()
    seen_at = park.now
    park.pass_time(10)
    for rule in ("count-corrected", "count-changed-since"):
        assert park.tell(FixCount(by=3, seen_at=seen_at, reason=Ground.ON_SITE, author="op")).rule == rule
    assert park.state.occupancy == 3


def test_nobody_counts_fewer_than_none() -> None:
    park = Park()
    decision = park.tell(FixCount(by=-1, seen_at=park.now, reason=Ground.ON_SITE, author="op"))
    assert (decision.rule, park.state.occupancy) == ("count-not-corrected", 0)


def test_a_driver_who_backs_out_of_the_exit_parks_on_and_pays_later() -> None:
    park = Park(setup_of(sensors=[EXIT]))
    session = entered(park, CAR)
    park.pass_time(3600)
    park.arrive(EXIT)
    park.plate(CAR, EXIT)
    assert park.sessions[session.id].status is Status.PENDING_PAYMENT
    park.leave(EXIT)
    park.pass_time(20)
    assert park.sessions[session.id].status is Status.ACTIVE
    assert "turned-back" in park.rules


def test_a_session_of_another_site_is_not_known_here() -> None:
    asked = CorrectPlate(session_id=SessionId("elsewhere"), plate=CAR, version=1, reason=Ground.PICTURE, author="op")
    assert Park().tell(asked).refused == "there is no such session at this site"


def test_what_speaks_for_a_vehicle_is_withdrawn_and_not_lost_from_the_record() -> None:
    park = Park()
    session = entered(park, MISREAD)
    corrected(park, session, CAR, was=MISREAD)
    kept = [one for of, one in park.witnesses if of == session.id]
    assert [(one.kind, one.key) for one in kept] == [(WitnessKind.PLATE, park.holder(CAR))]
    assert kept[0].at == session.opened_at
    assert timedelta(0) <= park.now - kept[0].at


def test_a_site_that_restarts_before_it_hears_of_the_end_counts_it_once() -> None:
    for heard_before in (True, False):
        park = Park()
        session = entered(park, CAR)
        park.correct(session.id, CloseByHand, settle=heard_before)
        park.restart()
        park.settle()
        assert park.state.occupancy == 0
