"""Sites for whatever runs without a database."""

from uuid import UUID

from msgspec.structs import replace

from syspark.domain.units import SiteId
from syspark.persistence import defaults
from syspark.rows import SiteRow

ORGANISATION = UUID(int=1)
"""The organisation of sites in memory."""


def default_site(name: str = "default", *, partition: int = 0) -> SiteRow:
    """The site that the first migration makes, as the stores read it back; under other names its twins.

    `msgspec.structs.replace` what a test needs otherwise.
    """
    made = defaults.default_site(ORGANISATION, partition)
    site_id = SiteId(name)
    devices = sorted((replace(device, site_id=site_id) for device in made.devices), key=lambda device: device.name)
    return replace(made, id=site_id, name=name, devices=tuple(devices))
