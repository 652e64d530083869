"""`syspark site`."""

import hashlib
import secrets
import sys
from datetime import UTC
from pathlib import Path

import click
import msgspec

from ops.cli.session import complete, desk, load_settings, run, say
from ops.cli.values import Name, Rule, SiteName, Zone
from ops.requests import Answer, author
from syspark.acts import act
from syspark.contract.format import is_pin
from syspark.domain.messages import ActKind, AddSite, ChangePin, SetPolicy, Template
from syspark.domain.policy import SitePolicy
from syspark.domain.units import Lane, Secret, SiteId, Speaks
from syspark.persistence.vault import open_vault
from syspark.rows import SiteRow
from syspark.settings.values import mqtt_secret


@click.group()
def site() -> None:
    """The sites: their topics, their equipment, their tokens."""


@site.command()
@click.argument("site_id", metavar="SITE", type=SiteName())
@click.option("--name", type=Name(), help="What people call it.  [default: SITE]")
@click.option("--zone", type=Zone(), default="Europe/Paris", show_default=True, help="Its time zone.")
@click.option("--currency", default="EUR", show_default=True, help="Its currency.")
@click.option("--capacity", type=click.IntRange(0, 100_000), default=50, show_default=True, help="Its places.")
@click.option(
    "--speaks",
    type=click.Choice([one.value for one in Speaks]),
    default=Speaks.V1.value,
    show_default=True,
    help="What its equipment understands: v1 is that of the firmware in the field.",
)
@click.option(
    "--secret-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file with its shared secret for sensitive updates.  [default: one is made, and shown once]",
)
def add(
    site_id: SiteId, name: str | None, zone: str, currency: str, capacity: int, speaks: str, secret_file: Path | None
) -> None:
    """Open a site. SITE is its name in topics: <root>/SITE/barriere."""
    if not (len(currency) == 3 and currency.isascii() and currency.isalpha() and currency.isupper()):
        raise click.BadParameter("a currency has three capital letters, such as EUR", param_hint="--currency")
    made = secret_file is None
    secret = secrets.token_urlsafe(24) if secret_file is None else _read_secret(secret_file)
    unsealed = AddSite(
        site_id=site_id,
        name=name or site_id,
        zone=zone,
        currency=currency,
        capacity=capacity,
        speaks=Speaks(speaks),
        author=author(),
    )
    run(_add(unsealed, Secret(secret), show=made))


async def _add(unsealed: AddSite, secret: Secret, *, show: bool) -> None:
    settings = complete(load_settings())
    assert settings.syspark_secret_key is not None
    async with desk() as opened:
        vault = await open_vault(opened.stores.database, Secret(settings.syspark_secret_key.get_secret_value()))
        message = msgspec.structs.replace(unsealed, sealed_secret=vault.seal(secret))
        answer = await opened.requests.add_site(*await opened.organisation(), message)
    say(answer, f"site {message.site_id} is open: its topics begin {settings.mqtt_root}/{message.site_id}/")
    if show:
        click.echo(f"its shared secret, for its controllers, shown this once: {secret}")
    if answer is Answer.DONE:
        click.echo(f"next: syspark credential add UID --site {message.site_id} --holder NAME")


def _read_secret(path: Path) -> str:
    try:
        return mqtt_secret(path.read_text(encoding="utf-8").strip())
    except (OSError, ValueError) as error:
        said = str(error) if isinstance(error, ValueError) and not isinstance(error, UnicodeError) else "cannot be read"
        raise click.BadParameter(f"the secret in it {said}", param_hint="--secret-file") from None


@site.command()
@click.argument("site_id", metavar="SITE")
@click.argument("rules", metavar="[RULE=VALUE]...", nargs=-1, type=Rule())
@click.option("--template", type=click.Choice([one.value for one in Template]), help="First set all as such sites do.")
@click.option("--history", is_flag=True, help="Show who changed what, and when.")
def policy(site_id: str, rules: tuple[tuple[str, object], ...], template: str | None, *, history: bool) -> None:
    """Change rules of a site, such as passback=hard opening_hours='mon-fri 06:00-22:00' reserved='{"subscriber":20}'.

    Every rule and its value is shown without any.
    """
    if history:
        if rules or template:
            raise click.UsageError("--history shows and changes nothing: leave out the rules")
        run(_policy_history(site_id))
        return
    run(_policy(site_id, dict(rules), Template(template) if template else None))


async def _policy(name: str, changes: dict[str, object], template: Template | None) -> None:
    async with desk() as opened:
        one = await opened.site(name)
        if not changes and template is None:
            present = msgspec.json.decode(one.policy, type=SitePolicy)
            for field in msgspec.structs.fields(present):
                click.echo(f"{field.name}={msgspec.json.encode(getattr(present, field.name)).decode()}")
            return
        message = SetPolicy(changes=changes, template=template, author=author())
        say(await opened.requests.ask_site(one, message), f"site {one.id} goes by its new rules")


async def _policy_history(name: str) -> None:
    async with desk() as opened:
        one = await opened.site(name)
        versions = await opened.administration.policies(one.id)
    before = SitePolicy()
    for version in versions:
        after = msgspec.json.decode(version.body, type=SitePolicy)
        click.echo(f"version {version.version}  {version.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC  {version.author}")
        for field in msgspec.structs.fields(SitePolicy):
            old, new = (msgspec.json.encode(getattr(rules, field.name)).decode() for rules in (before, after))
            if old != new:
                click.echo(f"    {field.name}: {old} -> {new}")
        before = after


@site.command()
@click.argument("site_id", metavar="SITE")
@click.argument("lane", type=click.Choice([one.value for one in Lane]))
@click.option(
    "--pin-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file with it.  [default: it is asked for, unseen]",
)
def pin(site_id: str, lane: str, pin_file: Path | None) -> None:
    """Change the PIN that opens a lane: 4 to 8 digits, sent to the lane's controller."""
    try:
        asked = click.prompt("PIN", hide_input=True, confirmation_prompt=True) if pin_file is None else None
        digits = (pin_file.read_text(encoding="utf-8") if pin_file is not None else str(asked)).strip()
    except (OSError, UnicodeError):
        raise click.BadParameter("cannot be read", param_hint="--pin-file") from None
    if not is_pin(digits):
        raise click.BadParameter("a PIN has 4 to 8 digits", param_hint="the PIN")
    run(_pin(site_id, Lane(lane), digits))


async def _pin(name: str, lane: Lane, digits: str) -> None:
    settings = complete(load_settings())
    assert settings.syspark_secret_key is not None
    async with desk() as opened:
        one = await opened.site(name)
        vault = await open_vault(opened.stores.database, Secret(settings.syspark_secret_key.get_secret_value()))
        message = ChangePin(lane=lane, sealed_secret=vault.seal(Secret(digits)), author=author())
        say(await opened.requests.ask_controllers(one, message), f"the {lane} of site {one.id} has another PIN")


@site.command("list")
def list_() -> None:
    """Show every site in a line."""
    run(_list())


async def _list() -> None:
    async with desk() as opened:
        for one in await opened.administration.sites():
            click.echo(f"{one.id:<32}  {one.capacity:>6} places  {_speaks(one):<6}  {one.zone}  {one.name}")


@site.command()
@click.argument("site_id", metavar="SITE")
def show(site_id: str) -> None:
    """Show a site with its lanes, devices, policy and tariff."""
    run(_show(site_id))


async def _show(name: str) -> None:
    async with desk() as opened:
        one = await opened.site(name)
        badges = len(await opened.administration.credentials(one.id))
    click.echo(f"site       {one.id} ({one.name}), {one.zone}, {one.capacity} places, partition {one.partition}")
    click.echo(f"badges     {badges} known")
    click.echo(f"secrets    {len(one.sealed_secrets)} of its own, sealed")
    click.echo(f"policy     version {one.policy_version}: {one.policy.decode()} (what is not named keeps its default)")
    click.echo(f"tariff     version {one.tariff_version}: `syspark tariff show {one.id}`")
    for lane in one.lanes:
        click.echo(f"lane       {lane.lane}, {'with' if lane.has_sensor else 'without'} a presence sensor")
    for device in one.devices:
        where = f" on lane {device.lane}" if device.lane else ""
        click.echo(f"device     {device.name}{where}, speaks {device.speaks}")


@site.command()
@click.argument("site_id", metavar="SITE")
@click.option("--yes", is_flag=True, help="Do not ask, although the token in use ends.")
def token(site_id: str, yes: bool) -> None:
    """Make a new token for a site's camera gateway and weather client, shown once; the one before ends."""
    run(_token(site_id, sure=yes))


async def _token(name: str, *, sure: bool) -> None:
    async with desk() as opened:
        one = await opened.site(name)
        if await opened.administration.has_token(one.id) and not sure:
            if not sys.stdin.isatty():
                raise click.UsageError(f"site {one.id} has a token, which a new one ends: give --yes if that is meant")
            click.confirm(f"site {one.id} has a token, which ends now; make a new one", abort=True)
        made = secrets.token_urlsafe(32)
        done = act(ActKind.TOKEN_REPLACED, author(), one.id)
        await opened.administration.replace_token(one.id, hashlib.sha256(made.encode()).digest(), done)
    click.echo(f"token of site {one.id}, shown this once: {made}")
    click.echo(f"its gateway's base address: https://HOST/edge/{made}")


def _speaks(one: SiteRow) -> str:
    return "/".join(sorted({device.speaks for device in one.devices})) or "-"
