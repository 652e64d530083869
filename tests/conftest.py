"""Fixtures for every test."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog
from blockbuster import BlockBuster, blockbuster_ctx
from hypothesis import HealthCheck, is_hypothesis_test, settings

from ops.cli.session import QUIET
from syspark.persistence import schema
from tests.examples import SEARCHES

pytest_plugins = ["tests.servers.plugin"]
settings.register_profile("ours", derandomize=not SEARCHES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ours")

MAY_NOT_BLOCK = ["actors", "syspark.gateways", "syspark.persistence"]
AT_THE_START = {
    "syspark/persistence/queries.py": "load",
    "syspark/persistence/schema.py": "migrate",
    "syspark/metrics.py": "__init__",
    "syspark/domain/access/window.py": "clocks_of",
}


VIRTUAL = (Path(__file__).parent / "stories", Path(__file__).parent / "actors")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give tests on virtual time and properties a minute: hours are seconds, and hundreds of tries too, or several."""
    for item in items:
        long = any(folder in item.path.parents for folder in VIRTUAL) or is_hypothesis_test(getattr(item, "obj", None))
        if long and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(60))


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


@pytest.fixture(autouse=True)
def logs_are_put_back() -> Iterator[None]:
    """A command run in this process sets up the logs: the next test must hear its own."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    for handler in [handler for handler in root.handlers if handler not in handlers]:
        root.removeHandler(handler)
    root.setLevel(level)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.NOTSET)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def migrate() -> Callable[[str], None]:
    """The product's own migrations, with one partition as on one machine."""
    return schema.migrate
