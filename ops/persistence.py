"""What a worker reads and writes: PostgreSQL as the settings name it, or the embedded one, started and migrated."""

import asyncio
import logging
from contextlib import AsyncExitStack
from dataclasses import dataclass

from ops import database
from ops.embedded.errors import AlreadyRunningError
from ops.embedded.postgres import EmbeddedPostgres
from ops.name_lock import holders
from ops.running import Watch
from ops.welcome import Tell
from syspark.domain.units import Secret
from syspark.errors import Unavailable
from syspark.persistence import schema
from syspark.persistence.admin import Administration
from syspark.persistence.postgres.database import Database
from syspark.persistence.postgres.stores import PostgresStores
from syspark.persistence.vault import Vault, open_vault
from syspark.ports import Stores
from syspark.settings import Settings, SettingsError

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 0.05
TRY_AGAIN_S = 1.0
COMMANDS_LET_GO_S = 15.0
"""How long a command may keep the embedded PostgreSQL that a worker wants to start."""


@dataclass(frozen=True, slots=True)
class Persistence:
    """What a worker reads and writes; `database` and `url` are None where none stands behind the stores."""

    stores: Stores
    deployment: str
    partitions: int
    vault: Vault | None = None
    database: Database | None = None
    url: str | None = None


async def open_persistence(settings: Settings, stack: AsyncExitStack, watch: Watch, tell: Tell) -> Persistence:
    """What the settings name, or the embedded one, started; waited for as long as it is away.

    Raises `PermanentError` and `EmbeddedError` when it cannot be used as it is set up.
    """
    if settings.database_url is None:
        url = await _start_postgres(settings, stack, watch, tell)
    else:
        url = settings.database_url.get_secret_value()
        tell("looking for the database")
    while True:
        try:
            await database.wait_until_there(url)
            await database.check_schema(url)
            opened = await stack.enter_async_context(PostgresStores.open(url))
            return await _described(settings, url, opened)
        except Unavailable as error:  # it went away again in between
            logger.warning("waiting for the database: %s", error)
            await asyncio.sleep(TRY_AGAIN_S)


async def _start_postgres(settings: Settings, stack: AsyncExitStack, watch: Watch, tell: Tell) -> str:
    home = settings.syspark_home
    first = "" if database.has_cluster(home) else " (made now, which takes some seconds)"
    tell(f"starting the embedded PostgreSQL in {home}{first}")
    server = EmbeddedPostgres(home)
    await _start_after_commands(server, settings)
    stack.push_async_callback(server.stop)
    await stack.enter_async_context(watch.over(server, "the embedded PostgreSQL"))
    tell("bringing the database to this release's schema")
    await asyncio.to_thread(schema.migrate, server.url, settings.syspark_partitions, tell)
    return server.url


async def _start_after_commands(server: EmbeddedPostgres, settings: Settings) -> None:
    """Start it; a command that has it for a moment is waited for. Raises `AlreadyRunningError` for another worker."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + COMMANDS_LET_GO_S
    while True:
        try:
            return await server.start()
        except AlreadyRunningError:
            others = [one for one in holders(settings.syspark_home) if one.name != settings.syspark_worker_name]
            if others or loop.time() > deadline:
                raise
            await asyncio.sleep(LOOK_EVERY_S)


async def _described(settings: Settings, url: str, opened: PostgresStores) -> Persistence:
    deployment, partitions = await Administration(opened.database).deployment()
    if partitions != settings.syspark_partitions:
        raise SettingsError(
            "SYSPARK_PARTITIONS",
            f"is {settings.syspark_partitions}, and the database was made for {partitions}",
            f"SYSPARK_PARTITIONS={partitions}",
        )
    assert settings.syspark_secret_key is not None
    vault = await open_vault(opened.database, Secret(settings.syspark_secret_key.get_secret_value()))
    return Persistence(opened.stores, str(deployment), partitions, vault, opened.database, url)
