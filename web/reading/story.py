"""What happened to a session, step by step as the journal has it, with pictures, readings and commands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from syspark.domain.explain import Input, Said, Step, explain
from syspark.domain.recorded import Recorded
from syspark.domain.rules import CONSEQUENCES
from syspark.web_ports import CommandLine, EvidenceLine, SessionReads
from web.reading.holders import badge_end
from web.reading.model import Opening
from web.reading.plates import masked, spaced
from web.reading.reviews import REVIEWS
from web.reading.stays import ENDS, Stay
from web.sentence import LaneName, Money, PlateText, Word, said

GAP_S = 1800
"""A silence so long is shown as such."""

QUIET = frozenset({"fate-noted", "deadline-moved", "payment-asked-again", "display-restored"})
"""Rules that tell a reader nothing: what they did is told by others."""

LEVELS: Mapping[str, str] = {
    "exit-payment-due": "warn",
    "payment-asked": "warn",
    "exit-overstay": "warn",
    "left-unpaid": "warn",
    "payment-mismatch": "warn",
    "payment-second-payment": "warn",
    "refund-failed": "warn",
    "dispute-open": "warn",
    "pays-later": "doubt",
    "waived": "doubt",
    "paid": "ok",
    "fate-bad-badge-again": "warn",
    "exit-missed": "doubt",
    "entry-after-missed-exit": "doubt",
    "exit-entry-unknown": "doubt",
    "exit-asked-one-confusion": "doubt",
    "pin-exit-guessed": "doubt",
    "arrival-declared": "doubt",
    "vehicle-matched": "doubt",
    "plate-corrected": "doubt",
    "sessions-merged": "doubt",
    "session-split": "doubt",
    "identity-corrected": "doubt",
    "exit-right": "ok",
    "exit-free": "ok",
    "exit-payment": "ok",
    "vehicle-passed": "ok",
    "barrier-confirmed": "ok",
}
ICONS: Mapping[str, str] = {
    "open-lane": "open",
    "command-fated": "arrow",
    "exit-granted": "check",
    "payment-due": "card",
    "deadline": "clock",
}

DUE = said("Due: {amount}")

_LANES = frozenset({"entry", "exit"})


class _Order(msgspec.Struct, frozen=True):
    lane: str = ""


_ORDER = msgspec.json.Decoder(_Order)


@dataclass(frozen=True, slots=True)
class Told:
    """A step as the page shows it; `silence_s` is how long nothing happened before. `photo` is a picture's id."""

    step: Step
    icon: str
    level: str
    inputs: tuple[tuple[str, object], ...]
    consequences: tuple[tuple[str, Mapping[str, object]], ...]
    silence_s: int
    photo: str | None


@dataclass(frozen=True, slots=True)
class Reading:
    """A reading that speaks for the vehicle: `text` may be shown, `key` is sent back when it is put right."""

    line: EvidenceLine
    text: str
    key: str


@dataclass(frozen=True, slots=True)
class Story:
    """All there is to tell of a session."""

    steps: tuple[Told, ...]
    readings: tuple[Reading, ...]
    commands: tuple[Opening, ...]


async def story(reads: SessionReads, stay: Stay, now: datetime) -> Story:
    """Read everything about a session."""
    evidence = await reads.evidence(stay.id)
    rows = await reads.history(stay.id)
    ids = [row.moment.command_id(place) for row in rows for place in range(2)]
    commands = await reads.commands(ids)
    shown = _shown(evidence, whole=stay.whole)
    pictures = {str(line.cause) for line in evidence if line.has_photo}
    return Story(
        steps=tuple(_steps(rows, shown, pictures, stay.currency)),
        readings=tuple(Reading(line, _text(line, whole=stay.whole), line.key) for line in evidence),
        commands=tuple(_opening(command) for command in commands),
    )


def _steps(rows: Sequence[Recorded], shown: Mapping[str, object], pictures: set[str], currency: str) -> Sequence[Told]:
    told: list[Told] = []
    before: datetime | None = None
    for step in sorted(explain(rows), key=lambda step: (step.happened_at, step.decided_at)):
        if step.rule in QUIET:
            continue
        silence = int((step.happened_at - before).total_seconds()) if before is not None else 0
        before = step.happened_at
        told.append(
            Told(
                step=step,
                icon=_icon(step),
                level="crit" if step.refused and step.author else LEVELS.get(step.rule, ""),
                inputs=tuple((one.name, _value(one, shown)) for one in step.inputs),
                consequences=tuple(_consequence(one, shown, currency) for one in step.consequences),
                silence_s=silence if silence >= GAP_S else 0,
                photo=step.cause if step.cause in pictures else None,
            )
        )
    return told


def _icon(step: Step) -> str:
    if step.author is not None:
        return "user"
    if step.rule.startswith("plate-"):
        return "camera"
    if step.rule.startswith("pin-"):
        return "keypad"
    if step.rule.startswith(("badge-", "entry-")):
        return "badge"
    if step.rule.startswith("vehicle-"):
        return "car"
    return ICONS.get(step.kind, "clock" if step.actor == "site" else "check")


def _shown(evidence: Sequence[EvidenceLine], *, whole: bool) -> Mapping[str, object]:
    """What may be shown in place of each personal value: plates whole or masked, badges by their end."""
    shown: dict[str, object] = {}
    for line in evidence:
        if line.plate is not None:
            shown[line.plate] = shown[line.key] = PlateText(spaced(line.plate) if whole else masked(line.plate))
        elif line.kind == "badge":
            shown[line.key] = badge_end(line.key)
    return shown


def _value(one: Input, shown: Mapping[str, object]) -> object:
    """A value as it may be shown: what names a person that is not of this session, by its end."""
    if one.name in {"Badge", "Plate"}:
        return shown.get(one.value) or (badge_end(one.value) if one.name == "Badge" else masked(one.value))
    return _said(one.value)


def _values(one: Said, shown: Mapping[str, object]) -> Mapping[str, object]:
    return {
        name: shown.get(value) or ENDS.get(value) or REVIEWS.get(value) or _said(value) for name, value in one.values
    }


def _consequence(one: Said, shown: Mapping[str, object], currency: str) -> tuple[str, Mapping[str, object]]:
    if one.text == CONSEQUENCES["payment-requested"]:
        return DUE.id, {"amount": Money(int(dict(one.values)["amount"]), currency)}
    return one.text, _values(one, shown)


def _said(value: str) -> object:
    if value in _LANES:
        return LaneName(value)
    try:
        return datetime.fromisoformat(value) if "T" in value else Word(value) if value else value
    except ValueError:
        return value


def _text(line: EvidenceLine, *, whole: bool) -> str:
    if line.plate is not None:
        return spaced(line.plate) if whole else masked(line.plate)
    return line.holder or (badge_end(line.key) if line.kind == "badge" else "")


def _opening(command: CommandLine) -> Opening:
    return Opening(
        command_id=command.id,
        lane=_ORDER.decode(command.order).lane,
        rule=command.author,
        author=None,
        reason=None,
        fate=command.fate,
        fate_at=command.fate_at,
        created_at=command.created_at,
        expires_at=command.expires_at,
        in_flight=False,
    )
