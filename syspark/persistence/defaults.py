"""What the first migration creates: one organisation with one site, as the v1 equipment knows it."""

from uuid import UUID

from syspark.domain.units import Lane, SiteId, Speaks
from syspark.rows import DeviceRow, LaneRow, SiteRow

ORGANISATION_NAME = "SysPark"
POLICY = b"{}"
"""No rule is set: every one keeps its default."""

TARIFF = b'{"free_minutes":30,"step_minutes":15,"step_cents":50,"cap_cents":2000,"cap_hours":24,"currency":"EUR"}'
"""Source: domain.md, "Tariffs"."""

LANES = (LaneRow(Lane.ENTRY.value, has_sensor=True), LaneRow(Lane.EXIT.value, has_sensor=False))

DEVICES = (
    ("sensor_gate", "sensor_gate", Lane.ENTRY),
    ("barriere", "barriere", Lane.EXIT),
    ("barriere_entree", "barriere_entree", Lane.ENTRY),
    ("vision", "vision", None),
    ("entry", "entry", Lane.ENTRY),
    ("exit", "exit", Lane.EXIT),
    ("ascenseur", "ascenseur", None),
    ("acl", "acl", None),
    ("sync", "sync", None),
    ("config", "config", None),
    ("display", "display", None),
    ("payment", "payment", None),
    ("camera", "camera", None),
    ("radio", "radio", None),
    ("meteo", "meteo", None),
    ("bridge", "bridge", None),
)
"""Name, kind and lane of each device of the v1 contract. Source: contract.md, "Families"."""


def default_site(organisation_id: UUID, partition: int) -> SiteRow:
    """The site whose topics are those of v1."""
    site_id = SiteId("default")
    return SiteRow(
        id=site_id,
        organisation_id=organisation_id,
        partition=partition,
        name="default",
        zone="Europe/Paris",
        currency="EUR",
        capacity=50,
        sealed_secrets=(),
        policy=POLICY,
        policy_version=1,
        tariff=TARIFF,
        tariff_version=1,
        lanes=LANES,
        devices=tuple(
            DeviceRow(site_id, name, kind, lane and lane.value, Speaks.V1.value) for name, kind, lane in DEVICES
        ),
    )
