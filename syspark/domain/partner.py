"""A partner of a site (hotel desk, clinic, shop), and the plates it validates. Source: domain.md, "Access" and
"Tariffs"; docs/partners.md.
"""

import enum
from datetime import date, datetime

import msgspec

from syspark.domain.access import clocks_of
from syspark.domain.tariff import DAY_S, Discount
from syspark.domain.units import Cents, PartnerId, SessionId, SubjectId, ValidationId

WAITS_S = DAY_S
"""How long a validation waits for a plate that is not inside."""

LONGEST_NAME = 60
MOST_NIGHTS = 30
MOST_MINUTES = 7 * 1440
MOST_CENTS = 10_000_000


class Gives(enum.StrEnum):
    """What one validation takes over: minutes more, a share, nights of 24 hours from the entry, all of it."""

    MINUTES = "minutes"
    PERCENT = "percent"
    NIGHTS = "nights"
    ALL = "all"


class Terms(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a partner may give away. `name` is announced on the bill.

    `amount` is how many minutes, how many percent, or how many nights at most; 0 for all. One validation takes over
    `at_most_cents`, one of nights so much for each. `quota` is how many a month, `budget_cents` what they may cost
    together in a month; both on the site's calendar. It counts from the day `first` to the day `last`.
    """

    name: str
    gives: Gives
    amount: int = 0
    at_most_cents: Cents
    quota: int | None = None
    budget_cents: Cents | None = None
    first: date | None = None
    last: date | None = None


class Partner(msgspec.Struct, frozen=True, kw_only=True):
    """A partner as the site knows it."""

    id: PartnerId
    terms: Terms


class Account(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A partner's month (`2026-06`): how many validations count, what they hold of the budget, what they have cost."""

    partner_id: PartnerId
    month: str
    validated: int = 0
    held_cents: Cents = Cents(0)
    spent_cents: Cents = Cents(0)


class Standing(enum.StrEnum):
    """How far a validation is: it waits for its vehicle, is given to a session, has been used; or it is over unused.

    `not-used`: the driver had paid already.
    """

    WAITING = "waiting"
    GIVEN = "given"
    USED = "used"
    TAKEN_BACK = "taken-back"
    EXPIRED = "expired"
    NOT_USED = "not-used"

    @property
    def is_live(self) -> bool:
        """Whether it holds a part of the budget still."""
        return self in {Standing.WAITING, Standing.GIVEN}


class Validation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A plate that a partner takes over by this discount, whose budget is held of the partner's.

    `until`: it waits so long for a vehicle that is not inside. `month` is the one it counts in. `ended_by` is who took
    it back.
    """

    id: ValidationId
    partner_id: PartnerId
    subject: SubjectId
    made_at: datetime
    until: datetime
    month: str
    discount: Discount
    author: str
    nights: int = 0
    standing: Standing = Standing.WAITING
    session_id: SessionId | None = None
    spent_cents: Cents = Cents(0)
    ended_at: datetime | None = None
    ended_by: str = ""

    @property
    def held_cents(self) -> Cents:
        """What it may cost at most."""
        return self.discount.budget_cents or Cents(0)


class Partnership(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was looked up of partners for one message: the one it names with its month, the validation it names or
    that stands for its plate already, those that wait for the plate read, the names of the other partners.
    """

    partner: Partner | None = None
    account: Account | None = None
    validation: Validation | None = None
    waiting: tuple[Validation, ...] = ()
    names: tuple[str, ...] = ()


def month_of(at: datetime, zone: str) -> str:
    """The month of a moment on the site's calendar."""
    return f"{at.astimezone(clocks_of(zone)):%Y-%m}"


def left_cents(terms: Terms, account: Account) -> Cents | None:
    """What of the month's budget is neither spent nor held; None: there is no budget."""
    if terms.budget_cents is None:
        return None
    return Cents(max(0, terms.budget_cents - account.held_cents - account.spent_cents))


def discount_of(terms: Terms, validation_id: ValidationId, nights: int, held_cents: Cents) -> Discount:
    """What a validation takes off a bill, and at most how much."""
    minutes = {Gives.MINUTES: terms.amount, Gives.NIGHTS: nights * DAY_S // 60}.get(terms.gives, 0)
    percent = {Gives.PERCENT: terms.amount, Gives.ALL: 100}.get(terms.gives, 0)
    return Discount(by=terms.name, minutes=minutes, percent=percent, budget_cents=held_cents, ref=validation_id)


def wrong_with(terms: Terms) -> str | None:
    """What makes terms nonsense; None: nothing."""
    most = {Gives.MINUTES: MOST_MINUTES, Gives.PERCENT: 100, Gives.NIGHTS: MOST_NIGHTS, Gives.ALL: 0}[terms.gives]
    if not 1 <= len(terms.name.strip()) <= LONGEST_NAME or not terms.name.isprintable():
        return f"a partner has a name of 1 to {LONGEST_NAME} characters"
    if not min(1, most) <= terms.amount <= most:
        return f"it gives 1 to {most} {terms.gives}" if most else "all is all: it has no amount"
    if not 0 < terms.at_most_cents <= MOST_CENTS:
        return "say what one validation may cost at most"
    if not all(one is None or 0 <= one <= MOST_CENTS for one in (terms.quota, terms.budget_cents)):
        return "a quota or a budget is a number from 0 on"
    if terms.first is not None and terms.last is not None and terms.last < terms.first:
        return "it would end before it begins"
    return None
