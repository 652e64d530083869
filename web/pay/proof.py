"""How a driver shows that a stay is theirs: the code at the exit, or when they came, within 15 minutes.

Source: quality.md, "Security".
"""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from aiohttp import web

from web.pay.finding import is_code
from web.pay.stay import Stay

WITHIN_MIN = 15
DAY_MIN = 24 * 60

_TIME = re.compile(r"([01]?\d|2[0-3]) ?[:hH.] ?([0-5]\d)", re.ASCII)


def holds(request: web.Request, stay: Stay, given: str) -> bool:
    """Whether this is the code of a stay's exit, or its time of arrival as people write it: `7:22`, `7h22`."""
    if is_code(request, stay.session.id, given):
        return True
    return stay.session.since is not None and is_about(given, stay.session.since, stay.place.site.zone)


def is_about(given: str, at: datetime, zone: str) -> bool:
    """Whether a time of day is that of a moment there, within 15 minutes, also across midnight."""
    found = _TIME.fullmatch(given)
    if found is None:
        return False
    there = at.astimezone(ZoneInfo(zone))
    apart = abs(int(found[1]) * 60 + int(found[2]) - there.hour * 60 - there.minute)
    return min(apart, DAY_MIN - apart) <= WITHIN_MIN
