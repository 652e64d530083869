"""What the pages about parking sessions read, as a protocol: lists, one session with its evidence, plates by a part."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

from syspark.domain.recorded import Recorded
from syspark.domain.units import SiteId

Kind = Literal["newest", "review", "unpaid", "overlong"]

NEWEST = UUID(int=2**128 - 1)
OLDEST = UUID(int=0)


@dataclass(frozen=True, slots=True)
class CommandLine:
    """A barrier command and its present fate."""

    id: str
    site_id: SiteId
    order: bytes
    author: str
    fate: str
    fate_at: datetime
    created_at: datetime
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Asked:
    """Which sessions: of a kind, at one site or all, begun between two ids, which are in the order of time.

    `keys` None: of any holder. The newest come first, at most `limit`.
    """

    kind: Kind = "newest"
    site_id: SiteId | None = None
    since: UUID = OLDEST
    before: UUID = NEWEST
    keys: Collection[tuple[SiteId, str]] | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class SessionLine:
    """A session as it is stored, where it is, and who its vehicle is as far as known; `body` is the session's JSON.

    `erased_at`: its plates were erased then; `held_until`: a written request asks for it until then.
    """

    id: UUID
    site_id: SiteId
    site_name: str
    zone: str
    partition: int
    version: int
    status: str
    opened_at: datetime | None
    closed_at: datetime | None
    body: bytes
    plate: str | None
    holder: str | None
    badge: str | None
    read_at: datetime | None
    erased_at: datetime | None
    held_until: datetime | None


@dataclass(frozen=True, slots=True)
class EvidenceLine:
    """A reading that speaks for a session's vehicle, or did until `withdrawn_at`; `cause` is its photo's id too."""

    kind: str
    key: str
    lane: str
    read_at: datetime
    confidence: float | None
    cause: UUID
    withdrawn_at: datetime | None
    plate: str | None
    holder: str | None
    has_photo: bool


class SessionReads(Protocol):
    """Sessions, for pages."""

    async def found(self, asked: Asked) -> Sequence[SessionLine]:
        """The sessions asked for, the newest first."""

    async def named(self, ids: Collection[UUID]) -> Sequence[SessionLine]:
        """These sessions, the newest first."""

    async def counted(self, site_id: SiteId | None, most: int) -> Mapping[str, int]:
        """How many sessions are in `review`, `unpaid` or `overlong`, up to `most` each."""

    async def plates_with(self, part: str, most: int) -> Sequence[tuple[SiteId, str, str]]:
        """Site, holder key and plate of those that hold these two or more characters, `most` at most."""

    async def evidence(self, session_id: UUID) -> Sequence[EvidenceLine]:
        """What speaks for a session's vehicle, and what was withdrawn, in the order it was read."""

    async def history(self, session_id: UUID) -> Sequence[Recorded]:
        """The journal's rows about a session, in order."""

    async def commands(self, ids: Collection[str]) -> Sequence[CommandLine]:
        """The barrier commands among these, oldest first."""
