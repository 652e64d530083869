"""An organisation: which sites it runs."""

from syspark.domain.decision import Decision, Event
from syspark.domain.messages import ActDone, AddSite, OrganisationMessage
from syspark.domain.units import SiteId, Speaks


class SiteAdded(Event, frozen=True, kw_only=True, tag="site-added"):
    """The organisation has one site more."""

    site_id: SiteId
    name: str
    zone: str
    currency: str
    capacity: int
    speaks: Speaks
    sealed_secret: bytes | None
    author: str


def decide(taken: bool, message: OrganisationMessage) -> Decision[SiteAdded]:
    """Add a site under a name that is not taken; what was done already is put down as such."""
    match message:
        case ActDone(what=what):
            return Decision(rule=what)
        case AddSite():
            return _add_site(taken, message)


def _add_site(taken: bool, message: AddSite) -> Decision[SiteAdded]:
    if taken:
        return Decision(rule="site-name-taken", refused=f"there is a site {message.site_id} already")
    added = SiteAdded(
        site_id=message.site_id,
        name=message.name,
        zone=message.zone,
        currency=message.currency,
        capacity=message.capacity,
        speaks=message.speaks,
        sealed_secret=message.sealed_secret,
        author=message.author,
    )
    return Decision(rule="site-added", events=(added,))
