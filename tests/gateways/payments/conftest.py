"""Every test of the contract runs against every kind of provider."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.gateways.payments.benches import Bench, MemoryBench, SandboxBench


@pytest.fixture(params=["sandbox", "memory"])
async def bench(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bench]:
    """A provider of one kind."""
    if request.param == "memory":
        yield MemoryBench()
        return
    async with SandboxBench.opened(tmp_path) as opened:
        yield opened
