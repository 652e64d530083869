"""Starts the product's worker between ports that may kill it: `python -m tests.killing.worker --place inserted`.

Its settings come from the environment, as the product's do. With `--service empty` it is one that acknowledges
everything and remembers nothing, with another name the product sabotaged: the kill test must condemn each.
"""

import argparse
import asyncio
import os
import signal

from ops.database import wait_until_there
from ops.worker import given_broker, run_worker
from syspark import logs
from syspark.persistence.postgres.stores import PostgresStores
from syspark.ports import Broker, BrokerConnection, Delivery
from syspark.settings import Settings
from tests.killing.killswitch import PLACES, KillingBroker, Switch, killing_stores
from tests.killing.plan import EMPTY, PRODUCT, SERVICES
from tests.killing.sabotage import SabotagedBroker


async def serve(settings: Settings, switch: Switch, *, sabotage: str = "") -> None:
    """The product's worker, with its own composition, on stores and a broker that go through the switch."""
    broker: Broker = KillingBroker(given_broker(settings), switch)
    assert settings.database_url is not None
    url = settings.database_url.get_secret_value()
    await wait_until_there(url)
    async with PostgresStores.open(url) as opened:
        await run_worker(
            settings,
            broker=SabotagedBroker(broker, sabotage) if sabotage else broker,
            stores=killing_stores(opened.stores, switch),
        )


async def forget(settings: Settings, switch: Switch) -> None:
    """An empty service."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    empty = _Empty(KillingBroker(given_broker(settings), switch))
    await empty.start()
    await stop.wait()
    await empty.close()


class _Empty:
    def __init__(self, broker: KillingBroker) -> None:
        self._broker = broker
        self._connection: BrokerConnection | None = None

    async def start(self) -> None:
        self._connection = await self._broker.connect("empty", self)
        await self._connection.subscribe(["parking/#"])

    async def close(self) -> None:
        assert self._connection is not None
        await self._connection.close()

    def delivered(self, delivery: Delivery) -> None:
        if self._connection is not None:
            self._connection.ack(delivery)

    def lost(self, reason: str) -> None:
        raise SystemExit(reason)


async def _main(place: str, count: int, service: str) -> None:
    logs.configure()
    settings, switch = Settings.load(os.environ), Switch(place, count)
    if service == EMPTY:
        await forget(settings, switch)
    else:
        await serve(settings, switch, sabotage="" if service == PRODUCT else service)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--place", choices=PLACES, default="")
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("--service", choices=SERVICES, default=PRODUCT)
    given = parser.parse_args()
    asyncio.run(_main(given.place, given.count, given.service))
