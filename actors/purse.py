"""What a session's decision writes of money: payments, lines of the ledger, orders to the provider."""

from collections.abc import Iterable
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from syspark.domain.payment.entry import Entry
from syspark.domain.payment.payment import Account, Payment
from syspark.domain.session.events import Booked, PaymentChanged, ProviderAsked, SessionEvent
from syspark.domain.session.state import Session
from syspark.rows import LedgerRow, PaymentRow, ProviderOrderRow, Scope, Unit


def with_money(unit: Unit, after: Session, events: Iterable[SessionEvent], scope: Scope, zone: str) -> Unit:
    """The unit with the rows of its session's money; `zone` names the site's own time, whose days are booked."""
    changed = {event.payment.id for event in events if isinstance(event, PaymentChanged)}
    booked = [event.entry for event in events if isinstance(event, Booked)]
    orders = [event.order for event in events if isinstance(event, ProviderAsked)]
    if not (changed or booked or orders):
        return unit
    return replace(
        unit,
        payments=tuple(_payment_row(one, after, scope) for one in after.money.payments if one.id in changed),
        ledger=tuple(_ledger_row(entry, after, scope, zone) for entry in booked),
        provider_orders=tuple(
            ProviderOrderRow(order.id, scope, after.id, msgspec.json.encode(order), unit.journal[0].at)
            for order in orders
        ),
    )


def _payment_row(payment: Payment, session: Session, scope: Scope) -> PaymentRow:
    account: Account = session.money
    return PaymentRow(
        id=UUID(payment.id),
        scope=scope,
        session_id=session.id,
        state=account.state(payment),
        means=payment.means,
        amount_cents=payment.amount_cents if payment.is_paid else payment.quote.total_cents,
        currency=payment.currency or payment.quote.currency,
        body=msgspec.json.encode(payment),
        made_at=payment.made_at,
        checkout_ref=payment.checkout_ref,
        payment_ref=payment.payment_ref,
        paid_at=payment.paid_at,
        refunded_cents=account.refunded_cents(payment.payment_ref),
    )


def _ledger_row(entry: Entry, session: Session, scope: Scope, zone: str) -> LedgerRow:
    return LedgerRow(
        id=UUID(entry.id),
        scope=scope,
        session_id=session.id,
        at=entry.at,
        local_day=entry.at.astimezone(ZoneInfo(zone)).date(),
        kind=entry.kind,
        means=entry.means,
        amount_cents=entry.amount_cents,
        currency=entry.currency,
        vat_cents=entry.vat_cents,
        payment_id=UUID(entry.payment_id) if entry.payment_id else None,
        author=entry.author,
        reason=entry.reason,
        counter_of=UUID(entry.counter_of) if entry.counter_of else None,
    )
