"""Fixtures for every test."""

from collections.abc import Callable, Iterator

import pytest
from blockbuster import BlockBuster, blockbuster_ctx

from syspark.persistence import schema

pytest_plugins = ["tests.servers.plugin"]

MAY_NOT_BLOCK = ["actors", "syspark.gateways", "syspark.persistence"]
AT_THE_START = {
    "syspark/persistence/queries.py": "load",
    "syspark/persistence/schema.py": "migrate",
    "syspark/metrics.py": "__init__",
}


@pytest.fixture
def detector() -> Iterator[BlockBuster]:
    """What raises in a blocking call of ours on an event loop; a test that blocks on purpose deactivates it."""
    with blockbuster_ctx(MAY_NOT_BLOCK) as blockbuster:
        for function in blockbuster.functions.values():
            for file, caller in AT_THE_START.items():
                function.can_block_in(file, caller)
        yield blockbuster


@pytest.fixture(autouse=True)
def nothing_blocks(detector: BlockBuster) -> None:
    """A blocking call on the loop fails the test that made it: in production everybody else would wait for it."""


@pytest.fixture(scope="session")
def migrate() -> Callable[[str], None]:
    """The product's own migrations, with one partition as on one machine."""
    return schema.migrate
