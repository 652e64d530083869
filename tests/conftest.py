"""Fixtures for every test."""

from collections.abc import Callable

import pytest

from syspark.persistence import schema

pytest_plugins = ["tests.servers.plugin"]


@pytest.fixture(scope="session")
def migrate() -> Callable[[str], None]:
    """The product's own migrations, with one partition as on one machine."""
    return schema.migrate
