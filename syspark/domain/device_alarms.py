"""What is wrong with a device, from what its twin holds before and after a decision. Source: domain.md, "Devices"."""

from collections.abc import Iterator, Mapping

from syspark.domain import alarms
from syspark.domain.alarm_details import AHEAD, BEHIND, READ_LESS
from syspark.domain.alarm_kind import AlarmKind
from syspark.domain.clock_offset import is_wrong
from syspark.domain.decision import ToAlarms
from syspark.domain.facts import BridgeReported, Fact, RadioReported
from syspark.domain.messages import Life
from syspark.domain.read_rate import ReadRate
from syspark.domain.units import DeviceName

SENSORS = ("sensor",)
"""What the families of presence sensors begin with."""

DISTRESS = ("EMERGENCY", "URGENCE", "SOS", "MAYDAY", "DETRESSE")
"""What the emergency radio says, in its status or its error, when somebody calls for help."""


def of_error(device: DeviceName, before: str | None, after: str | None) -> Iterator[ToAlarms]:
    """A fault was told of, has another text, or is cleared."""
    kind = AlarmKind.SENSOR_FAULT if device.startswith(SENSORS) else AlarmKind.DEVICE_FAULT
    if after is not None and after != before:
        yield alarms.raised(kind, device, after)
    elif after is None and before is not None:
        yield alarms.cleared(kind, device)


def of_life(device: DeviceName, before: Life | None, after: Life | None) -> Iterator[ToAlarms]:
    """A device has fallen silent, or is heard again."""
    if before == after:
        return
    kinds = {Life.STALE: AlarmKind.DEVICE_STALE, Life.OFFLINE: AlarmKind.DEVICE_OFFLINE}
    if before in kinds:
        yield alarms.cleared(kinds[before], device)
    if after in kinds:
        yield alarms.raised(kinds[after], device)


def of_clock(device: DeviceName, before_s: float | None, after_s: float | None) -> Iterator[ToAlarms]:
    """A device's clock has gone wrong, or is right again."""
    if after_s is not None and is_wrong(after_s) and not is_wrong(before_s):
        off = AHEAD if after_s > 0 else BEHIND
        yield alarms.raised(AlarmKind.CLOCK_OFF, device, off.written(seconds=f"{abs(after_s):.0f}"))
    elif is_wrong(before_s) and not is_wrong(after_s):
        yield alarms.cleared(AlarmKind.CLOCK_OFF, device)


def of_rates(device: DeviceName, before: Mapping[str, ReadRate], after: Mapping[str, ReadRate]) -> Iterator[ToAlarms]:
    """A camera reads fewer of its vehicles than it used to, or all do as well again as they used to."""
    was_low = {place for place, rate in before.items() if rate.is_low}
    is_low = {place: rate for place, rate in after.items() if rate.is_low}
    for place in sorted(is_low.keys() - was_low):
        rate = is_low[place]
        if rate.last is not None and rate.norm is not None:
            detail = READ_LESS[place].written(last=f"{100 * rate.last:.0f}", norm=f"{100 * rate.norm:.0f}")
            yield alarms.raised(AlarmKind.CAMERA_MISREADS, device, detail)
    if was_low and not is_low:
        yield alarms.cleared(AlarmKind.CAMERA_MISREADS, device)


def of_silence(before: frozenset[str], after: frozenset[str]) -> Iterator[ToAlarms]:
    """A topic speaks no more of the vehicles that the site's other topics tell of, or speaks again."""
    for topic in sorted(after - before):
        yield alarms.raised(AlarmKind.TOPIC_SILENT, topic)
    for topic in sorted(before - after):
        yield alarms.cleared(AlarmKind.TOPIC_SILENT, topic)


def of_fact(device: DeviceName, fact: Fact) -> Iterator[ToAlarms]:
    """What is told whenever it changes: the site's link, a call for help by radio."""
    match fact:
        case BridgeReported(online=online):
            yield alarms.cleared(AlarmKind.SITE_OFFLINE) if online else alarms.raised(AlarmKind.SITE_OFFLINE)
        case RadioReported() if calls_for_help(fact):
            yield alarms.raised(AlarmKind.RADIO_EMERGENCY, device, (fact.text or fact.state or fact.code or "")[:80])
        case _:
            return


def calls_for_help(fact: RadioReported) -> bool:
    """Whether the emergency radio carries a call for help."""
    said = f"{fact.text} {fact.state or ''} {fact.code or ''}".upper()
    return any(word in said for word in DISTRESS)
