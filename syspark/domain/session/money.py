"""What is told of money means for a session. Source: domain.md, "Exit and payment"; docs/money.md."""

from syspark.domain.decision import Decision, Moment
from syspark.domain.messages import DeadlineReached
from syspark.domain.payment.messages import SessionMoney
from syspark.domain.policy import SitePolicy
from syspark.domain.session.events import SessionEvent
from syspark.domain.session.state import Session


def told(
    session: Session, message: SessionMoney | DeadlineReached, policy: SitePolicy, at: Moment
) -> Decision[SessionEvent]:
    """Follow the money."""
    return Decision(rule="money-not-taken", refused="this session takes no money yet")
