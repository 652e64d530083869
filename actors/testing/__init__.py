"""Tools to run actors on a virtual clock, with stores in memory and captured commands: for developers as for tests.

`CarPark` is a whole worker on a broker in memory; `ActorBench` the actors of sites, sessions and devices alone.
"""

from actors.testing.bench import ActorBench
from actors.testing.car_park import NOON, CarPark, Seen

__all__ = ["NOON", "ActorBench", "CarPark", "Seen"]
