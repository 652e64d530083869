"""What every message an actor is told is made of."""

import msgspec


class Message(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something an actor is told."""
