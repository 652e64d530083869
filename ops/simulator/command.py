"""`syspark simulate`."""

import asyncio
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import uvloop

from ops.simulator.badges import made_badges, read_badges, written_badges
from ops.simulator.clock import FASTEST, ScaledClock
from ops.simulator.gateway import HttpAddress
from ops.simulator.layout import DEFAULT_SITE, Badges, Faults, Generation, SiteLayout, Traffic
from ops.simulator.line import BrokerAddress
from ops.simulator.run import Run, drive
from ops.simulator.site import Conditions

AUTO = "auto"
SHARE = click.FloatRange(0, 1)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The broker.")
@click.option("--port", type=click.IntRange(1, 65_535), default=1883, show_default=True, help="Its port, without TLS.")
@click.option("--username", envvar="MQTT_USERNAME", help="As whom the sites' bridges connect.  [env: MQTT_USERNAME]")
@click.option("--password", envvar="MQTT_PASSWORD", help="Better given as MQTT_PASSWORD.", hidden=True)
@click.option("--root", envvar="MQTT_ROOT", default="parking", show_default=True, help="What topics begin with.")
@click.option("--sites", type=click.IntRange(1, 1000), default=1, show_default=True, help="How many; one is `default`.")
@click.option("--hours", type=click.FloatRange(0, min_open=True), help="Of the field's time.  [default: until Ctrl-C]")
@click.option("--rate", type=click.FloatRange(0, min_open=True), default=40.0, show_default=True, help="Cars an hour.")
@click.option("--capacity", type=click.IntRange(2, 10_000), default=50, show_default=True, help="Places of each site.")
@click.option(
    "--speed",
    type=click.FloatRange(0.1, FASTEST),
    default=1.0,
    show_default=True,
    help="Of the field's clock. The service must share it, or its rules see cars that hurry.",
)
@click.option("--clock", metavar="SPEED@ANCHOR", help="Share the clock of a service that was started on it.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed, the same badges and drivers.")
@click.option("--misread", type=SHARE, default=0.0, help="Share of badges that readers garble.")
@click.option("--duplicate", type=SHARE, default=0.0, help="Share of messages that bridges repeat.")
@click.option("--reorder", type=SHARE, default=0.0, help="Share of messages that the next one overtakes.")
@click.option("--delay", type=SHARE, default=0.0, help="Share of messages that come up to 3 s late.")
@click.option("--link-drops", type=click.FloatRange(0), default=0.0, help="Cuts an hour of each site's bridge.")
@click.option("--sensor-failures", type=click.FloatRange(0), default=0.0, help="Failures of each sensor an hour.")
@click.option("--v2-share", type=SHARE, default=0.0, help="Share of the sites with newer equipment.")
@click.option("--clocks-off", type=SHARE, default=0.0, help="Share of those whose clocks are two hours off.")
@click.option(
    "--badges",
    default=AUTO,
    show_default=True,
    help="A file of lines SITE UID [visitor]; `auto` makes them from the seed and, with --compare, enrols them.",
)
@click.option("--http", metavar="URL", help="The service's address: camera gateways and weather clients post there.")
@click.option(
    "--token", "tokens", multiple=True, metavar="SITE=TOKEN", help="A site's token; without one it is silent."
)
@click.option("--outages", is_flag=True, help="The service is away at times: drivers not served are no difference.")
@click.option("--print-badges", is_flag=True, help="Print the badges in that form, and end.")
@click.option("--compare", metavar="DATABASE_URL", help="Compare the truth with this database at the end.")
@click.pass_context
def simulate(ctx: click.Context, /, **given: Any) -> None:
    """Simulate the equipment and the cars of many sites against a broker.

    What was published and what was true are kept apart; with --compare the two are compared at the end, and a
    difference makes the exit code 1.
    """
    options = Options(**given)
    layouts = make_layouts(options.sites, options.capacity, options.v2_share, options.clocks_off)
    known = made_badges(layouts, options.seed) if options.badges == AUTO else _read(options.badges)
    if options.print_badges:
        click.echo(written_badges(known), nl=False)
        return
    run = Run(
        layouts=layouts,
        badges=known,
        conditions=options.conditions,
        broker=BrokerAddress(options.host, options.port, options.username, options.password),
        clock=_clock(options.speed, options.clock),
        http=options.http_address,
        hours=options.hours,
        compare_with=options.compare,
        outages=options.outages,
        enrols=options.compare is not None and options.badges == AUTO,
    )
    click.echo(f"seed {options.seed}, clock {run.clock}")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        fine = runner.run(drive(run, tell=_tell, is_terminal=sys.stderr.isatty()))
    ctx.exit(0 if fine else 1)


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
    clock: str | None
    seed: int
    misread: float
    duplicate: float
    reorder: float
    delay: float
    link_drops: float
    sensor_failures: float
    v2_share: float
    clocks_off: float
    badges: str
    http: str | None
    tokens: tuple[str, ...] = field(repr=False)
    outages: bool
    print_badges: bool
    compare: str | None

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
            seed=self.seed, root=self.root, traffic=Traffic(cars_per_hour=self.rate), faults=faults
        ).at_speed(_clock(self.speed, self.clock).speed)


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


def _clock(speed: float, shared: str | None) -> ScaledClock:
    if shared is None:
        return ScaledClock(speed, datetime.now(UTC))
    try:
        return ScaledClock.parse(shared)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--clock") from error


def _read(path: str) -> dict[str, Badges]:
    try:
        return read_badges(Path(path).read_text(encoding="utf-8").splitlines())
    except (OSError, ValueError) as error:
        raise click.BadParameter(str(error), param_hint="--badges") from error


def _tell(line: str, *, moving: bool = False) -> None:
    click.echo(f"\r\x1b[K{line}" if moving else line, err=moving, nl=not moving)
