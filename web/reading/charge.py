"""What a session's driver was charged, has paid and got back, and what an operator can do about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from syspark import portal_links
from syspark.domain.payment.payment import Account, Means, NotCounted, Payment
from syspark.domain.policy import SitePolicy
from syspark.domain.session import Session
from syspark.domain.session.leaving import due_now
from syspark.domain.tariff import Quote, QuoteLine, What
from syspark.domain.units import SessionId
from syspark.portal_links import PortalLink
from syspark.web_ports import PaymentLine
from web.reading.bill import line_words
from web.reading.money import PaidRow, paid_row
from web.sentence import Money, Seconds, Sentence, said

SENT_BACK: Mapping[NotCounted, Sentence] = {
    NotCounted.MISMATCH: said("Not what was asked: it goes back."),
    NotCounted.SECOND_PAYMENT: said("Paid twice: this one goes back."),
    NotCounted.SESSION_CLOSED: said("Nothing was due any more: it goes back."),
    NotCounted.SESSION_VOID: said("There was no such stay: it goes back."),
}
"""Why a payment does not count, in words."""

REFUNDS: Mapping[str, Sentence] = {
    "pending": said("{amount} are on their way back."),
    "succeeded": said("{amount} went back."),
    "failed": said("{amount} could not be given back: the provider failed."),
}
DISPUTES: Mapping[str, Sentence] = {
    "inquiry": said("Its payer asks about it. Nothing is taken yet: answer in the provider's dashboard."),
    "open": said("Its payer contests {amount}: send the evidence in the provider's dashboard."),
    "lost": said("Contested and lost: {amount} are gone."),
    "won": said("Contested and won: {amount} came back."),
}


@dataclass(frozen=True, slots=True)
class Paid:
    """A payment or a price shown: `left` can still be given back, `receipt` is the address of its receipt."""

    row: PaidRow
    told: tuple[Sentence, ...]
    left: Money | None
    may_move: bool
    receipt: str | None


@dataclass(frozen=True, slots=True)
class Charge:
    """A session's money. `due` is what is due at this moment, `pay` the address at which it can be paid.

    `lines` are those of what is due, else of what was paid last, and sum up to `total`.
    """

    charged: tuple[Sentence, ...]
    due: Money | None
    lines: tuple[tuple[Sentence, int, Money, Money], ...]
    total: Money | None
    payments: tuple[Paid, ...]
    waived: Money | None
    pays_later: bool
    is_open: bool
    pay: str | None
    two_people_over: Money


def charge_of(
    body: bytes, stored: Sequence[PaymentLine], policy: SitePolicy, now: datetime, *, secret_key: str, public_url: str
) -> Charge | None:
    """What a session's own row and its payments say; None for one of a release that said it otherwise."""
    try:
        session = msgspec.json.decode(body, type=Session)
    except msgspec.DecodeError:
        return None
    currency = session.tariff.currency
    due, _ = due_now(session, policy, now)
    billed = due or next((one.quote for one in reversed(session.money.payments) if one.counts), None)
    waived = session.money.waived_cents
    link = PortalLink(session.id, proven=True)
    return Charge(
        charged=tuple(_charged(session)),
        due=Money(due.total_cents, due.currency) if due is not None else None,
        lines=tuple(_lines(billed)) if billed is not None else (),
        total=Money(billed.total_cents, billed.currency) if billed is not None else None,
        payments=tuple(_paid(session.money, line, session.id, secret_key, public_url) for line in stored),
        waived=Money(waived, currency) if waived else None,
        pays_later=session.pays_later,
        is_open=session.status.is_open,
        pay=f"{public_url}{portal_links.path_of(secret_key, link)}" if due is not None else None,
        two_people_over=Money(policy.two_people_over_cents, currency),
    )


def _charged(session: Session) -> Sequence[Sentence]:
    """What was charged, and why, in one sentence for each payment that counts."""
    return [
        _because(payment, Money(payment.amount_cents, payment.currency))
        for payment in session.money.payments
        if payment.counts
    ]


def _because(payment: Payment, amount: Money) -> Sentence:
    stayed = Seconds(payment.quote.duration_s)
    free = next((line.seconds for line in payment.quote.lines if line.what == What.FREE), 0)
    if not payment.quote.duration_s:
        return said("{amount} were paid.", amount=amount)
    if free:
        return said(
            "Charged {amount} because it stayed {stay}, of which {free} are free.",
            amount=amount,
            stay=stayed,
            free=Seconds(free),
        )
    return said("Charged {amount} because it stayed {stay}.", amount=amount, stay=stayed)


def _lines(quote: Quote) -> Sequence[tuple[Sentence, int, Money, Money]]:
    def money(cents: int) -> Money:
        return Money(cents, quote.currency)

    def shown(line: QuoteLine) -> tuple[Sentence, int, Money, Money]:
        return line_words(line), line.count, money(line.each_cents), money(line.total_cents)

    return [shown(line) for line in quote.lines]


def _paid(account: Account, line: PaymentLine, session_id: SessionId, secret_key: str, public_url: str) -> Paid:
    payment = account.payment(line.payment_ref) if line.payment_ref else None
    told: list[Sentence] = []
    if payment is not None and payment.sent_back:
        told.append(SENT_BACK[payment.sent_back])
    told += [
        said(REFUNDS[one.status].id, amount=Money(one.amount_cents, line.currency))
        for one in account.refunds
        if one.payment_ref == line.payment_ref
    ]
    told += [
        said(DISPUTES[one.status].id, amount=Money(one.amount_cents, line.currency))
        for one in account.disputes
        if one.payment_ref == line.payment_ref
    ]
    left = 0
    if payment is not None and payment.moved_to is None:
        left = account.left_cents(payment)
    receipt = None
    if line.receipt_code is not None and line.means not in {Means.CASH, Means.TERMINAL}:
        link = PortalLink(session_id, proven=True, offer_id=str(line.id))
        receipt = f"{public_url}{portal_links.path_of(secret_key, link)}"
    return Paid(
        row=paid_row(line),
        told=tuple(told),
        left=Money(left, line.currency) if left > 0 else None,
        may_move=payment is not None and payment.counts and not payment.ordered_back_cents,
        receipt=receipt,
    )
