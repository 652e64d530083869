"""Strangers who try plates and codes: the first five at once, then slower, and many of them are an alarm.

Source: quality.md, "Security": 5 tries in 10 minutes per address, then slower; enumeration is an alarm. Counted per
process, as web/throttle.py tells. Whoever shows the right code is nobody's stranger and costs no try.
"""

from collections import deque

from aiohttp import web
from cachetools import LRUCache

from syspark import logs
from syspark.clock import Clock
from syspark.domain import alarms
from syspark.domain.alarm_kind import AlarmKind
from syspark.domain.units import SessionId, SiteId
from syspark.rows import Address
from web import client
from web.pay.place import Place
from web.throttle import Slowdown
from web.wing import WING

log = logs.get_logger(__name__)

ALARMING = 30
ALARMING_WITHIN_S = 600.0
SITES_KEPT = 2_000


class Guard:
    """What strangers have tried: under 30 answers an hour for each address, whatever it asks for.

    A session's codes are besides guessed no faster from many addresses than from one.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tries = Slowdown(clock, allowed=5, window_s=3600, longest_s=240)
        self._missed: LRUCache[SiteId, deque[float]] = LRUCache(SITES_KEPT)

    def wait_s(self, who: str, session_id: SessionId | None = None) -> float:
        """Seconds until this address may try again, at this session."""
        return self._tries.wait_s(who, *([f"session {session_id}"] if session_id else []))

    def tried(self, who: str, session_id: SessionId | None = None) -> None:
        """Count an answer; with a session, a proof that was wrong."""
        self._tries.failed(who, *([f"session {session_id}"] if session_id else []))

    def missed(self, site_id: SiteId) -> bool:
        """Count what found nothing at a site; True: so many that somebody is searching. Told once for each so many."""
        now = self._clock.monotonic()
        times = self._missed.get(site_id)
        if times is None:
            times = self._missed[site_id] = deque(maxlen=ALARMING)
        times.append(now)
        if len(times) < ALARMING or now - times[0] > ALARMING_WITHIN_S:
            return False
        times.clear()
        return True


GUARD = web.AppKey("portal guard", Guard)


def address_of(request: web.Request) -> str:
    """Whose tries are counted together."""
    return f"address {client.group(request)}"


async def missed(request: web.Request, place: Place) -> None:
    """Count what found nothing, and raise the alarm when it is too much. Raises `Unavailable`."""
    if not request.app[GUARD].missed(place.site.id):
        return
    wing = request.app[WING]
    log.warning("plates or codes are being tried", site=place.site.id, address=str(client.address(request)))
    raised = alarms.raised(AlarmKind.PORTAL_GUESSING).message
    await wing.stores.requests.put(place.row(wing, Address("alarms", place.site.id), raised))
