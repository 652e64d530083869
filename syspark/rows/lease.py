"""Who holds which partition."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import msgspec


class Fence(msgspec.Struct, frozen=True):
    """The right to write for a partition: refused once another owner or epoch stands in its row."""

    partition: int
    owner: str
    epoch: int


class LinkPosition(msgspec.Struct, frozen=True):
    """Where a partition's broker session stood when it was last stored with the lease.

    `marker_at`: send time of the last own marker received; `deliveries`: QoS 1 deliveries counted;
    `low_seq`: every inbox row of the partition at or below it is no longer `new`.
    """

    broker_session: UUID
    marker_at: datetime | None
    deliveries: int
    low_seq: int


class Lease(msgspec.Struct, frozen=True):
    """A partition taken: its fence, its remaining seconds when it was granted, and where its predecessor stood."""

    fence: Fence
    remaining_s: float
    position: LinkPosition


class Standing(msgspec.Struct, frozen=True):
    """Where a worker stands among the others, by the database's clock.

    `workers`: everybody who lives, itself included, and whether they reach the broker. `free`: partitions that may be
    taken. `ours`: partitions that stand in its own name, whether it holds them or its predecessor did.
    """

    workers: Mapping[str, bool]
    free: tuple[int, ...]
    ours: tuple[int, ...]
