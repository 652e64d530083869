"""What the cloud asks of a site, before it is put into the words of a contract generation.

Source: contract.md, "Families" (way `down`) and domain.md, "Commands to the site". No order holds a secret or a PIN:
those are joined when the bytes are made.
"""

import enum
from datetime import datetime

import msgspec

from syspark.domain.units import Cents, Lane, SessionId, Uid


class _Order(msgspec.Struct, frozen=True, omit_defaults=True):
    """A request to a site."""


class BarrierAction(enum.StrEnum):
    """What a barrier is asked to do; `close` only ends a held-open, never follows from a decision."""

    OPEN = "open"
    CLOSE = "close"


class Because(enum.StrEnum):
    """Why a lane opens: each opening has exactly one reason. Source: domain.md, "Openings ledger"."""

    PAYMENT = "payment"
    RIGHT = "right"
    FREE = "free"
    OVERRIDE = "override"
    TIMED_RELEASE = "timed-release"
    EMERGENCY = "emergency"
    HELD_OPEN = "held-open"
    SITE_ALONE = "site-alone"


class MoveBarrier(_Order, frozen=True, kw_only=True, tag="barrier"):
    """Open (or release) the barrier of a lane. Instantaneous: never retained, never queued, expires in seconds.

    `session_id` is whom it lets through, `read_at` when that vehicle was read, `because` why; all stay in the cloud.
    """

    lane: Lane
    action: BarrierAction = BarrierAction.OPEN
    session_id: SessionId | None = None
    read_at: datetime | None = None
    because: Because | None = None


class ShowText(_Order, frozen=True, kw_only=True, tag="text"):
    """Show a text on the site's displays. `ttl_s` seconds, then the next one down by `priority` is due."""

    text: str
    lane: Lane | None = None
    ttl_s: int | None = None
    priority: int | None = None


class RequestPayment(_Order, frozen=True, kw_only=True, tag="payment-request"):
    """Ask the driver at the exit to pay. `masked_plate` goes to a public screen; `cause` says why."""

    session_id: SessionId
    masked_plate: str
    amount: Cents
    currency: str
    cause: str
    label: str = ""
    duration_s: int | None = None


class RefuseEntry(_Order, frozen=True, kw_only=True, tag="entry-refusal"):
    """Tell the car at the entry that it may not come in, and why (`payment/req` with the price `STOP`)."""

    cause: str
    masked_plate: str = ""


class ConfirmPayment(_Order, frozen=True, kw_only=True, tag="payment-success"):
    """A payment was confirmed by the provider; the exit board may tell the driver."""

    session_id: SessionId
    provider_ref: str
    amount: Cents
    currency: str


class AddBadge(_Order, frozen=True, kw_only=True, tag="acl-add"):
    """Add one badge to the controllers' list."""

    uid: Uid
    version: int | None = None


class RemoveBadge(_Order, frozen=True, kw_only=True, tag="acl-del"):
    """Remove one badge from the controllers' list."""

    uid: Uid
    version: int | None = None


class ReplaceBadges(_Order, frozen=True, kw_only=True, tag="acl-full"):
    """Replace the controllers' whole list: 46 badges at most fit a controller's buffer."""

    uids: tuple[Uid, ...]
    version: int | None = None


class StartEnrolment(_Order, frozen=True, kw_only=True, tag="acl-enroll"):
    """Offer the next unknown badge for enrolment."""

    ttl_s: int | None = None


class ListBadges(_Order, frozen=True, kw_only=True, tag="acl-get"):
    """Ask the controllers for their list."""


class SetPin(_Order, frozen=True, kw_only=True, tag="pin"):
    """Give the controllers the site's PIN for a lane; the PIN itself is joined when the bytes are made."""

    lane: Lane


class CameraMove(enum.StrEnum):
    """A step of a camera's head."""

    LEFT = "left"
    RIGHT = "right"
    UP = "up"
    DOWN = "down"


class MoveCamera(_Order, frozen=True, kw_only=True, tag="camera"):
    """Turn camera 1 or 2 one step."""

    camera: int
    move: CameraMove


class SendElevator(_Order, frozen=True, kw_only=True, tag="elevator"):
    """Send the elevator to a floor: 0 is the ground floor."""

    floor: int


class AskElevator(_Order, frozen=True, kw_only=True, tag="elevator-get"):
    """Ask the elevator where it is."""


class SendRadio(_Order, frozen=True, kw_only=True, tag="radio"):
    """Send a text through the emergency radio."""

    text: str


class TuneRadio(_Order, frozen=True, kw_only=True, tag="radio-parameters"):
    """Set the emergency radio's parameters, as text."""

    text: str


class ShowWeather(_Order, frozen=True, kw_only=True, tag="weather"):
    """Publish the weather to the site's displays, retained."""

    ville: str
    description: str
    temperature: float
    humidite: float
    vent: float
    vent_dir: str = ""
    prevision: str = ""
    pluie: float | None = None
    co2: float | None = None
    air: str | None = None


Order = (
    MoveBarrier
    | ShowText
    | RequestPayment
    | RefuseEntry
    | ConfirmPayment
    | AddBadge
    | RemoveBadge
    | ReplaceBadges
    | StartEnrolment
    | ListBadges
    | SetPin
    | MoveCamera
    | SendElevator
    | AskElevator
    | SendRadio
    | TuneRadio
    | ShowWeather
)
