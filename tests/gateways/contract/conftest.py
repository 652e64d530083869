"""Every test of this folder runs against every kind of broker."""

from collections.abc import Callable, Iterator

import pytest

from tests.gateways.contract.benches import Bench, MemoryBench, MosquittoBench
from tests.servers.mosquitto import Mosquitto
from tests.servers.proxy import Proxy


@pytest.fixture(params=["memory", "mosquitto"])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    """An empty broker of one kind."""
    if request.param == "memory":
        yield MemoryBench()
        return
    mosquitto: Callable[[], Mosquitto] = request.getfixturevalue("mosquitto")
    proxy: Callable[[int], Proxy] = request.getfixturevalue("proxy")
    server = mosquitto()
    real = MosquittoBench(server, proxy(server.port))
    try:
        yield real
    finally:
        real.close()
