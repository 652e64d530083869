"""A recorded day with all that happens at a site on one: kept by the simulator's equipment while its line was cut."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from ops.simulator.agenda import Agenda
from ops.simulator.layout import Badges, Faults, SiteLayout, Traffic
from ops.simulator.site import Conditions, SiteField

FAULTS = Faults(misread=0.05, duplicate=0.1, reorder=0.1, delay=0.1, sensor_failures_per_hour=2)
TRAFFIC = Traffic(cars_per_hour=50, visitors=0.3, pins=0.1)


def line(at: datetime, topic: str, payload: object) -> str:
    """One message as it was recorded."""
    return json.dumps({"topic": f"parking/{topic}", "payload": payload, "time": at.isoformat()})


def kept(layout: SiteLayout, badges: Badges, until: datetime, *, hours: float, seed: int = 1) -> list[str]:
    """What the equipment of a site kept of these hours: its controllers let in and out whom they know, and nobody paid.

    Badges, plates, PINs, some misread, twice and out of order; of one plate in nine a trailer's behind it.
    """
    conditions = Conditions(seed=seed, faults=FAULTS, traffic=TRAFFIC, plates=True)
    site = SiteField(layout, badges, conditions, Agenda((until - timedelta(hours=hours)).timestamp()))
    for lane in site.lanes.values():
        lane.board.acl = dict.fromkeys((*badges.subscribers, *badges.visitors))
    site.start()
    site.advance(until.timestamp())
    site.connected()
    events = [json.loads(one.payload) for one in site.bridge.outgoing if one.topic.endswith("replay/event")]
    lines = [
        line(datetime.fromtimestamp(one["ts"] / 1000, until.tzinfo), f"{layout.name}/{one['topic']}", one["payload"])
        for one in events
    ]
    return [*lines, *_trailers(layout.name, events, until)]


def levels(site: str, at: datetime) -> list[str]:
    """States that say nothing of now, and what is of no use afterwards."""
    return [
        line(at, f"{site}/sensor_gate/present", {"present": True}),
        line(at, f"{site}/sensor_gate/error", {"code": "READ_FAIL", "detail": "no echo"}),
        line(at, f"{site}/barriere/state", {"state": "open"}),
        line(at, f"{site}/ascenseur/state", {"current": 2, "moving": False}),
        line(at, f"{site}/sensor_gate/heartbeat", str(int(at.timestamp()))),
        line(at + timedelta(days=30), f"{site}/barriere", {"uid": "CAFE0009", "lane": "entry"}),
    ]


def shuffled(lines: Sequence[str], seed: int = 1) -> list[str]:
    """In another order, the same for a seed."""
    return Random(seed).sample(lines, len(lines))


def _trailers(site: str, events: Sequence[dict[str, object]], until: datetime) -> list[str]:
    lines: list[str] = []
    for event in events[::9]:
        read = event["payload"]
        if isinstance(read, dict) and "plate" in read:
            at = datetime.fromtimestamp(float(str(event["ts"])) / 1000 + 2, until.tzinfo)
            rear = {"plate": f"TR{len(lines):03d}ZZ", "confidence": 0.97, "side": "rear", "lane": read["lane"]}
            lines.append(line(at, f"{site}/{event['topic']}", rear))
    return lines
