"""What a person puts right: new facts with an author and a reason, never a change of what was recorded.

Who corrects names the version they have seen, so that two people do not undo each other. Source: domain.md, "Parking
session"; docs/corrections.md.
"""

import enum
from datetime import datetime

from syspark.domain.access import Grant, Plan
from syspark.domain.message import Message
from syspark.domain.units import HolderKey, Plate, SessionId


class Ground(enum.StrEnum):
    """What a person knows it from: the reason of a correction, one tap."""

    PICTURE = "picture"
    DRIVER = "driver"
    ON_SITE = "on-site"
    RECORDS = "records"
    TRIAL = "trial"


class Correction(Message, frozen=True, kw_only=True):
    """Operator to the actor that decides it. `version` is that of the session's row when the operator looked."""

    version: int
    reason: Ground
    author: str


class CorrectPlate(Correction, frozen=True, kw_only=True, tag="correct-plate"):
    """Operator to site: the vehicle of this session has this plate.

    `key` is the holder whose reading was misread and speaks for it no more; None: nothing of it was read.
    """

    session_id: SessionId
    plate: Plate
    key: HolderKey | None = None


class MergeSessions(Correction, frozen=True, kw_only=True, tag="merge-sessions"):
    """Operator to site: this session is of the same visit as `into`, which goes on; `into_version` as `version`."""

    session_id: SessionId
    into: SessionId
    into_version: int


class SplitSession(Correction, frozen=True, kw_only=True, tag="split-session"):
    """Operator to site: these holders' readings are of another vehicle, which gets a session of its own."""

    session_id: SessionId
    keys: tuple[HolderKey, ...]


class FixCount(Message, frozen=True, kw_only=True, tag="fix-count"):
    """Operator to site: that many more vehicles are inside than counted, or fewer (`by` below zero).

    `seen_at` is when the operator looked: refused when somebody has corrected the count since.
    """

    by: int
    seen_at: datetime
    reason: Ground
    author: str


class ForgetConfusion(Message, frozen=True, kw_only=True, tag="forget-confusion"):
    """Operator to site: your cameras do not confuse these two characters, whatever corrections have taught you."""

    pair: str
    author: str


class CloseByHand(Correction, frozen=True, kw_only=True, tag="close-by-hand"):
    """Operator to session: your vehicle has left, nobody saw when."""


class VoidSession(Correction, frozen=True, kw_only=True, tag="void-session"):
    """Operator to session: you never happened."""


class FlagReview(Correction, frozen=True, kw_only=True, tag="flag-review"):
    """Operator to session: somebody has to look at you."""


class ClearReview(Correction, frozen=True, kw_only=True, tag="clear-review"):
    """Operator to session: somebody has looked at you."""


class IdentityCorrected(Message, frozen=True, kw_only=True, tag="identity-corrected"):
    """Site to session: your vehicle is this holder's, as an operator has found; `grant` is what their right is worth.

    `grant` None: as before.
    """

    holder_key: HolderKey
    grant: Grant | None = None
    reason: Ground
    author: str


class MergedInto(Message, frozen=True, kw_only=True, tag="merged-into"):
    """Site to session: you are part of this other one."""

    into: SessionId
    reason: Ground
    author: str


class PartFound(Message, frozen=True, kw_only=True, tag="part-found"):
    """Site to session: another one turned out to be a part of you; by it your vehicle left at `left_at`, if it did."""

    part: SessionId
    left_at: datetime | None = None
    reason: Ground
    author: str


class SessionEnded(Message, frozen=True, kw_only=True, tag="session-ended"):
    """Session to site: your visit of this session is over by a person's word; no lane opens for it.

    Told once for each ending: a site that has restarted since knows the session as ended, and may not have counted it.
    """

    session_id: SessionId
    key: HolderKey
    plan: Plan
    at: datetime


SiteCorrection = CorrectPlate | MergeSessions | SplitSession | FixCount | ForgetConfusion
SessionCorrection = CloseByHand | VoidSession | FlagReview | ClearReview
