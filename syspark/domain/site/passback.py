"""Whether a badge is passed back to a second driver. Source: domain.md, "Access": soft by default, hard or off.

What looks like it is mostly an exit nobody saw: that comes first wherever something speaks for it.
"""

from datetime import datetime, timedelta, tzinfo

from syspark.domain import alarms
from syspark.domain.access import Refusal, clocks_of
from syspark.domain.alarm_kind import AlarmKind
from syspark.domain.decision import Decision, also
from syspark.domain.policy import Passback
from syspark.domain.site.events import SiteEvent
from syspark.domain.site.reading import Case, Reading
from syspark.domain.site.state import Visit

MISSED = "entry-after-missed-exit"


def passed_back(case: Case, reading: Reading, visit: Visit) -> bool:
    """Whether a badge read at the entry of a vehicle that is inside has to be another driver's.

    Not when a plate read with it is of that vehicle, nor when it came in before the last reset: the night, an
    evacuation, or a time in which the lanes were not ours to see.
    """
    if case.setup.policy.passback is Passback.OFF or not visit.inside or visit.opened_at is None:
        return False
    beside = reading.arrival.witnesses if reading.arrival is not None else ()
    if any(one.key in visit.keys and one.key != reading.witness.key for one in beside):
        return False
    policy, zone = case.setup.policy, clocks_of(case.setup.zone)
    resets = (_last(policy.passback_reset_hour, case.at.fact_at, zone), case.state.passback_from)
    return all(reset is None or visit.opened_at >= reset for reset in resets)


def refused(case: Case) -> Refusal | None:
    """What becomes of a badge that was passed back: nothing but an alarm, unless the policy is hard."""
    return Refusal.PASSED_BACK if case.setup.policy.passback is Passback.HARD else None


def told(decision: Decision[SiteEvent], visit: Visit) -> Decision[SiteEvent]:
    """The decision, with an alarm where it let in, or refused, a badge that was passed back."""
    if decision.rule not in {MISSED, Refusal.PASSED_BACK}:
        return decision
    alarm = alarms.raised(AlarmKind.PASSBACK, about=visit.session_id)
    return also(decision, handovers=(alarm,))


def _last(hour: int, at: datetime, zone: tzinfo) -> datetime:
    """When the clocks of a zone showed this hour last."""
    local = at.astimezone(zone)
    today = local.replace(hour=hour, minute=0, second=0, microsecond=0)
    return today if today <= local else today - timedelta(days=1)
