"""`syspark operator`."""

import click

from ops.cli.session import desk, run
from ops.cli.values import Account, SecretFile
from ops.operators import ROLES, add_operator, hashed, made_password
from ops.requests import author
from syspark.acts import act
from syspark.domain.messages import ActKind
from syspark.domain.units import SiteId
from syspark.persistence.operators import OperatorRegister
from syspark.settings.passwords import password

PASSWORD_FILE = click.option(
    "--password-file",
    "given",
    type=SecretFile("password", password),
    help="A file with the password.  [default: one is made, and shown once]",
)


@click.group()
def operator() -> None:
    """The people who may sign in."""


@operator.command()
@click.argument("login", type=Account())
@click.option("--role", type=click.Choice(ROLES), default="operator", show_default=True, help="What they may do.")
@click.option("--site", help="The only site they may see.  [default: all]")
@click.option("--partner", help="Whose page a partner's login sees, by the partner's name at the site.")
@PASSWORD_FILE
def add(login: str, role: str, site: str | None, partner: str | None, given: str | None) -> None:
    """Let somebody sign in as LOGIN."""
    if (role == "partner") != (partner is not None) or (partner is not None and site is None):
        raise click.UsageError(
            "a partner's login has --role partner, --site and --partner, and nobody else has --partner"
        )
    run(_add(login, role, site, partner, given))


async def _add(login: str, role: str, site: str | None, partner: str | None, given: str | None) -> None:
    password = given or made_password()
    async with desk() as opened:
        only: SiteId | None = (await opened.site(site)).id if site is not None else None
        register = await OperatorRegister.over(opened.stores.database)
        partner_id = await register.partner(only, partner) if only is not None and partner is not None else None
        if partner is not None and partner_id is None:
            raise click.UsageError(f"{site} has no partner {partner!r}")
        await add_operator(register, login, password, role, only, author=author(), partner_id=partner_id)
    click.echo(f"{login} may sign in as {role} {f'of site {only}' if only else 'of all sites'}")
    _show(password, given)


@operator.command("list")
def list_() -> None:
    """Show everybody who may sign in."""
    run(_list())


async def _list() -> None:
    async with desk() as opened:
        operators = await (await OperatorRegister.over(opened.stores.database)).all()
    for one in operators:
        marks = (", with a second factor" if one.has_second_factor else "") + (", disabled" if one.disabled else "")
        click.echo(f"{one.login:<32}  {one.role:<8}  {one.site_id or 'all sites'}{marks}")
    if not operators:
        click.echo("nobody may sign in: syspark operator add --help")


@operator.command()
@click.argument("login", type=Account())
@PASSWORD_FILE
def passwd(login: str, given: str | None) -> None:
    """Give LOGIN another password; whoever is signed in with the one before is signed out."""
    run(_passwd(login, given))


async def _passwd(login: str, given: str | None) -> None:
    password = given or made_password()
    async with desk() as opened:
        register = await OperatorRegister.over(opened.stores.database)
        changed = act(ActKind.PASSWORD_CHANGED, author(), login)
        if not await register.set_password(login, await hashed(password), changed):
            raise click.UsageError(f"there is no operator {login!r}: syspark operator list")
    click.echo(f"{login} has another password, and is signed out everywhere")
    _show(password, given)


def _show(password: str, given: str | None) -> None:
    if given is None:
        click.echo(f"password, shown this once: {password}")
