"""A holder's right, and what it is worth for one reading. Source: domain.md, "Access"."""

import enum
from datetime import datetime, tzinfo

import msgspec

from syspark.domain.access.plan import Plan
from syspark.domain.access.window import Window, holds, holds_until
from syspark.domain.units import HolderKey, Lane


class HolderKind(enum.StrEnum):
    """Whom credentials belong to."""

    PERSON = "person"
    COMPANY = "company"
    PARTNER = "partner"


class CredentialKind(enum.StrEnum):
    """What a holder shows."""

    BADGE = "badge"
    PLATE = "plate"


class Credential(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a holder shows at a site: a badge, or a plate by the id of its subject; `uid` is what it is found by.

    `windows`: when the plan holds, always without any; `lane`: the only one it may enter by. A blocked one is refused
    at entry only. `temporary`: it has to end.
    """

    uid: HolderKey
    holder: str
    plan: Plan
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    blocked: bool = False
    kind: CredentialKind = CredentialKind.BADGE
    windows: tuple[Window, ...] = ()
    lane: Lane | None = None
    temporary: bool = False

    @property
    def may_act_alone(self) -> bool:
        """Whether a controller may open by itself for it: at either lane, hence never for one that has to pay."""
        return self.plan.parks_free and not self.blocked and self.kind is CredentialKind.BADGE


class Pool(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A company's places, shared by all its credentials; `in_use`: by how many vehicles at the moment."""

    id: str
    places: int
    in_use: int = 0


class Right(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was looked up for one reading: the credential, and the pool of its holder where it has one."""

    credential: Credential
    pool: Pool | None = None


class PoolFull(enum.StrEnum):
    """What becomes of whoever comes when all places of their company are taken."""

    VISITOR = "visitor"
    REFUSED = "refused"


class Grant(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a reading is worth: the plan it enters under, until when that makes a stay free, and whose pool it uses."""

    plan: Plan
    until: datetime | None = None
    pool: str | None = None


VISITOR = Grant(plan=Plan.VISITOR)


class Refusal(enum.StrEnum):
    """Why a vehicle may not pass; the value is the rule's name."""

    UNKNOWN = "badge-unknown"
    BLOCKED = "badge-blocked"
    NOT_YET = "badge-not-yet-valid"
    ENDED = "badge-ended"
    OTHER_LANE = "badge-of-another-lane"
    FULL = "site-full"
    POOL_FULL = "pool-full"
    PLATE_UNKNOWN = "plate-unknown"
    NO_VISITORS = "no-visitors"
    CLOSED_HOURS = "site-closed"
    LANE_CLOSED = "lane-closed"
    PASSED_BACK = "badge-passed-back"


def worth(
    right: Right, lane: Lane, at: datetime, zone: tzinfo, when_pool_full: PoolFull, *, own_place: bool = False
) -> Grant | Refusal:
    """What a right is worth at a lane at `at`, whether or not the site is full; a reason when it is worth nothing.

    `own_place`: one of the places in use of the pool is this vehicle's own.
    """
    credential, pool = right.credential, right.pool
    if credential.blocked:
        return Refusal.BLOCKED
    if credential.valid_from is not None and at < credential.valid_from:
        return Refusal.NOT_YET
    if credential.valid_until is not None and at >= credential.valid_until:
        return Refusal.ENDED
    if credential.plan is Plan.EMERGENCY:
        return Grant(plan=Plan.EMERGENCY)
    if lane is Lane.ENTRY and credential.lane not in {None, lane}:
        return Refusal.OTHER_LANE
    if credential.plan is Plan.VISITOR or not holds(credential.windows, at, zone):
        return VISITOR
    if pool is not None and pool.in_use - own_place >= pool.places:
        return Refusal.POOL_FULL if when_pool_full is PoolFull.REFUSED else VISITOR
    return Grant(plan=credential.plan, until=_until(credential, at, zone), pool=pool.id if pool is not None else None)


def _until(credential: Credential, at: datetime, zone: tzinfo) -> datetime | None:
    if not credential.windows:
        return credential.valid_until
    ends = (credential.valid_until, holds_until(credential.windows, at, zone))
    return min((end for end in ends if end is not None), default=None)
