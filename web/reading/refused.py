"""Messages of a site that were refused, and why: what its installer has to repair."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from syspark.contract.reasons import Reason
from syspark.domain.policy import Language
from syspark.domain.units import SiteId
from syspark.web_ports import PageReads

SHOWN = 10
BACK = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Refused:
    """A message, by its topic, and why it was refused; what it held is not shown: it may name people."""

    topic: str
    reason: str
    at: datetime


async def refused(reads: PageReads, site_id: SiteId, now: datetime) -> Sequence[Refused]:
    """The latest of the last day, newest first."""
    return [
        Refused(line.topic, line.reason, line.received_at) for line in await reads.refused(site_id, now - BACK, SHOWN)
    ]


def why_refused(reason: str, language: str) -> str:
    """A reason in words; one of another release is called by its name."""
    return Reason(reason).explained(Language(language)) if reason in set(Reason) else reason
