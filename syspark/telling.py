"""What people read of an alarm: its detail in words, on the pages too, and the message to their telephones.

Source: domain.md, "Devices, health, alarms".
"""

import re
from collections.abc import Iterator, Sequence

from syspark.contract.reasons import Reason
from syspark.domain.alarm_book import News
from syspark.domain.alarm_details import FORMS, RETAIN
from syspark.domain.alarm_kind import AlarmKind
from syspark.domain.alarm_words import NEWS, SEVERITIES, WORDS, named
from syspark.domain.notice import Notice
from syspark.domain.policy import Language

LONGEST_DETAIL = 120

_SESSION = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def detail_of(kind: str, detail: str, language: Language) -> str:
    """What an alarm tells besides, in words where it is one of ours; a device's own text as it is."""
    if kind == AlarmKind.REJECTED_BURST and detail in set(Reason):
        return Reason(detail).explained(language)
    ours = (form.read(detail, language) for form in FORMS.get(kind, ()))
    return next((words for words in ours if words is not None), detail)


def session_of(about: str) -> str | None:
    """The session that an alarm is about. Its name says nothing to people: they follow a link."""
    return about if _SESSION.fullmatch(about) else None


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
    about = "" if alarm.about == RETAIN or session_of(alarm.about) else named(alarm.about, language)
    detail = detail_of(alarm.kind, alarm.detail, language)[:LONGEST_DETAIL]
    if about or detail:
        yield " · ".join(part for part in (about, detail) if part)


def _page(address: str) -> str:
    return f"{address.rstrip('/')}/alarms"
