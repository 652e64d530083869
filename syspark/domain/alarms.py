"""How a decision raises or clears an alarm: a hand-over among its others.

    return also(decision, handovers=(alarms.raised(AlarmKind.PASSBACK, about=session_id),))

Raise when something becomes wrong and clear when it is right again, not with every event that finds it so: each is a
row. Raising what stands already counts it once more, clearing what does not stand does nothing.

`about` is what it concerns, by its id: a device's name, a lane, a session; empty for the site as a whole. `detail` is
a value for people to read in any language: an error's text, a count. Neither may hold a plate or a badge, not even
a part of one: alarms are kept, and sent to people, where nothing can be erased. When it was is the time of the fact
that is being decided.
"""

from syspark.domain.alarm_kind import AlarmKind, Severity
from syspark.domain.decision import ToAlarms
from syspark.domain.messages import AlarmCleared, AlarmRaised


def raised(kind: AlarmKind, about: str = "", detail: str = "", severity: Severity | None = None) -> ToAlarms:
    """Something is wrong. `severity` None: as grave as its kind; a graver one than before tells people once more."""
    return ToAlarms(AlarmRaised(kind=kind, about=about, detail=detail, severity=severity))


def cleared(kind: AlarmKind, about: str = "") -> ToAlarms:
    """It is right again."""
    return ToAlarms(AlarmCleared(kind=kind, about=about))
