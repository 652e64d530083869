"""Which topics of the table belong to one site, for the files that wire it to the cloud."""

import contextlib
from collections.abc import Iterator, Sequence

import msgspec

from syspark.contract.table import Row, Way, rows
from syspark.contract.topics import topic_for
from syspark.domain.units import DeviceName, SiteId


class WiredSite(msgspec.Struct, frozen=True):
    """A site with the devices that bear a suffix; those named after their family every site has."""

    name: SiteId
    suffixed: tuple[DeviceName, ...] = ()


def wired_site(name: SiteId, devices: Sequence[DeviceName] = ()) -> WiredSite:
    """A site by the names of its devices, of which some may be plain families.

    Raises `ValueError` when a name, of the site or of a device, is none.
    """
    site = WiredSite(name, tuple(device for device in devices if "-" in device))
    families = {row.family for way in (Way.UP, Way.DOWN) for row in rows(way)}
    for device in devices:
        if device.partition("-")[0] not in families:
            raise ValueError(f"{device!r} is not a device: one is named after its family, as in barriere-2")
    for row, device in (*site_rows(site, Way.UP), *site_rows(site, Way.DOWN)):  # every topic can be written
        topic_for("root", name, row, device)
    return site


def up_topics(root: str, name: SiteId, devices: Sequence[DeviceName]) -> Iterator[str]:
    """What a site of these devices publishes on. A device whose name is none has no topic."""
    site = WiredSite(name, tuple(device for device in devices if "-" in device))
    for row, device in site_rows(site, Way.UP):
        with contextlib.suppress(ValueError):
            yield topic_for(root, name, row, device)


def site_rows(site: WiredSite, way: Way) -> Iterator[tuple[Row, DeviceName]]:
    """Each row of one way with each device of the site that it is spoken by or to, in the table's order."""
    for row in rows(way):
        yield row, DeviceName(row.family)
        for device in site.suffixed:
            if device.partition("-")[0] == row.family:
                yield row, device
