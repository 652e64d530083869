"""Words from outside: of the payment provider, and of workers."""

from collections.abc import AsyncIterator
from typing import Protocol

from syspark.domain.units import SessionId
from syspark.rows import Scope


class WordReads(Protocol):
    """Whose the words of the payment provider are."""

    async def scope_of(self, session_id: SessionId) -> Scope | None:
        """Where a session is; None: there is none of ours."""

    async def session_of(self, payment_ref: str) -> SessionId | None:
        """The session of the payment that the provider knows by this name."""


class Hints(Protocol):
    """The word of workers that something has changed."""

    def heard(self) -> AsyncIterator[None]:
        """One item as soon as it listens, since earlier words are not heard, and one for each word."""
