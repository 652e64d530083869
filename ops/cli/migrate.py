"""`syspark migrate`."""

import asyncio

import click

from ops import database
from ops.cli.session import configure_logs, load_settings, run
from syspark.persistence import schema


@click.command()
def migrate() -> None:
    """Bring the database to this release's schema; safe to repeat and to run twice at once.

    An empty database gets the organisation, the site `default` and SYSPARK_PARTITIONS partitions.
    """
    run(_migrate())


async def _migrate() -> None:
    settings = load_settings()
    configure_logs(settings)
    async with database.borrowed(settings, make=True) as url:
        await database.look(url)
        click.echo("==> bringing the database to this release's schema")
        await asyncio.to_thread(
            schema.migrate, url, settings.syspark_partitions, lambda line: click.echo(f"    {line}")
        )
        click.echo(f"the schema is at {await asyncio.to_thread(schema.head_revision)}")
