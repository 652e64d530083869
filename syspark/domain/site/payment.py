"""What a payment means for the exit lane. Source: domain.md, "Exit and payment"; docs/money.md."""

from syspark.domain.decision import Decision, Moment
from syspark.domain.payment.messages import PaymentPath, SessionPaid
from syspark.domain.site.events import SiteEvent
from syspark.domain.site.state import Known, SiteSetup, SiteState


def paid(state: SiteState, message: SessionPaid, known: Known, setup: SiteSetup, at: Moment) -> Decision[SiteEvent]:
    """A vehicle may leave."""
    return Decision(rule="paid-elsewhere")


def path(state: SiteState, message: PaymentPath, setup: SiteSetup, at: Moment) -> Decision[SiteEvent]:
    """Payments work, or do not."""
    return Decision(rule="payment-path")
