"""What a session has booked. Source: domain.md, "Seller"; docs/money.md."""

from functools import reduce

from msgspec.structs import replace

from syspark.domain.decision import Decision, Moment
from syspark.domain.payment.entry import Entry, EntryKind, entry_id
from syspark.domain.payment.payment import Means, Payment
from syspark.domain.session.events import (
    Booked,
    LeavingCorrected,
    SessionClosed,
    SessionEvent,
    SessionReopened,
    evolve,
)
from syspark.domain.session.state import Session
from syspark.domain.tariff import Discount, vat_in
from syspark.domain.units import Cents


def line(session: Session, kind: EntryKind, cents: int, at: Moment, *, ref: str | None = None) -> Entry:
    """A line of the ledger that moves no money, named after `ref`, else after what it is decided by."""
    return Entry(
        id=entry_id(session.id, kind, ref or str(at.cause)),
        at=at.now,
        kind=kind,
        means=Means.NONE,
        amount_cents=Cents(cents),
        currency=session.tariff.currency,
        vat_cents=_vat_in(session, cents),
    )


def _vat_in(session: Session, cents: int) -> Cents:
    vat = vat_in(Cents(abs(cents)), session.tariff.vat_basis_points)
    return vat if cents >= 0 else Cents(-vat)


def validation_line(session: Session, discount: Discount, cents: Cents, at: Moment) -> Entry:
    """The line of what a partner takes over, named after their validation."""
    return replace(line(session, EntryKind.VALIDATION, cents, at, ref=discount.ref), reason=discount.by)


def of_payment(
    session: Session, kind: EntryKind, payment: Payment, cents: int, at: Moment, *, ref: str | None = None
) -> Entry:
    """A line for money of a payment, named after `ref`, else after the payment."""
    return replace(
        line(session, kind, cents, at, ref=ref or payment.payment_ref),
        means=payment.means,
        currency=payment.currency,
        payment_id=payment.id,
    )


def with_debt(session: Session, decision: Decision[SessionEvent], at: Moment) -> tuple[SessionEvent, ...]:
    """The lines for what a decision changes of what the vehicle still owes, other than by paying it."""
    if not any(isinstance(event, SessionClosed | SessionReopened | LeavingCorrected) for event in decision.events):
        return ()
    after = reduce(evolve, decision.events, session)
    before_cents = session.unpaid.total_cents if session.unpaid is not None else 0
    after_cents = after.unpaid.total_cents if after.unpaid is not None else 0
    if before_cents == after_cents:
        return ()
    taken = replace(line(session, EntryKind.COUNTER, -before_cents, at), counter_of=session.debt_entry)
    owed = replace(line(session, EntryKind.DEBT, after_cents, at), reason=after.closed_as or "")
    return tuple(Booked(entry=entry) for entry in (taken, owed) if entry.amount_cents)
