"""Strangers who try plates and codes: the first five at once, then slower, and many of them are an alarm.

Source: quality.md, "Security": 5 tries in 10 minutes per address, then slower; enumeration is an alarm. A try is taken
before it is answered, and counted for all web processes together: neither many requests at once nor many processes
get more answers. Whoever shows the right code is nobody's stranger and gets the try back. What finds nothing is
counted per process: a few processes are alarmed a little later.
"""

import hashlib
import hmac
from collections import deque
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web
from cachetools import LRUCache

from syspark import logs
from syspark.clock import Clock
from syspark.domain import alarms
from syspark.domain.alarm_kind import AlarmKind
from syspark.domain.units import SessionId, SiteId
from syspark.rows import Address
from syspark.web_ports import Limit
from web import client
from web.pay.place import Place
from web.wing import WING

log = logs.get_logger(__name__)

ALARMING = 30
ALARMING_WITHIN_S = 600.0
SITES_KEPT = 2_000
LIMIT = Limit(allowed=5, window_s=3600, longest_s=240)
"""Under 30 answers in any hour."""


@dataclass(frozen=True, slots=True)
class Try:
    """A try: `wait_s` until it may be made again, 0: it was counted. `names` are those it counts for."""

    wait_s: float
    names: tuple[bytes, ...]
    at: datetime


class Guard:
    """What found nothing at each site, and the limit of tries."""

    def __init__(self, clock: Clock) -> None:
        self.limit = LIMIT
        self._clock = clock
        self._missed: LRUCache[SiteId, deque[float]] = LRUCache(SITES_KEPT)

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


async def taken(request: web.Request, place: Place, session_id: SessionId | None = None) -> Try:
    """Take a try for the address this comes from and, where a session's proof is tried, for that session too.

    A session's codes are so guessed no faster from many addresses than from one. Raises `Unavailable`.
    """
    wing, limit = request.app[WING], request.app[GUARD].limit
    named = [f"address {client.group(request)}", *([f"session {session_id}"] if session_id else [])]
    names = tuple(_hidden(wing.secret_key, name) for name in named)
    now, wait_s = wing.clock.now(), 0.0
    for name in names:
        wait_s = max(wait_s, await wing.stores.tries.take(name, place.site.id, now, limit))
        if wait_s > 0:
            break
    if wait_s > 0:
        await missed(request, place)
    return Try(wait_s, names, now)


async def given_back(request: web.Request, made: Try) -> None:
    """Whoever tried is no stranger."""
    for name in made.names:
        await request.app[WING].stores.tries.give_back(name, made.at)


async def missed(request: web.Request, place: Place) -> None:
    """Count what found nothing, and raise the alarm when it is too much. Raises `Unavailable`."""
    if not request.app[GUARD].missed(place.site.id):
        return
    wing = request.app[WING]
    log.warning("plates or codes are being tried", site=place.site.id, address=str(client.address(request)))
    raised = alarms.raised(AlarmKind.PORTAL_GUESSING).message
    await wing.stores.requests.put(place.row(wing, Address("alarms", place.site.id), raised))


def address_of(request: web.Request) -> str:
    """Whose calls for help are counted together."""
    return f"address {client.group(request)}"


def _hidden(secret_key: str, name: str) -> bytes:
    """A name under which nobody finds an address again without the key."""
    return hmac.digest(secret_key.encode(), b"portal-try " + name.encode(), hashlib.sha256)[:16]
