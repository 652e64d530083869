"""`syspark credential`."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
from msgspec.structs import replace

from ops.cli.session import desk, run, say
from ops.cli.values import BadgeNumber, Day, Hours, Name, PlateNumber, instant
from ops.requests import Answer, RefusedError, author
from syspark.contract.topics import DEFAULT_SITE
from syspark.domain.access import HolderKind, Plan
from syspark.domain.credential_list import NotUnderstoodError, lines_of
from syspark.domain.messages import AddCredential, AddHolder, ReplaceBadge
from syspark.domain.units import Lane, Plate, Uid
from syspark.rows import Address, CredentialRow

_SITE = click.option("--site", default=DEFAULT_SITE, show_default=True, help="The site.")
_SITES = click.option(
    "--site", "sites", multiple=True, default=(DEFAULT_SITE,), show_default=True, help="The site; may be repeated."
)


@click.group()
def credential() -> None:
    """The badges and plates a site knows."""


@credential.command(options_metavar="--holder NAME [OPTIONS]")
@click.argument("uid", type=BadgeNumber(), required=False)
@_SITES
@click.option("--plate", type=PlateNumber(), help="A plate instead of a badge.")
@click.option("--holder", type=Name(), required=True, help="Whom it belongs to.")
@click.option(
    "--plan",
    type=click.Choice([plan.value for plan in Plan]),
    default=Plan.SUBSCRIBER.value,
    show_default=True,
    help="What it is worth: visitors pay, the others park free; emergency enters also when the site is full.",
)
@click.option("--from", "valid_from", type=Day(), help="First day it opens, in the site's own time; or date and time.")
@click.option("--until", "valid_until", type=Day(), help="Last day it opens; or the date and time it ends.")
@click.option("--hours", type=Hours(), default=(), help="When the plan holds: 'mon-fri 08:00-18:00, sat 09:00-12:00'.")
@click.option("--lane", type=click.Choice([lane.value for lane in Lane]), help="The only lane it may enter by.")
@click.option("--temporary", is_flag=True, help="It has to end, within 30 days.")
@click.option("--blocked", is_flag=True, help="Refuse it at the entry; the exit still opens.")
def add(
    uid: Uid | None,
    plate: Plate | None,
    sites: tuple[str, ...],
    valid_from: date | None,
    valid_until: date | None,
    **right: Any,
) -> None:
    """Make a badge or a plate known to sites, or change what is known of it. UID: 8 or 10 hexadecimal digits."""
    if (uid is None) == (plate is None):
        raise click.UsageError("name a badge by its UID, or a plate by --plate")
    plan, lane = Plan(right.pop("plan")), right.pop("lane")
    windows = right.pop("hours")
    message = AddCredential(
        uid=uid,
        plate=plate,
        plan=plan,
        windows=windows,
        lane=Lane(lane) if lane is not None else None,
        author=author(),
        **right,
    )
    run(_add(message, sites, (valid_from, valid_until)))


async def _add(undated: AddCredential, names: tuple[str, ...], valid: tuple[date | None, date | None]) -> None:
    async with desk() as opened:
        for site in [await opened.site(name) for name in names]:
            begins = instant(valid[0], site.zone, is_end=False) if valid[0] else None
            ends = instant(valid[1], site.zone, is_end=True) if valid[1] else None
            if begins and ends and ends <= begins:
                raise click.UsageError("--until lies before --from: it would never open")
            message = replace(undated, valid_from=begins, valid_until=ends)
            what = f"the badge {message.uid}" if message.uid else "the plate"
            say(await opened.requests.ask_site(site, message), f"site {site.id} knows {what} ({message.plan.value})")


@credential.command("replace")
@click.argument("lost", type=BadgeNumber())
@click.argument("new", type=BadgeNumber())
@_SITES
def replace_(lost: Uid, new: Uid, sites: tuple[str, ...]) -> None:
    """Block a LOST badge and give its holder a NEW one with the same right, in one act at each site."""
    run(_replace(lost, new, sites))


async def _replace(lost: Uid, new: Uid, names: tuple[str, ...]) -> None:
    async with desk() as opened:
        for site in [await opened.site(name) for name in names]:
            message = ReplaceBadge(lost_uid=lost, uid=new, author=author())
            answer = await opened.requests.ask_site(site, message)
            say(answer, f"site {site.id}: {lost} is blocked, {new} has its right")


@credential.command()
@click.argument("holder", type=Name())
@click.option("--places", type=click.IntRange(0), required=True, help="How many of its vehicles may be inside at once.")
@_SITE
def company(holder: str, places: int, site: str) -> None:
    """Have all badges and plates of a HOLDER share some places; beyond them they are visitors, or refused."""
    run(_company(holder, places, site))


async def _company(holder: str, places: int, name: str) -> None:
    async with desk() as opened:
        site = await opened.site(name)
        message = AddHolder(holder=holder, holder_kind=HolderKind.COMPANY, places=places, author=author())
        say(await opened.requests.ask_site(site, message), f"{holder} has {places} places at site {site.id}")


@credential.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only say what the list says.")
@_SITE
def import_(file: Path, site: str, dry_run: bool) -> None:
    """Read a list of badges and plates, with the columns number, holder, plan, from, until, hours, lane.

    Nothing is asked for while a line is not understood.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeError) as error:
        raise click.BadParameter("it cannot be read as text", param_hint="FILE") from error
    run(_import(text, site, dry_run=dry_run))


async def _import(text: str, name: str, *, dry_run: bool) -> None:
    async with desk() as opened:
        site = await opened.site(name)
        try:
            lines = list(lines_of(text, site.zone, author()))
        except NotUnderstoodError as error:
            raise click.UsageError(str(error)) from None
        wrong = [f"line {line.number}: {line.wrong.value}" for line in lines if line.wrong is not None]
        asked = [(line.number, line.asked) for line in lines if line.asked is not None]
        if wrong:
            raise click.UsageError("\n".join((*wrong, "nothing was asked for")))
        if dry_run:
            click.echo(f"{len(asked)} lines are understood; nothing was asked for")
            return
        refused, pending = 0, 0
        for number, message in asked:
            if pending:  # nobody answers: the rest is not waited for
                await opened.requests.put(site, Address("site", site.id), message)
                pending += 1
                continue
            try:
                pending += await opened.requests.ask_site(site, message) is Answer.PENDING
            except RefusedError as error:
                refused += 1
                click.echo(f"line {number}: {error}", err=True)
    click.echo(f"{len(asked) - refused - pending} stored, {pending} accepted and pending, {refused} refused")
    if refused:
        raise click.exceptions.Exit(1)


@credential.command("list")
@_SITE
def list_(site: str) -> None:
    """Show the badges and plates of a site."""
    run(_list(site))


async def _list(name: str) -> None:
    async with desk() as opened:
        site = await opened.site(name)
        known = await opened.administration.credentials(site.id)
        plates = await opened.administration.plates(site.id)
    for one in known:
        click.echo(f"{_number(one, plates)}  {one.plan:<10}  {one.holder}{_limits(one, ZoneInfo(site.zone))}")
    if not known:
        click.echo(f"site {site.id} knows no badge: syspark credential add --help")


def _number(one: CredentialRow, plates: Mapping[str, str]) -> str:
    return one.uid if one.kind == "badge" else f"{plates.get(one.uid, 'erased'):<8}"


def _limits(one: CredentialRow, zone: ZoneInfo) -> str:
    """Its limits in the site's own time; the end is the first instant it no longer opens."""
    limits = [
        f"{word} {at.astimezone(zone):%Y-%m-%d %H:%M} ({zone.key})"
        for word, at in (("from", one.valid_from), ("until", one.valid_until))
        if at is not None
    ]
    limits += [one.windows] if one.windows else []
    limits += [f"enters by {one.lane}"] if one.lane else []
    limits += ["temporary"] if one.temporary else []
    limits += [f"shares {one.pool[1]} places"] if one.pool is not None else []
    return "".join(f", {limit}" for limit in (*limits, *(["blocked"] if one.blocked else [])))
