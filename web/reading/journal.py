"""Journal rows as pages understand them: what happened, at which lane, to whom."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from syspark.web_ports import JournalLine

BADGE_END = 4


class _Inputs(msgspec.Struct, frozen=True):
    message: dict[str, Any] = {}
    events: list[dict[str, Any]] = []
    commands: list[dict[str, Any]] = []
    refused: str | None = None


_DECODER = msgspec.json.Decoder(_Inputs)


@dataclass(frozen=True, slots=True)
class Entry:
    """A journal row, unfolded. `uid` is None once it has been erased."""

    line: JournalLine
    message: Mapping[str, Any]
    commands: tuple[str, ...]
    lane: str | None
    uid: str | None
    refused: str | None

    @property
    def rule(self) -> str:
        """Why it was decided so."""
        return self.line.rule

    @property
    def fact_at(self) -> datetime:
        """When it happened."""
        return self.line.fact_at

    @property
    def author(self) -> str | None:
        """The operator who asked for it."""
        author = self.message.get("author")
        return author if isinstance(author, str) else None

    @property
    def reason(self) -> str | None:
        """The operator's reason."""
        reason = self.message.get("reason")
        return reason if isinstance(reason, str) else None


def unfolded(lines: Sequence[JournalLine]) -> list[Entry]:
    """Rows that are understood; another release's are left out."""
    found = []
    for line in lines:
        try:
            inputs = _DECODER.decode(line.inputs)
        except msgspec.DecodeError:
            continue
        fact = inputs.message.get("fact")
        places = (*inputs.events, inputs.message, fact if isinstance(fact, dict) else {})
        found.append(
            Entry(
                line=line,
                message=inputs.message,
                commands=tuple(str(command.get("id")) for command in inputs.commands),
                lane=_first(places, "lane"),
                uid=_uid(places, line.personal),
                refused=inputs.refused,
            )
        )
    return found


def badge_end(uid: str) -> str:
    """What may be shown of a badge's number."""
    return f"··{uid[-BADGE_END:]}"


def _first(places: Sequence[Mapping[str, Any]], key: str) -> str | None:
    for place in places:
        value = place.get(key)
        if isinstance(value, str):
            return value
    return None


def _uid(places: Sequence[Mapping[str, Any]], personal: Mapping[str, str]) -> str | None:
    for place in places:
        value = place.get("uid")
        if isinstance(value, dict):
            return personal.get(str(value.get("personal")))
    return None
