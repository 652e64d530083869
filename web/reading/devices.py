"""The devices of a site: whether each can be believed, when it was heard, and what it last said."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from syspark.domain.clock_offset import is_wrong
from syspark.domain.units import Lane
from syspark.web_ports import DeviceLine
from web.reading.controllers import sync_seen
from web.reading.model import Device, Weather
from web.reading.twin import Said, TwinSeen, twin_seen
from web.sentence import LaneName, Seconds, Sentence, said

BRIDGE = "bridge"
BELIEVED_FOR_S = 90.0
"""How long what beats is believed to beat without a newer time stored: they are stored every 30 s."""

CALM = frozenset({"online", "heard", "cut", "silent"})
"""Health that asks for nobody: `cut` is behind the site's link, which is the one to look at."""

_ORDER = ("fault", "offline", "drift", "misreads", "unsteady", "late", "cut", "online", "heard", "silent")
_BARRIERS: Mapping[str, Sentence] = {
    "open": said("The arm is up"),
    "closed": said("The arm is down"),
    "opening": said("The arm goes up"),
    "closing": said("The arm goes down"),
}


def devices(lines: Sequence[DeviceLine], now: datetime) -> tuple[Device, ...]:
    """Those to look at first, then by name. A link that is cut makes everything behind it unknown, as one trouble."""
    is_cut = any(
        line.name == BRIDGE and (link := twin_seen(line.twin).reported) is not None and link.online is False
        for line in lines
    )
    found = [device(line, now, is_cut=is_cut) for line in lines]
    return tuple(sorted(found, key=lambda one: (_ORDER.index(one.health), one.name)))


def device(line: DeviceLine, now: datetime, *, is_cut: bool = False) -> Device:
    """A device; `is_cut`: it can only be heard through a link that is gone."""
    twin = twin_seen(line.twin)
    sync = sync_seen(line.sync)
    seen_at = max((at for at in (line.seen_at, twin.spoke_at) if at is not None), default=None)
    health, detail = _health(line, twin, seen_at, now)
    if is_cut and line.name != BRIDGE and health != "silent":
        health = "cut"
    if sync.differs_since is not None and health == "heard":
        health = "drift"
    if health == "heard" and any(rate.is_low for rate in twin.rates.values()):
        health = "misreads"
    told = detail or _clock(twin) or sync.word or _reads(twin) or _last_word(twin)
    return Device(line.name, line.kind, line.lane, health, seen_at, told)


def _clock(twin: TwinSeen) -> Sentence | None:
    """What to set right, where a device's clock is wrong."""
    if twin.clock_s is None or not is_wrong(twin.clock_s):
        return None
    wrong = Seconds(round(abs(twin.clock_s)))
    return (
        said("Its clock is {wrong} ahead", wrong=wrong)
        if twin.clock_s > 0
        else said("Its clock is {wrong} behind", wrong=wrong)
    )


def _reads(twin: TwinSeen) -> Sentence | None:
    """How well a camera reads; of a gateway's, the one that lies furthest below its own norm."""
    judged = [
        (rate.last - rate.norm, place, round(100 * rate.last), round(100 * rate.norm))
        for place, rate in twin.rates.items()
        if rate.last is not None and rate.norm is not None
    ]
    if not judged:
        return None
    _, place, last, norm = min(judged)
    lane = place.partition(" ")[0]
    if lane in set(Lane):
        where = LaneName(lane)
        return said(
            "At {lane} {last} % of the last 50 vehicles read, {norm} % in 7 days", lane=where, last=last, norm=norm
        )
    return said("{last} % of the last 50 vehicles read, {norm} % in 7 days", last=last, norm=norm)


def weather(lines: Sequence[DeviceLine]) -> Weather | None:
    """The weather as it was last told."""
    for line in lines:
        twin = twin_seen(line.twin)
        now = twin.reported
        if now is None or now.type != "weather" or now.temperature is None or twin.reported_at is None:
            continue
        return Weather(
            place=now.ville,
            description=now.description,
            temperature=now.temperature,
            humidity=now.humidite,
            wind=now.vent,
            wind_from=now.vent_dir,
            forecast=now.prevision,
            rain=now.pluie,
            co2=now.co2,
            air=now.air,
            at=twin.reported_at,
        )
    return None


def _health(line: DeviceLine, twin: TwinSeen, seen_at: datetime | None, now: datetime) -> tuple[str, Sentence | None]:
    since = said("No heartbeat since {at}", at=twin.heard_at) if twin.heard_at else None
    link = twin.reported.online if twin.reported is not None and line.name == BRIDGE else None
    if twin.life == "offline":
        return "offline", since
    if link is False and twin.reported_at is not None:
        return "offline", said("cut off since {at}", at=twin.reported_at)
    if twin.error is not None:
        return "fault", said("{text}", text=twin.error)
    if twin.unsteady:
        return "unsteady", since
    if twin.life == "stale":
        return "late", since
    if twin.life == "online":
        if seen_at is None or (now - seen_at).total_seconds() > BELIEVED_FOR_S:
            return "late", said("Heard no more by us")
        return "online", None
    if link and twin.reported_at is not None:
        return "online", said("connected since {at}", at=twin.reported_at)
    return ("heard" if seen_at is not None else "silent"), None


def _last_word(twin: TwinSeen) -> Sentence | None:
    if twin.badges is not None:
        if twin.written is not None:
            return said("Badges held: {n}; last written {at}", n=twin.badges.count, at=twin.written.at)
        return said("Badges held: {n}", n=twin.badges.count)
    if twin.written is not None:
        return said("Card written {at}", at=twin.written.at)
    if twin.read_at is not None:
        if twin.doubtful:
            return said("Plates read: {n}, doubtful: {doubtful}", n=twin.reads, doubtful=twin.doubtful)
        return said("Plates read: {n}", n=twin.reads)
    return _sentence(twin.reported) if twin.reported is not None else None


def _sentence(word: Said) -> Sentence | None:
    match word.type:
        case "presence":
            return said("Sees a vehicle") if word.present else said("Sees nobody")
        case "barrier":
            return _BARRIERS.get(word.state or "")
        case "floor":
            return _floor(word)
        case "radio":
            return said("{text}", text=word.text or "")
        case "sync":
            return said("Asked for its state")
        case _:
            return None


def _floor(word: Said) -> Sentence:
    if not word.moving or word.target == word.current:
        return said("Floor {floor}", floor=word.current)
    if word.target is None:
        return said("Floor {floor}, moving", floor=word.current)
    return said("Floor {floor}, on its way to {target}", floor=word.current, target=word.target)
