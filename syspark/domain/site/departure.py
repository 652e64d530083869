"""Vehicles that a replay told to have left: a plate and a badge read there about then are of one. Source: domain.md,
"Identity and fusion" and "Offline sites".

Only the latest told are remembered: a site tells what was read of one vehicle together, though in any order.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import msgspec

from syspark.domain.access import Plan
from syspark.domain.identity import Witness
from syspark.domain.units import SessionId

KEPT = 16


class Departure(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A reading at the exit of which a replay told, for which session, and what its holder's right was worth then.

    `lone`: nobody knew of an entry, the session was made for it.
    """

    session_id: SessionId
    witness: Witness
    plan: Plan
    free_until: datetime | None = None
    lone: bool = False


def with_one(departures: Sequence[Departure], told: Departure) -> tuple[Departure, ...]:
    """The latest told, with one more."""
    return (*departures, told)[-KEPT:]


def of_one_vehicle(departures: Iterable[Departure], witness: Witness, within_s: float) -> Departure | None:
    """The departure shortly before that another kind of reading tells of, and none of this kind; else the one after.

    Vehicles leave one behind the other: of several before, the last one stood there. None where several come after.
    """
    near = [one for one in departures if abs(one.witness.at - witness.at) <= timedelta(seconds=within_s)]
    before = max((one for one in near if one.witness.at <= witness.at), key=lambda one: one.witness.at, default=None)
    same = {one.session_id for one in near if one.witness.kind is witness.kind}
    if before is not None and before.session_id not in same:
        return before
    after = {one.session_id: one for one in near if one.witness.at > witness.at and one.session_id not in same}
    return next(iter(after.values())) if len(after) == 1 else None
