"""The shadow run: what the stays of the last 30 days would have cost under another tariff.

Page by page from the newest stay back, each priced in a thread: memory holds one page, and the loop goes on. It ends
after some seconds, and says how far it came.
"""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from syspark.domain.access import Plan
from syspark.domain.tariff import Credit, Tariff, credits_of
from syspark.domain.tariff.shadow import PastStay, Shadow
from syspark.domain.units import SessionId, SiteId
from syspark.web_ports import EndedLine
from web.wing import Wing

BACK = timedelta(days=30)
PAGE = 250
LONGEST_S = 4.0
_LAST = UUID(int=2**128 - 1)


class _Body(msgspec.Struct, frozen=True):
    """What prices a session, of all it says."""

    plan: Plan = Plan.VISITOR
    tariff: Tariff | None = None
    waiting_since: datetime | None = None
    left_at: datetime | None = None
    zone: str = "UTC"
    unbilled: tuple[Credit, ...] = ()
    queued_s: int = 0


_BODY = msgspec.json.Decoder(_Body)


async def shadowed(wing: Wing, site_id: SiteId, tariff: Tariff) -> Shadow:
    """What it would have made of the latest stays. Raises `Unavailable`."""
    shadow, now, until = Shadow(tariff), wing.clock.now(), wing.clock.monotonic() + LONGEST_S
    before = (now, _LAST)
    while wing.clock.monotonic() < until:
        page = await wing.stores.tariffs.ended(site_id, now - BACK, before, PAGE)
        await asyncio.to_thread(_add, shadow, page)
        if len(page) < PAGE:
            break
        before = (page[-1].closed_at, page[-1].id)
    return shadow


def _add(shadow: Shadow, page: Sequence[EndedLine]) -> None:
    for stay in _stays(page):
        shadow.add(stay)


def _stays(page: Sequence[EndedLine]) -> Iterator[PastStay]:
    """The visitors' stays among them whose entry and end are known."""
    for line in page:
        body = _BODY.decode(line.body)
        ended_at = body.waiting_since or body.left_at
        if body.plan is not Plan.VISITOR or body.tariff is None or line.opened_at is None or ended_at is None:
            continue
        credited = credits_of(body.unbilled, body.queued_s, until=ended_at)
        yield PastStay(SessionId(str(line.id)), body.tariff, line.opened_at, ended_at, body.zone, credited)
