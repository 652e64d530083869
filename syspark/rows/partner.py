"""Partners of a site and what they validate."""

from datetime import datetime
from uuid import UUID

import msgspec

from syspark.rows.address import Scope


class PartnerRow(msgspec.Struct, frozen=True):
    """A partner of a site; `body` is JSON of its `syspark.domain.partner.Partner`."""

    id: UUID
    scope: Scope
    name: str
    body: bytes


class PartnerMonthRow(msgspec.Struct, frozen=True):
    """What a partner has validated in a month of the site's calendar (`2026-06`)."""

    partner_id: UUID
    scope: Scope
    month: str
    validated: int
    held_cents: int
    spent_cents: int


class ValidationRow(msgspec.Struct, frozen=True):
    """A plate a partner takes over; `live` while something can become of it still. `body` is JSON."""

    id: UUID
    scope: Scope
    partner_id: UUID
    subject: UUID
    month: str
    made_at: datetime
    live: bool
    body: bytes


class PartnersOfSite(msgspec.Struct, frozen=True):
    """The partners of a site, their months that can change still, and the validations that are not over."""

    partners: tuple[PartnerRow, ...] = ()
    months: tuple[PartnerMonthRow, ...] = ()
    live: tuple[ValidationRow, ...] = ()
