"""Whether site and cloud know the same vehicles inside. Source: domain.md, "Offline sites": the proof of a resync."""

from datetime import datetime

import msgspec

from syspark.domain import alarms
from syspark.domain.alarm_details import INSIDE_APART
from syspark.domain.alarm_kind import AlarmKind
from syspark.domain.decision import HandOver, Moment
from syspark.domain.units import SessionId

NAMED = 20
"""So many differences each way are named; all are counted."""


class Compared(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a site's list of who is inside and ours do not share: our sessions, and whom only the site names.

    Who came in by PIN, or was read by nobody, is not compared: nothing names them.
    """

    only_here: tuple[SessionId, ...] = ()
    here: int = 0
    only_there: tuple[str, ...] = ()
    there: int = 0


class Proof(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The latest comparison. `since`: the lists are identical since then; None: they differ.

    `only_there` is what may be shown of whom the site names.
    """

    at: datetime
    since: datetime | None = None
    only_here: tuple[SessionId, ...] = ()
    here: int = 0
    only_there: tuple[str, ...] = ()
    there: int = 0


def proof_of(before: Proof | None, compared: Compared, at: Moment) -> Proof:
    """The proof after a comparison."""
    if not (compared.here or compared.there):
        since = before.since if before is not None and before.since is not None else at.fact_at
        return Proof(at=at.fact_at, since=since)
    return Proof(
        at=at.fact_at,
        only_here=compared.only_here,
        here=compared.here,
        only_there=compared.only_there,
        there=compared.there,
    )


def told(before: Proof | None, after: Proof) -> tuple[HandOver, ...]:
    """The alarm that begins or ends with a comparison; its detail is how many only we know, and only the site."""
    differed = before is not None and before.since is None
    if after.since is None and not differed:
        apart = INSIDE_APART.written(here=after.here, there=after.there)
        return (alarms.raised(AlarmKind.RESYNC_DIFFERENCE, detail=apart),)
    return (alarms.cleared(AlarmKind.RESYNC_DIFFERENCE),) if after.since is not None and differed else ()
