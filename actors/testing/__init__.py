"""A car park on a virtual clock, for developers as for tests: docs/testing.md shows how.

`CarPark` is a whole worker over a broker and a database in memory, which pass the contract suites of the real ones.
"""

from actors.testing.car_park import NOON, CarPark, Seen
from actors.testing.field import Report, badge, duplicated, reordered, stamped

__all__ = ["NOON", "CarPark", "Report", "Seen", "badge", "duplicated", "reordered", "stamped"]
