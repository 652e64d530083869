"""Requests put into actors' mailboxes from outside, and what became of them."""

import asyncio
import getpass
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

import msgspec

from syspark.clock import Clock, SystemClock
from syspark.domain.messages import AddSite, AnyMessage, ControllerMessage, SiteMessage
from syspark.errors import PermanentError
from syspark.ids import IdSource
from syspark.layout import partition_of_organisation
from syspark.mailbox import row_of
from syspark.ports import InboxStore
from syspark.rows import Address, RowStatus, Scope, SiteRow

WAIT_S = 3.0
LOOK_EVERY_S = 0.05


class RefusedError(PermanentError):
    """The actor refuses the request, or cannot handle it; the text says why."""


class Answer(StrEnum):
    """How far a request has come."""

    DONE = "done"
    PENDING = "accepted, pending"


class _Outcome(msgspec.Struct):
    rule: str
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class Requests:
    """Sends requests and waits a moment for their outcomes."""

    inbox: InboxStore
    clock: Clock = field(default_factory=SystemClock)
    wait_s: float = WAIT_S

    async def ask_site(self, site: SiteRow, message: SiteMessage) -> Answer:
        """Ask something of a site and wait for its answer. Raises `RefusedError` and `Unavailable`."""
        scope = Scope(site.organisation_id, site.id, site.partition)
        return await self._send(scope, Address("site", site.id), message)

    async def ask_controllers(self, site: SiteRow, message: ControllerMessage) -> Answer:
        """Ask something of the sync of a site's controllers. Raises `RefusedError` and `Unavailable`."""
        scope = Scope(site.organisation_id, site.id, site.partition)
        return await self._send(scope, Address("controller", site.id), message)

    async def add_site(self, organisation_id: UUID, partitions: int, message: AddSite) -> Answer:
        """Ask an organisation to open a site. Raises `RefusedError` and `Unavailable`."""
        scope = Scope(organisation_id, None, partition_of_organisation(organisation_id, partitions))
        return await self._send(scope, Address("organisation", str(organisation_id)), message)

    async def put(self, site: SiteRow, recipient: Address, message: AnyMessage) -> None:
        """Ask something of a site or of what belongs to it, and wait for nothing. Raises `Unavailable`."""
        await self._put(Scope(site.organisation_id, site.id, site.partition), recipient, message)

    async def _send(self, scope: Scope, recipient: Address, message: AnyMessage) -> Answer:
        return await self._wait(await self._put(scope, recipient, message))

    async def _put(self, scope: Scope, recipient: Address, message: AnyMessage) -> UUID:
        now = self.clock.now()
        row = row_of(IdSource(self.clock).new(), scope, recipient, message, now)
        await self.inbox.request(row)
        return row.id

    async def _wait(self, row_id: UUID) -> Answer:
        deadline = self.clock.monotonic() + self.wait_s
        while self.clock.monotonic() < deadline:
            match await self.inbox.outcome(row_id):
                case (RowStatus.DONE, _):
                    return Answer.DONE
                case (RowStatus.REFUSED, text):
                    raise RefusedError(_refusal(text))
                case (RowStatus.PARKED, _):
                    raise RefusedError("it cannot be handled and was parked: `syspark rejected` shows why")
                case _:
                    await asyncio.sleep(LOOK_EVERY_S)
        return Answer.PENDING


def _refusal(outcome: str) -> str:
    try:
        return msgspec.json.decode(outcome, type=_Outcome).refused or "it is refused"
    except msgspec.DecodeError:  # dropped by hand: the outcome is the reason that was given
        return outcome


def author() -> str:
    """Who asks, for the journal."""
    try:
        return f"{getpass.getuser()} at the command line"
    except (OSError, KeyError):  # an account without a name, as in many containers
        return "the command line"
