"""The states of a session, what it refuses, and who may come in. Source: domain.md, "Parking session", "Access"."""

from datetime import timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from syspark.domain.access import Credential, Plan, Refusal, Right
from syspark.domain.decision import Moment, ToDevice, ToSite
from syspark.domain.device import Twin
from syspark.domain.device import decide as device_decides
from syspark.domain.device import evolve as device_after
from syspark.domain.facts import Fact, FloorReported, PresenceReported, SensorErrorReported
from syspark.domain.messages import (
    AddSite,
    DeadlineReached,
    ExitGranted,
    ExitMissed,
    ExitRequested,
    Reported,
    RightShown,
    SensorTrustChanged,
    SessionMessage,
)
from syspark.domain.organisation import decide as organisation_decides
from syspark.domain.policy import SitePolicy
from syspark.domain.review import Review
from syspark.domain.session import Session, Status, decide, evolve
from syspark.domain.site.events import DisplayTold
from syspark.domain.site.gate import entry_refusal, grant_of
from syspark.domain.site.reading import Case
from syspark.domain.site.state import Known, SiteState
from syspark.domain.tariff import Tariff
from syspark.domain.units import DeviceName, HolderKey, Lane, SessionId, SiteId, Speaks
from tests.domain.park import ALICE, ENTRY, EXIT, NOON, Park, badge_of, setup_of

ASKED = ExitRequested(lane=EXIT, cycle=3)


def moment(after_s: float = 0) -> Moment:
    now = NOON + timedelta(seconds=after_s)
    return Moment(now=now, fact_at=now, cause=UUID(int=1))


def parked(plan: Plan = Plan.VISITOR, status: Status = Status.ACTIVE) -> Session:
    return Session(
        id=SessionId("s"),
        holder_key=HolderKey(ALICE),
        plan=plan,
        tariff=Tariff(),
        tariff_version=1,
        opened_at=NOON,
        decided_at=NOON,
        status=status,
    )


def told(session: Session, message: SessionMessage, after_s: float) -> tuple[Session, str, tuple[object, ...]]:
    decision = decide(session, message, SitePolicy(), moment(after_s), version=1)
    for event in decision.events:
        session = evolve(session, event)
    return session, decision.rule, tuple(one.message for one in decision.handovers if isinstance(one, ToSite))


def test_active_to_pending_payment() -> None:
    after, rule, (due,) = told(parked(), ASKED, 3600)
    assert (after.status, rule, due.quote.total_cents) == (Status.PENDING_PAYMENT, "exit-payment-due", 100)  # type: ignore[attr-defined]
    assert due.resumed is False  # type: ignore[attr-defined]


@pytest.mark.parametrize("plan", [Plan.SUBSCRIBER, Plan.STAFF, Plan.EMERGENCY])
def test_active_to_closed_by_right(plan: Plan) -> None:
    after, rule, (granted,) = told(parked(plan), ASKED, 90_000)
    assert (after.status, after.before_close, rule) == (Status.CLOSED, Status.ACTIVE, "exit-right")
    assert granted == ExitGranted(
        session_id=after.id, key=HolderKey(ALICE), lane=EXIT, cycle=3, why="right", closed_at=moment(90_000).now
    )


def test_paid_to_closed() -> None:
    after, rule, _ = told(parked(status=Status.PAID), ASKED, 3600)
    assert (after.status, after.before_close, rule) == (Status.CLOSED, Status.PAID, "exit-payment")


@pytest.mark.parametrize("before", [Status.ACTIVE, Status.PAID])
def test_closed_to_its_previous_state_within_300_s(before: Status) -> None:
    closed, _, _ = told(parked(Plan.STAFF if before is Status.ACTIVE else Plan.VISITOR, before), ASKED, 0)
    decision = decide(closed, ASKED, SitePolicy(), moment(300), version=1)
    assert evolve(closed, decision.events[0]).status is before
    after, _, (granted,) = told(closed, ASKED, 300)
    assert (after.status, granted.resumed) == (Status.CLOSED, True)  # type: ignore[attr-defined]


def test_a_session_closed_longer_ago_stays_closed_and_its_vehicle_gets_out() -> None:
    closed, _, _ = told(parked(Plan.STAFF), ASKED, 0)
    decision = decide(closed, ASKED, SitePolicy(), moment(301), version=1)
    assert (decision.events, decision.rule) == ((), "exit-of-ended-session")
    assert decision.refused == "the session is closed; the vehicle is let out"
    assert len(decision.handovers) == 1


def test_a_void_session_stays_void_and_its_vehicle_gets_out() -> None:
    after, rule, granted = told(parked(status=Status.VOID), ASKED, 60)
    assert (after.status, rule, len(granted)) == (Status.VOID, "exit-of-ended-session", 1)


@pytest.mark.parametrize("status", [Status.ACTIVE, Status.PENDING_PAYMENT, Status.PAID])
def test_a_missed_exit_closes_at_the_last_time_it_was_seen_for_review(status: Status) -> None:
    after, rule, _ = told(parked(status=status), ExitMissed(last_seen_at=NOON), 900)
    assert (after.status, after.left_at, after.review, rule) == (Status.CLOSED, NOON, ("exit_missed",), "exit-missed")


@pytest.mark.parametrize("status", [Status.CLOSED, Status.VOID])
def test_a_missed_exit_of_an_ended_session_is_refused(status: Status) -> None:
    decision = decide(parked(status=status), ExitMissed(last_seen_at=NOON), SitePolicy(), moment(900), version=1)
    assert (decision.events, decision.refused) == ((), f"the session is {status}")


def test_any_history_of_a_session_follows_the_allowed_transitions() -> None:
    allowed = {
        (Status.ACTIVE, Status.PENDING_PAYMENT),
        (Status.ACTIVE, Status.CLOSED),
        (Status.PENDING_PAYMENT, Status.PENDING_PAYMENT),
        (Status.PENDING_PAYMENT, Status.CLOSED),
        (Status.PAID, Status.CLOSED),
        (Status.CLOSED, Status.ACTIVE),
        (Status.CLOSED, Status.PAID),
        (Status.CLOSED, Status.PENDING_PAYMENT),
    }
    for plan in Plan:
        for status in (Status.ACTIVE, Status.PENDING_PAYMENT, Status.PAID):
            session = parked(plan, status)
            steps: list[tuple[SessionMessage, float]] = [
                (ASKED, 10),
                (ASKED, 200),
                (ASKED, 4000),
                (ExitMissed(last_seen_at=NOON), 5000),
            ]
            for message, after_s in steps:
                for event in decide(session, message, SitePolicy(), moment(after_s), version=1).events:
                    before, session = session.status, evolve(session, event)
                    assert before is session.status or (before, session.status) in allowed


REFUSALS = [
    (None, 5, Refusal.UNKNOWN),
    (badge_of(ALICE), 5, None),
    (badge_of(ALICE), 0, Refusal.FULL),
    (badge_of(ALICE), -3, Refusal.FULL),
    (badge_of(ALICE, Plan.EMERGENCY), 0, None),
    (replace(badge_of(ALICE, Plan.EMERGENCY), blocked=True), 5, Refusal.BLOCKED),
    (replace(badge_of(ALICE), valid_from=NOON), 5, None),
    (replace(badge_of(ALICE), valid_from=NOON + timedelta(seconds=1)), 5, Refusal.NOT_YET),
    (replace(badge_of(ALICE), valid_until=NOON), 5, Refusal.ENDED),
    (replace(badge_of(ALICE), valid_until=NOON + timedelta(seconds=1)), 5, None),
]


@pytest.mark.parametrize(("credential", "free", "why"), REFUSALS)
def test_who_is_refused_at_entry(credential: Credential | None, free: int, why: Refusal | None) -> None:
    setup = setup_of(capacity=10)
    known = Known(right=Right(credential=credential) if credential else None)
    case = Case(SiteState(occupancy=10 - free), known, setup, moment())
    assert entry_refusal(case, grant_of(case, ENTRY, known.right)) is why


def taken(twin: Twin, fact: Fact, lane: Lane | None = ENTRY) -> tuple[Twin, str, tuple[object, ...]]:
    decision = device_decides(twin, Reported(device=DeviceName("sensor_gate"), fact=fact), lane, moment())
    for event in decision.events:
        twin = device_after(twin, event)
    return twin, decision.rule, tuple(one.message for one in decision.handovers if isinstance(one, ToSite))


def test_a_twin_takes_what_its_device_reports() -> None:
    twin, rule, _ = taken(Twin(), PresenceReported(present=True))
    assert (twin.reported, twin.reported_at, rule) == (PresenceReported(present=True), NOON, "reported")


def test_a_sensor_that_cannot_read_is_not_believed_until_it_says_ok() -> None:
    twin, rule, tells = taken(Twin(), SensorErrorReported(code="READ_FAIL", detail="threshold=5"))
    assert (twin.error, rule) == ("READ_FAIL threshold=5", "fault-raised")
    assert tells == (SensorTrustChanged(lane=ENTRY, trusted=False),)
    twin, rule, tells = taken(twin, SensorErrorReported(code="OK"))
    assert (twin.error, rule, tells) == (None, "fault-cleared", (SensorTrustChanged(lane=ENTRY, trusted=True),))
    assert taken(twin, SensorErrorReported(code="OK")) == (twin, "no-fault", ())


def test_a_fault_of_a_device_without_lane_concerns_no_lane() -> None:
    assert taken(Twin(), SensorErrorReported(code="E"), None)[2] == ()


def test_presence_is_passed_on_to_the_twin() -> None:
    park = Park()
    report = Reported(device=DeviceName("sensor_gate"), fact=PresenceReported(present=True))
    assert park.tell(report).handovers == (ToDevice("sensor_gate", report),)


def test_a_report_nothing_follows_from_is_noted() -> None:
    assert Park().report("ascenseur", FloorReported(current=1)) == "noted"


@pytest.mark.parametrize("key", ["unknown-key", "decide-again:s", "payment", "display"])
def test_a_deadline_that_means_nothing_any_more_moves_no_barrier(key: str) -> None:
    park = Park()
    decision = park.tell(DeadlineReached(key=key, due_at=NOON))
    assert (park.openings(), park.asks()) == ([], [])
    assert not [event for event in decision.events if not isinstance(event, DisplayTold)]
    assert (decision.refused is not None) == (key == "unknown-key")


def test_a_site_is_added_under_a_name_that_is_free() -> None:
    adding = AddSite(site_id=SiteId("mall"), name="Mall", zone="Europe/Paris", currency="EUR", capacity=9, author="op")
    added = organisation_decides(taken=False, message=adding)
    assert (added.rule, added.events[0].site_id, added.events[0].speaks) == ("site-added", "mall", Speaks.V1)
    again = organisation_decides(taken=True, message=adding)
    assert (again.events, again.refused) == ((), "there is a site mall already")


@pytest.mark.parametrize(
    ("begun", "shown", "counts"),
    [
        (Plan.VISITOR, Plan.SUBSCRIBER, Plan.SUBSCRIBER),
        (Plan.SUBSCRIBER, Plan.EMERGENCY, Plan.EMERGENCY),
        (Plan.SUBSCRIBER, Plan.VISITOR, Plan.SUBSCRIBER),
        (Plan.STAFF, Plan.STAFF, Plan.STAFF),
    ],
)
def test_the_better_right_counts(begun: Plan, shown: Plan, counts: Plan) -> None:
    after, rule, _ = told(parked(begun), RightShown(plan=shown), 5)
    assert (after.plan, rule) == (counts, "right-not-better" if counts is begun else "right-raised")


def test_whom_a_pin_has_let_out_is_asked_for_nothing_and_looked_at() -> None:
    after, rule, _ = told(
        parked(), ExitRequested(lane=EXIT, cycle=3, by_pin=True, review=(Review.PIN_EXIT_GUESSED,)), 90_000
    )
    assert (after.status, after.closed_as, after.review, rule) == (
        Status.CLOSED,
        "pin",
        (Review.PIN_EXIT_GUESSED,),
        "exit-pin",
    )
