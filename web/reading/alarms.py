"""Alarms as people read them: what needs a human now, the gravest first, and what has ended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from syspark.domain.alarm_details import RETAIN
from syspark.domain.alarm_kind import TRAITS, AlarmKind, Severity
from syspark.domain.alarm_words import WORDS, Words
from syspark.domain.policy import Language
from syspark.domain.units import SiteId
from syspark.telling import detail_of
from syspark.web_ports import AlarmCount, AlarmLine, PageReads
from web.reading.model import AlarmCard, Level, Way
from web.sentence import Word

ENDED_SHOWN = 40
LEVELS: Mapping[str, Level] = {Severity.CRITICAL: "crit", Severity.WARNING: "warn", Severity.INFO: "act"}
WAYS: Mapping[str, tuple[str, Word]] = {
    AlarmKind.CAMERA_MISREADS: ("/review", Word("Review")),
    AlarmKind.PIN_GUESSED: ("/review", Word("Review")),
    AlarmKind.CONTROLLER_DRIFT: ("/sites/{site}/equipment", Word("Equipment")),
    AlarmKind.REJECTED_BURST: ("/sites/{site}/equipment#refused", Word("Messages refused")),
    AlarmKind.EVACUATION: ("/sites/{site}/evacuation", Word("Evacuation")),
    AlarmKind.RESYNC_DIFFERENCE: ("/sites/{site}#differences", Word("The differences")),
    AlarmKind.PARKING_FULL: ("/sessions?show=overlong", Word("Sessions over-long")),
    AlarmKind.PAYMENT_MISMATCH: ("/payments", Word("Payments")),
    AlarmKind.WEBHOOK_SILENT: ("/payments", Word("Payments")),
}
"""Where what an alarm tells of is put right, other than its site's page or its session's."""
_ORDER = ("crit", "warn", "act", "none")


@dataclass(frozen=True, slots=True)
class AlarmsPage:
    """What nobody has taken up, what somebody has, and what has ended."""

    unseen: tuple[AlarmCard, ...]
    seen: tuple[AlarmCard, ...]
    ended: tuple[AlarmCard, ...]


def detail_words(kind: str, detail: str, language: str) -> str:
    """What an alarm tells besides."""
    return detail_of(kind, detail, Language(language))


def words_of(kind: str, language: str) -> Words:
    """What is wrong and what to do; a kind that only a newer worker knows is called by its name."""
    return WORDS[Language(language)][AlarmKind(kind)] if kind in set(AlarmKind) else Words(kind, "")


async def alarms_page(reads: PageReads) -> AlarmsPage:
    """The alarms of every site."""
    cards = [alarm_card(line) for line in await reads.alarms(ENDED_SHOWN)]
    standing = standing_first([card for card in cards if card.cleared_at is None])
    return AlarmsPage(
        unseen=tuple(card for card in standing if card.acknowledged_at is None),
        seen=tuple(card for card in standing if card.acknowledged_at is not None),
        ended=tuple(sorted((c for c in cards if c.cleared_at), key=lambda card: card.cleared_at or card.raised_at))[
            ::-1
        ],
    )


def standing_first(cards: Sequence[AlarmCard]) -> tuple[AlarmCard, ...]:
    """The gravest first, then the oldest."""
    return tuple(sorted(cards, key=lambda card: (_ORDER.index(card.level), card.raised_at, str(card.id))))


def alarm_card(line: AlarmLine) -> AlarmCard:
    """One alarm."""
    known = line.kind in set(AlarmKind)
    return AlarmCard(
        id=line.id,
        site_id=line.site_id,
        site_name=line.site_name,
        zone=line.zone,
        kind=line.kind,
        level=LEVELS.get(line.severity, "warn"),
        lane=line.about if line.about in {"entry", "exit"} else None,
        about=line.about if line.about != RETAIN else "",
        detail=line.detail,
        raised_at=line.raised_at,
        times=line.times,
        flapping=line.flapping,
        happened=known and TRAITS[AlarmKind(line.kind)].happened,
        acknowledged_at=line.acknowledged_at,
        acknowledged_by=line.acknowledged_by,
        assigned_to=line.assigned_to,
        escalated_at=line.escalated_at,
        cleared_at=line.cleared_at,
        cleared_by=line.cleared_by,
        way=_way(line),
    )


def _way(line: AlarmLine) -> Way | None:
    found = WAYS.get(line.kind)
    if found is None:
        return None
    path, name = found
    return Way(path.format(site=line.site_id), name) if line.site_id is not None or "{site}" not in path else None


def of_site(counts: Sequence[AlarmCount], site_id: SiteId) -> AlarmCount:
    """A site's alarms in one number."""
    return next((count for count in counts if count.site_id == site_id), AlarmCount(site_id, 0, Severity.INFO))
