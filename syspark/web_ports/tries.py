"""How often strangers were answered on the portal, as a protocol: one count for all web processes.

Source: quality.md, "Security". Every method raises `syspark.errors.Unavailable` while the database is away.
"""

from datetime import datetime
from typing import NamedTuple, Protocol

from syspark.domain.units import SiteId


class Limit(NamedTuple):
    """So many tries within the window are answered at once, each further one after twice the wait, then the longest."""

    allowed: int
    window_s: int
    longest_s: int


class Tries(Protocol):
    """Counted under a name that says nobody's: a keyed hash."""

    async def take(self, who: bytes, site_id: SiteId, now: datetime, limit: Limit) -> float:
        """Count a try and return 0, if it is time for one; else return the seconds to wait, and count nothing.

        Of several at the same moment, in whatever processes, as many are let through as one after the other.
        """

    async def give_back(self, who: bytes, taken_at: datetime) -> None:
        """The try taken at this moment was none: who made it has shown who they are."""
