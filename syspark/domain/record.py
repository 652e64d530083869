"""How a decision is written into the journal: its rule, its inputs and its results, personal values set apart.

A personal value is replaced by a reference; the journal hashes it into the chain with a salt and keeps salt and value
beside it, so that both can be erased while the chain still holds. Source: architecture.md, "Hash chain".
"""

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from syspark.domain.decision import Decision, Event, Moment
from syspark.domain.messages import AnyMessage

PERSONAL_FIELDS = frozenset({"uid", "plate", "holder", "entries", "uids", "sealed_secret"})
"""Fields that name a person, a badge or a vehicle, or are kept secret, wherever they stand."""

REFERENCE = "personal"

E_co = TypeVar("E_co", bound=Event, covariant=True)


def record(
    message: AnyMessage, decision: Decision[E_co], given: Mapping[str, object], at: Moment
) -> tuple[bytes, dict[str, str]]:
    """The journal's canonical inputs of a decision, and the personal values they refer to by name."""
    personal: dict[str, str] = {}
    plain = msgspec.to_builtins(
        {
            "message": message,
            "now": at.now,
            "given": {**given, **decision.given},
            "events": decision.events,
            "commands": [
                {
                    "id": command.id,
                    "order": command.order,
                    "expires_at": command.expires_at,
                    "withheld": command.withheld,
                }
                for command in decision.commands
            ],
            "handovers": [handover.message for handover in decision.handovers],
            "timers": [{"key": timer.key, "at": timer.at} for timer in decision.timers],
            "refused": decision.refused,
        }
    )
    names: dict[str, str] = {}
    return msgspec.json.encode(_set_apart(plain, personal, names), order="sorted"), personal


def _set_apart(value: object, personal: dict[str, str], names: dict[str, str], key: str = "") -> object:
    if isinstance(value, dict):
        return {name: _set_apart(item, personal, names, name) for name, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [_set_apart(item, personal, names, key) for item in value]
    if key in PERSONAL_FIELDS and isinstance(value, str):
        if value not in names:
            names[value] = f"{key}-{len(names)}"
            personal[names[value]] = value
        return {REFERENCE: names[value]}
    return value
