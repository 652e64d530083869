"""The ledger held against the provider's own list: every payment, refund and dispute of a day, one by one.

Totals that agree by chance prove nothing, and a payment booked a second after midnight is no difference: what the
provider tells is looked for by the name of the entry that books it, whichever day that is on; and what is booked as
paid there must be told. Source: domain.md, "Seller": totals = ledger = provider.
"""

import enum
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import msgspec

from syspark.domain.payment.entry import EntryKind, entry_id
from syspark.domain.payment.messages import DisputeTold, PaymentTold, ProviderTold, RefundTold
from syspark.domain.payment.payment import DisputeStatus, RefundStatus
from syspark.domain.units import Cents, SessionId

MOST = 100
"""So many differences of a day are named; more are alike, and counted."""


class Happened(enum.StrEnum):
    """What moved the money of a payment."""

    PAID = "paid"
    REFUNDED = "refunded"
    DISPUTED = "disputed"


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """Money that came, or went (below zero), as the provider tells it. `booked_as`: the entries either of which books
    it.
    """

    payment_ref: str
    session_id: SessionId
    happened: Happened
    amount_cents: Cents
    currency: str
    day: date
    booked_as: tuple[str, ...]


class Booked(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the provider's means. `payment_ref` None: of a payment nobody knows."""

    id: str
    kind: EntryKind
    payment_ref: str | None
    session_id: SessionId
    amount_cents: Cents
    currency: str
    day: date


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """Money of which the provider and the ledger do not say the same."""

    payment_ref: str
    session_id: SessionId | None
    happened: Happened
    provider_cents: Cents
    ledger_cents: Cents
    currency: str


class ComparedDay(msgspec.Struct, frozen=True, kw_only=True):
    """What the provider and the ledger say of a day of a site, by currency, and what is not explained.

    `unexplained` counts all differences, of which the first are named.
    """

    provider: tuple[tuple[str, Cents], ...] = ()
    ledger: tuple[tuple[str, Cents], ...] = ()
    unexplained: int = 0
    differences: tuple[Difference, ...] = ()


def told_by(session_id: SessionId, message: ProviderTold, day: date) -> Told | None:
    """What a provider's word says of money; None: none has come or gone."""
    kinds: tuple[EntryKind, ...]
    match message:
        case PaymentTold():
            kinds, happened = (EntryKind.SALE, EntryKind.SETTLED_DEBT), Happened.PAID
            ref, cents = message.payment_ref, message.amount_cents
        case RefundTold(status=RefundStatus.SUCCEEDED):
            kinds, happened = (EntryKind.REFUND,), Happened.REFUNDED
            ref, cents = message.refund_ref, Cents(-message.amount_cents)
        case DisputeTold(status=DisputeStatus.OPEN | DisputeStatus.LOST):
            kinds, happened = (EntryKind.DISPUTE,), Happened.DISPUTED
            ref, cents = message.dispute_ref, Cents(-message.amount_cents)
        case _:
            return None
    return Told(
        payment_ref=message.payment_ref,
        session_id=session_id,
        happened=happened,
        amount_cents=cents,
        currency=message.currency,
        day=day,
        booked_as=tuple(entry_id(session_id, kind, ref) for kind in kinds),
    )


def compared(told: Sequence[Told], booked: Sequence[Booked], day: date) -> ComparedDay:
    """Compare a day: `told` and `booked` are those of the days around it too, by which what lies beside it is known."""
    entries = {one.id: one for one in booked}
    known = {one.payment_ref for one in told if one.happened is Happened.PAID}
    missing = [_missing(one, entries) for one in told if one.day == day]
    untold = [_untold(one) for one in booked if one.day == day and _must_be_told(one) and one.payment_ref not in known]
    found = [one for one in (*missing, *untold) if one is not None]
    return ComparedDay(
        provider=_sums((one.currency, one.amount_cents) for one in told if one.day == day),
        ledger=_sums((one.currency, one.amount_cents) for one in booked if one.day == day),
        unexplained=len(found),
        differences=tuple(found[:MOST]),
    )


def _missing(one: Told, entries: Mapping[str, Booked]) -> Difference | None:
    found = next((entries[name] for name in one.booked_as if name in entries), None)
    if found is not None and (found.amount_cents, found.currency) == (one.amount_cents, one.currency):
        return None
    return Difference(
        payment_ref=one.payment_ref,
        session_id=one.session_id,
        happened=one.happened,
        provider_cents=one.amount_cents,
        ledger_cents=found.amount_cents if found is not None else Cents(0),
        currency=one.currency,
    )


def _must_be_told(one: Booked) -> bool:
    return one.kind in {EntryKind.SALE, EntryKind.SETTLED_DEBT}


def _untold(one: Booked) -> Difference:
    return Difference(
        payment_ref=one.payment_ref or "",
        session_id=one.session_id,
        happened=Happened.PAID,
        provider_cents=Cents(0),
        ledger_cents=one.amount_cents,
        currency=one.currency,
    )


def _sums(amounts: Iterable[tuple[str, Cents]]) -> tuple[tuple[str, Cents], ...]:
    sums: dict[str, Cents] = {}
    for currency, cents in amounts:
        sums[currency] = Cents(sums.get(currency, 0) + cents)
    return tuple(sorted(sums.items()))
