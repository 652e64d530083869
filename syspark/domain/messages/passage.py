"""What a site and its sessions tell one another of a vehicle that comes, wants out or has gone."""

from datetime import datetime

from syspark.domain.access import Plan
from syspark.domain.message import Message
from syspark.domain.messages.lanes import OpenReason
from syspark.domain.review import Review
from syspark.domain.tariff import Credit, Quote
from syspark.domain.units import HolderKey, Lane, SessionId


class ExitRequested(Message, frozen=True, kw_only=True, tag="exit-requested"):
    """Site to session: your vehicle wants out at this lane, in this presence cycle.

    `by_pin`: a controller has let it out already, nothing is asked of it. `review` says what a person should look at.
    `waived`: why nobody is asked to pay now. `unbilled`: what of its stay is never billed.
    `stands_since`: it waited from then on for somebody to say whose it is. `queued_s`: so long it waited behind others.
    """

    lane: Lane
    cycle: int
    by_pin: bool = False
    review: tuple[Review, ...] = ()
    waived: str | None = None
    unbilled: tuple[Credit, ...] = ()
    stands_since: datetime | None = None
    queued_s: int = 0


SESSION_OVER = "session-over"
"""Why a vehicle is let out whose session had ended before it asked: the session stays as it is."""


class ExitGranted(Message, frozen=True, kw_only=True, tag="exit-granted"):
    """Session to site: let this vehicle out; its session was closed at `closed_at`.

    `resumed`: it had been closed before and was opened again for this, so the vehicle was counted out already. The
    site cannot tell by itself: after a restart its visits are rebuilt from sessions that may be ahead of its count.
    """

    session_id: SessionId
    key: HolderKey
    lane: Lane
    cycle: int
    why: str
    closed_at: datetime
    resumed: bool = False


class PaymentDue(Message, frozen=True, kw_only=True, tag="payment-due"):
    """Session to site: this vehicle has to pay first. `resumed` as in `ExitGranted`."""

    session_id: SessionId
    key: HolderKey
    lane: Lane
    cycle: int
    quote: Quote
    resumed: bool = False


class ExitMissed(Message, frozen=True, kw_only=True, tag="exit-missed"):
    """Site to session: your vehicle is seen entering again, so it left unseen; it was last seen at `last_seen_at`."""

    last_seen_at: datetime


class EntryTold(Message, frozen=True, kw_only=True, tag="entry-told"):
    """Site to session: a replay tells when your vehicle entered; `let_in`: its site has opened for it."""

    opened_at: datetime
    let_in: bool = False


class LeavingTold(Message, frozen=True, kw_only=True, tag="leaving-told"):
    """Site to session: a replay tells when your vehicle left, its site acting alone.

    `missed`: it does not tell when, only that it was before another entry; it was last seen at `left_at`.
    `guessed`: by a PIN, which anybody may type; yours was inside longest.
    """

    left_at: datetime
    missed: bool = False
    guessed: bool = False


class ReplayConflict(Message, frozen=True, kw_only=True, tag="replay-conflict"):
    """Site to session: a replay tells of your vehicle what cannot be, after what is known; a person should look."""

    happened_at: datetime


class VisitDoubted(Message, frozen=True, kw_only=True, tag="visit-doubted"):
    """Site to session: what was told since makes your visit doubtful; a person should look."""

    why: Review


class RightShown(Message, frozen=True, kw_only=True, tag="right-shown"):
    """Site to session: another witness of your vehicle has this right, until then; the better one counts."""

    plan: Plan
    until: datetime | None = None
    pool: str | None = None


class SessionOverridden(Message, frozen=True, kw_only=True, tag="session-overridden"):
    """Site to session: an operator has let your vehicle out."""

    reason: OpenReason
    author: str


class TurnedBack(Message, frozen=True, kw_only=True, tag="turned-back"):
    """Site to session: your vehicle, last asked at `asked_at`, has left the exit without passing it."""

    asked_at: datetime


class LeftUnpaid(Message, frozen=True, kw_only=True, tag="left-unpaid"):
    """Site to session: your vehicle left at `left_at` through an opening that was not its own."""

    left_at: datetime
