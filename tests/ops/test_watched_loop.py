"""A process says how late its loop is, and what held it."""

import threading

import pytest
from blockbuster import BlockBuster

from ops.running import watched_loop
from syspark.metrics import Metrics


async def test_a_hold_is_counted_and_the_lag_measured(detector: BlockBuster, caplog: pytest.LogCaptureFixture) -> None:
    detector.deactivate()  # it blocks on purpose
    metrics, counted = Metrics(), threading.Event()
    holds = metrics.loop_holds.labels("other")
    value = metrics.registry.get_sample_value
    async with watched_loop(metrics):
        for _ in range(50):
            if holds._value.get():
                break
            counted.wait(0.1)
        assert value("syspark_loop_holds_total", {"kind": "other"}) == 1
    assert "test_a_hold_is_counted" in caplog.text
