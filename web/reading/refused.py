"""Messages of a site that were refused, and why: what its installer has to repair."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from syspark.contract.reasons import Reason
from syspark.domain.units import SiteId
from syspark.web_ports import PageReads
from web.sentence import Word

SHOWN = 10
BACK = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Refused:
    """A message, by its topic, and why it was refused; what it held is not shown: it may name people."""

    topic: str
    why: Word
    at: datetime


async def refused(reads: PageReads, site_id: SiteId, now: datetime) -> Sequence[Refused]:
    """The latest of the last day, newest first. A reason of another release is called by its name."""
    return [
        Refused(
            line.topic,
            Word(Reason(line.reason).explanation if line.reason in set(Reason) else line.reason),
            line.received_at,
        )
        for line in await reads.refused(site_id, now - BACK, SHOWN)
    ]
