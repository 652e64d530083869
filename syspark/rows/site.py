"""A site as it is configured."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from syspark.domain.units import SiteId
from syspark.rows.access import PinRow

ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)
"""Since when a site's first tariff counts: also for stays that are told of later."""


TARIFFS_KEPT = 8
"""Versions of its tariff that a site's configuration has: more than may wait for their date."""


class PolicyRow(msgspec.Struct, frozen=True):
    """A version of a site's policy, from now on its present one; `body` is JSON."""

    site_id: SiteId
    version: int
    body: bytes
    author: str


class TariffRow(msgspec.Struct, frozen=True):
    """A version of a site's tariff, for stays that begin from `starts_at` on; `body` is JSON."""

    version: int
    starts_at: datetime
    body: bytes


class TariffChange(msgspec.Struct, frozen=True):
    """A new version of a site's tariff; `now`: it is the present one."""

    site_id: SiteId
    row: TariffRow
    author: str
    now: bool


class LaneRow(msgspec.Struct, frozen=True):
    """A lane of a site and whether a presence sensor watches it."""

    lane: str
    has_sensor: bool


class DeviceRow(msgspec.Struct, frozen=True):
    """A device of a site: what it is, on which lane, and the contract generation an operator says it speaks."""

    site_id: SiteId
    name: str
    kind: str
    lane: str | None
    speaks: str


class SiteRow(msgspec.Struct, frozen=True):
    """A site's configuration as the actors read it. `policy` and `tariff` are JSON of their current versions.

    `tariffs` are the versions that start last, the last one first, of a site that had several.

    `secret_hashes` is not what compares messages: shared secrets are encrypted at rest and opened by the caller.
    """

    id: SiteId
    organisation_id: UUID
    partition: int
    name: str
    zone: str
    currency: str
    capacity: int
    sealed_secrets: tuple[bytes, ...]
    policy: bytes
    policy_version: int
    tariff: bytes
    tariff_version: int
    lanes: tuple[LaneRow, ...]
    devices: tuple[DeviceRow, ...]
    pins: tuple[PinRow, ...] = ()
    tariffs: tuple[TariffRow, ...] = ()

    def with_tariff(self, change: TariffChange) -> "SiteRow":
        """It with one more version of its tariff."""
        before = self.tariffs or (TariffRow(self.tariff_version, ALWAYS, self.tariff),)
        last = sorted((*before, change.row), key=lambda one: (one.starts_at, one.version), reverse=True)[:TARIFFS_KEPT]
        site = msgspec.structs.replace(self, tariffs=tuple(last))
        if not change.now:
            return site
        return msgspec.structs.replace(site, tariff=change.row.body, tariff_version=change.row.version)


class SiteChanges(msgspec.Struct, frozen=True):
    """What a look at the configuration has found: the `sites` that may have changed, and `seen`, since when to ask the
    next time.
    """

    seen: int
    sites: Sequence[SiteRow]
