"""Vehicles that a replay told to have left: a plate and a badge read there about then are of one. Source: domain.md,
"Identity and fusion" and "Offline sites".

Only the latest told are remembered: a site tells what was read of one vehicle together, though in any order.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from syspark.domain.access import Plan
from syspark.domain.identity import Witness, WitnessKind
from syspark.domain.policy import SitePolicy
from syspark.domain.site.ends import are_of_one
from syspark.domain.units import SessionId

KEPT = 16
DRIVES_ON_S = 5
"""Whom the site has let through by a badge or a PIN drives on: a plate read later than that is the next driver's."""


class Departure(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A reading at the exit of which a replay told, for which session, and what its holder's right was worth then.

    `lone`: nobody knew of an entry, the session was made for it. `waited`: nothing was opened for it, as far as known.
    `opened_at` is when it had entered.
    """

    session_id: SessionId
    witness: Witness
    plan: Plan
    free_until: datetime | None = None
    lone: bool = False
    waited: bool = False
    opened_at: datetime | None = None


def with_one(departures: Sequence[Departure], told: Departure) -> tuple[Departure, ...]:
    """The latest told, with one more."""
    return (*departures, told)[-KEPT:]


def of_one_vehicle(
    departures: Iterable[Departure], witness: Witness, policy: SitePolicy, *, let_out: bool
) -> Departure | None:
    """The departure read last before, else the first after, that is of the same vehicle. `let_out`: by the site.

    Vehicles leave one behind the other, and one for whose plate nothing was opened stands there until its driver shows
    what the site opens for. Who has shown a badge shows no PIN.
    """
    told = sorted(departures, key=lambda one: one.witness.at)
    shown = {one.session_id for one in told if _shows(one.witness, witness)}
    before = next((one for one in reversed(told) if one.witness.at <= witness.at), None)
    after = next((one for one in told if one.witness.at > witness.at), None)
    for one in (before, after):
        if one is not None and one.session_id not in shown and _is_near(one, witness, policy, let_out=let_out):
            return one
    return None


def plate_later_s(policy: SitePolicy, *, let_through: bool) -> float:
    """How long after a badge or PIN a plate may be read of the same vehicle."""
    return DRIVES_ON_S if let_through else policy.badge_after_plate_s


def came_together(one: Departure, opened_at: datetime | None, policy: SitePolicy) -> bool:
    """Whether who left had entered so shortly before or after another visit that both may be one vehicle's."""
    if one.opened_at is None or opened_at is None:
        return False
    return abs((one.opened_at - opened_at).total_seconds()) <= policy.plate_after_badge_s


def _shows(one: Witness, other: Witness) -> bool:
    """Whether one was read of a vehicle in place of the other; a trailer's plate is read besides."""
    is_plate = one.kind is WitnessKind.PLATE
    return is_plate is (other.kind is WitnessKind.PLATE) and (not is_plate or one.rear is other.rear)


def _is_near(one: Departure, witness: Witness, policy: SitePolicy, *, let_out: bool) -> bool:
    """Whether a plate and what was shown beside it lie as near to each other as those of one vehicle."""
    later_s = (witness.at - one.witness.at).total_seconds()
    if witness.kind is one.witness.kind is WitnessKind.PLATE:
        return are_of_one(witness, one.witness, policy)
    if witness.kind is WitnessKind.PLATE:
        return -policy.plate_after_badge_s <= later_s <= plate_later_s(policy, let_through=not one.waited)
    longest_s = policy.plate_after_badge_s if one.waited else policy.badge_after_plate_s
    return -plate_later_s(policy, let_through=let_out) <= later_s <= longest_s
