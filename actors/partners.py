"""What a site's decision writes of partners, and what its memory of them is restored from."""

from collections.abc import Iterable
from uuid import UUID

import msgspec
from msgspec.structs import replace

from syspark.domain.partner import Account, Partner, Validation
from syspark.domain.site.events import PartnerChanged, SiteEvent, ValidationChanged
from syspark.domain.site.promises import Promises
from syspark.domain.units import Cents, PartnerId
from syspark.rows import PartnerMonthRow, PartnerRow, PartnersOfSite, Scope, Unit, ValidationRow


def with_partners(unit: Unit, events: Iterable[SiteEvent], scope: Scope) -> Unit:
    """The unit with the rows of partners, their months and their validations."""
    known = [event.partner for event in events if isinstance(event, PartnerChanged)]
    changed = [event for event in events if isinstance(event, ValidationChanged)]
    if not (known or changed):
        return unit
    return replace(
        unit,
        partners=tuple(PartnerRow(UUID(one.id), scope, one.terms.name, msgspec.json.encode(one)) for one in known),
        partner_months=tuple(_month_row(one.account, scope) for one in changed if one.account is not None),
        validations=tuple(_validation_row(one.validation, scope) for one in changed),
    )


def promises_of(rows: PartnersOfSite) -> Promises:
    """The site's memory of them."""
    return Promises(
        (msgspec.json.decode(row.body, type=Partner) for row in rows.partners),
        (_account(row) for row in rows.months),
        (msgspec.json.decode(row.body, type=Validation) for row in rows.live),
    )


def _account(row: PartnerMonthRow) -> Account:
    return Account(
        partner_id=PartnerId(str(row.partner_id)),
        month=row.month,
        validated=row.validated,
        held_cents=Cents(row.held_cents),
        spent_cents=Cents(row.spent_cents),
    )


def _month_row(account: Account, scope: Scope) -> PartnerMonthRow:
    return PartnerMonthRow(
        UUID(account.partner_id), scope, account.month, account.validated, account.held_cents, account.spent_cents
    )


def _validation_row(one: Validation, scope: Scope) -> ValidationRow:
    return ValidationRow(
        id=UUID(one.id),
        scope=scope,
        partner_id=UUID(one.partner_id),
        subject=UUID(one.subject),
        month=one.month,
        made_at=one.made_at,
        live=one.standing.is_live,
        body=msgspec.json.encode(one),
    )
