"""How long what names somebody is kept of a session, and what holds it. The rule: `syspark.domain.retention`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec

from syspark.domain.payment.payment import Account
from syspark.domain.policy import SitePolicy
from syspark.domain.retention import Case, Ground
from syspark.web_ports import SessionLine
from web.sentence import Sentence, said

HELD: Mapping[Ground, Sentence] = {
    Ground.INSIDE: said("Held while it is inside."),
    Ground.UNPAID: said("Held because it is not paid."),
    Ground.REVIEW: said("Held because it waits in review."),
    Ground.DISPUTED: said("Held because a payment of it is disputed."),
    Ground.POLICE: said("Held because a written request asks for it."),
}


class _Body(msgspec.Struct, frozen=True):
    review: tuple[str, ...] = ()
    unpaid: dict[str, object] | None = None
    money: Account = Account()
    declared: dict[str, object] | None = None


_BODY = msgspec.json.Decoder(_Body)


@dataclass(frozen=True, slots=True)
class Keeping:
    """What a session's page says: why it is held, until when its plates are kept as things stand, when they went."""

    held: tuple[Sentence, ...]
    until: datetime | None
    erased_at: datetime | None


def keeping(line: SessionLine, policy: SitePolicy, now: datetime) -> Keeping:
    """How long a session's plates are kept."""
    try:
        body = _BODY.decode(line.body)
    except msgspec.DecodeError:
        body = _Body()
    case = Case(
        line.closed_at,
        unpaid=body.unpaid is not None,
        in_review=bool(body.review),
        disputed=body.money.is_disputed,
        police_until=line.held_until,
        declared=body.declared is not None,
    )
    return Keeping(
        tuple(HELD[ground] for ground in case.grounds(now)),
        case.plates_until(policy),
        line.erased_at,
    )
