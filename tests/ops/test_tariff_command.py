"""`syspark tariff` on a real database."""

import pytest

from tests.ops.service import Service

pytestmark = pytest.mark.timeout(60)


def test_a_tariff_is_shown_looked_at_and_prices_a_stay(service: Service) -> None:
    shown = service.ask("tariff", "show", "default")
    assert "30 min free, then 0.50 EUR per 15 min begun" in shown.output
    assert service.ask("tariff", "lint", "default").output == "nothing to be looked at\n"

    told = service.ask("tariff", "price", "default", "--from", "2026-03-28T23:00", "--until", "2026-03-29T05:00")
    assert [line.split() for line in told.output.splitlines()] == [
        ["free", "30", "min", "0.00"],
        ["step", "18", "x", "0.50", "9.00"],
        ["total", "9.00", "EUR"],
    ], "the night in which the clocks go forward has 5 hours"

    wrong = service.ask("tariff", "price", "default", "--from", "2026-03-29T05:00", "--until", "2026-03-28T23:00")
    assert (wrong.exit_code, "it ends before it begins" in wrong.output) == (2, True)
