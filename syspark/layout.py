"""How a site is laid out until somebody says otherwise: as the v1 equipment of the field knows it."""

import hashlib
from collections.abc import Iterator
from uuid import UUID

import msgspec

from syspark.contract.table import ROWS, Way
from syspark.domain.facts import Replayed
from syspark.domain.tariff import Tariff
from syspark.domain.units import Lane, SiteId, Speaks
from syspark.rows import DeviceRow, LaneRow, SiteRow

SENSOR = "sensor_gate"
SENSORS = frozenset({Lane.ENTRY})
"""V1 has one presence sensor a site; it watches the entry."""


def _devices() -> Iterator[tuple[str, Lane | None]]:
    """A device for each family of the contract, on the one lane its topics imply; the sensors' lane they do not."""
    spoken = [row for row in ROWS if row.way is not Way.OWN and Replayed not in row.carries]
    for family in dict.fromkeys(row.family for row in spoken):
        lanes = {row.lane for row in spoken if row.family == family and row.lane is not None}
        if family == SENSOR:
            lanes = set(SENSORS)
        yield family, lanes.pop() if len(lanes) == 1 else None


POLICY = b"{}"
"""No rule is set: every one keeps its default."""


def partition_of_site(site_id: SiteId, partitions: int) -> int:
    """Where a new site lives: spread evenly, whoever it belongs to, the same on every machine."""
    return _spread(site_id.encode(), partitions)


def partition_of_organisation(organisation_id: UUID, partitions: int) -> int:
    """Where an organisation's own actor lives; its sites have partitions of their own."""
    return _spread(organisation_id.bytes, partitions)


def _spread(name: bytes, partitions: int) -> int:
    return int.from_bytes(hashlib.sha256(name).digest()[:8], "big") % partitions


def standard_site(  # noqa: PLR0913 - what an operator says of a new site, each by name
    site_id: SiteId,
    organisation_id: UUID,
    partition: int,
    *,
    name: str,
    zone: str,
    currency: str,
    capacity: int,
    speaks: Speaks = Speaks.V1,
    sealed_secrets: tuple[bytes, ...] = (),
) -> SiteRow:
    """A new site: a lane each way, the v1 devices, the default policy and tariff."""
    return SiteRow(
        id=site_id,
        organisation_id=organisation_id,
        partition=partition,
        name=name,
        zone=zone,
        currency=currency,
        capacity=capacity,
        sealed_secrets=sealed_secrets,
        policy=POLICY,
        policy_version=1,
        tariff=msgspec.json.encode(Tariff(currency=currency)),
        tariff_version=1,
        lanes=tuple(LaneRow(lane.value, lane in SENSORS) for lane in Lane),
        devices=tuple(
            DeviceRow(site_id, device, device, lane.value if lane else None, speaks.value)
            for device, lane in _devices()
        ),
    )
