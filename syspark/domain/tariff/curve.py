"""What stays of any length cost, to be looked at before a tariff is published."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from syspark.domain.tariff.pricing import quote
from syspark.domain.tariff.shape import Tariff
from syspark.domain.units import Cents


def curve(tariff: Tariff, entered_at: datetime, lengths_s: Iterable[int], zone: str) -> tuple[Cents, ...]:
    """The price of a stay that begins then, for each of these lengths."""
    return tuple(
        quote(tariff, entered_at, entered_at + timedelta(seconds=length), zone=zone).total_cents for length in lengths_s
    )
