"""One site: its lanes, devices, feed and occupancy."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from syspark.web_ports import DeviceLine, FlowLine, PageReads, SiteLine
from web.reading.feed import feed
from web.reading.lanes import lane_card
from web.reading.model import Curve, Device, SitePage
from web.reading.sites import JOURNAL_BACK, OPENINGS_BACK, site_card, surroundings
from web.reading.snapshot import site_seen, twin_seen
from web.sentence import said

FEED_JOURNAL = 80
FEED_SHOWN = 24
STEP_S = 1800
STEPS = 48
BEAT_S = 2.0
"""V1 sensors beat every 2 s; late after 3 missed beats, offline after 10. Source: domain.md, "Devices, health"."""

BEATING = frozenset({"sensor_gate"})


async def site_page(reads: PageReads, line: SiteLine, flow: Sequence[FlowLine], now: datetime) -> SitePage:
    """The page of a site. `flow` is read apart: a day's curve does not change every second."""
    journal = await reads.journal([line.id], now - JOURNAL_BACK, FEED_JOURNAL)
    commands = await reads.openings([line.id], now - OPENINGS_BACK)
    around = (await surroundings(reads, [line], journal, commands, now))[line.id]
    lanes = tuple(lane_card(lane.lane, around) for lane in line.lanes)
    devices = [device(found, now) for found in await reads.devices(line.id)]
    holders = {uid: person.holder for uid, person in around.people.items() if person.holder}
    seen = site_seen(line.state)
    order = {"crit": 0, "warn": 1, "act": 2, "none": 3}
    return SitePage(
        site=site_card(line, [card for card in lanes if card.waits], now),
        lanes=tuple(sorted(lanes, key=lambda card: (not card.waits, order[card.level], card.lane))),
        devices=tuple(sorted(devices, key=lambda found: (found.health in {"online", "silent"}, found.name))),
        feed=feed(around.entries, holders)[:FEED_SHOWN],
        curve=curve(flow, seen.occupancy if seen else 0, line.capacity, now),
    )


def device(line: DeviceLine, now: datetime) -> Device:
    """A device and whether it can be believed."""
    twin = twin_seen(line.twin)
    seen_at = max((at for at in (line.seen_at, twin.reported_at) if at is not None), default=None)
    health, detail = "online", None
    if twin.error is not None:
        health, detail = "fault", said("{text}", text=twin.error)
    elif line.name == "bridge" and twin.reported is not None and twin.reported.online is False:
        health = "offline"
    elif seen_at is None:
        health = "silent"
    elif line.kind in BEATING:
        missed = int((now - seen_at).total_seconds() / BEAT_S)
        if missed >= 10:
            health = "offline"
        elif missed >= 3:
            health, detail = "late", said("{n} beats missed", n=missed)
    if detail is None and twin.reported is not None and twin.reported.state:
        detail = said("{text}", text=twin.reported.state)
    return Device(line.name, line.kind, line.lane, health, seen_at, detail)


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
