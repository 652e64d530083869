"""What a stay costs. Source: domain.md, "Tariffs"; docs/tariffs.md."""

from syspark.domain.tariff.bill import (
    Basis,
    Credit,
    CreditFor,
    Discount,
    Quote,
    QuoteLine,
    What,
    after_payment,
    credits_of,
    vat_in,
)
from syspark.domain.tariff.clock import DAY_S
from syspark.domain.tariff.pricing import discount_of, quote
from syspark.domain.tariff.shape import Band, CapBy, Code, Event, Package, Subscription, Tariff, TariffVersion, in_force

__all__ = [
    "DAY_S",
    "Band",
    "Basis",
    "CapBy",
    "Code",
    "Credit",
    "CreditFor",
    "Discount",
    "Event",
    "Package",
    "Quote",
    "QuoteLine",
    "Subscription",
    "Tariff",
    "TariffVersion",
    "What",
    "after_payment",
    "credits_of",
    "discount_of",
    "in_force",
    "quote",
    "vat_in",
]
