"""How a decision is written into the journal: its rule, its inputs and its results, personal values set apart.

A personal value is replaced by a reference; the journal hashes it into the chain with a salt and keeps salt and value
beside it, so that both can be erased while the chain still holds. Source: architecture.md, "Hash chain".
"""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar, cast

import msgspec

from syspark.domain.decision import Decision, Event, Moment
from syspark.domain.messages import AnyMessage
from syspark.domain.units import SessionId

PERSONAL_FIELDS = frozenset(
    {
        "uid",
        "uids",
        "lost_uid",
        "entries",
        "holder",
        "holder_key",
        "key",
        "keys",
        "held",
        "alike",
        "plate",
        "masked",
        "masked_plate",
        "subject",
        "sealed_secret",
    }
)
"""Fields that name a person, a badge or a vehicle, or are kept secret, wherever they stand."""

REFERENCE = "personal"

E_co = TypeVar("E_co", bound=Event, covariant=True)


def record(
    message: AnyMessage, decision: Decision[E_co], given: Mapping[str, object], at: Moment
) -> tuple[bytes, dict[str, str]]:
    """The journal's canonical inputs of a decision, and the personal values they refer to by name."""
    personal: dict[str, str] = {}
    looked_up = {name: value for name, value in {**given, **decision.given}.items() if value is not None}
    plain = {
        **msgspec.to_builtins({"message": message, "now": at.now, "given": looked_up}),
        **results(decision),
    }
    _set_apart(plain, personal, {})
    return msgspec.json.encode(plain, order="sorted"), personal


def concerns(message: AnyMessage, decision: Decision[E_co], given: Mapping[str, object]) -> SessionId | None:
    """The session a site's or a device's decision is about: what it makes true tells, else what it was told, or the
    visit it was decided by. Of two sessions it is the first; the other's own actor is told, and has a row of its own.
    """
    for one in (*decision.events, message):
        visit = getattr(one, "visit", None)
        found = getattr(one, "session_id", None) or getattr(visit, "session_id", None)
        if found is not None:
            return SessionId(found)
    found = getattr(given.get("visit"), "session_id", None)
    return None if found is None else SessionId(found)


def results(decision: Decision[E_co]) -> dict[str, object]:
    """What a decision leads to, as the journal keeps it: what making it again must give once more."""
    plain = msgspec.to_builtins(
        {
            "events": decision.events,
            "commands": [
                {
                    "id": command.id,
                    "order": command.order,
                    "withheld": command.withheld,
                    **({} if command.expires_at is None else {"expires_at": command.expires_at}),
                }
                for command in decision.commands
            ],
            "handovers": [handover.message for handover in decision.handovers],
            "timers": [
                {"timer": timer.key, **({} if timer.at is None else {"at": timer.at})} for timer in decision.timers
            ],
            **({} if decision.refused is None else {"refused": decision.refused}),
        }
    )
    return cast("dict[str, object]", plain)


def _set_apart(fields: dict[str, Any], personal: dict[str, str], names: dict[str, str]) -> None:
    """Put references in the place of personal values."""
    # Every decision is written down: what lies in between, numbers and other texts, is neither copied nor called for.
    for key, value in fields.items():
        kind = type(value)
        if kind is dict:
            _set_apart(value, personal, names)
        elif (kind is tuple or kind is list) and value:
            fields[key] = _items_set_apart(value, key, personal, names)
        elif kind is str and key in PERSONAL_FIELDS:
            fields[key] = _referred(value, key, personal, names)


def _items_set_apart(items: Iterable[Any], key: str, personal: dict[str, str], names: dict[str, str]) -> list[object]:
    apart = list(items)
    for place, item in enumerate(apart):
        kind = type(item)
        if kind is dict:
            _set_apart(item, personal, names)
        elif kind is tuple or kind is list:
            apart[place] = _items_set_apart(item, key, personal, names)
        elif kind is str and key in PERSONAL_FIELDS:
            apart[place] = _referred(item, key, personal, names)
    return apart


def _referred(value: str, key: str, personal: dict[str, str], names: dict[str, str]) -> object:
    if not value:
        return value
    if value not in names:
        names[value] = f"{key}-{len(names)}"
        personal[names[value]] = value
    return {REFERENCE: names[value]}
