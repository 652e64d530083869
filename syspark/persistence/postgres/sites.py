"""Sites with everything that configures them."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from syspark.domain.units import SiteId
from syspark.persistence import queries
from syspark.persistence.postgres.arrays import blobs, booleans, integers, texts
from syspark.persistence.postgres.database import Database, Parameters
from syspark.rows import TARIFFS_KEPT, DeviceRow, LaneRow, PinRow, SiteChanges, SiteRow, TariffRow

FIRST_AUTHOR = "creation"


async def read(
    database: Database, *, partition: int | None = None, site_ids: Sequence[SiteId] | None = None
) -> list[SiteRow]:
    """The sites of a partition, or those of these names, or all."""
    sql = queries.load("site")
    asked = None if site_ids is None else texts(site_ids)
    found = await database.rows(sql["sites"], {"partition": partition, "site_id": asked})
    if not found:
        return []
    names = {"site_id": texts([row[0] for row in found])}
    lanes: dict[str, list[LaneRow]] = defaultdict(list)
    for site, lane, has_sensor in await database.rows(sql["lanes"], names):
        lanes[site].append(LaneRow(lane, has_sensor))
    devices: dict[str, list[DeviceRow]] = defaultdict(list)
    for row in await database.rows(sql["devices"], names):
        devices[row[0]].append(DeviceRow(*row))
    pins: dict[str, list[PinRow]] = defaultdict(list)
    for site, lane, sealed in await database.rows(sql["pins"], names):
        pins[site].append(PinRow(lane, sealed))
    tariffs: dict[str, list[TariffRow]] = defaultdict(list)
    for site, *tariff in await database.rows(sql["tariffs"], {**names, "kept": TARIFFS_KEPT}):
        tariffs[site].append(TariffRow(*tariff))
    return [
        _site(row, tuple(lanes[row[0]]), tuple(devices[row[0]]), tuple(pins[row[0]]), tuple(tariffs[row[0]]))
        for row in found
    ]


async def changed(database: Database, partitions: Collection[int], since: int | None) -> SiteChanges:
    """The sites of these partitions that may have changed since an earlier look; none, and where to begin, without."""
    asked = {"partition": integers(partitions), "since": None if since is None else str(since)}
    [(seen, names)] = await database.rows(queries.load("site")["changed_sites"], asked)
    return SiteChanges(seen, await read(database, site_ids=names) if names else ())


def writes(site: SiteRow) -> Iterator[tuple[str, Parameters]]:
    """The statements of `site.sql`, with parameters, that store a new site and all that configures it."""
    own = {"site_id": site.id, "organisation_id": site.organisation_id}
    yield (
        "add_site",
        {
            **own,
            "partition": site.partition,
            "name": site.name,
            "zone": site.zone,
            "currency": site.currency,
            "capacity": site.capacity,
            "sealed_secrets": blobs(site.sealed_secrets),
            "policy_version": site.policy_version,
            "tariff_version": site.tariff_version,
        },
    )
    lanes = {
        "lane": texts([lane.lane for lane in site.lanes]),
        "has_sensor": booleans([lane.has_sensor for lane in site.lanes]),
    }
    yield "add_lanes", {**own, **lanes}
    devices = {
        "name": texts([device.name for device in site.devices]),
        "kind": texts([device.kind for device in site.devices]),
        "lane": texts([device.lane for device in site.devices]),
        "speaks": texts([device.speaks for device in site.devices]),
    }
    yield "add_devices", {**own, **devices}
    policy = {"version": site.policy_version, "body": site.policy.decode(), "author": FIRST_AUTHOR}
    yield "add_policy", {**own, **policy}
    tariff = {"version": site.tariff_version, "body": site.tariff.decode(), "author": FIRST_AUTHOR}
    yield "add_tariff", {**own, **tariff}


def _site(
    row: tuple[Any, ...],
    lanes: tuple[LaneRow, ...],
    devices: tuple[DeviceRow, ...],
    pins: tuple[PinRow, ...],
    tariffs: tuple[TariffRow, ...],
) -> SiteRow:
    return SiteRow(
        id=row[0],
        organisation_id=row[1],
        partition=row[2],
        name=row[3],
        zone=row[4],
        currency=row[5],
        capacity=row[6],
        sealed_secrets=tuple(row[7]),
        policy=row[8],
        policy_version=row[9],
        tariff=row[10],
        tariff_version=row[11],
        lanes=lanes,
        devices=devices,
        pins=pins,
        tariffs=tariffs,
    )
