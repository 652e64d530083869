"""`syspark tariff`: what a site asks for parking, what is to be looked at in it, and what a stay would cost."""

from datetime import datetime
from zoneinfo import ZoneInfo

import click
import msgspec

from ops.cli.session import desk, run
from syspark.domain.access import text_of
from syspark.domain.tariff import Quote, Tariff, TariffVersion, in_force, quote
from syspark.domain.tariff.lint import lint
from syspark.domain.tariff.problem import problems
from syspark.rows import SiteRow

WHEN = click.DateTime(formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"])


@click.group()
def tariff() -> None:
    """What parking costs; it is changed on the site's page of tariffs."""


@tariff.command()
@click.argument("site_id", metavar="SITE")
def show(site_id: str) -> None:
    """Show the tariff of a site and those that start later."""
    run(_show(site_id))


async def _show(name: str) -> None:
    async with desk() as opened:
        one = await opened.site(name)
    click.echo(f"version {one.tariff_version}")
    for line in _lines(msgspec.json.decode(one.tariff, type=Tariff)):
        click.echo(f"  {line}")
    for version in one.tariffs:
        click.echo(f"version {version.version} starts {version.starts_at:%Y-%m-%d %H:%M} UTC")


@tariff.command("lint")
@click.argument("site_id", metavar="SITE")
def lint_(site_id: str) -> None:
    """Say what is to be looked at in the tariff of a site; exit 1 when there is something."""
    run(_lint(site_id))


async def _lint(name: str) -> None:
    async with desk() as opened:
        present = msgspec.json.decode((await opened.site(name)).tariff, type=Tariff)
    said = [*map(str, problems(present))]
    said += [f"{one.about}: {one.finding}" if one.about else str(one.finding) for one in lint(present)]
    for text in said:
        click.echo(text)
    if said:
        raise SystemExit(1)
    click.echo("nothing to be looked at")


@tariff.command()
@click.argument("site_id", metavar="SITE")
@click.option("--from", "since", type=WHEN, required=True, help="When the stay begins, on the site's clocks.")
@click.option("--until", type=WHEN, required=True, help="When it ends.")
def price(site_id: str, since: datetime, until: datetime) -> None:
    """Price a stay by the tariff of a site, line by line."""
    if until < since:
        raise click.BadParameter("it ends before it begins", param_hint="--until")
    run(_price(site_id, since, until))


async def _price(name: str, since: datetime, until: datetime) -> None:
    async with desk() as opened:
        one = await opened.site(name)
    zone = ZoneInfo(one.zone)
    begins, ends = since.replace(tzinfo=zone), until.replace(tzinfo=zone)
    due = _priced(one, begins, ends)
    for line in due.lines:
        named = f"{line.what} {line.name}".strip()
        how_many = f"{line.seconds // 60} min" if line.seconds else f"{line.count} x {line.each_cents / 100:.2f}"
        click.echo(f"{named:<24} {how_many:>14} {line.total_cents / 100:>10.2f}")
    click.echo(f"{'total':<24} {'':>14} {due.total_cents / 100:>10.2f} {due.currency}")


def _priced(site: SiteRow, since: datetime, until: datetime) -> Quote:
    known = [
        TariffVersion(version=one.version, starts_at=one.starts_at, tariff=msgspec.json.decode(one.body, type=Tariff))
        for one in site.tariffs
    ]
    version = in_force(known, since)
    present = version.tariff if version is not None else msgspec.json.decode(site.tariff, type=Tariff)
    return quote(present, since, until, zone=site.zone)


def _lines(one: Tariff) -> list[str]:
    made = [
        f"{one.free_minutes} min free, then {one.step_cents / 100:.2f} {one.currency} per {one.step_minutes} min begun",
        f"at most {one.cap_cents / 100:.2f} per day ({one.cap_by})",
        *(f"{band.name}: {band.step_cents / 100:.2f}, {text_of(band.hours)}" for band in one.bands),
    ]
    for package in one.packages:
        when = [text_of(package.hours)] if package.hours else []
        when += [f"{event.since:%Y-%m-%d %H:%M} to {event.until:%H:%M} UTC" for event in package.events]
        most = "" if package.fixed else " at most"
        made.append(f"package {package.name}: {package.price_cents / 100:.2f}{most}, {', '.join(when)}")
    return made
