"""Who may pass: holders, what they hold, and the PINs of lanes."""

from datetime import datetime
from uuid import UUID

import msgspec

from syspark.domain.units import SiteId


class CredentialRow(msgspec.Struct, frozen=True):
    """A badge known at a site, or a plate by the id of its subject, with the plan of its holder.

    `windows` is as `syspark.domain.access.text_of` writes it. Only as read back it has the `pool` of a holder who
    shares places: an id and how many.
    """

    uid: str
    site_id: SiteId
    holder: str
    plan: str
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    blocked: bool = False
    kind: str = "badge"
    windows: str = ""
    lane: str | None = None
    temporary: bool = False
    pool: tuple[str, int] | None = None


class HolderRow(msgspec.Struct, frozen=True):
    """A holder known at a site by name; `places` are shared by all who come under it; `id` is of a new one."""

    id: UUID
    site_id: SiteId
    name: str
    kind: str
    places: int | None = None


class PinRow(msgspec.Struct, frozen=True):
    """The PIN that opens a lane of a site, encrypted."""

    lane: str
    sealed: bytes
