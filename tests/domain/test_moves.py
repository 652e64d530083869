"""Nothing outside the table of moves happens to a session. Source: domain.md, "Parking session"."""

from datetime import timedelta
from typing import get_args
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from syspark.domain.access import Plan
from syspark.domain.corrections import (
    ClearReview,
    CloseByHand,
    FlagReview,
    Ground,
    IdentityCorrected,
    MergedInto,
    PartFound,
    SessionEnded,
    VoidSession,
)
from syspark.domain.decision import Moment, ToSite
from syspark.domain.messages import (
    DeadlineReached,
    EntryTold,
    ExitMissed,
    ExitRequested,
    LeavingTold,
    LeftUnpaid,
    OpenReason,
    ReplayConflict,
    RightShown,
    SessionMessage,
    SessionOverridden,
    TurnedBack,
    VisitDoubted,
)
from syspark.domain.partner_messages import GiveValidation, WithdrawValidation
from syspark.domain.payment.messages import (
    AskPrice,
    CheckoutEnded,
    CheckoutOpened,
    CheckoutRefused,
    ConfirmStay,
    DisputeTold,
    MovePayment,
    OrderRefused,
    PayLater,
    PaymentFailed,
    PaymentMoved,
    PaymentTold,
    RecordOnSite,
    RefundPayment,
    RefundTold,
    UseCode,
    Waive,
)
from syspark.domain.payment.payment import DisputeStatus, Means, RefundStatus
from syspark.domain.policy import SitePolicy
from syspark.domain.review import Review
from syspark.domain.session import Session, Status, decide, evolve
from syspark.domain.session.moves import MOVES
from syspark.domain.tariff import Code, Discount, Tariff
from syspark.domain.units import Cents, HolderKey, OfferId, SessionId, ValidationId
from tests.domain.park import EXIT, NOON

OTHER = SessionId("other")
HOTEL = ValidationId("00000000-0000-0000-0000-00000000000b")
BY = {"reason": Ground.PICTURE, "author": "op"}
OFFER = OfferId("00000000-0000-0000-0000-00000000000a")
CAME = {"amount_cents": Cents(200), "currency": "EUR", "means": Means.SANDBOX, "paid_at": NOON}
MESSAGES: tuple[SessionMessage, ...] = (
    ExitRequested(lane=EXIT, cycle=1),
    ExitRequested(lane=EXIT, cycle=1, by_pin=True),
    ExitMissed(last_seen_at=NOON),
    SessionOverridden(reason=OpenReason.CANNOT_PAY, author="op"),
    RightShown(plan=Plan.STAFF),
    TurnedBack(asked_at=NOON + timedelta(days=9)),
    TurnedBack(asked_at=NOON),
    LeftUnpaid(left_at=NOON + timedelta(hours=2)),
    EntryTold(opened_at=NOON - timedelta(hours=1)),
    LeavingTold(left_at=NOON + timedelta(hours=1)),
    LeavingTold(left_at=NOON, missed=True),
    ReplayConflict(happened_at=NOON),
    VisitDoubted(why=Review.LANE_NOT_TOLD),
    *(kind(version=1, **BY) for kind in (CloseByHand, VoidSession, FlagReview, ClearReview)),  # type: ignore[arg-type]
    CloseByHand(version=7, reason=Ground.DRIVER, author="op"),
    IdentityCorrected(holder_key=HolderKey("B0B00000"), reason=Ground.PICTURE, author="op"),
    MergedInto(into=OTHER, reason=Ground.PICTURE, author="op"),
    PartFound(part=OTHER, reason=Ground.PICTURE, author="op"),
    PartFound(part=OTHER, left_at=NOON, reason=Ground.PICTURE, author="op"),
    AskPrice(offer_id=OFFER),
    ConfirmStay(arrived_on=NOON.date(), author="driver"),
    ConfirmStay(arrived_on=None, author="driver"),
    UseCode(code="SUMMER26"),
    GiveValidation(discount=Discount(by="Hotel", percent=100, budget_cents=Cents(150), ref=HOTEL)),
    WithdrawValidation(validation_id=HOTEL, author="desk"),
    CheckoutOpened(offer_id=OFFER, checkout_ref="cs_1", expires_at=NOON),
    CheckoutRefused(offer_id=OFFER, why="too little"),
    CheckoutEnded(offer_id=OFFER),
    DeadlineReached(key=f"offer:{OFFER}", due_at=NOON),
    PaymentFailed(offer_id=OFFER, why="declined"),
    PaymentTold(offer_id=OFFER, checkout_ref="cs_1", payment_ref="pi_1", **CAME),  # type: ignore[arg-type]
    PaymentMoved(payment_ref="pi_2", from_session=OTHER, author="op", **CAME),  # type: ignore[arg-type]
    RefundTold(
        payment_ref="pi_1",
        refund_ref="re_1",
        amount_cents=Cents(5),
        currency="EUR",
        means=Means.SANDBOX,
        status=RefundStatus.SUCCEEDED,
    ),
    DisputeTold(
        payment_ref="pi_1",
        dispute_ref="dp_1",
        amount_cents=Cents(5),
        currency="EUR",
        means=Means.SANDBOX,
        status=DisputeStatus.OPEN,
    ),
    OrderRefused(order_id="refund:1", why="too much"),
    RecordOnSite(means=Means.CASH, receipt_number="7", amount_cents=Cents(50), author="op"),
    Waive(reason="rain", author="op"),
    PayLater(reason="no phone", author="op"),
    RefundPayment(payment_ref="pi_1", amount_cents=Cents(5), reason="rain", author="op"),
    MovePayment(payment_ref="pi_1", to=OTHER, reason="neighbour", author="op"),
)


def session_in(status: Status = Status.ACTIVE, plan: Plan = Plan.VISITOR) -> Session:
    paid_at = NOON + timedelta(hours=1) if status is Status.PAID else None
    return Session(
        id=SessionId("s"),
        holder_key=HolderKey("A11CE000"),
        plan=plan,
        tariff=Tariff(codes=(Code(code="SUMMER26", percent=20),)),
        tariff_version=1,
        opened_at=NOON,
        decided_at=NOON,
        status=status,
        paid_at=paid_at,
        paid_cents=Cents(100 if paid_at else 0),
    )


def told(session: Session, message: SessionMessage, after_s: float) -> tuple[Session, str, str | None]:
    now = NOON + timedelta(seconds=after_s)
    decision = decide(session, message, SitePolicy(), Moment(now, now, UUID(int=1)), version=1)
    for event in decision.events:
        session = evolve(session, event)
    return session, decision.rule, decision.refused


def test_every_message_a_session_can_be_told_has_a_line() -> None:
    assert {message for _, message in MOVES} == set(get_args(SessionMessage))
    assert {type(message) for message in MESSAGES} == set(get_args(SessionMessage))


@given(
    st.sampled_from(Status),
    st.sampled_from(Plan),
    st.lists(st.tuples(st.sampled_from(MESSAGES), st.integers(0, 7200)), max_size=12),
)
def test_nothing_outside_the_table_happens(status: Status, plan: Plan, steps: list[tuple[SessionMessage, int]]) -> None:
    session, after_s = session_in(status, plan), 0
    for message, later_s in steps:
        before, after_s = session, after_s + later_s
        session, rule, refused = told(session, message, after_s)
        allowed = MOVES.get((before.status, type(message)))
        if allowed is None or refused is not None:
            assert (session, bool(rule), bool(refused)) == (before, True, True)
        else:
            assert session.status in allowed


def test_a_driver_who_turns_back_parks_on() -> None:
    asked, _, _ = told(session_in(), MESSAGES[0], 3600)
    assert asked.asked_at is not None
    back, rule, _ = told(asked, TurnedBack(asked_at=asked.asked_at), 3700)
    assert (back.status, back.quoted, rule) == (Status.ACTIVE, None, "turned-back")


def test_who_came_again_since_is_not_taken_to_have_turned_back() -> None:
    asked, _, _ = told(session_in(), MESSAGES[0], 3600)
    again, _, _ = told(asked, MESSAGES[0], 3650)
    after, rule, _ = told(again, TurnedBack(asked_at=NOON + timedelta(seconds=3600)), 3700)
    assert (after, rule) == (again, "turned-back-and-came-again")


def test_within_the_grace_after_payment_nothing_more_is_due() -> None:
    after, rule, _ = told(session_in(Status.PAID), MESSAGES[0], 3600 + 15 * 60)
    assert (after.status, rule) == (Status.CLOSED, "exit-payment")


def test_after_the_grace_only_the_difference_is_due() -> None:
    after, rule, _ = told(session_in(Status.PAID), MESSAGES[0], 3600 + 15 * 60 + 1)
    assert (after.status, rule) == (Status.PENDING_PAYMENT, "exit-overstay")
    assert after.quoted is not None
    assert after.quoted.total_cents == 100, "two more quarters of an hour have begun"
    assert sum(line.total_cents for line in after.quoted.lines) == after.quoted.total_cents


def test_who_leaves_through_another_s_opening_owes_what_was_due_then() -> None:
    after, rule, _ = told(session_in(), LeftUnpaid(left_at=NOON + timedelta(seconds=5400)), 9000)
    assert (after.status, after.closed_as, rule) == (Status.CLOSED, "left_unpaid", "left-unpaid")
    assert after.left_at == NOON + timedelta(seconds=5400)
    assert after.unpaid is not None
    assert after.unpaid.total_cents == 200


@pytest.mark.parametrize(("plan", "closed_as"), [(Plan.STAFF, "right"), (Plan.VISITOR, "free")])
def test_who_owes_nothing_leaves_nothing_unpaid(plan: Plan, closed_as: str) -> None:
    after, rule, _ = told(session_in(plan=plan), LeftUnpaid(left_at=NOON + timedelta(minutes=5)), 600)
    assert (after.closed_as, after.unpaid, rule) == (closed_as, None, "left-nothing-due")


def test_what_a_person_lets_out_unpaid_is_recorded() -> None:
    after, _, _ = told(session_in(), MESSAGES[3], 5400)
    assert after.unpaid is not None
    assert (after.closed_as, after.unpaid.total_cents) == ("override", 200)


def test_an_exit_that_is_asked_again_owes_nothing_recorded_before() -> None:
    let_out, _, _ = told(session_in(), MESSAGES[3], 5400)
    again, rule, _ = told(let_out, MESSAGES[0], 5500)
    assert (again.status, again.unpaid, rule) == (Status.PENDING_PAYMENT, None, "exit-payment-due")


@pytest.mark.parametrize("status", [Status.ACTIVE, Status.PENDING_PAYMENT, Status.PAID])
def test_a_ghost_is_closed_by_hand_when_it_was_last_seen(status: Status) -> None:
    ghost = replace(session_in(status), asked_at=NOON + timedelta(seconds=60))
    now = NOON + timedelta(hours=9)
    decision = decide(ghost, CloseByHand(version=1, **BY), SitePolicy(), Moment(now, now, UUID(int=1)), version=1)  # type: ignore[arg-type]
    assert decision.handovers == (
        ToSite(SessionEnded(session_id=ghost.id, key=ghost.holder_key, plan=ghost.plan, at=now)),
    )
    after = evolve(ghost, decision.events[0])
    assert (after.status, after.closed_as, after.left_at) == (Status.CLOSED, "by_hand", NOON + timedelta(seconds=60))


def test_what_never_happened_is_void_for_ever() -> None:
    void, rule, _ = told(session_in(), VoidSession(version=1, reason=Ground.TRIAL, author="op"), 60)
    assert (void.status, rule) == (Status.VOID, "voided")
    assert told(void, CloseByHand(version=1, reason=Ground.TRIAL, author="op"), 70)[1:] == (
        "session-already-ended",
        "the session is void",
    )


def test_two_operators_do_not_undo_each_other() -> None:
    after, rule, refused = told(session_in(), CloseByHand(version=7, reason=Ground.DRIVER, author="op"), 60)
    assert (after, rule) == (session_in(), "changed-since")
    assert refused == "the session has changed since it was shown: look again"


def test_a_review_is_flagged_once_and_cleared_once_in_any_state() -> None:
    for status in Status:
        flagged, rule, _ = told(session_in(status), FlagReview(version=1, reason=Ground.PICTURE, author="op"), 5)
        assert (flagged.review, flagged.status, rule) == (("flagged",), status, "review-flagged")
        again = told(flagged, FlagReview(version=1, reason=Ground.PICTURE, author="op"), 6)
        assert again[1] == "review-flagged-already"
        clear, rule, _ = told(flagged, ClearReview(version=1, reason=Ground.PICTURE, author="op"), 7)
        assert (clear.review, rule) == ((), "review-cleared")
        assert told(clear, ClearReview(version=1, reason=Ground.PICTURE, author="op"), 8)[1] == "review-not-asked"
