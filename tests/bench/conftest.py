"""The servers of a benchmark, for the tests of it."""

from collections.abc import Iterator

import pytest

from ops.bench.servers import Servers, servers


@pytest.fixture(scope="module")
def bench_servers() -> Iterator[Servers]:
    """A PostgreSQL and a broker as a run has them."""
    with servers() as running:
        yield running
