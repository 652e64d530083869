"""What a holder's right is worth. Source: domain.md, "Access"."""

import enum


class Plan(enum.StrEnum):
    """What a holder's right is worth at the barrier and at the till."""

    SUBSCRIBER = "subscriber"
    VISITOR = "visitor"
    STAFF = "staff"
    EMERGENCY = "emergency"

    @property
    def parks_free(self) -> bool:
        """Whether a stay under this plan costs nothing."""
        return self is not Plan.VISITOR

    def better_than(self, other: "Plan") -> bool:
        """Whether this right takes its holder further than the other."""
        return _ORDER.index(self) > _ORDER.index(other)


_ORDER = (Plan.VISITOR, Plan.SUBSCRIBER, Plan.STAFF, Plan.EMERGENCY)
