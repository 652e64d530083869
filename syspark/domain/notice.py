"""What is kept to tell people of an alarm. Source: domain.md, "Devices, health, alarms"."""

from datetime import timedelta

import msgspec

from syspark.domain.alarm_book import Alarm, News
from syspark.domain.policy import Language

KEPT_FOR = timedelta(hours=24)
"""How long a notice waits for a notifier that is down."""


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """An alarm and its news; `place` is the site's name, `language` the site's."""

    news: News
    alarm: Alarm
    place: str
    language: Language
