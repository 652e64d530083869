"""One site: its lanes, devices, feed and occupancy."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from syspark.web_ports import AlarmCount, FlowLine, PageReads, SiteLine
from web.reading.alarms import alarm_card, standing_first
from web.reading.devices import devices, weather
from web.reading.feed import feed
from web.reading.lanes import lane_card
from web.reading.model import Curve, SitePage, Unshared, Vehicle
from web.reading.plates import spaced
from web.reading.sites import JOURNAL_BACK, OPENINGS_BACK, site_card, surroundings
from web.reading.snapshot import SiteSeen, site_seen

FEED_JOURNAL = 80
FEED_SHOWN = 24
STEP_S = 1800
STEPS = 48


async def site_page(
    reads: PageReads, line: SiteLine, flow: Sequence[FlowLine], now: datetime, alarms: AlarmCount
) -> SitePage:
    """The page of a site. `flow` is read apart: a day's curve does not change every second."""
    journal = await reads.journal([line.id], now - JOURNAL_BACK, FEED_JOURNAL)
    commands = await reads.openings([line.id], now - OPENINGS_BACK)
    around = (await surroundings(reads, [line], journal, commands, now))[line.id]
    lanes = tuple(lane_card(lane.lane, around) for lane in line.lanes)
    equipment = await reads.devices(line.id)
    seen = site_seen(line.state)
    standing = (
        [card for card in map(alarm_card, await reads.alarms(0)) if card.site_id == line.id] if alarms.standing else []
    )
    # Only who needs a person comes first: cards that moved with every car could not be read.
    order = {"crit": 0, "warn": 1, "act": 2, "none": 3}
    return SitePage(
        site=site_card(line, [card for card in lanes if card.waits], now, alarms if alarms.standing else None),
        lanes=tuple(sorted(lanes, key=lambda card: (order[card.level] if card.calls else len(order), card.lane))),
        devices=devices(equipment, now),
        weather=weather(equipment),
        feed=feed(around.entries, around.people, now)[:FEED_SHOWN],
        alarms=standing_first(standing),
        curve=curve(flow, seen.occupancy if seen else 0, line.capacity, now),
        learned=seen.learned if seen else (),
        unshared=await _unshared(reads, seen),
    )


async def _unshared(reads: PageReads, seen: SiteSeen | None) -> tuple[Unshared, ...]:
    if seen is None or seen.proof is None:
        return ()
    return tuple(
        Unshared(
            line.session_id,
            Vehicle(plate=spaced(line.plate) if line.plate else None, holder=line.holder, opened_at=line.opened_at),
        )
        for line in await reads.inside(seen.proof.only_here)
    )


def day_before(now: datetime) -> datetime:
    """The beginning of the step 24 h ago."""
    begins = int((now - timedelta(seconds=STEP_S * STEPS)).timestamp()) // STEP_S * STEP_S
    return datetime.fromtimestamp(begins, now.tzinfo)


def curve(flow: Sequence[FlowLine], occupancy: int, capacity: int, now: datetime) -> Curve:
    """Occupancy over 24 h, counted back from what it is now by who came and went."""
    since = day_before(now)
    changes = [0] * (STEPS + 1)
    for line in flow:
        step = int((line.at - since).total_seconds() // STEP_S)
        if 0 <= step <= STEPS:
            changes[step] += line.entries - line.exits
    values, count = [], occupancy
    for change in reversed(changes):
        values.append(max(0, count))
        count -= change
    return Curve(since, STEP_S, tuple(reversed(values)), capacity)
