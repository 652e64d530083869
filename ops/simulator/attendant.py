"""Whoever answers the intercom of a trial: recognises the car on its picture, as an operator would, or opens."""

from collections.abc import Collection
from typing import Protocol

from ops.simulator.lane import Call
from ops.simulator.truth import Doubt
from syspark.domain.messages import MatchVehicle, OpenLane, OpenReason
from syspark.domain.units import Lane, SessionId

AUTHOR = "the trial's operator"


class Desk(Protocol):
    """What a person at the pages can look up and ask for."""

    async def open_session(self, site: str, keys: Collection[str]) -> SessionId | None:
        """The latest open session for which one of these badges and plates was read."""

    async def ask(self, site: str, message: MatchVehicle | OpenLane) -> None:
        """Send a site a request."""


async def answer(call: Call, site: str, desk: Desk) -> None:
    """Say whose car it is, the first time; open when it calls again, or when nobody knows the car."""
    known = await desk.open_session(site, call.stay.keys) if call.times == 1 else None
    if known is not None:
        reason = "recognised on the picture"
        await desk.ask(site, MatchVehicle(lane=Lane.EXIT, session_id=known, reason=reason, author=AUTHOR))
        return
    if not call.was_read:
        call.stay.doubts.add(Doubt.UNREAD)
    await desk.ask(site, OpenLane(lane=Lane.EXIT, reason=OpenReason.MISREAD_PLATE, author=AUTHOR))
