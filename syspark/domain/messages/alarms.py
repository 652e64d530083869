"""What alarms are told, by decisions and by people."""

import enum

from syspark.domain.alarm_kind import AlarmKind, Severity
from syspark.domain.message import Message


class AlarmRaised(Message, frozen=True, kw_only=True, tag="alarm-raised"):
    """Any decision to the site's alarms: this is wrong. See `syspark.domain.alarms`."""

    kind: AlarmKind
    about: str = ""
    detail: str = ""
    severity: Severity | None = None


class AlarmCleared(Message, frozen=True, kw_only=True, tag="alarm-cleared"):
    """Any decision to the site's alarms: this is right again."""

    kind: AlarmKind
    about: str = ""


class AlarmAct(enum.StrEnum):
    """What a person does with an alarm."""

    ACKNOWLEDGE = "acknowledge"
    ASSIGN = "assign"
    ESCALATE = "escalate"
    CLOSE = "close"


class HandleAlarm(Message, frozen=True, kw_only=True, tag="handle-alarm"):
    """Operator to the site's alarms: I have seen it, it is `assignee`'s, tell others, it is over."""

    alarm_id: str
    act: AlarmAct
    author: str
    assignee: str | None = None
