"""What people want of lanes: opened, held open, left in an emergency, looked after."""

import enum
from datetime import datetime

from syspark.domain.message import Message
from syspark.domain.units import Lane, Plate, SessionId


class OpenReason(enum.StrEnum):
    """Why a person opens a lane: one tap. Source: domain.md, "Audit and privacy"."""

    MISREAD_PLATE = "misread-plate"
    PAYMENT_DOWN = "payment-down"
    ALREADY_PAID = "already-paid"
    ENTITLED = "entitled"
    CANNOT_PAY = "cannot-pay"
    EMERGENCY = "emergency"
    TURNING_BACK = "turning-back"
    GOODWILL = "goodwill"


class OpenLane(Message, frozen=True, kw_only=True, tag="open-lane"):
    """Operator to site: open this lane now."""

    lane: Lane
    reason: OpenReason
    author: str


class MatchVehicle(Message, frozen=True, kw_only=True, tag="match-vehicle"):
    """Operator to site: the vehicle that stands at this lane is that session's, whatever was read of it."""

    lane: Lane
    session_id: SessionId
    reason: str
    author: str


class DeclareArrival(Message, frozen=True, kw_only=True, tag="declare-arrival"):
    """Driver to site: I stand at the exit, nobody saw me come; this is my plate, and I came at `arrived_at`.

    `confirmed`: they were asked whether that is the day, the stay being beyond the site's longest.
    """

    plate: Plate
    arrived_at: datetime
    confirmed: bool = False
    author: str


class DeclareEmergency(Message, frozen=True, kw_only=True, tag="declare-emergency"):
    """Operator to site: evacuate."""

    author: str


class EndEmergency(Message, frozen=True, kw_only=True, tag="end-emergency"):
    """Operator to site: the evacuation is over; `confirmed_by` is who says so on site."""

    author: str
    confirmed_by: str


class AskHelp(Message, frozen=True, kw_only=True, tag="ask-help"):
    """Portal, intercom or operator to site: the driver at this lane asks for help."""

    lane: Lane
    author: str


class AnswerHelp(Message, frozen=True, kw_only=True, tag="answer-help"):
    """Operator to site: I have answered the driver at this lane; it opens when I say so."""

    lane: Lane
    author: str


class LaneMode(enum.StrEnum):
    """How far a lane is ours to decide: held open or without its arm, whoever comes passes; closed, nobody enters."""

    CONTROLLED = "controlled"
    HELD_OPEN = "held-open"
    UNCONTROLLED = "uncontrolled"
    CLOSED = "closed"


class SetLaneMode(Message, frozen=True, kw_only=True, tag="set-lane-mode"):
    """Operator to site: this lane is in this mode from `starts_at` (at once without) to `ends_at` (until told)."""

    lane: Lane
    mode: LaneMode
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    reason: str = ""
    author: str
