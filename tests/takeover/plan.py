"""How much a run does, all of it reproducible from its seed."""

import math
from dataclasses import dataclass

KILLED = "killed"
FROZEN = "frozen"
WITHOUT_DATABASE = "cut from the database"
DEAF_DATABASE = "its database silent"
WITHOUT_BROKER = "cut from the broker"
DEAF_BROKER = "its broker silent"
DATABASE_RESTARTED = "database restarted"
EVENTS = (KILLED, FROZEN, WITHOUT_DATABASE, WITHOUT_BROKER, DATABASE_RESTARTED, DEAF_BROKER, DEAF_DATABASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`takeovers`, of each kind in turn, under `rate_per_s` badges on average.

    Another `group` of `sites` has the traffic after every `takeovers_a_group`, so that the vehicles inside, which only
    ever come, do not become more than a site of its size has.
    """

    seed: int
    takeovers: int = 4
    rate_per_s: float = 60.0
    sites: int = 96
    partitions: int = 64
    frozen_s: float = 15.0
    takeovers_a_group: int = 10
    within_s: float = math.inf
    """After so long no other takeover begins."""
    longest_s: float = 45.0
    """What is reckoned for one takeover, with what follows until the next."""

    @property
    def events(self) -> int:
        """Badges that may be needed at the most."""
        return int((self.takeovers + 2) * self.longest_s * self.rate_per_s)

    @property
    def groups(self) -> int:
        """How many groups of sites there are."""
        return -(-self.takeovers // self.takeovers_a_group)
