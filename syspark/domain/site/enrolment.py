"""The next unknown badge at a lane is offered to whoever enrols it, and not admitted. Source: domain.md, "Access"."""

from syspark.domain.decision import Decision, Moment, later
from syspark.domain.messages import EnrolBadge
from syspark.domain.site import display
from syspark.domain.site.events import BadgeOffered, EnrolmentBegun, SiteEvent
from syspark.domain.site.reading import Case
from syspark.domain.site.state import Enrolment, SiteSetup
from syspark.domain.site.words import BADGE_READ
from syspark.domain.units import HolderKey, Lane


def enrol_badge(asked: EnrolBadge, setup: SiteSetup, at: Moment) -> Decision[SiteEvent]:
    """Wait at a lane for the badge to be enrolled. Refused when nobody stands there any more who asked for it."""
    if at.age_s > setup.policy.late_after_s:
        return Decision(rule="enrolment-late", refused=f"the request was {at.age_s:.0f} s old: begin again")
    enrolment = Enrolment(until=later(at.now, setup.policy.enrolment_s), author=asked.author)
    return Decision(rule="enrolment-begun", events=(EnrolmentBegun(lane=asked.lane, enrolment=enrolment),))


def offered(case: Case, key: HolderKey, lane: Lane) -> Decision[SiteEvent] | None:
    """What an unknown badge means where one is waited for; None where none is."""
    enrolment, at = case.state.lane(lane).enrolment, case.at
    if case.known.right is not None or enrolment is None or enrolment.offered not in {None, key}:
        return None
    if at.fact_at > enrolment.until or at.age_s > case.setup.policy.late_after_s:
        return None
    shown, restore = display.notice(case.setup, BADGE_READ, lane, at, since=at.fact_at)
    taken = BadgeOffered(lane=lane, key=key, at=at.fact_at)
    return Decision(rule="badge-offered", events=(taken,), commands=(shown,), timers=(restore,))
