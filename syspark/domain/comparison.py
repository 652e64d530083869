"""The ledger held against the provider's own list: every payment, refund and dispute of a day, one by one.

Totals that agree by chance prove nothing, and a payment booked a second after midnight is no difference: what is
compared is each payment's money, by what happened to it. Source: domain.md, "Seller": totals = ledger = provider.
"""

import enum
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

import msgspec

from syspark.domain.units import Cents, SessionId

MOST = 100
"""So many differences of a day are named; more are alike, and counted."""


class Happened(enum.StrEnum):
    """What moved the money of a payment."""

    PAID = "paid"
    REFUNDED = "refunded"
    DISPUTED = "disputed"


class Movement(msgspec.Struct, frozen=True, kw_only=True):
    """Money of a payment that came, or went (below zero), on a day of its site."""

    payment_ref: str
    session_id: SessionId | None
    happened: Happened
    amount_cents: Cents
    currency: str
    day: date


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """A payment of which the provider and the ledger do not say the same."""

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


def compared(told: Sequence[Movement], booked: Sequence[Movement], day: date) -> ComparedDay:
    """Compare a day, by what was told and booked on it and on the days around it.

    What one side has on the day and the other on a day beside it is no difference.
    """
    touched = {_key(one) for one in (*told, *booked) if one.day == day}
    provider, ledger = _sums(told), _sums(booked)
    sessions = {_key(one): one.session_id for one in (*told, *booked) if one.session_id is not None}
    first: dict[tuple[str, Happened, str], date] = {}
    for one in (*told, *booked):
        first[_key(one)] = min(one.day, first.get(_key(one), one.day))
    found = [
        Difference(
            payment_ref=key[0],
            session_id=sessions.get(key),
            happened=key[1],
            provider_cents=provider[key],
            ledger_cents=ledger[key],
            currency=key[2],
        )
        for key in sorted(touched)
        # A difference stands on one day, though it may be seen from two.
        if provider[key] != ledger[key] and first[key] == day
    ]
    return ComparedDay(
        provider=_of_day(told, day),
        ledger=_of_day(booked, day),
        unexplained=len(found),
        differences=tuple(found[:MOST]),
    )


def _key(one: Movement) -> tuple[str, Happened, str]:
    return one.payment_ref, one.happened, one.currency


def _sums(movements: Iterable[Movement]) -> dict[tuple[str, Happened, str], Cents]:
    sums: dict[tuple[str, Happened, str], Cents] = defaultdict(lambda: Cents(0))
    for one in movements:
        sums[_key(one)] = Cents(sums[_key(one)] + one.amount_cents)
    return sums


def _of_day(movements: Iterable[Movement], day: date) -> tuple[tuple[str, Cents], ...]:
    sums: dict[str, Cents] = {}
    for one in movements:
        if one.day == day:
            sums[one.currency] = Cents(sums.get(one.currency, 0) + one.amount_cents)
    return tuple(sorted(sums.items()))
