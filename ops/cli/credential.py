"""`syspark credential`."""

from datetime import date
from zoneinfo import ZoneInfo

import click

from ops.cli.session import desk, run, say
from ops.cli.values import BadgeNumber, Day, Name, instant
from ops.requests import author
from syspark.contract.topics import DEFAULT_SITE
from syspark.domain.access import Plan
from syspark.domain.messages import AddCredential
from syspark.domain.units import Uid
from syspark.rows import CredentialRow


@click.group()
def credential() -> None:
    """The badges a site knows."""


@credential.command()
@click.argument("uid", type=BadgeNumber())
@click.option("--site", default=DEFAULT_SITE, show_default=True, help="The site.")
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
@click.option("--blocked", is_flag=True, help="Refuse it at the entry; the exit still opens.")
def add(
    uid: Uid, site: str, holder: str, plan: str, valid_from: date | None, valid_until: date | None, blocked: bool
) -> None:
    """Make a badge known to a site, or change what is known of it. UID: 8 or 10 hexadecimal digits."""
    run(_add(uid, site, holder, Plan(plan), (valid_from, valid_until), blocked=blocked))


async def _add(
    uid: Uid, name: str, holder: str, plan: Plan, valid: tuple[date | None, date | None], *, blocked: bool
) -> None:
    async with desk() as opened:
        site = await opened.site(name)
        begins = instant(valid[0], site.zone, is_end=False) if valid[0] else None
        ends = instant(valid[1], site.zone, is_end=True) if valid[1] else None
        if begins and ends and ends <= begins:
            raise click.UsageError("--until lies before --from: the badge would never open")
        message = AddCredential(
            uid=uid, holder=holder, plan=plan, valid_from=begins, valid_until=ends, blocked=blocked, author=author()
        )
        say(await opened.requests.add_credential(site, message), f"site {site.id} knows the badge {uid} ({plan})")


@credential.command("list")
@click.option("--site", default=DEFAULT_SITE, show_default=True, help="The site.")
def list_(site: str) -> None:
    """Show the badges of a site."""
    run(_list(site))


async def _list(name: str) -> None:
    async with desk() as opened:
        site = await opened.site(name)
        badges = await opened.administration.credentials(site.id)
    for badge in badges:
        click.echo(f"{badge.uid}  {badge.plan:<10}  {badge.holder}{_limits(badge, ZoneInfo(site.zone))}")
    if not badges:
        click.echo(f"site {site.id} knows no badge: syspark credential add --help")


def _limits(badge: CredentialRow, zone: ZoneInfo) -> str:
    """Its limits in the site's own time; the end is the first instant it no longer opens."""
    limits = [
        f", {word} {at.astimezone(zone):%Y-%m-%d %H:%M} ({zone.key})"
        for word, at in (("from", badge.valid_from), ("until", badge.valid_until))
        if at is not None
    ]
    return "".join(limits) + (", blocked" if badge.blocked else "")
