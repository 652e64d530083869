"""Before a stay beyond the site's longest is paid its driver says on which day they came; else a person looks.

Source: domain.md, "Identity and fusion": doubt comes from weak evidence or from a stay beyond the site's maximum.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from syspark.domain.decision import Decision, Moment
from syspark.domain.payment.messages import ConfirmStay
from syspark.domain.policy import SitePolicy
from syspark.domain.review import Review
from syspark.domain.session.events import ReviewFlagged, SessionEvent, StayConfirmed
from syspark.domain.session.state import Session


def to_confirm(session: Session, policy: SitePolicy, now: datetime) -> bool:
    """Whether its driver has to say when they came before they pay. What they have declared they have said."""
    if session.confirmed or session.opened_at is None or not session.status.is_open:
        return False
    return (now - session.opened_at).total_seconds() > policy.longest_stay_s


def told(session: Session, message: ConfirmStay, policy: SitePolicy, at: Moment) -> Decision[SessionEvent]:
    """The driver names the day on which they came: by another one than is known, an exit was missed, or worse."""
    if session.opened_at is None or not to_confirm(session, policy, at.now):
        return Decision(rule="stay-not-in-doubt")
    if message.arrived_on == session.opened_at.astimezone(ZoneInfo(session.zone)).date():
        return Decision(rule="stay-confirmed", events=(StayConfirmed(),))
    looked_at = () if Review.STAY_OVERLONG in session.review else (ReviewFlagged(why=Review.STAY_OVERLONG),)
    return Decision(rule="stay-denied", events=looked_at, refused="the vehicle was seen entering on another day")
