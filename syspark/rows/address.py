"""Whom a row is for and whom it belongs to."""

from typing import Literal
from uuid import UUID

import msgspec

from syspark.domain.units import SiteId

RecipientKind = Literal["site", "session", "device", "organisation", "alarms", "controller"]


class Address(msgspec.Struct, frozen=True):
    """The actor a durable message is for.

    A device's id is `<site>/<device>`, that of a site's controllers the site's, that of alarms the site's or the
    organisation's.
    """

    kind: RecipientKind
    id: str


class Scope(msgspec.Struct, frozen=True):
    """Whom a row belongs to. `partition` is the recipient's; `site_id` is None for what concerns an organisation."""

    organisation_id: UUID
    site_id: SiteId | None
    partition: int
