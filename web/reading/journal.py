"""Journal rows as pages understand them: what happened, at which lane, to whom."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from syspark.web_ports import JournalLine


class _Inputs(msgspec.Struct, frozen=True):
    message: dict[str, Any] = {}
    events: list[dict[str, Any]] = []
    commands: list[dict[str, Any]] = []
    refused: str | None = None


_DECODER = msgspec.json.Decoder(_Inputs)


@dataclass(frozen=True, slots=True)
class Entry:
    """A journal row, unfolded. `key` is the holder's; None when it names nobody, or was erased.

    `has_photo`: a picture is stored under the id of what caused it.
    """

    line: JournalLine
    message: Mapping[str, Any]
    commands: tuple[str, ...]
    lane: str | None
    key: str | None
    refused: str | None
    has_photo: bool

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
                key=_key(places, line.personal),
                refused=inputs.refused,
                has_photo=isinstance(fact, dict) and fact.get("photo") is True,
            )
        )
    return found


def _first(places: Sequence[Mapping[str, Any]], key: str) -> str | None:
    for place in places:
        value = place.get(key)
        if isinstance(value, str):
            return value
    return None


def _key(places: Sequence[Mapping[str, Any]], personal: Mapping[str, str]) -> str | None:
    for place in places:
        witness = place.get("witness")
        named = witness if isinstance(witness, dict) else place
        # A badge's own messages name it by its UID, which is its holder key.
        value = named.get("key", named.get("uid"))
        if isinstance(value, dict):
            return personal.get(str(value.get("personal")))
    return None
