"""Who may come in. Source: domain.md, "Access"."""

import enum
from datetime import datetime

import msgspec

from syspark.domain.units import Uid


class Plan(enum.StrEnum):
    """What a holder's right is worth at the barrier and at the till."""

    SUBSCRIBER = "subscriber"
    VISITOR = "visitor"
    STAFF = "staff"
    EMERGENCY = "emergency"

    @property
    def parks_free(self) -> bool:
        """Whether a stay under this plan costs nothing."""
        return self is not Plan.VISITOR

    def better_than(self, other: "Plan") -> bool:
        """Whether this right takes its holder further than the other."""
        return _ORDER.index(self) > _ORDER.index(other)


_ORDER = (Plan.VISITOR, Plan.SUBSCRIBER, Plan.STAFF, Plan.EMERGENCY)


class Credential(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A badge known at a site. A blocked one is refused at entry only."""

    uid: Uid
    holder: str
    plan: Plan
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    blocked: bool = False


class Refusal(enum.StrEnum):
    """Why a vehicle may not pass; the value is the rule's name."""

    UNKNOWN = "badge-unknown"
    BLOCKED = "badge-blocked"
    NOT_YET = "badge-not-yet-valid"
    ENDED = "badge-ended"
    FULL = "site-full"
    PLATE_UNKNOWN = "plate-unknown"


def refusal(credential: Credential | None, free_places: int, at: datetime) -> Refusal | None:
    """Why this badge is refused at entry at `at`, or None. Emergency vehicles enter even when the site is full."""
    if credential is None:
        return Refusal.UNKNOWN
    if credential.blocked:
        return Refusal.BLOCKED
    if credential.valid_from is not None and at < credential.valid_from:
        return Refusal.NOT_YET
    if credential.valid_until is not None and at >= credential.valid_until:
        return Refusal.ENDED
    if free_places <= 0 and credential.plan is not Plan.EMERGENCY:
        return Refusal.FULL
    return None
