"""What a site's decisions make true, and how that changes what the site knows."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from syspark.domain.access import Credential
from syspark.domain.decision import Event
from syspark.domain.session import Session
from syspark.domain.site.state import Answer, Identity, LaneOpening, LaneState, PaymentAsk, SiteState, Visit
from syspark.domain.units import CommandId, Lane, SessionId, Uid


class VisitBegun(Event, frozen=True, kw_only=True, tag="visit-begun"):
    """A session is opened: a vehicle was admitted, or stands at the exit without a known entry."""

    session: Session
    visit: Visit


class VisitChanged(Event, frozen=True, kw_only=True, tag="visit-changed"):
    """What the site knows of a visit has changed."""

    visit: Visit


class VisitEnded(Event, frozen=True, kw_only=True, tag="visit-ended"):
    """A vehicle is let out, or known to have left unseen."""

    visit: Visit


class VisitResumed(Event, frozen=True, kw_only=True, tag="visit-resumed"):
    """A vehicle that was let out stands there still and asks again."""

    visit: Visit


class IdentityRead(Event, frozen=True, kw_only=True, tag="identity-read"):
    """A lane knows who stands there."""

    lane: Lane
    uid: Uid
    at: datetime


class BadgeRefused(Event, frozen=True, kw_only=True, tag="badge-refused"):
    """A badge was refused at a lane."""

    lane: Lane
    uid: Uid
    why: str


class LaneOpened(Event, frozen=True, kw_only=True, tag="lane-opened"):
    """A lane's barrier is asked to open. `withheld`: the fact was too old, nothing is sent."""

    lane: Lane
    uid: Uid
    session_id: SessionId
    command_id: CommandId
    read_at: datetime
    withheld: bool = False


class LaneOpenedByHand(Event, frozen=True, kw_only=True, tag="lane-opened-by-hand"):
    """An operator has a lane opened for a vehicle of which nothing is known."""

    lane: Lane
    command_id: CommandId
    reason: str
    author: str


class PresenceChanged(Event, frozen=True, kw_only=True, tag="presence-changed"):
    """A vehicle arrived at a lane's sensor, or left it."""

    lane: Lane
    present: bool


class TrustChanged(Event, frozen=True, kw_only=True, tag="trust-changed"):
    """A lane's sensor can no longer be believed, or can again."""

    lane: Lane
    trusted: bool


class CommandEnded(Event, frozen=True, kw_only=True, tag="command-ended"):
    """A command has its fate."""

    command_id: CommandId
    fate: str


class PaymentAsked(Event, frozen=True, kw_only=True, tag="payment-asked"):
    """The exit asks for a payment, until it is told to stop."""

    ask: PaymentAsk


class PaymentAskEnded(Event, frozen=True, kw_only=True, tag="payment-ask-ended"):
    """The exit no longer asks for the payment."""

    why: str


class CredentialChanged(Event, frozen=True, kw_only=True, tag="credential-changed"):
    """A badge is known from now on, or known differently."""

    credential: Credential
    author: str


class Observed(Event, frozen=True, kw_only=True, tag="observed"):
    """The site has noted a report it does not act on."""

    device: str


SiteEvent = (
    VisitBegun
    | VisitChanged
    | VisitEnded
    | VisitResumed
    | IdentityRead
    | BadgeRefused
    | LaneOpened
    | LaneOpenedByHand
    | PresenceChanged
    | TrustChanged
    | CommandEnded
    | PaymentAsked
    | PaymentAskEnded
    | CredentialChanged
    | Observed
)


def evolve(state: SiteState, event: SiteEvent, sensors: frozenset[Lane]) -> SiteState:
    """The site's snapshot after an event."""
    match event:
        case VisitBegun() | VisitResumed():
            return msgspec.structs.replace(state, occupancy=state.occupancy + 1)
        case VisitEnded():
            return msgspec.structs.replace(state, occupancy=state.occupancy - 1)
        case IdentityRead():
            identity = Identity(uid=event.uid, at=event.at)
            return _with_lane(state, event.lane, msgspec.structs.replace(state.lane(event.lane), identity=identity))
        case LaneOpened(withheld=False):
            opening = LaneOpening(
                uid=event.uid, session_id=event.session_id, command_id=event.command_id, read_at=event.read_at
            )
            lane = msgspec.structs.replace(state.lane(event.lane), opening=opening)
            return _cycle_ended(_with_lane(state, event.lane, lane), event.lane, sensors)
        case LaneOpenedByHand():
            return _cycle_ended(state, event.lane, sensors)
        case PresenceChanged():
            lane = msgspec.structs.replace(state.lane(event.lane), present=event.present)
            if not event.present and lane.trusted:
                lane = msgspec.structs.replace(lane, cycle=lane.cycle + 1, identity=None, opening=None)
            return _with_lane(state, event.lane, lane)
        case CommandEnded():
            return _with_answer(state, event)
        case TrustChanged():
            lane = msgspec.structs.replace(state.lane(event.lane), trusted=event.trusted)
            return _with_lane(state, event.lane, lane)
        case PaymentAsked():
            return msgspec.structs.replace(state, ask=event.ask)
        case PaymentAskEnded():
            return msgspec.structs.replace(state, ask=None)
        case LaneOpened() | VisitChanged() | BadgeRefused() | CredentialChanged() | Observed():
            return state


def _cycle_ended(state: SiteState, name: Lane, sensors: frozenset[Lane]) -> SiteState:
    """After an opening: a lane that no sensor watches is taken to be empty again."""
    if state.watched(name, sensors):
        return state
    lane = state.lane(name)
    return _with_lane(state, name, msgspec.structs.replace(lane, cycle=lane.cycle + 1, identity=None))


def _with_lane(state: SiteState, name: Lane, lane: LaneState) -> SiteState:
    return msgspec.structs.replace(state, lanes={**state.lanes, name: lane})


def _with_answer(state: SiteState, event: CommandEnded) -> SiteState:
    answer = ANSWERS.get(event.fate)
    for name, lane in state.lanes.items():
        if answer is not None and lane.opening is not None and lane.opening.command_id == event.command_id:
            opening = msgspec.structs.replace(lane.opening, answer=answer)
            return _with_lane(state, name, msgspec.structs.replace(lane, opening=opening))
    return state


def visit_after(event: SiteEvent) -> Visit | None:
    """The visit an event brings up to date, None when it concerns none."""
    match event:
        case VisitBegun() | VisitChanged() | VisitEnded() | VisitResumed():
            return event.visit
        case _:
            return None


ANSWERS: Mapping[str, Answer] = {
    "acked": Answer.GOOD,
    "confirmed": Answer.GOOD,
    "expired": Answer.BAD,
    "withheld": Answer.BAD,
    "unknown": Answer.BAD,
    "failed": Answer.BAD,
    "refused": Answer.BAD,
}
"""What a fate means to the driver who waits; any other fate leaves the answer pending."""
