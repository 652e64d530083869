"""Who may sign in, and who has: the operators and their shifts."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from syspark.acts import Act
from syspark.domain.units import SiteId


@dataclass(frozen=True, slots=True)
class Operator:
    """A person who may sign in. `site_id` bounds what they see; `totp` is their sealed second factor, if they have one.

    `role` is viewer, operator, manager, admin or partner; `partner_id` is whose page a partner's login sees.
    """

    id: UUID
    login: str
    password_hash: str
    role: str
    site_id: SiteId | None = None
    totp: bytes | None = None
    disabled: bool = False
    partner_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class WebSession:
    """A shift: who signed in, the token their forms carry, and until when."""

    id_hash: bytes
    operator: Operator
    csrf: str
    created_at: datetime
    expires_at: datetime


class OperatorStore(Protocol):
    """Who may sign in."""

    async def by_login(self, login: str) -> Operator | None:
        """The operator of this name, a disabled one too."""

    async def by_id(self, operator_id: UUID) -> Operator | None:
        """The operator of this id."""


class WebSessionStore(Protocol):
    """Shifts, and what may be used only once; ids are stored hashed."""

    async def open(self, session: WebSession, act: Act) -> None:
        """Store a new shift, tell the journal of it, and forget those that are over."""

    async def find(self, id_hash: bytes, now: datetime) -> WebSession | None:
        """A shift that is not over, of an operator who is not disabled."""

    async def close(self, id_hash: bytes, act: Act | None = None) -> None:
        """End a shift now; the journal is told of the act unless it had ended already."""

    async def note(self, act: Act) -> None:
        """Tell the journal of an act that changes nothing."""

    async def alive(self, id_hashes: Collection[bytes], now: datetime) -> Collection[bytes]:
        """Which of these shifts still stand."""

    async def use_once(self, key_hash: bytes, now: datetime, expires_at: datetime) -> bool:
        """Mark a key as used until `expires_at`; False: it was used before."""
