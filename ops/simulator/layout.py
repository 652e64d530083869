"""What simulated sites are made of: which equipment stands where, how it speaks, and what goes wrong."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

LaneName = Literal["entry", "exit"]
Generation = Literal["v1", "v2"]

DEFAULT_SITE = "default"
LANES: tuple[LaneName, ...] = ("entry", "exit")


@dataclass(frozen=True, slots=True)
class SiteLayout:
    """One site. `sensors` are the lanes with a presence sensor; v1 has one at most, and no lane in what it sends.

    `clock_off_s` is how wrong its devices' clocks are. The topics of the site `default` are those of v1.
    """

    name: str
    speaks: Generation = "v1"
    capacity: int = 50
    sensors: frozenset[LaneName] = frozenset({"entry"})
    secret: str = field(default="", repr=False)
    clock_off_s: float = 0.0

    def prefix(self, root: str) -> str:
        """What its topics begin with at the cloud's broker."""
        return root if self.name == DEFAULT_SITE else f"{root}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """How often something goes wrong: shares of messages or reads between 0 and 1, and cuts of the link an hour.

    A held message comes up to `longest_delay_s` late; a cut lasts `cut_s`, shortest and longest.
    """

    misread: float = 0.0
    duplicate: float = 0.0
    delay: float = 0.0
    reorder: float = 0.0
    sensor_failures_per_hour: float = 0.0
    reboots_per_hour: float = 0.5
    link_drops_per_hour: float = 0.0
    longest_delay_s: float = 3.0
    cut_s: tuple[float, float] = (5.0, 90.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """Who comes: cars an hour and site, and how full the site is kept. Stays last what those two imply.

    `unknown`, `visitors` and `pins` are shares of the cars; the others hold a subscriber's badge. Free stays end within
    `visitor_stay_s`, because nobody pays in the simulated field. Every `owing_every_s` comes one to the exit, for whom
    somebody has to pay or open: never where that is 0.
    """

    cars_per_hour: float = 40.0
    target: float = 0.6
    unknown: float = 0.05
    visitors: float = 0.1
    pins: float = 0.05
    shortest_stay_s: float = 300.0
    visitor_stay_s: tuple[float, float] = (300.0, 1500.0)
    owing_every_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Badges:
    """The badges of one site: who may come in, and the numbers that nobody knows."""

    subscribers: Sequence[str]
    visitors: Sequence[str] = ()


def make_layouts(sites: int, capacity: int, v2_share: float = 0.0, clocks_off: float = 0.0) -> list[SiteLayout]:
    """The default site, which speaks v1, and others of both generations, spread evenly."""
    layouts = []
    newer = 0
    for number in range(sites):
        speaks: Generation = "v2" if number and newer < round(v2_share * sites * number / max(1, sites - 1)) else "v1"
        newer += speaks == "v2"
        off = 7200.0 if speaks == "v2" and newer <= clocks_off * v2_share * sites else 0.0
        name = f"sim-{number:02d}" if number else DEFAULT_SITE
        layouts.append(SiteLayout(name, speaks, capacity=capacity, clock_off_s=off))
    return layouts
