"""What a site sends of the time it was cut off. Source: contract.md, "Families", `replay/event`."""

from datetime import datetime

import msgspec

from syspark.contract.values import unix_ms


def format_replay(topic: str, payload: bytes, happened_at: datetime, event_id: str | None = None) -> bytes:
    """Write a `replay/event` payload around a text payload the site buffered; `topic` as the site knows it."""
    fields = {"ts": unix_ms(happened_at), "topic": topic, "payload": payload.decode()}
    return msgspec.json.encode(fields if event_id is None else fields | {"event_id": event_id})
