"""An organisation: which sites it runs."""

from syspark.domain.decision import Decision, Event, Moment
from syspark.domain.messages import OrganisationMessage
from syspark.domain.units import SiteId


class SiteAdded(Event, frozen=True, kw_only=True, tag="site-added"):
    """The organisation has one site more."""

    site_id: SiteId
    name: str
    zone: str
    currency: str
    capacity: int
    author: str


def decide(taken: bool, message: OrganisationMessage, at: Moment) -> Decision[SiteAdded]:
    """Add a site under a name that is not taken."""
    if taken:
        return Decision(rule="site-name-taken", refused=f"there is a site {message.site_id} already")
    added = SiteAdded(
        site_id=message.site_id,
        name=message.name,
        zone=message.zone,
        currency=message.currency,
        capacity=message.capacity,
        author=message.author,
    )
    return Decision(rule="site-added", events=(added,))
