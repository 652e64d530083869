"""What was asked of `syspark simulate`, in the simulator's terms."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import click

from ops.simulator.gateway import HttpAddress
from ops.simulator.layout import Faults, Traffic
from ops.simulator.site import Conditions
from syspark.clock import ScaledClock

FAULTS: Mapping[str, float] = {
    "misread": 0.03,
    "duplicate": 0.03,
    "reorder": 0.03,
    "delay": 0.03,
    "link_drops": 1.0,
    "sensor_failures": 0.2,
    "v2_share": 0.5,
    "clocks_off": 0.3,
}
"""What `--faults` stands for: a little of everything that goes wrong in the field."""

OF_A_SERVICE = ("host", "port", "username", "password", "root", "compare", "http", "tokens")
"""Options that say where a service is, which a trial that brings its own reads from the settings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What was given, one field an option."""

    host: str
    port: int
    username: str | None
    password: str | None = field(repr=False)
    root: str
    sites: int
    hours: float | None
    rate: float
    capacity: int
    speed: float
    clock: ScaledClock | None
    seed: int
    faults: bool
    misread: float
    duplicate: float
    reorder: float
    delay: float
    link_drops: float
    sensor_failures: float
    v2_share: float
    clocks_off: float
    plates: bool
    badges: str
    http: str | None
    tokens: tuple[str, ...] = field(repr=False)
    outages: bool
    operator: bool
    in_memory: bool
    kills: int
    back_after: float
    cloud_away: tuple[float, float] | None
    print_badges: bool
    compare: str | None

    @property
    def brings_service(self) -> bool:
        """Whether the trial starts a worker of its own: one that runs already has no share in a clock made now."""
        return self.speed != 1 and self.clock is None

    @property
    def http_address(self) -> HttpAddress | None:
        """Where to post. Raises `click.BadParameter`."""
        if self.http is None:
            return None
        tokens = dict(token.split("=", 1) for token in self.tokens if "=" in token)
        if len(tokens) != len(self.tokens):
            raise click.BadParameter("a token is given as SITE=TOKEN, once a site", param_hint="--token")
        return HttpAddress(self.http.rstrip("/"), tokens)

    @property
    def conditions(self) -> Conditions:
        """What the sites are run under."""
        faults = Faults(
            misread=self.misread,
            duplicate=self.duplicate,
            delay=self.delay,
            reorder=self.reorder,
            sensor_failures_per_hour=self.sensor_failures,
            link_drops_per_hour=self.link_drops,
        )
        return Conditions(
            seed=self.seed, root=self.root, traffic=Traffic(cars_per_hour=self.rate), faults=faults, plates=self.plates
        ).at_speed(self.clock.speed if self.clock is not None else self.speed)


def with_faults(given: Mapping[str, Any], is_default: Callable[[str], bool]) -> dict[str, Any]:
    """The options with a little of every fault that was not set one by one."""
    if not given["faults"]:
        return dict(given)
    return {**given, **{name: share for name, share in FAULTS.items() if is_default(name)}}


def from_to(_ctx: click.Context, _option: click.Parameter, words: str | None) -> tuple[float, float] | None:
    """Two hours of the field, `2-3.5`. Raises `click.BadParameter`."""
    if words is None:
        return None
    since, _, until = words.partition("-")
    try:
        hours = float(since), float(until)
    except ValueError:
        hours = 0.0, 0.0
    if not 0 <= hours[0] < hours[1]:
        raise click.BadParameter("two hours are given as FROM-TO, such as 2-3.5")
    return hours


def shared_clock(_ctx: click.Context, _option: click.Parameter, words: str | None) -> ScaledClock | None:
    """The clock that words share. Raises `click.BadParameter`."""
    try:
        return None if words is None else ScaledClock.parse(words)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
