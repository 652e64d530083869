"""Partners and what they validate, as their pages show them. Source: ui.md, row "Partner"; docs/partners.md."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from syspark.domain.partner import Gives, Partner, Standing, Terms, Validation
from syspark.domain.units import SessionId
from syspark.sheet import decimal, sheet
from syspark.web_ports import PartnerLine, ValidationLine
from web.reading.plates import masked
from web.sentence import Money, Word

STANDINGS: Mapping[Standing, Word] = {
    Standing.WAITING: Word("waits for the vehicle"),
    Standing.GIVEN: Word("vehicle inside"),
    Standing.USED: Word("used"),
    Standing.TAKEN_BACK: Word("taken back"),
    Standing.EXPIRED: Word("never came"),
    Standing.NOT_USED: Word("had paid already"),
}
GIVES: Mapping[Gives, Word] = {
    Gives.MINUTES: Word("minutes free"),
    Gives.PERCENT: Word("percent off"),
    Gives.NIGHTS: Word("nights at most"),
    Gives.ALL: Word("the whole stay"),
}
HEAD = ("partner", "plate", "made at", "author", "nights", "standing", "cost", "currency", "taken back by", "session")


@dataclass(frozen=True, slots=True)
class PartnerRow:
    """A partner with this month. `left` is how many validations are left, `budget_left` what of the budget is."""

    id: str
    terms: Terms
    validated: int
    left: int | None
    spent: Money
    held: Money
    budget_left: Money | None

    @property
    def nights(self) -> range:
        """How many nights may be chosen; none where it does not give nights."""
        return range(1, self.terms.amount + 1 if self.terms.gives is Gives.NIGHTS else 1)


@dataclass(frozen=True, slots=True)
class ValidationRow:
    """A plate that was taken over, masked."""

    id: str
    partner_id: str
    partner: str
    plate: str
    made_at: datetime
    author: str
    nights: int
    standing: Standing
    cost: Money
    ended_by: str
    session_id: SessionId | None

    @property
    def may_go_back(self) -> bool:
        """Whether it can be taken back, as far as is known."""
        return self.standing.is_live


def partner_rows(lines: Iterable[PartnerLine], currency: str) -> Sequence[PartnerRow]:
    """Partners as they are shown."""
    return [_partner(line, currency) for line in lines]


def _partner(line: PartnerLine, currency: str) -> PartnerRow:
    terms = msgspec.json.decode(line.body, type=Partner).terms
    gone_cents = line.held_cents + line.spent_cents
    return PartnerRow(
        id=str(line.id),
        terms=terms,
        validated=line.validated,
        left=None if terms.quota is None else max(0, terms.quota - line.validated),
        spent=Money(line.spent_cents, currency),
        held=Money(line.held_cents, currency),
        budget_left=None if terms.budget_cents is None else Money(max(0, terms.budget_cents - gone_cents), currency),
    )


def validation_rows(lines: Iterable[ValidationLine], currency: str) -> Sequence[ValidationRow]:
    """Validations as they are shown."""
    return [_validation(line, currency) for line in lines]


def _validation(line: ValidationLine, currency: str) -> ValidationRow:
    one = msgspec.json.decode(line.body, type=Validation)
    return ValidationRow(
        id=one.id,
        partner_id=one.partner_id,
        partner=line.partner,
        plate=masked(line.plate) if line.plate is not None else "",
        made_at=one.made_at,
        author=one.author,
        nights=one.nights,
        standing=one.standing,
        cost=Money(one.spent_cents, currency),
        ended_by=one.ended_by,
        session_id=one.session_id,
    )


def validations_sheet(rows: Iterable[ValidationRow], zone: str) -> str:
    """Validations, one a line, at the site's own time. No whole plate is in them."""
    return sheet(
        HEAD,
        (
            (
                one.partner,
                one.plate,
                one.made_at.astimezone(ZoneInfo(zone)).isoformat(timespec="seconds"),
                one.author,
                one.nights or None,
                one.standing,
                decimal(one.cost.cents),
                one.cost.currency,
                one.ended_by,
                one.session_id,
            )
            for one in rows
        ),
    )
