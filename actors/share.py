"""Which partitions a worker should take and which it should give back. Source: architecture.md, "Growing past one
machine".

Every worker decides for itself, by the same rule on what the database tells all of them. A partition prefers some
workers to others by a hash of both names, so that workers which take at the same time do not want the same ones, and
one that comes back finds its own. Nothing moves for preference alone.
"""

import hashlib
import math
from collections.abc import Collection
from dataclasses import dataclass

from syspark.rows import Standing

LYING_FREE = 8
"""Partitions on their way to another worker at a time: nobody serves those that lie free."""


@dataclass(frozen=True, slots=True)
class Moves:
    """What to do now. `is_settled`: nothing is expected to change soon."""

    take: tuple[int, ...] = ()
    give_back: tuple[int, ...] = ()
    is_settled: bool = False


@dataclass(frozen=True, slots=True)
class Self:
    """What a worker knows of itself.

    `is_stranded`: it has not reached the broker for some time. `is_heir`: it is proven that whoever held partitions in
    its name before is dead.
    """

    name: str
    held: Collection[int]
    is_stranded: bool
    is_heir: bool


def moves(own: Self, standing: Standing, partitions: int) -> Moves:
    """Decide, for one of the workers of `standing`. The partitions to give back are the least preferred, first."""
    reaching = {name for name, linked in standing.workers.items() if linked}
    if own.is_stranded and reaching - {own.name}:
        return Moves(give_back=tuple(sorted(own.held)))
    sharing = sorted(reaching | {own.name} if reaching else standing.workers)
    share = math.ceil(partitions / len(sharing))
    room = share - len(own.held)
    if room < 0:
        last = sorted(own.held, key=lambda partition: _rank(partition, own.name, sharing), reverse=True)
        going = max(0, min(-room, LYING_FREE - len(standing.free)))
        return Moves(give_back=tuple(last[:going]))
    free = set(standing.free) | (set(standing.ours) if own.is_heir else set())
    first = sorted(free - set(own.held), key=lambda partition: _rank(partition, own.name, sharing))
    return Moves(take=tuple(first[:room]), is_settled=room == 0)


def _rank(partition: int, name: str, sharing: Collection[str]) -> tuple[int, int]:
    """How many others a partition prefers to this worker; then its number."""
    own = _liking(partition, name)
    return sum(_liking(partition, other) > own for other in sharing), partition


def _liking(partition: int, name: str) -> bytes:
    return hashlib.sha256(f"{partition} {name}".encode()).digest()
