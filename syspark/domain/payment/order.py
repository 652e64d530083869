"""What the provider is asked to do. It is written with the decision and done by the cashier. Source: docs/money.md."""

import msgspec

from syspark.domain.units import Cents, OfferId


class _ProviderOrder(msgspec.Struct, frozen=True, kw_only=True):
    """`id` is the idempotency key: done twice, it is done once."""

    id: str


class ExpireCheckout(_ProviderOrder, frozen=True, kw_only=True, tag="expire-checkout"):
    """Take no more money for an offer."""

    offer_id: OfferId
    checkout_ref: str


class SendBack(_ProviderOrder, frozen=True, kw_only=True, tag="send-back"):
    """Give so much of a payment back to who has paid."""

    offer_id: OfferId
    payment_ref: str
    amount_cents: Cents
    currency: str


ProviderOrder = ExpireCheckout | SendBack
