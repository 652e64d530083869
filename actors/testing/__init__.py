"""Tools to run actors on a virtual clock, with stores in memory and captured commands."""

from actors.testing.car_park import NOON, CarPark, Seen

__all__ = ["NOON", "CarPark", "Seen"]
