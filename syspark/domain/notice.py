"""What one person is told of one alarm, as one message. Source: domain.md, "Devices, health, alarms"."""

from datetime import timedelta

import msgspec

from syspark.domain.alarm_book import Alarm, News
from syspark.domain.alarm_words import NEWS, SEVERITIES, WORDS, named
from syspark.domain.policy import Language

KEPT_FOR = timedelta(hours=24)
"""How long a notice waits for a notifier that is down."""


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """An alarm and its news; `place` is the site's name, `language` the site's."""

    news: News
    alarm: Alarm
    place: str
    language: Language


def written(notice: Notice, address: str) -> str:
    """The message, with a link to the alarm where `address`, the public one, is known."""
    alarm, language = notice.alarm, notice.language
    words = WORDS[language][alarm.kind]
    news = NEWS[language][notice.news]
    head = f"{SEVERITIES[language][alarm.severity]} · {notice.place} · {words.title}{f' · {news}' if news else ''}"
    lines = [head]
    about = " · ".join(part for part in (named(alarm.about, language), alarm.detail) if part)
    if about:
        lines.append(about)
    if notice.news is not News.CLEARED:
        lines.append(words.todo)
    if address:
        lines.append(f"{address.rstrip('/')}/alarms?alarm={alarm.id}")
    return "\n".join(lines)
