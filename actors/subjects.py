"""Whose plates a site has read: the subject that stands for each."""

from collections.abc import Iterable

from cachetools import LRUCache

from syspark.domain.site.events import PlatesForgotten, SiteEvent, SubjectMet
from syspark.domain.site.stays import Stay
from syspark.domain.units import Plate, SiteId, SubjectId
from syspark.ports import ActorStateStore

KEPT = 20_000
"""More than vehicles are inside, so that whoever leaves is found without a question to the database."""


class Subjects:
    """A site's subjects by plate: those of the latest stays, and others once they were asked for."""

    def __init__(self, state: ActorStateStore, site_id: SiteId) -> None:
        self._state = state
        self._site_id = site_id
        self._known: LRUCache[Plate, SubjectId] = LRUCache(KEPT)

    def restore(self, stays: Iterable[Stay]) -> None:
        """Know those of these stays alone."""
        self._known.clear()
        self._known.update((plate, SubjectId(key)) for stay in stays for key, plate in stay.plates)

    def known(self, plate: str) -> SubjectId | None:
        """The subject of a plate, if that needs no question."""
        return self._known.get(Plate(plate))

    async def of(self, plate: str) -> SubjectId | None:
        """The subject of a plate, None for one that was never read or is forgotten. Raises `Unavailable`."""
        if (known := self.known(plate)) is not None:
            return known
        found = await self._state.subject(self._site_id, plate)
        if found is None:
            return None
        self._known[Plate(plate)] = subject = SubjectId(str(found))
        return subject

    def apply(self, event: SiteEvent) -> None:
        """Follow what has become true."""
        match event:
            case SubjectMet(subject=subject, plate=plate):
                self._known[plate] = subject
            case PlatesForgotten(subjects=subjects):
                gone = set(subjects)
                for plate in [plate for plate, subject in self._known.items() if subject in gone]:
                    del self._known[plate]
            case _:
                pass
