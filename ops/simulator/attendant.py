"""Whoever answers the intercom of a trial: recognises the car on its picture, as an operator would, or opens."""

import asyncio
import itertools
from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from ops.simulator.lane import Call
from ops.simulator.truth import Doubt
from syspark.domain.corrections import CloseByHand, Ground
from syspark.domain.messages import AskHelp, MatchVehicle, OpenLane, OpenReason
from syspark.domain.units import Lane, SessionId

AUTHOR = "the trial's operator"
INTERCOM = "the trial's intercom"


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session as a page shows it."""

    id: SessionId
    version: int


class Desk(Protocol):
    """What a person at the pages can look up and ask for."""

    async def open_session(self, site: str, keys: Collection[str]) -> OpenSession | None:
        """The latest open session for which one of these badges and plates was read."""

    async def ask(self, site: str, message: AskHelp | MatchVehicle | OpenLane) -> None:
        """Send a site a request."""

    async def close(self, site: str, session: SessionId, message: CloseByHand) -> None:
        """Send a session that it is over."""


class Calls:
    """Calls that nobody has answered yet: of who still stands there before those who have left, each in their order."""

    def __init__(self) -> None:
        self._waiting: asyncio.PriorityQueue[tuple[bool, int, str, Call]] = asyncio.PriorityQueue()
        self._order = itertools.count()

    def put(self, site: str, call: Call) -> None:
        """Somebody calls."""
        self._waiting.put_nowait((call.has_left, next(self._order), site, call))

    async def next(self) -> tuple[str, Call]:
        """The site and the call to be answered now."""
        _, _, site, call = await self._waiting.get()
        return site, call


async def hear(call: Call, site: str, desk: Desk, *, staffed: bool) -> None:
    """Have a call for help told to the site, as its intercom does, and answered if anybody is there to answer.

    On a fast clock a call is answered late: whoever looks then sees that the car has left meanwhile.
    """
    if call.stay.left_s is not None and not call.has_left:
        return
    if not call.has_left:
        await desk.ask(site, AskHelp(lane=Lane.EXIT, author=INTERCOM))
    if staffed:
        await _answer(call, site, desk)
    elif not call.was_read or any(call.stay.mistold.values()):
        call.stay.doubts.add(Doubt.UNREAD)


async def _answer(call: Call, site: str, desk: Desk) -> None:
    """Say whose car it is, the first time; open when it calls again, or when nobody knows the car.

    Of a car that has left since, the session is closed that is still open: it would count for ever.
    """
    known = await desk.open_session(site, call.stay.keys) if call.times == 1 or call.has_left else None
    if call.has_left:
        if known is not None:
            over = CloseByHand(version=known.version, reason=Ground.PICTURE, author=AUTHOR)
            await desk.close(site, known.id, over)
    elif known is not None:
        why = "recognised on the picture"
        await desk.ask(site, MatchVehicle(lane=Lane.EXIT, session_id=known.id, reason=why, author=AUTHOR))
    else:
        if not call.was_read:
            call.stay.doubts.add(Doubt.UNREAD)
        call.answered()
        await desk.ask(site, OpenLane(lane=Lane.EXIT, reason=OpenReason.MISREAD_PLATE, author=AUTHOR))
