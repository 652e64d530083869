"""The actor of an organisation: changes its configuration, in a journal chain of its own."""

from uuid import UUID

from msgspec.structs import replace

from actors.durable import DurableActor, Verdict
from actors.house import House
from actors.runtime import Key
from syspark.domain.decision import Moment
from syspark.domain.messages import AddSite, AnyMessage, OrganisationMessage
from syspark.domain.organisation import SiteAdded, decide
from syspark.layout import partition_of_site, standard_site
from syspark.rows import Scope, SiteRow, Unit


class OrganisationActor(DurableActor[SiteAdded]):
    """One per organisation; it remembers nothing, what it needs is a look-up away."""

    kind = "organisation"

    def __init__(self, key: Key, house: House) -> None:
        super().__init__(key, house)
        self._opening: SiteRow | None = None

    async def load(self) -> None:
        """Nothing to restore."""

    async def decide(self, message: AnyMessage, at: Moment) -> Verdict[SiteAdded]:
        """Decide with the site of that name, if there is one."""
        assert isinstance(message, OrganisationMessage)
        self._opening = None
        taken = isinstance(message, AddSite) and await self.house.stores.state.site(message.site_id) is not None
        return Verdict(decide(taken, message), {"taken": taken})

    def written(self, unit: Unit, events: tuple[SiteAdded, ...], scope: Scope) -> Unit:
        """The new site's row, laid out like a v1 site, in a partition of its own name."""
        for event in events:
            self._opening = new_site(event, scope.organisation_id, self.house.partitions)
            unit = replace(unit, new_site=self._opening)
        return unit

    def apply(self, events: tuple[SiteAdded, ...]) -> None:
        """Let link and actors know the site at once when it is ours; another owner's next look finds it."""
        if events and self._opening is not None and self.house.ownership.fence(self._opening.partition) is not None:
            self.house.sites.put(self._opening)


def new_site(added: SiteAdded, organisation_id: UUID, partitions: int) -> SiteRow:
    """A site as it is opened, with the default policy and tariff."""
    return standard_site(
        added.site_id,
        organisation_id,
        partition_of_site(added.site_id, partitions),
        name=added.name,
        zone=added.zone,
        currency=added.currency,
        capacity=added.capacity,
        speaks=added.speaks,
        sealed_secrets=(added.sealed_secret,) if added.sealed_secret else (),
    )
