"""How a site is laid out until somebody says otherwise: as the v1 equipment of the field knows it."""

from uuid import UUID

import msgspec

from syspark.domain.tariff import Tariff
from syspark.domain.units import Lane, SiteId, Speaks
from syspark.rows import DeviceRow, LaneRow, SiteRow

SENSORS = frozenset({Lane.ENTRY})
"""V1 has one presence sensor a site; it watches the entry."""

DEVICES: tuple[tuple[str, Lane | None], ...] = (
    ("sensor_gate", Lane.ENTRY),
    ("barriere", Lane.EXIT),
    ("barriere_entree", Lane.ENTRY),
    ("vision", None),
    ("entry", Lane.ENTRY),
    ("exit", Lane.EXIT),
    ("ascenseur", None),
    ("acl", None),
    ("sync", None),
    ("config", None),
    ("display", None),
    ("payment", None),
    ("camera", None),
    ("radio", None),
    ("meteo", None),
    ("bridge", None),
)
"""Each device, named after its family, and the lane it stands on. Source: contract.md, "Families"."""

POLICY = b"{}"
"""No rule is set: every one keeps its default."""


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
            DeviceRow(site_id, device, device, lane.value if lane else None, speaks.value) for device, lane in DEVICES
        ),
    )
