"""How regularly a topic speaks, counted in what else its site says: nights and empty days make nothing silent.

Source: domain.md, "Devices, health, alarms": contract drift, a silent topic.
"""

import msgspec
from msgspec.structs import replace

REGULAR_AFTER = 50
"""Messages of a topic before it is known how regular it is."""
SPAN = 1_000
"""After so many a topic's longest silence is learned anew; what was learned before counts for as many more."""
TIMES_AS_LONG = 3
"""Of random order, a silence three times the longest of fifty comes once in 100,000 messages."""
SHORTEST = 100
"""Messages of others: fewer prove nothing, however regular a topic is."""


class Rhythm(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Of a topic's last `heard` messages: the most that other topics of its site said between two of them.

    `before` is the same of the span before, None in the first one. `silent`: the others have said far more since.
    """

    heard: int = 0
    longest: int = 0
    before: int | None = None
    silent: bool = False

    @property
    def is_regular(self) -> bool:
        """Whether enough was heard to expect more."""
        return self.before is not None or self.heard >= REGULAR_AFTER


def heard_after(rhythm: Rhythm, others: int) -> Rhythm:
    """The rhythm after one message more, the others having said so much since the last."""
    if rhythm.heard >= SPAN:
        return Rhythm(heard=1, longest=others, before=rhythm.longest)
    return replace(rhythm, heard=rhythm.heard + 1, longest=max(rhythm.longest, others), silent=False)


def is_silent_after(rhythm: Rhythm, others: int) -> bool:
    """Whether a topic that used to speak regularly speaks no more, the others having said so much since."""
    usual = max(rhythm.longest, rhythm.before or 0)
    return rhythm.is_regular and others > max(SHORTEST, TIMES_AS_LONG * usual)
