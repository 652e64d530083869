"""What an operator does about money. Source: domain.md, "Exit and payment" and "Timed release"; docs/money.md."""

from msgspec.structs import replace

from syspark.domain.decision import Decision, Moment, ToSession
from syspark.domain.payment.entry import EntryKind, entry_id
from syspark.domain.payment.messages import (
    MoneyAsked,
    MovePayment,
    PayLater,
    PaymentMoved,
    RecordOnSite,
    RefundPayment,
    Waive,
)
from syspark.domain.payment.payment import Payment, Refund, RefundStatus
from syspark.domain.policy import SitePolicy
from syspark.domain.session.booking import line, of_payment
from syspark.domain.session.events import (
    Booked,
    DebtChanged,
    DueWaived,
    PaymentChanged,
    PaymentUncounted,
    RefundChanged,
    SessionEvent,
    ToPayLater,
    evolve,
)
from syspark.domain.session.leaving import due_now, settled_cents
from syspark.domain.session.money import counted, may_leave, sent_back
from syspark.domain.session.offer import superseded
from syspark.domain.session.state import Session, Status
from syspark.domain.tariff import Quote
from syspark.domain.units import Cents


def asked(session: Session, message: MoneyAsked, policy: SitePolicy, at: Moment) -> Decision[SessionEvent]:
    """Do what an operator asks, or say why not."""
    match message:
        case Waive():
            return _waived(session, message, policy, at)
        case PayLater():
            return _pays_later(session, policy, at)
        case RecordOnSite():
            return _recorded(session, message, policy, at)
        case RefundPayment():
            return _refunded(session, message, policy, at)
        case MovePayment():
            return moved(session, message, at)


_NOTHING_DUE: Decision[SessionEvent] = Decision(rule="nothing-due", refused="nothing is due of this session")


def _waived(session: Session, message: Waive, policy: SitePolicy, at: Moment) -> Decision[SessionEvent]:
    due, _ = due_now(session, policy, at.now)
    if due is None:
        return _NOTHING_DUE
    entry = line(session, EntryKind.WAIVER, due.total_cents, at)
    booked = Booked(entry=replace(entry, reason=message.reason, author=message.author))
    others = superseded(session.money.payments)
    if not session.status.is_open:
        return Decision(rule="debt-waived", events=(booked, DebtChanged(), *others))
    waived = DueWaived(cents=due.total_cents, at=at.now)
    after = evolve(session, waived)
    return Decision(rule="waived", events=(booked, waived, *others), handovers=may_leave(after, None, at))


def _pays_later(session: Session, policy: SitePolicy, at: Moment) -> Decision[SessionEvent]:
    """The vehicle may leave; what is due is told when it does, and stays due."""
    if due_now(session, policy, at.now)[0] is None:
        return _NOTHING_DUE
    return Decision(rule="pays-later", events=(ToPayLater(),), handovers=may_leave(session, None, at))


def _recorded(session: Session, message: RecordOnSite, policy: SitePolicy, at: Moment) -> Decision[SessionEvent]:
    """Cash or a card at a terminal on site: our record is all there is of it, apart from the paper."""
    if not message.means.on_site or not message.receipt_number.strip() or message.amount_cents <= 0:
        return Decision(rule="on-site-not-whole", refused="cash or terminal, an amount and the receipt's number")
    due, _ = due_now(session, policy, at.now)
    if due is None:
        return _NOTHING_DUE
    if message.amount_cents > due.total_cents:
        return Decision(rule="on-site-too-much", refused=f"only {due.total_cents / 100:.2f} {due.currency} are due")
    ref = f"{message.means}:{message.receipt_number.strip()}"
    if session.money.payment(ref) is not None:
        return Decision(rule="on-site-recorded-already", refused="this receipt is recorded already")
    payment = Payment(
        id=at.payment_id,
        quote=due,
        made_at=at.now,
        valid_until=at.now,
        after_cents=settled_cents(session),
        payment_ref=ref,
        means=message.means,
        amount_cents=message.amount_cents,
        currency=due.currency,
        paid_at=at.fact_at,
        receipt=message.receipt_number.strip(),
    )
    others = superseded(session.money.payments)
    settled = message.amount_cents >= due.total_cents
    after, events = counted(session, payment, at, settled=settled, author=message.author)
    leaves = may_leave(after, payment, at) if after.status is Status.PAID else ()
    return Decision(rule="paid-on-site", events=(*events, *others), handovers=leaves)


def _refunded(session: Session, message: RefundPayment, policy: SitePolicy, at: Moment) -> Decision[SessionEvent]:
    payment = session.money.payment(message.payment_ref)
    if payment is None:
        return Decision(rule="refund-of-nothing", refused="this session has no such payment")
    left_cents = session.money.left_cents(payment)
    if not 0 < message.amount_cents <= left_cents:
        return Decision(rule="refund-too-much", refused=f"{left_cents / 100:.2f} {payment.currency} can be given back")
    alone = message.second_author in {None, "", message.author}
    if message.amount_cents > policy.two_people_over_cents and alone:
        return Decision(rule="refund-needs-two", refused="so much is given back by two people only")
    if not payment.means.on_site:
        key = f"{payment.payment_ref}:{at.cause}"
        return Decision(rule="refund-ordered", events=sent_back(payment, message.amount_cents, key))
    refund = Refund(
        ref=str(at.cause),
        payment_ref=message.payment_ref,
        amount_cents=message.amount_cents,
        status=RefundStatus.SUCCEEDED,
    )
    given = replace(payment, ordered_back_cents=Cents(payment.ordered_back_cents + message.amount_cents))
    entry = of_payment(session, EntryKind.REFUND, payment, -message.amount_cents, at, ref=refund.ref)
    booked = Booked(entry=replace(entry, reason=message.reason, author=message.author))
    return Decision(
        rule="refunded-on-site", events=(RefundChanged(refund=refund), booked, PaymentChanged(payment=given))
    )


def moved(session: Session, message: MovePayment, at: Moment) -> Decision[SessionEvent]:
    """Take a payment out of this session's account by a counter-entry, and have the other one book it."""
    payment = session.money.payment(message.payment_ref)
    if payment is None or not payment.counts or payment.ordered_back_cents or message.to == session.id:
        return Decision(rule="move-of-nothing", refused="no payment of this session counts that could be moved")
    said = {"reason": message.reason, "author": message.author}
    sale = entry_id(session.id, EntryKind.SALE, message.payment_ref)
    taken = of_payment(session, EntryKind.COUNTER, payment, -payment.amount_cents, at)
    events: tuple[SessionEvent, ...] = (
        PaymentChanged(payment=replace(payment, moved_to=message.to)),
        Booked(entry=replace(taken, counter_of=sale, **said)),
        PaymentUncounted(cents=payment.amount_cents),
    )
    if not session.status.is_open and session.status is not Status.VOID:
        owed = Quote(
            lines=payment.quote.lines,
            total_cents=payment.amount_cents,
            currency=payment.currency,
            duration_s=payment.quote.duration_s,
        )
        debt = replace(line(session, EntryKind.DEBT, owed.total_cents, at), **said)
        events = (*events, DebtChanged(unpaid=owed), Booked(entry=debt))
    told = PaymentMoved(
        payment_ref=message.payment_ref,
        from_session=session.id,
        amount_cents=payment.amount_cents,
        currency=payment.currency,
        means=payment.means,
        paid_at=payment.paid_at or at.now,
        author=message.author,
    )
    return Decision(rule="payment-moved", events=events, handovers=(ToSession(message.to, told),))
