"""Money that names a session of one site and another site: nobody has paid by it, and a person has to look."""

from datetime import datetime
from uuid import UUID

from syspark.domain.alarm_kind import AlarmKind
from syspark.domain.messages import AlarmRaised
from syspark.domain.payment.messages import DisputeTold, PaymentTold, RefundTold
from syspark.mailbox import row_of
from syspark.payment_ports import ProviderWord
from syspark.rows import Address, InboxRow, Scope


def alarm_of(row_id: UUID, session: Scope, word: ProviderWord, now: datetime) -> InboxRow | None:
    """The alarm at the session's own site, once for each payment, by whatever way it is told; None: no money came."""
    if not isinstance(word.message, PaymentTold | RefundTold | DisputeTold):
        return None
    payment_ref = word.message.payment_ref
    alarm = AlarmRaised(kind=AlarmKind.PAYMENT_MISMATCH, about=word.session_id, detail=payment_ref)
    whose = Address("alarms", str(session.site_id))
    return row_of(row_id, session, whose, alarm, now, event_id=f"strayed:{payment_ref}")
