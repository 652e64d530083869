"""The actor of a parking session: alone writes its row after the site has made it."""

from collections.abc import Awaitable
from contextlib import suppress
from functools import reduce
from typing import cast

import msgspec
from msgspec.structs import replace

from actors.durable import DurableActor, LostError, Verdict
from actors.house import House
from actors.patience import AbandonedError
from actors.purse import with_money
from actors.runtime import Key
from actors.stays import session_row
from syspark.domain.decision import Moment
from syspark.domain.messages import AnyMessage, LeftUnpaid, SessionMessage
from syspark.domain.rerun import SETUP
from syspark.domain.session import Session, SessionEvent, decide, evolve
from syspark.domain.units import SiteId
from syspark.errors import PermanentError
from syspark.rows import Fence, InboxRow, Scope, Unit


class SessionActor(DurableActor[SessionEvent]):
    """One per parking session that something is happening to."""

    kind = "session"

    def __init__(self, key: Key, house: House) -> None:
        super().__init__(key, house)
        self._session: Session | None = None
        self._version = 0
        self._site_id = SiteId("")

    async def load(self) -> None:
        """Restore the session from its row. Raises `PermanentError` when there is none."""
        row = await self.house.stores.state.session(self.key.id)
        if row is None:
            raise PermanentError(f"there is no session {self.key.id}")
        self._session = msgspec.json.decode(row.body, type=Session)
        self._version = row.version
        self._site_id = cast("SiteId", row.scope.site_id)

    def foresee(self, row: InboxRow, fence: Fence) -> Awaitable[None]:
        """Be read."""
        return self._foresee(fence)

    async def _foresee(self, fence: Fence) -> None:
        # Without a session, or a partition, or a database, the row itself will meet with the same.
        with suppress(PermanentError, LostError, AbandonedError):
            await self.be_loaded(fence)
        self.house.idleness.worked(self.key)

    async def decide(self, message: AnyMessage, at: Moment) -> Verdict[SessionEvent]:
        """Decide with the session as it stands."""
        assert isinstance(message, SessionMessage)
        assert self._session is not None
        setup = self.house.sites.setup(self._site_id)
        given = {
            "session": self._session,
            "version": self._version,
            "policy_version": setup.policy_version,
            SETUP: self.house.sites.mark(self._site_id),
        }
        owes = isinstance(message, LeftUnpaid) and await self._owes_already(at)
        if owes:
            given["owes_already"] = True
        decided = decide(self._session, message, setup.policy, at, version=self._version, owes_already=owes)
        return Verdict(decided, given)

    async def _owes_already(self, at: Moment) -> bool:
        """Whether its vehicle has left without paying before, and has not settled it."""
        assert self._session is not None
        key = self._session.holder_key
        found = await self.house.stores.state.sessions_around(self._site_id, key, at.fact_at, 0.0)
        return any(
            one.row.unpaid_cents > 0
            and one.row.id != self.key.id
            and key in {witness.holder_key for witness in one.witnesses}
            for one in found
        )

    def written(self, unit: Unit, events: tuple[SessionEvent, ...], scope: Scope) -> Unit:
        """The session's row when it changes, and those of its money."""
        if not events:
            return unit
        after = self._after(events)
        kept = replace(unit, sessions=(session_row(after, self._version + 1, scope),))
        return with_money(kept, after, events, scope, self.house.sites.setup(self._site_id).zone)

    def apply(self, events: tuple[SessionEvent, ...]) -> None:
        """Follow the events."""
        if events:
            self._session = self._after(events)
            self._version += 1

    def _after(self, events: tuple[SessionEvent, ...]) -> Session:
        assert self._session is not None
        return reduce(evolve, events, self._session)
