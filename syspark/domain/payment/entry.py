"""What is booked. Source: domain.md, "Seller" and "Audit and privacy".

An entry is never changed: what was wrong is put right by another one, of the same amount the other way. The entries of
the provider's means sum up to what the provider has of ours.
"""

import enum
from datetime import datetime
from uuid import NAMESPACE_OID, uuid5

import msgspec

from syspark.domain.payment.payment import Means
from syspark.domain.units import Cents, OfferId, SessionId


class EntryKind(enum.StrEnum):
    """What an entry is for. `DEBT`, `WAIVER` and `VALIDATION`, which a partner takes over, move no money."""

    SALE = "sale"
    REFUND = "refund"
    COUNTER = "counter"
    DISPUTE = "dispute"
    WAIVER = "waiver"
    DEBT = "debt"
    SETTLED_DEBT = "settled-debt"
    VALIDATION = "validation"


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A line of the ledger. `amount_cents` is what came, below zero what went; `vat_cents` is the part of it that is
    tax. `counter_of` names the entry it takes back.
    """

    id: str
    at: datetime
    kind: EntryKind
    means: Means
    amount_cents: Cents
    currency: str
    vat_cents: Cents = Cents(0)
    payment_id: OfferId | None = None
    author: str = ""
    reason: str = ""
    counter_of: str | None = None


def entry_id(session_id: SessionId, kind: EntryKind, ref: str) -> str:
    """The id of what is booked of a session for the reason the provider, or a decision, knows by `ref`.

    Booked again it is the same, which no ledger takes twice.
    """
    return str(uuid5(NAMESPACE_OID, f"{session_id}/{kind}/{ref}"))
