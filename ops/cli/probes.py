"""Calls to what SysPark depends on: one each, real, and answered in words that hold no secret."""

import asyncio
from dataclasses import dataclass

from ops import database
from ops.embedded.binaries import installed_binaries
from ops.embedded.broker import HOST, expect_installed
from ops.embedded.errors import EmbeddedError
from ops.messenger import opened_messenger
from ops.name_lock import holders
from ops.payments import opened_payments
from ops.worker import given_broker
from syspark.clock import SystemClock
from syspark.errors import PermanentError, Unavailable
from syspark.persistence.admin import Administration
from syspark.persistence.postgres.database import Database
from syspark.ports import Delivery
from syspark.settings import Settings


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of `syspark check`."""

    what: str
    fine: bool
    says: str


class _Nobody:
    """A connection that is only opened and closed."""

    def delivered(self, delivery: Delivery) -> None:
        """Nothing is subscribed to."""

    def lost(self, reason: str) -> None:
        """The close that follows does not mind."""


async def probe_all(settings: Settings) -> list[Finding]:
    """All of them, at the same time."""
    probes = (_database(settings), _broker(settings), _stripe(settings), _telegram(settings))
    return list(await asyncio.gather(*probes))


async def _database(settings: Settings) -> Finding:
    embedded = f"embedded PostgreSQL in {settings.syspark_home}, " if settings.embedded_database else ""
    try:
        if settings.embedded_database and not database.has_cluster(settings.syspark_home):
            installed_binaries()
            return Finding("database", fine=True, says=f"{embedded}made at the first start (DATABASE_URL is not set)")
        async with database.borrowed(settings) as url:
            await database.look(url)
            await database.check_schema(url)
            says = await _schema(url, settings)
    except (Unavailable, PermanentError, EmbeddedError) as error:
        return Finding("database", fine=False, says=str(error))
    return Finding("database", fine=True, says=f"{embedded}{says}")


async def _schema(url: str, settings: Settings) -> str:
    opened = Database(url, size=1)
    await opened.open()
    try:
        administration = Administration(opened)
        health = await administration.health()
        if not health.is_fine:
            raise PermanentError(health.because)
        _, partitions = await administration.deployment()
    finally:
        await opened.close()
    if partitions != settings.syspark_partitions:
        raise PermanentError(
            f"it was made for {partitions} partitions, SYSPARK_PARTITIONS is {settings.syspark_partitions}: "
            f"set SYSPARK_PARTITIONS={partitions}"
        )
    stray = "; rows lie outside the partitions by time: no worker has run for long" if health.stray_rows else ""
    return f"reached, its schema is this release's{stray}"


async def _broker(settings: Settings) -> Finding:
    if settings.mqtt_host is None:
        try:
            expect_installed()
        except EmbeddedError as error:
            return Finding("broker", fine=False, says=str(error))
        running = next((holder for holder in holders(settings.syspark_home) if "broker" in holder.notes), None)
        where = f"runs at {running.notes['broker']}" if running else f"starts with the worker on {HOST}"
        warning = "for trying out only: no access control, and nothing survives its stop (MQTT_HOST is not set)"
        return Finding("broker", fine=True, says=f"embedded broker, {where}; {warning}")
    try:
        connection = await given_broker(settings).connect(f"syspark-check-{settings.syspark_worker_name}", _Nobody())
    except Unavailable as error:
        return Finding("broker", fine=False, says=f"{settings.mqtt_host} port {settings.mqtt_port}: {error}")
    await connection.close()
    secret = "" if settings.mqtt_secret or settings.embedded_database else _NO_SECRET
    says = f"{settings.mqtt_host} port {settings.mqtt_port}{', with TLS' if settings.mqtt_tls else ''}: connected"
    return Finding("broker", fine=not secret, says=says + secret)


_NO_SECRET = "; MQTT_SECRET is not set: messages of the default site that need it are rejected"  # noqa: S105


async def _stripe(settings: Settings) -> Finding:
    if settings.stripe_api_key is None:
        says = "STRIPE_API_KEY is not set: the sandbox takes payments, no money moves, and every page says so"
        return Finding("Stripe", fine=True, says=says)
    async with opened_payments(settings, SystemClock(), pages=False) as payments:
        assert payments.provider is not None
        try:
            await payments.provider.probe()
        except (Unavailable, PermanentError) as error:
            return Finding("Stripe", fine=False, says=f"{settings.stripe_api_base}: {error}")
    mode = "live" if payments.provider.live else "test"
    return Finding("Stripe", fine=True, says=f"reached, in {mode} mode")


async def _telegram(settings: Settings) -> Finding:
    async with opened_messenger(settings) as messenger:
        if messenger is None:
            return Finding(
                "Telegram", fine=True, says="TELEGRAM_BOT_TOKEN is not set: alarms are on the dashboard only"
            )
        try:
            name = await messenger.name()
        except Unavailable as error:
            return Finding("Telegram", fine=False, says=f"{settings.telegram_api_base}: {error}")
    if name is None:
        return Finding("Telegram", fine=False, says="it refuses TELEGRAM_BOT_TOKEN")
    return Finding("Telegram", fine=True, says=f"reached, the bot is @{name}; `syspark notify test` sends a message")
