"""What one person is told of one alarm, as one message. Source: domain.md, "Devices, health, alarms"."""

from collections.abc import Iterator, Sequence
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


LONGEST_DETAIL = 120


def written(notice: Notice, address: str) -> str:
    """The message, with a link to the alarm where `address`, the public one, is known."""
    lines = [*_lines(notice)]
    if notice.news is not News.CLEARED:
        lines.append(WORDS[notice.language][notice.alarm.kind].todo)
    if address:
        lines.append(f"{_page(address)}#a-{notice.alarm.id}")
    return "\n".join(lines)


def bundled(notices: Sequence[Notice], address: str) -> str:
    """Several of them as one message, with a link to all alarms."""
    lines = [" · ".join(_lines(notice)) for notice in notices]
    return "\n".join([*lines, _page(address)] if address else lines)


def _lines(notice: Notice) -> Iterator[str]:
    alarm, language = notice.alarm, notice.language
    words, news = WORDS[language][alarm.kind], NEWS[language][notice.news]
    head = (SEVERITIES[language][alarm.severity], notice.place, words.title, news)
    yield " · ".join(part for part in head if part)
    about = " · ".join(part for part in (named(alarm.about, language), alarm.detail[:LONGEST_DETAIL]) if part)
    if about:
        yield about


def _page(address: str) -> str:
    return f"{address.rstrip('/')}/alarms"
