"""What every command begins with: the settings, quiet logs, and for most of them the database."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

import click

from ops import database
from ops.requests import Answer, Requests
from syspark import logs
from syspark.domain.units import SiteId
from syspark.persistence.admin import Administration
from syspark.persistence.postgres.stores import PostgresStores
from syspark.rows import SiteRow
from syspark.settings import LogLevel, Settings, generate_missing_secrets

T = TypeVar("T")
QUIET = ("alembic", "psycopg.pool")
"""Loggers that report each attempt; what they know is told by us, once."""


def load_settings() -> Settings:
    """The settings of the environment. Raises `SettingsError`."""
    return Settings.load(os.environ)


def complete(settings: Settings) -> Settings:
    """The settings with the secrets that embedded mode makes for itself, and nothing of them in any log."""
    settings = generate_missing_secrets(settings)
    configure_logs(settings, settings.log_level)
    return settings


def configure_logs(settings: Settings, level: LogLevel = LogLevel.ERROR) -> None:
    """Have the logs written as the settings say; a command that answers at once logs errors only."""
    logs.configure(level, settings.log_format, secrets=settings.secret_values())
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.ERROR)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's work on a loop of its own."""
    return asyncio.run(work)


@dataclass(frozen=True, slots=True)
class Desk:
    """The database as a command works with it."""

    url: str
    stores: PostgresStores
    administration: Administration

    @property
    def requests(self) -> Requests:
        """To ask actors for changes."""
        return Requests(self.stores.stores.inbox)

    async def site(self, name: str) -> SiteRow:
        """The site of this name; wrong use, with the names there are, when there is none."""
        sites = await self.administration.sites()
        for site in sites:
            if site.id == SiteId(name):
                return site
        raise click.UsageError(f"there is no site {name!r}; there is: {', '.join(site.id for site in sites)}")

    async def organisation(self) -> tuple[UUID, int]:
        """The one organisation's id, and the number of partitions."""
        sites = await self.administration.sites()
        _, partitions = await self.administration.deployment()
        return sites[0].organisation_id, partitions


@asynccontextmanager
async def desk() -> AsyncIterator[Desk]:
    """The database of the settings, with this release's schema. Raises `PermanentError` and `Unavailable`."""
    settings = load_settings()
    configure_logs(settings)
    async with database.borrowed(settings) as url:
        await database.look(url)
        await database.check_schema(url)
        async with PostgresStores.open(url, size=2) as stores:
            yield Desk(url, stores, Administration(stores.database))


def say(answer: Answer, done: str) -> None:
    """Tell what became of a request."""
    if answer is Answer.DONE:
        click.echo(done)
    else:
        click.echo("accepted, pending: no worker has taken it up yet; it is done as soon as one does")
