"""What is held of a parking session."""

import enum
from datetime import datetime

import msgspec

from syspark.domain.access import Plan
from syspark.domain.payment.payment import Account
from syspark.domain.review import Review
from syspark.domain.tariff import Credit, Discount, Quote, Tariff
from syspark.domain.units import Cents, CommandId, HolderKey, SessionId

BY_HAND = "by_hand"
"""How a session was closed that a person has ended."""


class Status(enum.StrEnum):
    """Where a session stands; how it gets from one to another is told by `moves`."""

    ACTIVE = "active"
    PENDING_PAYMENT = "pending_payment"
    PAID = "paid"
    CLOSED = "closed"
    VOID = "void"

    @property
    def is_open(self) -> bool:
        """Whether the vehicle still holds the session."""
        return self not in {Status.CLOSED, Status.VOID}


class Declared(msgspec.Struct, frozen=True, kw_only=True):
    """When the driver says they came whom nobody saw: `arrived_at` as they say, `since` as the stay is counted.

    The two differ where the vehicle is known to have left after `arrived_at`. `confirmed`: they were asked for the day.
    """

    arrived_at: datetime
    since: datetime
    author: str
    confirmed: bool = False


class Session(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A parking session. `opened_at` None: nobody saw it enter, and no time is invented.

    `holder_key` is whom it was begun for, or who a person says it is; its witnesses are rows of their own. `tariff` is
    pinned at entry. `left_at` is when the vehicle left as far as known, `closed_at` when that was decided;
    `before_close` is the state a failed exit goes back to. `asked_at` is when it was last read at the exit,
    `waiting_since` when it was first: there the fee freezes. `review` are the reasons for which a person should look,
    in any state. `unpaid` is what was due of a vehicle that left without paying. `merged_into`: it was a part of that
    other session. `free_until` is until when the right it was begun under makes it free, `pool`
    whose place it takes. `paid_cents` is what counts as paid for the stay, `paid_at` when that was last so; `money` is
    all that was offered, came and went. `zone` is the site's when it began: on its clocks the tariff is read.
    `discounts` are what others take over.
    `paid_at_lane`: that was at the exit, where the grace is shorter. `pays_later`:
    a person lets it leave unpaid. `unbilled` is what of its stay is never billed, `queued_s` the seconds it
    waited behind others at the exit, both as last told. `debt_entry` is the ledger's line of what is `unpaid`.
    `declared`: what its driver says of an entry nobody saw. `confirmed`: they have named the day of one that was seen,
    longer ago than anybody stays at the site.
    """

    id: SessionId
    holder_key: HolderKey
    plan: Plan
    tariff: Tariff
    tariff_version: int
    opened_at: datetime | None
    decided_at: datetime
    status: Status = Status.ACTIVE
    entry_command: CommandId | None = None
    left_at: datetime | None = None
    closed_at: datetime | None = None
    closed_as: str | None = None
    before_close: Status | None = None
    quoted: Quote | None = None
    asked_at: datetime | None = None
    waiting_since: datetime | None = None
    review: tuple[Review, ...] = ()
    free_until: datetime | None = None
    pool: str | None = None
    paid_cents: Cents = Cents(0)
    paid_at: datetime | None = None
    unpaid: Quote | None = None
    merged_into: SessionId | None = None
    money: Account = Account()
    zone: str = "UTC"
    paid_at_lane: bool = False
    pays_later: bool = False
    unbilled: tuple[Credit, ...] = ()
    queued_s: int = 0
    debt_entry: str | None = None
    discounts: tuple[Discount, ...] = ()
    declared: Declared | None = None
    confirmed: bool = False

    @property
    def since(self) -> datetime | None:
        """From when the stay is counted: its entry as it was seen, else as its driver declares it."""
        return self.opened_at or (self.declared.since if self.declared is not None else None)

    @property
    def last_seen_at(self) -> datetime:
        """When its vehicle was last known to be there."""
        return self.asked_at or self.opened_at or self.decided_at
