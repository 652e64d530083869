"""What is shown of a site's evacuations: when, by whom, and who was inside."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from syspark.web_ports import EvacuatedLine
from web.reading.snapshot import Evacuation, site_seen

SHOWN = 3
FREE_AFTER = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Report:
    """An evacuation and what was counted while it lasted and nobody paid."""

    evacuation: Evacuation
    counted: EvacuatedLine


def latest(state: bytes | None) -> tuple[Evacuation, ...]:
    """The latest evacuations in a site's stored state, the last one first."""
    seen = site_seen(state)
    return seen.emergencies[::-1][:SHOWN] if seen is not None else ()


def over_at(evacuation: Evacuation, now: datetime) -> datetime:
    """Until when its report counts: half an hour after its end, or now."""
    return now if evacuation.ended_at is None else min(now, evacuation.ended_at + FREE_AFTER)
