"""What came and went, as the provider tells it. Source: domain.md, "Exit and payment"; docs/money.md.

What is told may come in any order and as often as it likes: it ends in the same money. Whatever comes is booked, also
what does not count for the stay: that goes back, and people are told.
"""

from functools import reduce

from msgspec.structs import replace

from syspark.domain import alarms
from syspark.domain.alarm_details import NOT_COUNTED, NOT_ORDERED
from syspark.domain.alarm_kind import AlarmKind
from syspark.domain.decision import Decision, HandOver, Moment, Timer, ToSite
from syspark.domain.message import Message
from syspark.domain.payment.entry import Entry, EntryKind
from syspark.domain.payment.messages import (
    CheckoutEnded,
    DisputeTold,
    OrderRefused,
    PaymentMoved,
    PaymentTold,
    RefundTold,
    SessionPaid,
)
from syspark.domain.payment.order import SendBack
from syspark.domain.payment.payment import Dispute, DisputeStatus, NotCounted, Payment, Refund, RefundStatus
from syspark.domain.policy import SitePolicy
from syspark.domain.review import Review
from syspark.domain.session.booking import line, of_payment
from syspark.domain.session.events import (
    Booked,
    DebtChanged,
    DisputeChanged,
    PaymentChanged,
    PaymentCounted,
    ProviderAsked,
    RefundChanged,
    ReviewFlagged,
    SessionEvent,
    evolve,
)
from syspark.domain.session.leaving import due_now, leave_by, settled_cents
from syspark.domain.session.offer import OFFER_TIMER, superseded
from syspark.domain.session.state import Session, Status
from syspark.domain.tariff import Quote, after_payment
from syspark.domain.units import Cents


def paid(session: Session, told: PaymentTold, at: Moment) -> Decision[SessionEvent]:
    """Money has come for an offer: it counts when it is what was offered, and nothing was paid since."""
    if knows(session, told):
        return Decision(rule="payment-told-already")
    offer = session.money.offer(told.offer_id)
    if offer is None or offer.is_paid:
        # Nothing this session has offered, or a second payment of one offer: it has a row of its own.
        offer = Payment(id=at.payment_id, quote=_nothing(told.currency), made_at=at.now, valid_until=at.now)
    came = replace(
        offer,
        checkout_ref=told.checkout_ref,
        payment_ref=told.payment_ref,
        means=told.means,
        amount_cents=told.amount_cents,
        currency=told.currency,
        paid_at=told.paid_at,
        failed=None,
    )
    asked = (offer.quote.total_cents, offer.quote.currency)
    mismatch = NotCounted.MISMATCH if asked != (told.amount_cents, told.currency) else None
    timer = Timer(key=f"{OFFER_TIMER}:{told.offer_id}", at=None)
    return _came(session, came, mismatch or _not_counted(session, came), at, timers=(timer,))


def moved_here(session: Session, told: PaymentMoved, policy: SitePolicy, at: Moment) -> Decision[SessionEvent]:
    """A payment for another session's vehicle was meant for this one."""
    if session.money.payment(told.payment_ref) is not None:
        return Decision(rule="payment-moved-already")
    due, _ = due_now(session, policy, at.now)
    came = Payment(
        id=at.payment_id,
        quote=due or _nothing(told.currency),
        made_at=at.now,
        valid_until=at.now,
        after_cents=settled_cents(session),
        payment_ref=told.payment_ref,
        means=told.means,
        amount_cents=told.amount_cents,
        currency=told.currency,
        paid_at=told.paid_at,
    )
    settled = due is None or told.amount_cents >= due.total_cents
    return _came(session, came, _not_counted(session, came), at, settled=settled)


def counted(
    session: Session, payment: Payment, at: Moment, *, settled: bool, author: str = ""
) -> tuple[Session, tuple[SessionEvent, ...]]:
    """That a payment counts: for the stay while it lasts, for its debt afterwards. The session after it, and how."""
    kind = EntryKind.SALE if session.status.is_open else EntryKind.SETTLED_DEBT
    at_lane = session.status is Status.PENDING_PAYMENT
    # Counted from when we know: nobody is billed for the time a confirmation takes.
    events: tuple[SessionEvent, ...] = (
        PaymentChanged(payment=payment),
        Booked(entry=replace(of_payment(session, kind, payment, payment.amount_cents, at), author=author)),
        PaymentCounted(cents=payment.amount_cents, at=at.now, settled=settled, at_lane=at_lane),
    )
    if session.unpaid is not None and not session.status.is_open:
        rest = after_payment(session.unpaid, payment.amount_cents)
        events = (*events, DebtChanged(unpaid=rest if rest.total_cents > 0 else None))
        excess_cents = payment.amount_cents - session.unpaid.total_cents
        if excess_cents > 0 and not payment.means.on_site:
            events = (*events, *sent_back(payment, Cents(excess_cents), f"excess:{payment.payment_ref}"))
    return reduce(evolve, events, session), events


def may_leave(session: Session, payment: Payment | None, at: Moment) -> tuple[HandOver, ...]:
    """Tell the site that nothing is due of an open session's vehicle for a while."""
    if not session.status.is_open:
        return ()
    told = SessionPaid(
        session_id=session.id,
        key=session.holder_key,
        paid_at=at.now,
        leave_by=leave_by(session, at.now),
        amount_cents=payment.amount_cents if payment is not None else Cents(0),
        currency=payment.currency if payment is not None else session.tariff.currency,
        provider_ref=(payment.payment_ref or "") if payment is not None else "",
    )
    return (ToSite(told),)


def sent_back(payment: Payment, cents: Cents, key: str) -> tuple[SessionEvent, ...]:
    """Have the provider give so much of a payment back."""
    assert payment.payment_ref is not None
    order = SendBack(
        id=f"refund:{key}",
        offer_id=payment.id,
        payment_ref=payment.payment_ref,
        amount_cents=cents,
        currency=payment.currency,
    )
    ordered = replace(payment, ordered_back_cents=Cents(payment.ordered_back_cents + cents))
    return (PaymentChanged(payment=ordered), ProviderAsked(order=order))


def refunded(session: Session, told: RefundTold, at: Moment) -> Decision[SessionEvent]:
    """Money goes back: booked when it has gone, and taken back should the provider fail to deliver it."""
    known = session.money.refund(told.refund_ref)
    if knows(session, told):
        return Decision(rule="refund-told-already")
    refund = Refund(
        ref=told.refund_ref, payment_ref=told.payment_ref, amount_cents=told.amount_cents, status=told.status
    )
    payment = session.money.payment(told.payment_ref)
    events: tuple[SessionEvent, ...] = (RefundChanged(refund=refund),)
    if told.status is RefundStatus.SUCCEEDED:
        events = (*events, _went(session, EntryKind.REFUND, told, at))
    if told.status is RefundStatus.FAILED and known is not None and known.status is RefundStatus.SUCCEEDED:
        events = (*events, _came_back(session, EntryKind.REFUND, told, at))
    after = reduce(evolve, events, session)
    gone_cents = after.money.refunded_cents(told.payment_ref)
    unexpected = payment is not None and gone_cents > payment.ordered_back_cents
    handovers: tuple[HandOver, ...] = ()
    if told.status is RefundStatus.FAILED:
        handovers = (alarms.raised(AlarmKind.REFUND_FAILED, about=session.id),)
    elif unexpected:
        handovers = (alarms.raised(AlarmKind.PAYMENT_MISMATCH, about=session.id, detail=NOT_ORDERED.written()),)
    return Decision(rule=f"refund-{told.status}", events=(*events, *_row(payment)), handovers=handovers)


def disputed(session: Session, told: DisputeTold, at: Moment) -> Decision[SessionEvent]:
    """A payer contests a payment: the provider takes the money, and gives it back when the dispute is won."""
    known = session.money.dispute(told.dispute_ref)
    if knows(session, told):
        return Decision(rule="dispute-told-already")
    dispute = Dispute(
        ref=told.dispute_ref,
        payment_ref=told.payment_ref,
        amount_cents=told.amount_cents,
        status=told.status,
        reason=told.reason,
    )
    payment = session.money.payment(told.payment_ref)
    taken_before = known is not None and known.status in _TAKEN
    events: tuple[SessionEvent, ...] = (DisputeChanged(dispute=dispute),)
    if told.status in _TAKEN and not taken_before:
        events = (*events, _went(session, EntryKind.DISPUTE, told, at))
    if told.status is DisputeStatus.WON and taken_before:
        events = (*events, _came_back(session, EntryKind.DISPUTE, told, at))
    if Review.DISPUTED not in session.review:
        events = (*events, ReviewFlagged(why=Review.DISPUTED))
    open_still = told.status in {DisputeStatus.INQUIRY, DisputeStatus.OPEN}
    alarm = alarms.raised if open_still else alarms.cleared
    return Decision(
        rule=f"dispute-{told.status}",
        events=(*events, *_row(payment)),
        handovers=(alarm(AlarmKind.PAYMENT_DISPUTED, about=session.id),),
    )


def order_refused(session: Session, told: OrderRefused) -> Decision[SessionEvent]:
    """The provider will not do what was ordered: money that was to go back needs a person."""
    if not told.order_id.startswith("refund:"):
        return Decision(rule="order-refused")
    return Decision(
        rule="refund-refused", handovers=(alarms.raised(AlarmKind.REFUND_FAILED, about=session.id, detail=told.why),)
    )


def knows(session: Session, told: Message) -> bool:
    """Whether what a provider tells would change nothing."""
    money = session.money
    match told:
        case PaymentTold(payment_ref=payment_ref):
            return money.payment(payment_ref) is not None
        case RefundTold(refund_ref=ref, status=status):
            refund = money.refund(ref)
            return refund is not None and _REFUNDS.index(status) <= _REFUNDS.index(refund.status)
        case DisputeTold(dispute_ref=ref, status=status):
            dispute = money.dispute(ref)
            return dispute is not None and _DISPUTES.index(status) <= _DISPUTES.index(dispute.status)
        case CheckoutEnded(offer_id=offer_id):
            offer = money.offer(offer_id)
            return offer is None or not offer.is_live
        case _:
            return True


_REFUNDS = tuple(RefundStatus)
_DISPUTES = tuple(DisputeStatus)
_TAKEN = frozenset({DisputeStatus.OPEN, DisputeStatus.LOST})


def _nothing(currency: str) -> Quote:
    return Quote(lines=(), total_cents=Cents(0), currency=currency, duration_s=0)


def _not_counted(session: Session, came: Payment) -> NotCounted | None:
    """Why money does not count here; None: it does."""
    if session.status is Status.VOID:
        return NotCounted.SESSION_VOID
    if not session.status.is_open and session.unpaid is None:
        return NotCounted.SESSION_CLOSED
    return NotCounted.SECOND_PAYMENT if came.after_cents != settled_cents(session) else None


def _came(
    session: Session,
    came: Payment,
    not_counted: NotCounted | None,
    at: Moment,
    *,
    settled: bool = True,
    timers: tuple[Timer, ...] = (),
) -> Decision[SessionEvent]:
    if not_counted is not None:
        came = replace(came, sent_back=not_counted)
        events: tuple[SessionEvent, ...] = (
            Booked(entry=replace(of_payment(session, EntryKind.SALE, came, came.amount_cents, at), reason=not_counted)),
            *sent_back(came, came.amount_cents, str(came.payment_ref)),
        )
        told = alarms.raised(AlarmKind.PAYMENT_MISMATCH, about=session.id, detail=NOT_COUNTED[not_counted].written())
        return Decision(rule=f"payment-{not_counted}", events=events, handovers=(told,), timers=timers)
    others = superseded([one for one in session.money.payments if one.id != came.id])
    after, events = counted(session, came, at, settled=settled)
    rule = "debt-paid" if not session.status.is_open else "paid" if after.status is Status.PAID else "paid-in-part"
    leaves = may_leave(after, came, at) if after.status is Status.PAID else ()
    return Decision(rule=rule, events=(*events, *others), handovers=leaves, timers=timers)


def _told(session: Session, kind: EntryKind, told: RefundTold | DisputeTold, at: Moment) -> Entry:
    """A line for what the provider tells of a payment, which may be told later itself."""
    ref = told.refund_ref if isinstance(told, RefundTold) else told.dispute_ref
    payment = session.money.payment(told.payment_ref)
    cents = told.amount_cents if kind is EntryKind.COUNTER else -told.amount_cents
    return replace(
        line(session, kind, cents, at, ref=ref),
        means=told.means,
        currency=told.currency,
        payment_id=payment.id if payment is not None else None,
    )


def _went(session: Session, kind: EntryKind, told: RefundTold | DisputeTold, at: Moment) -> Booked:
    return Booked(entry=_told(session, kind, told, at))


def _came_back(session: Session, kind: EntryKind, told: RefundTold | DisputeTold, at: Moment) -> Booked:
    went = _told(session, kind, told, at)
    return Booked(entry=replace(_told(session, EntryKind.COUNTER, told, at), counter_of=went.id))


def _row(payment: Payment | None) -> tuple[SessionEvent, ...]:
    """The payment's row says what has gone back of it."""
    return (PaymentChanged(payment=payment),) if payment is not None else ()
