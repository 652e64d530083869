"""Payments by Stripe Checkout, and by our sandbox, which answers as Stripe does.

Its library is nowhere else: it takes a third of a second to import, and its exceptions stop here.
"""

import contextlib
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

import aiohttp
import msgspec
import stripe
from stripe.params import RefundCreateParams
from stripe.params.checkout import SessionCreateParams

from syspark.domain.payment.payment import Means
from syspark.domain.units import Cents
from syspark.errors import Unavailable
from syspark.gateways.stripe_payments import events, objects
from syspark.payment_ports import (
    Checkout,
    CheckoutState,
    CheckoutWanted,
    PaymentRefused,
    PaymentWord,
    ProviderRefund,
    ProviderWord,
)

ANSWERS_WITHIN_S = 10.0
TRIES_AGAIN = 1
"""Once, at once: whoever asked for something durable tries again later by themselves."""

MENDED_WITHIN_S = 60.0
LONGER_THAN_AN_OFFER = timedelta(minutes=35)
"""Stripe's pages last 30 minutes at least. Counted from the offer's end, so that a page asked for again at any moment
of the offer is asked for in the same words, as an idempotency key demands."""

AN_OFFER_AT_MOST = timedelta(hours=1)
A_PAGE = 100
T = TypeVar("T")
Listed = TypeVar("Listed", objects.CheckoutSession, objects.Refund, objects.Dispute)

# It would read and write a file in the home folder, on the loop, and tell Stripe which machine this is.
stripe.enable_telemetry = False


class _Page(msgspec.Struct, frozen=True):
    data: list[msgspec.Raw]
    has_more: bool


class StripePayments:
    """`syspark.payment_ports.PaymentProvider`: one connection pool for its life, opened with the first question."""

    def __init__(self, api_key: str, webhook_secrets: Sequence[str], *, base: str) -> None:
        """`base` is the API's address; `webhook_secrets` the present one, and during a change the one before."""
        self.live = api_key.startswith(("sk_live_", "rk_live_"))
        self.name = Means.STRIPE if self.live else Means.SANDBOX
        self._secrets = tuple(webhook_secrets)
        self._http = stripe.AIOHTTPClient(timeout=ANSWERS_WITHIN_S)
        self._stripe = stripe.StripeClient(
            api_key, base_addresses={"api": base}, http_client=self._http, max_network_retries=TRIES_AGAIN
        )
        self._client = self._stripe.v1

    async def open_checkout(self, wanted: CheckoutWanted) -> Checkout:
        """Open a page."""
        metadata = objects.metadata_of(wanted)
        params: SessionCreateParams = {
            "mode": "payment",
            "client_reference_id": wanted.session_id,
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": wanted.currency.lower(),
                        "unit_amount": wanted.amount_cents,
                        "product_data": {"name": wanted.label},
                    },
                }
            ],
            "locale": "fr" if wanted.language == "fr" else "en" if wanted.language == "en" else "auto",
            "success_url": wanted.success_url,
            "cancel_url": wanted.cancel_url,
            "expires_at": int((wanted.expires_at + LONGER_THAN_AN_OFFER).timestamp()),
            "metadata": metadata,
            "payment_intent_data": {"metadata": metadata},
            # What is paid is what was offered, in the currency of the tariff.
            "adaptive_pricing": {"enabled": False},
        }
        with _translated():
            try:
                made = await self._client.checkout.sessions.create_async(params, {"idempotency_key": wanted.offer_id})
                session = _as(made, objects.CheckoutSession)
            except stripe.IdempotencyError as error:
                if error.http_status != 400:
                    raise
                session = await self._opened_before(wanted)
        if session.url is None:
            raise PaymentRefused("its page was opened before, and has ended")
        return Checkout(ref=session.id, url=session.url, expires_at=objects.moment(session.expires_at))

    async def _opened_before(self, wanted: CheckoutWanted) -> objects.CheckoutSession:
        """The page of an offer that is asked for in other words: in another language, or to come back elsewhere."""
        since = wanted.expires_at - AN_OFFER_AT_MOST
        for session in await self._made_since(since, "checkout/sessions", objects.CheckoutSession):
            tags = objects.tags_of(session.metadata)
            if tags is not None and tags.offer == wanted.offer_id:
                if (session.amount_total, (session.currency or "").upper()) == (wanted.amount_cents, wanted.currency):
                    return session
                break
        raise PaymentRefused("the offer was of another amount")

    async def expire_checkout(self, ref: str) -> CheckoutState:
        """End a page; one that has ended already tells how."""
        with _translated():
            try:
                found = await self._client.checkout.sessions.expire_async(ref)
            except stripe.InvalidRequestError as error:
                if error.http_status != 400:
                    raise
                found = await self._client.checkout.sessions.retrieve_async(ref)
            return CheckoutState(_as(found, objects.CheckoutSession).status or "open")

    async def refund(
        self, payment_ref: str, amount_cents: Cents, currency: str, key: str, metadata: Mapping[str, str]
    ) -> ProviderRefund:
        """Give money back. A payment has one currency: `currency` is the caller's word for it, and is compared."""
        params: RefundCreateParams = {
            "payment_intent": payment_ref,
            "amount": amount_cents,
            "metadata": dict(metadata),
        }
        with _translated():
            made = await self._client.refunds.create_async(params, {"idempotency_key": key})
            refund = objects.refund_of(_as(made, objects.Refund), payment_ref)
        if refund.currency != currency:
            raise PaymentRefused(f"it has given back {refund.currency} where {currency} was meant")
        return refund

    async def told_since(self, since: datetime) -> AsyncIterator[ProviderWord]:
        """Payments and ends of checkouts, then refunds, then disputes."""
        with _translated():
            expanded = "data.payment_intent.latest_charge"
            for session in await self._made_since(since, "checkout/sessions", objects.CheckoutSession, expanded):
                word = self._listed(session)
                if word is not None:
                    yield word
            for refund in await self._made_since(since, "refunds", objects.Refund, "data.payment_intent"):
                event_id = f"{self.name}:{refund.id}:{objects.status_of(refund)}"
                told = objects.refunded(refund, self.name, event_id, objects.moment(refund.created))
                if isinstance(told, ProviderWord):
                    yield told
            for dispute in await self._made_since(since, "disputes", objects.Dispute, "data.payment_intent"):
                event_id = f"{self.name}:{dispute.id}:{dispute.status}"
                told = objects.disputed(dispute, self.name, event_id, objects.moment(dispute.created))
                if isinstance(told, ProviderWord):
                    yield told

    async def _made_since(self, since: datetime, what: str, kind: type[Listed], *expanded: str) -> list[Listed]:
        """Everything of a kind, oldest first. Read from the text: the library's own objects cost seven times that."""
        found: list[Listed] = []
        last: dict[str, str] = {}
        while True:
            answer = await self._stripe.raw_request_async(
                "get",
                f"/v1/{what}",
                created={"gte": int(since.timestamp())},
                limit=A_PAGE,
                expand=list(expanded),
                **last,
            )
            page = msgspec.json.decode(answer.body, type=_Page)
            found += [msgspec.json.decode(one, type=kind) for one in page.data]
            if not page.has_more or not page.data:
                return found[::-1]
            last = {"starting_after": found[-1].id}

    def _listed(self, session: objects.CheckoutSession) -> ProviderWord | None:
        intent, at = session.payment_intent, objects.moment(session.created)
        if session.payment_status == "paid":
            charge = intent.latest_charge if isinstance(intent, objects.PaymentIntent) else None
            paid_at = objects.moment(charge.created) if isinstance(charge, objects.Charge) else at
            return objects.paid(session, self.name, f"{self.name}:{session.id}:paid", paid_at)
        if session.status == "expired":
            ended_at = objects.moment(session.expires_at)
            return objects.ended(session, f"{self.name}:{session.id}:expired", ended_at)
        if isinstance(intent, objects.PaymentIntent) and session.status == "complete" and intent.status in _FAILED:
            event_id = f"{self.name}:{session.id}:failed"
            return objects.failed(session.metadata, objects.why_failed(intent), event_id, at)
        return None

    def read_event(self, body: bytes, signature: str, now: datetime) -> ProviderWord | PaymentWord | None:
        """What a webhook tells."""
        return events.read(body, signature, now, secrets=self._secrets, live=self.live, means=self.name)

    async def probe(self) -> None:
        """List one checkout: a right that is needed anyway, where a restricted key may lack others."""
        with _translated():
            await self._client.checkout.sessions.list_async({"limit": 1})

    async def close(self) -> None:
        """End the connections."""
        await self._http.close_async()  # type: ignore[no-untyped-call]


_FAILED = {"requires_payment_method", "canceled"}


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    """The library's errors as ours, in words that hold no secret."""
    try:
        yield
    except stripe.RateLimitError:
        raise Unavailable("payments", because="too many requests", delay_s=5) from None
    except stripe.AuthenticationError:
        raise Unavailable("payments", because="it refuses STRIPE_API_KEY", delay_s=MENDED_WITHIN_S) from None
    except stripe.PermissionError:
        because = "STRIPE_API_KEY lacks a right: checkout sessions and refunds to write, disputes and charges to read"
        raise Unavailable("payments", because=because, delay_s=MENDED_WITHIN_S) from None
    except stripe.APIConnectionError:
        raise Unavailable("payments", because="it cannot be reached") from None
    except (stripe.InvalidRequestError, stripe.IdempotencyError, stripe.CardError) as error:
        if error.http_status == 409:
            raise Unavailable("payments", because="it is busy with the same") from None
        raise PaymentRefused(_says(error)) from None
    except stripe.StripeError as error:
        raise Unavailable("payments", because=f"it answers {error.http_status}") from None
    except (aiohttp.ClientError, TimeoutError):
        raise Unavailable("payments", because="its answer broke off") from None
    except (msgspec.ValidationError, ValueError):
        raise Unavailable("payments", because="its answer is not understood") from None


def _says(error: stripe.StripeError) -> str:
    words = " ".join(str(error.user_message or "")[:200].split())
    return f"{error.code or type(error).__name__}: {words}"


def _as(made: stripe.StripeObject, kind: type[T]) -> T:
    return msgspec.convert(made.to_dict(for_json=True), kind)
