"""Alarms as people read them: what needs a human now, the gravest first, and what has ended."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from syspark.contract.reasons import Reason
from syspark.domain.alarm_kind import TRAITS, AlarmKind, Severity
from syspark.domain.alarm_words import WORDS, Words
from syspark.domain.policy import Language
from syspark.domain.units import SiteId
from syspark.web_ports import AlarmCount, AlarmLine, PageReads
from web.reading.model import AlarmCard, Level, Way
from web.sentence import Sentence, Word, said

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
_DETAILS: Mapping[str, Sentence] = {
    "mismatch": said("not the amount that was asked for"),
    "session-void": said("paid for a session that never happened: sent back"),
    "session-closed": said("paid for a session that is over: sent back"),
    "second-payment": said("paid twice: the second is sent back"),
    "refund-not-ordered": said("a refund that nobody here has asked for"),
    "ledger-paid": said("a payment that the ledger does not have, or otherwise"),
    "ledger-refunded": said("a refund that the ledger does not have, or otherwise"),
    "ledger-disputed": said("a dispute that the ledger does not have, or otherwise"),
    **{str(reason): said(reason.explanation) for reason in Reason},
}
_MEASURED: Sequence[tuple[re.Pattern[str], str]] = (
    (
        re.compile(r"controller-drift -(?P<missing>\d+) \+(?P<extra>\d+) / (?P<all>\d+)"),
        "{missing} missing, {extra} too many, of {all}",
    ),
    (
        re.compile(r"resync-difference (?P<here>\d+) / (?P<there>\d+)"),
        "inside for us alone: {here}, for the site alone: {there}",
    ),
    (re.compile(r"contract-drift QoS (?P<told>\d), not (?P<due>\d)"), "it comes with QoS {told}, not {due}"),
    (re.compile(r"contract-drift loop: .+"), "our own message comes back: a loop"),
    (re.compile(r"contract-drift retained, and must not be"), "the broker keeps it, and must not"),
    (re.compile(r"contract-drift not retained: (?P<topics>.+)"), "the broker no longer keeps {topics}"),
)
"""Of a kind with its detail, as those who raise it write it."""
_SAID_BY_DETAIL = frozenset({"retain"})
"""What an alarm is about, for which its detail has the words."""
_ORDER = ("crit", "warn", "act", "none")


@dataclass(frozen=True, slots=True)
class AlarmsPage:
    """What nobody has taken up, what somebody has, and what has ended."""

    unseen: tuple[AlarmCard, ...]
    seen: tuple[AlarmCard, ...]
    ended: tuple[AlarmCard, ...]


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
        about=line.about if line.about not in _SAID_BY_DETAIL else "",
        detail=detail_of(line.kind, line.detail),
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


def detail_of(kind: str, text: str) -> Sentence | None:
    """What is told of an alarm besides, in words where it is one of our own codes; a device's own text as it is."""
    if text in _DETAILS:
        return _DETAILS[text]
    for pattern, sentence in _MEASURED:
        found = pattern.fullmatch(f"{kind} {text}")
        if found is not None:
            return said(sentence, **found.groupdict())
    return said("{text}", text=text) if text else None


def _way(line: AlarmLine) -> Way | None:
    found = WAYS.get(line.kind)
    if found is None:
        return None
    path, name = found
    return Way(path.format(site=line.site_id), name) if line.site_id is not None or "{site}" not in path else None


def of_site(counts: Sequence[AlarmCount], site_id: SiteId) -> AlarmCount:
    """A site's alarms in one number."""
    return next((count for count in counts if count.site_id == site_id), AlarmCount(site_id, 0, Severity.INFO))
