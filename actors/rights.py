"""Who may drive in at a site: the rights of badges and plates, as rows and as decisions read them."""

import asyncio
import logging

from cachetools import LRUCache

from actors.house import House
from syspark.domain.access import Credential, CredentialKind, Plan, Pool, Right, text_of, windows_of
from syspark.domain.site.events import CredentialChanged, HolderChanged, SiteEvent, SubjectMet
from syspark.domain.units import HolderKey, Lane, SiteId
from syspark.errors import Unavailable
from syspark.rows import CredentialRow

logger = logging.getLogger(__name__)

KEPT = 20_000


class Rights:
    """A site's rights, each read when it is first needed; None: there is none."""

    def __init__(self, house: House, site_id: SiteId) -> None:
        self._house = house
        self._site_id = site_id
        self._known: LRUCache[HolderKey, Right | None] = LRUCache(KEPT)
        self._sought: dict[HolderKey, asyncio.Task[None]] = {}

    def clear(self) -> None:
        """Know none: another owner may have changed them."""
        self._known.clear()
        self._sought.clear()

    def foresee(self, key: HolderKey) -> None:
        """Begin to look for a right that will be needed."""
        if key not in self._known and key not in self._sought:
            self._sought[key] = self._house.tools.owned.start(f"right at {self._site_id}", self._seek(key))

    async def of(self, key: HolderKey | None) -> Right | None:
        """Whoever shows this has. Raises `Unavailable`."""
        if key is None:
            return None
        if key in self._sought:
            await self._sought[key]
        if key not in self._known:
            self._known[key] = await self._read(key)
        return self._known[key]

    def apply(self, event: SiteEvent) -> None:
        """Follow what has become true."""
        match event:
            case CredentialChanged(credential=credential):
                # Its holder's pool is looked up with it.
                self._known.pop(credential.uid, None)
                self._sought.pop(credential.uid, None)
            case HolderChanged():
                self.clear()
            case SubjectMet(subject=subject):
                self._known.setdefault(HolderKey(subject), None)
            case _:
                pass

    async def _seek(self, key: HolderKey) -> None:
        try:
            right = await self._read(key)
            # Unless the badge was changed meanwhile: what was read may be older.
            if self._sought.get(key) is asyncio.current_task():
                self._known[key] = right
        except Unavailable:
            logger.debug("a right is looked for again when it is needed")
        finally:
            if self._sought.get(key) is asyncio.current_task():
                del self._sought[key]

    async def _read(self, key: HolderKey) -> Right | None:
        row = await self._house.stores.state.credential(self._site_id, key)
        if row is None:
            return None
        pool = Pool(id=row.pool[0], places=row.pool[1]) if row.pool is not None else None
        return Right(credential=credential_of(row), pool=pool)


def credential_of(row: CredentialRow) -> Credential:
    """A badge or a plate as decisions read it."""
    return Credential(
        uid=HolderKey(row.uid),
        holder=row.holder,
        plan=Plan(row.plan),
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        blocked=row.blocked,
        kind=CredentialKind(row.kind),
        windows=windows_of(row.windows),
        lane=Lane(row.lane) if row.lane is not None else None,
        temporary=row.temporary,
    )


def credential_row(credential: Credential, site_id: SiteId) -> CredentialRow:
    """A badge or a plate as it is stored."""
    return CredentialRow(
        uid=credential.uid,
        site_id=site_id,
        holder=credential.holder,
        plan=credential.plan,
        valid_from=credential.valid_from,
        valid_until=credential.valid_until,
        blocked=credential.blocked,
        kind=credential.kind,
        windows=text_of(credential.windows),
        lane=credential.lane,
        temporary=credential.temporary,
    )
