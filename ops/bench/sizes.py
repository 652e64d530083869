"""How much of everything is measured."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sizes:
    """Numbers of one run; `parked` and `entering` are vehicles per site, `seconds` is the length of a measurement.

    `timed` is of how many events a p99 is taken at least: of 300 it is the third slowest, which one flush decides.
    """

    rounds: int = 3
    seconds: float = 3.0
    sites: int = 100
    at_once: int = 4
    rates: tuple[int, ...] = (100, 300, 500)
    timed: int = 1_000
    parked: int = 900
    entering: int = 900
    growth_open: int = 10_000
    growth_badges: int = 100_000
    growth_past: int = 100_000
    growth_rate: int = 25
    ingested: int = 10_000
    actors: int = 1_000
    tells: int = 200_000
    crowd: int = 100_000
    start_sites: int = 10_000
    start_devices: int = 10
    start_parked: int = 5
    pages_sites: int = 1_000
    streams: int = 1_000
    loads: int = 100
    idle_seconds: float = 10.0


NORMAL = Sizes()
FULL = Sizes(rounds=5, seconds=5.0, growth_past=1_000_000)
