"""What stays of any length cost, to be looked at before a tariff is published."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from syspark.domain.tariff.pricing import quote
from syspark.domain.tariff.shape import Tariff
from syspark.domain.units import Cents


def curve(tariff: Tariff, entered_at: datetime, lengths_s: Iterable[int], zone: str) -> tuple[Cents, ...]:
    """The price of a stay that begins then, for each of these lengths."""
    since = entered_at.astimezone(UTC)
    return tuple(quote(tariff, since, since + timedelta(seconds=one), zone=zone).total_cents for one in lengths_s)
