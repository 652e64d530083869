"""An evacuation: every lane is asked to open and nobody pays to leave. Source: domain.md, "Fire".

The alarm relay and the firefighters' key open the lanes on site by themselves; the cloud asks for the same, again and
again while it lasts, since nobody knows which barrier has missed it.
"""

from collections.abc import Iterator
from datetime import datetime

from msgspec.structs import replace

from syspark.domain import alarms
from syspark.domain.alarm_kind import AlarmKind
from syspark.domain.decision import Command, Decision, HandOver, Moment, Timer, ToSession, later
from syspark.domain.messages import DeclareEmergency, EndEmergency, ExitRequested
from syspark.domain.orders import Because, MoveBarrier
from syspark.domain.site import display
from syspark.domain.site.events import EmergencyDeclared, EmergencyEnded, PaymentAskEnded, SiteEvent
from syspark.domain.site.state import Emergency, SiteSetup, SiteState
from syspark.domain.site.words import EVACUATION
from syspark.domain.units import Lane

EMERGENCY_TIMER = "emergency"
WHY = "evacuation"
"""Why nobody is asked to pay."""


def declare(state: SiteState, asked: DeclareEmergency, setup: SiteSetup, at: Moment) -> Decision[SiteEvent]:
    """Open everything, tell everybody to leave, ask nobody to pay. However late the request: it is never too late."""
    standing = state.emergency
    if standing is not None:
        return Decision(rule="emergency-stands", refused=f"an evacuation stands since {standing.since:%H:%M} UTC")
    events: tuple[SiteEvent, ...] = (EmergencyDeclared(emergency=Emergency(since=at.fact_at, author=asked.author)),)
    let_out: tuple[HandOver, ...] = ()
    if state.ask is not None:
        cycle = state.lane(Lane.EXIT).cycle
        request = ExitRequested(lane=Lane.EXIT, cycle=cycle, waived=WHY)
        events = (*events, PaymentAskEnded(why=WHY))
        let_out = (ToSession(state.ask.session_id, request),)
    shown = display.text(EVACUATION, "emergency", setup, at, place=len(Lane))
    return Decision(
        rule="emergency-declared",
        events=events,
        commands=(*_open_all(setup, at), shown),
        handovers=(*let_out, alarms.raised(AlarmKind.EVACUATION)),
        timers=(_again(setup, at), Timer(key=display.PAYMENT_TIMER, at=None)),
    )


def go_on(state: SiteState, setup: SiteSetup, at: Moment) -> Decision[SiteEvent]:
    """Ask every lane to open once more, and say so on the displays."""
    if state.emergency is None:
        return Decision(rule="emergency-over")
    shown = display.due(state, setup, at, place=len(Lane))
    return Decision(rule="emergency-goes-on", commands=(*_open_all(setup, at), shown), timers=(_again(setup, at),))


def end(state: SiteState, asked: EndEmergency, setup: SiteSetup, at: Moment) -> Decision[SiteEvent]:
    """End it, on the word of somebody who is on site; for some time more nobody pays to leave."""
    standing = state.emergency
    if standing is None:
        return Decision(rule="emergency-none", refused="no evacuation stands")
    if not asked.confirmed_by.strip():
        return Decision(rule="emergency-not-confirmed", refused="who on site confirms that it is over?")
    over = replace(standing, ended_at=at.now, ended_by=asked.author, confirmed_by=asked.confirmed_by.strip())
    told = display.ended(state, "emergency", None, at)
    texts = told[0].texts if told else state.texts
    return Decision(
        rule="emergency-ended",
        events=(EmergencyEnded(emergency=over), *told),
        commands=(display.due(replace(state, texts=texts), setup, at),),
        handovers=(alarms.cleared(AlarmKind.EVACUATION),),
        timers=(Timer(key=EMERGENCY_TIMER, at=None),),
    )


def waived(state: SiteState, setup: SiteSetup, at: datetime) -> str | None:
    """Why whoever is read at the exit at that time leaves without being asked for anything, None when they do not."""
    free = any(one.since <= at < _free_until(one, at, setup) for one in state.emergencies)
    return WHY if free else None


def free_spans(state: SiteState, setup: SiteSetup, now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """From when to when nobody pays for an evacuation, with the time after each."""
    return ((one.since, _free_until(one, now, setup)) for one in state.emergencies)


def _free_until(emergency: Emergency, now: datetime, setup: SiteSetup) -> datetime:
    ended_at = emergency.ended_at
    return later(ended_at or now, setup.policy.emergency_free_after_s)


def _open_all(setup: SiteSetup, at: Moment) -> tuple[Command, ...]:
    lanes = sorted({device.lane for device in setup.devices.values() if device.lane is not None})
    return tuple(
        Command(
            id=at.command_id(place),
            order=MoveBarrier(lane=lane, because=Because.EMERGENCY),
            expires_at=later(at.now, setup.policy.barrier_expiry_s),
        )
        for place, lane in enumerate(lanes)
    )


def _again(setup: SiteSetup, at: Moment) -> Timer:
    return Timer(key=EMERGENCY_TIMER, at=later(at.now, setup.policy.emergency_open_again_s))
