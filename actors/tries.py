"""Rows whose decision fails: tried again, and parked the third time, so that the next ones go on."""

import logging

from actors.annunciator import Annunciator
from actors.ownership import Ownership
from actors.router import Router
from actors.runtime import Fate, Key
from actors.tools import Tools
from syspark.errors import Unavailable
from syspark.ports import InboxStore
from syspark.rows import Address, InboxRow

logger = logging.getLogger(__name__)

TRIES = 3
RETRY_S = 0.3
"""Three tries of a row lie within 2 s."""


class Tries:
    """The supervisor's and the router's answer to a row that an actor falls over."""

    def __init__(self, inbox: InboxStore, ownership: Ownership, annunciator: Annunciator, tools: Tools) -> None:
        self._annunciator = annunciator
        self._inbox = inbox
        self._ownership = ownership
        self._tools = tools

    async def crashed(self, router: Router, key: Key, message: object, error: Exception) -> Fate:
        """An actor has crashed on a message, or was brought down between two."""
        if isinstance(message, InboxRow):
            return await self.failed(router, message, error)
        # Brought down between two rows: the one that waited in its memory is nobody's fault.
        self._retry_later(router, Address(key.kind, key.id))  # type: ignore[arg-type]  # services have no rows
        return Fate.RETRY

    async def failed(self, router: Router, row: InboxRow, error: Exception) -> Fate:
        """Count a try of a row; the third parks it."""
        fence = self._ownership.fence(row.scope.partition)
        if fence is None:
            return Fate.RETRY
        parked = False
        try:
            if await self._inbox.count_try(fence, row.id) >= TRIES:
                await self._inbox.park(fence, row.id, _words(error))
                parked = True
        except Unavailable:
            logger.debug("a try could not be counted")
        finally:
            if not parked:
                self._retry_later(router, row.recipient)
        if not parked:
            return Fate.RETRY
        logger.error("a %s for %s %s is parked after %s tries", row.kind, row.recipient.kind, row.recipient.id, TRIES)
        self._tools.metrics.parked_rows.inc()
        self._annunciator.parked(row)
        router.settled(row)
        return Fate.PARKED

    def _retry_later(self, router: Router, recipient: Address) -> None:
        self._tools.timers.wake_after(RETRY_S, lambda: router.retry(recipient))


def _words(error: Exception) -> str:
    """An error as text that any database can hold."""
    return f"{type(error).__name__}: {error}"[:500].replace("\0", "?").encode(errors="replace").decode()
