"""What the cameras of a site confuse besides what all cameras do, learned from the plates that people correct.

A pair of characters counts once three sessions have taught it, and may be forgotten by a person. Source: domain.md,
"Identity and fusion": confusions learned from corrections.
"""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from syspark.domain.units import SessionId

COUNTS_FROM = 3
"""So many sessions teach a pair before it counts: one may be an operator's mistake, or one dirty plate."""
KEPT = 16
"""Of a site. Those that do not count go first, then those taught longest ago."""


class Learned(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Two characters, in order, of which one was read for the other; in which sessions, at most three, last at `at`."""

    pair: str
    sessions: tuple[SessionId, ...]
    at: datetime

    @property
    def counts(self) -> bool:
        """Whether it is taken for a confusion from now on."""
        return len(self.sessions) >= COUNTS_FROM


def pairs_of(learned: Iterable[Learned]) -> frozenset[str]:
    """The pairs that count."""
    return frozenset(one.pair for one in learned if one.counts)


def taught(learned: tuple[Learned, ...], pair: str, session_id: SessionId, at: datetime) -> tuple[Learned, ...]:
    """What is known once a session's plate was corrected so: each session teaches a pair once."""
    before = next((one for one in learned if one.pair == pair), Learned(pair=pair, sessions=(), at=at))
    if session_id in before.sessions:
        return learned
    sessions = (*before.sessions, session_id)[:COUNTS_FROM]
    others = tuple(one for one in learned if one.pair != pair)
    if len(others) == KEPT:
        least = min(others, key=lambda one: (one.counts, one.at))
        others = tuple(one for one in others if one is not least)
    return (*others, Learned(pair=pair, sessions=sessions, at=at))
