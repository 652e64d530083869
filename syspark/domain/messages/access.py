"""Who may pass, by what a person says."""

from datetime import datetime

from syspark.domain.access import HolderKind, Plan, Window
from syspark.domain.message import Message
from syspark.domain.units import Lane, Plate, SubjectId, Uid


class AddCredential(Message, frozen=True, kw_only=True, tag="add-credential"):
    """Operator to site: know this badge or this plate from now on, or change what is known of it.

    One of `uid` and `plate` is given; the rest is as `Credential` tells.
    """

    uid: Uid | None = None
    holder: str
    plan: Plan
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    blocked: bool = False
    author: str
    plate: Plate | None = None
    windows: tuple[Window, ...] = ()
    lane: Lane | None = None
    temporary: bool = False


class ReplaceBadge(Message, frozen=True, kw_only=True, tag="replace-badge"):
    """Operator to site: a badge is lost; block it, and let another one stand for its holder."""

    lost_uid: Uid
    uid: Uid
    author: str


class EnrolBadge(Message, frozen=True, kw_only=True, tag="enrol-badge"):
    """Operator to site: the next unknown badge at this lane is to be enrolled."""

    lane: Lane
    author: str


class AddHolder(Message, frozen=True, kw_only=True, tag="add-holder"):
    """Operator to site: know this holder, or change what is known of them; `places` are those of a company's pool."""

    holder: str
    holder_kind: HolderKind = HolderKind.PERSON
    places: int | None = None
    author: str


class ForgetPlates(Message, frozen=True, kw_only=True, tag="forget-plates"):
    """The nightly look at what is over its time, to the site: forget these plates, unless they are in use again.

    Subjects say nothing of a vehicle once their plates are gone: they stand in clear.
    """

    subjects: tuple[SubjectId, ...]
