"""What the first migration creates: one organisation with one site, as the v1 equipment knows it."""

from uuid import UUID

from syspark.domain.units import SiteId
from syspark.layout import standard_site
from syspark.rows import SiteRow

ORGANISATION_NAME = "SysPark"


def default_site(organisation_id: UUID, partition: int) -> SiteRow:
    """The site whose topics are those of v1."""
    return standard_site(
        SiteId("default"),
        organisation_id,
        partition,
        name="default",
        zone="Europe/Paris",
        currency="EUR",
        capacity=50,
    )
