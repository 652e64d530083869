"""`syspark seller`."""

import click

from ops.cli.session import desk, run
from ops.cli.values import Name, Siren, VatNumber
from ops.requests import author
from syspark.acts import act
from syspark.domain.messages import ActKind
from syspark.domain.seller import Seller


@click.command()
@click.argument("site_id", metavar="SITE")
@click.option("--name", type=Name(), help="The company's name.")
@click.option("--address", type=Name(), help="Where it has its seat, in a line.")
@click.option("--siren", type=Siren(), help="Its nine digits.")
@click.option("--vat-number", type=VatNumber(), help="Its VAT number, such as FR96552100554.")
def seller(site_id: str, **given: str | None) -> None:
    """Say who sells the places of a site, and of every other site of that company: receipts show it.

    Shown without any option; what is not given stays.
    """
    run(_seller(site_id, {name: value for name, value in given.items() if value is not None}))


async def _seller(name: str, given: dict[str, str]) -> None:
    async with desk() as opened:
        one = await opened.site(name)
        if given:
            done = act(ActKind.SELLER_CHANGED, author(), one.id, ", ".join(given))
            await opened.administration.change_seller(one.id, given, done)
        known: Seller = await opened.administration.seller(one.id)
    for label, value in (
        ("name", known.name),
        ("address", known.address),
        ("SIREN", known.siren),
        ("VAT number", known.vat_number),
    ):
        click.echo(f"{label:<10}  {value or '-'}")
