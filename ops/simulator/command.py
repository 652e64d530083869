"""`syspark simulate`."""

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import uvloop
from click.core import ParameterSource

from ops.cli.session import complete, load_settings
from ops.garbage import look_rarely
from ops.simulator.badges import made_badges, read_badges, written_badges
from ops.simulator.disturbance import Disturbance, disturb, disturbances
from ops.simulator.layout import Badges, make_layouts
from ops.simulator.line import BrokerAddress
from ops.simulator.options import OF_A_SERVICE, Options, from_to, shared_clock, with_faults
from ops.simulator.run import Run, drive
from ops.simulator.service import HeldError, service_on
from ops.simulator.virtual import drive_virtually
from syspark.clock import FASTEST, ScaledClock

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
    help="Of the field's clock. Other than 1, a worker on that clock is started on the settings' servers.",
)
@click.option(
    "--clock",
    metavar="SPEED@ANCHOR",
    callback=shared_clock,
    help="Share the clock of a service that was started on it.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed, the same badges and drivers.")
@click.option("--faults", is_flag=True, help="A little of every fault below that is not set by itself.")
@click.option("--misread", type=SHARE, default=0.0, help="Share of badges that readers garble.")
@click.option("--duplicate", type=SHARE, default=0.0, help="Share of messages that bridges repeat.")
@click.option("--reorder", type=SHARE, default=0.0, help="Share of messages that the next one overtakes.")
@click.option("--delay", type=SHARE, default=0.0, help="Share of messages that come up to 3 s late.")
@click.option("--link-drops", type=click.FloatRange(0), default=0.0, help="Cuts an hour of each site's bridge.")
@click.option("--sensor-failures", type=click.FloatRange(0), default=0.0, help="Failures of each sensor an hour.")
@click.option("--v2-share", type=SHARE, default=0.0, help="Share of the sites with newer equipment.")
@click.option("--clocks-off", type=SHARE, default=0.0, help="Share of those whose clocks are two hours off.")
@click.option("--plates/--no-plates", default=True, help="Cameras of newer equipment tell plates over MQTT.")
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
@click.option(
    "--operator/--no-operator", default=True, help="With --compare, an operator helps who calls from an exit."
)
@click.option("--in-memory", is_flag=True, help="The product in this process, on a clock that waits for nobody.")
@click.option("--kills", type=click.IntRange(0), default=0, help="Kill and restart the trial's own worker so often.")
@click.option(
    "--back-after",
    type=click.FloatRange(0),
    default=0.0,
    show_default=True,
    help="With --in-memory: seconds of the field's until a killed worker's successor begins.",
)
@click.option("--cloud-away", metavar="FROM-TO", callback=from_to, help="Hours without worker and lines: sites replay.")
@click.option("--print-badges", is_flag=True, help="Print the badges in that form, and end.")
@click.option("--compare", metavar="DATABASE_URL", help="Compare the truth with this database at the end.")
@click.pass_context
def simulate(ctx: click.Context, /, **given: Any) -> None:
    """Simulate the equipment and the cars of many sites against a broker.

    What was published and what was true are kept apart; with --compare the two are compared at the end, and a
    difference makes the exit code 1.

    With a --speed other than 1 a worker of its own runs beside, on the database and broker of the settings (embedded
    where they name none, never another machine's), and its database is compared.
    """
    options = Options(**with_faults(given, lambda name: _is_default(ctx, name)))
    if options.brings_service:
        for name in OF_A_SERVICE:
            if not _is_default(ctx, name):
                raise click.UsageError(
                    f"with --speed, --{name.removesuffix('s')} comes from the settings of its own worker"
                )
    planned = disturbances(options.kills, options.cloud_away, options.hours, options.seed)
    if planned and not (options.brings_service or options.in_memory):
        raise click.UsageError("--kills and --cloud-away need a worker of the trial's own: give --speed or --in-memory")
    if options.in_memory and options.speed != 1:
        raise click.UsageError("--in-memory goes as fast as it can: it takes no --speed")
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
        clock=options.clock or ScaledClock(options.speed),
        http=options.http_address,
        hours=options.hours,
        compare_with=options.compare,
        outages=options.outages,
        staffed=options.operator,
        enrols=options.badges == AUTO,
        back_after_s=options.back_after,
    )
    click.echo(f"seed {options.seed}, clock {run.clock}")
    if options.in_memory:  # whose clock has to see when the loop has nothing to do, which uvloop does not tell
        look_rarely()
        fine = asyncio.run(drive_virtually(run, planned, _tell))
    else:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            fine = runner.run(_drive(run, planned, brings_service=options.brings_service))
    ctx.exit(0 if fine else 1)


async def _drive(run: Run, planned: Sequence[Disturbance], *, brings_service: bool) -> bool:
    settings, is_terminal = load_settings(), sys.stderr.isatty()
    if not brings_service:
        return await drive(run, settings, tell=_tell, is_terminal=is_terminal)
    settings = complete(settings)
    if planned and settings.mqtt_host is None:
        raise click.UsageError("--kills and --cloud-away need MQTT_HOST: the embedded broker ends with its worker")
    try:
        async with service_on(run.clock, settings, _tell) as service:
            own = replace(
                run,
                broker=service.broker,
                compare_with=service.database_url,
                conditions=replace(run.conditions, root=settings.mqtt_root),
                disturb=lambda field: disturb(planned, service, field, run.clock),
            )
            return await service.unless_ended(drive(own, settings, tell=_tell, is_terminal=is_terminal))
    except HeldError as error:
        raise click.UsageError(str(error)) from error


def _is_default(ctx: click.Context, name: str) -> bool:
    return ctx.get_parameter_source(name) is not ParameterSource.COMMANDLINE


def _read(path: str) -> dict[str, Badges]:
    try:
        return read_badges(Path(path).read_text(encoding="utf-8").splitlines())
    except (OSError, ValueError) as error:
        raise click.BadParameter(str(error), param_hint="--badges") from error


def _tell(line: str, *, moving: bool = False) -> None:
    click.echo(f"\r\x1b[K{line}" if moving else line, err=moving, nl=not moving)
