"""A session explained: its journal rows as steps, each with its rule in words, what it was decided from, and what it
led to. Source: domain.md, "Audit and privacy".
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from syspark.domain.recorded import Recorded
from syspark.domain.rules import CONSEQUENCES, IN_WORDS, INPUTS


@dataclass(frozen=True, slots=True)
class Said:
    """An English sentence with named places, which is also its key in the catalogues."""

    text: str
    values: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Input:
    """Something the decision was made from: what it is called, in English and in the catalogues, and its value."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Step:
    """One decision about a session. `happened_at` is when what caused it happened, `decided_at` when it was decided.

    `actor` is the kind of who decided (`site`, `session`), `kind` of what it was told. `cause` is the mailbox row, and
    the id of its photo if it has one. `author` and `reason` are those of the person who asked for it.
    """

    decided_at: datetime
    happened_at: datetime
    actor: str
    kind: str
    rule: str
    in_words: str
    inputs: tuple[Input, ...]
    consequences: tuple[Said, ...]
    cause: str
    refused: str | None = None
    author: str | None = None
    reason: str | None = None
    has_photo: bool = False


def explain(rows: Iterable[Recorded]) -> tuple[Step, ...]:
    """The rows in order, each as a step. Personal values are in clear as far as they are still kept: mask them where
    not everybody who reads may see them.
    """
    return tuple(_step(row) for row in rows)


def _step(row: Recorded) -> Step:
    plain = row.shown()
    message = plain.get("message", {})
    return Step(
        decided_at=row.at,
        happened_at=row.fact_at,
        actor=row.actor,
        kind=row.kind,
        rule=row.rule,
        in_words=IN_WORDS.get(row.rule, row.rule),
        inputs=tuple(
            Input(name, _text(value)) for path, name in INPUTS.items() if (value := _at(plain, path)) is not None
        ),
        consequences=tuple(_consequences(plain)),
        cause=str(row.cause),
        refused=plain.get("refused"),
        author=message.get("author"),
        reason=message.get("reason"),
        has_photo=_at(plain, "message.fact.photo") is True,
    )


def _consequences(plain: Mapping[str, Any]) -> Iterable[Said]:
    made = [*plain.get("events", []), *(command["order"] for command in plain.get("commands", []))]
    for one in [*made, *plain.get("handovers", [])]:
        text = CONSEQUENCES.get(one.get("type", ""))
        if text is not None:
            yield Said(text, tuple((name, _text(_at(one, path))) for name, path in _PLACES if f"{{{name}}}" in text))


_PLACES = (
    ("lane", "lane"),
    ("why", "why"),
    ("closed_as", "closed_as"),
    ("status", "status"),
    ("fate", "fate"),
    ("plan", "plan"),
    ("text", "text"),
    ("amount", "quote.total_cents"),
)
"""What a consequence may name, and where it is found; an amount is in the minor unit."""


def _at(plain: Mapping[str, Any], path: str) -> Any:
    value: Any = plain
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _text(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(_text(one) for one in value)
        case _:
            return "" if value is None else str(value)
