"""Two plates of one vehicle: the camera before it reads its own, the one behind it a trailer's. Source: domain.md,
"Identity and fusion".
"""

from datetime import datetime
from typing import Protocol

from syspark.domain.identity import WitnessKind
from syspark.domain.policy import SitePolicy

BOTH_ENDS_S = 2
"""Within which two cameras have read a vehicle that stands before both."""


class Read(Protocol):
    """A reading; of a plate, of which end of the vehicle."""

    @property
    def kind(self) -> WitnessKind:
        """What was read."""

    @property
    def at(self) -> datetime:
        """When."""

    @property
    def rear(self) -> bool:
        """Whether it is what a vehicle has behind."""


def are_of_one(one: Read, other: Read, policy: SitePolicy) -> bool:
    """Whether two plates that nobody else was read between are the two ends of a vehicle that passes no sensor.

    A front that comes after a rear follows a motorcycle.
    """
    if one.kind is not WitnessKind.PLATE or other.kind is not WitnessKind.PLATE or one.rear is other.rear:
        return False
    front, rear = (other, one) if one.rear else (one, other)
    return -BOTH_ENDS_S <= (rear.at - front.at).total_seconds() <= policy.one_arrival_unwatched_s
