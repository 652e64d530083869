"""Whatever a webhook holds: a word, nothing, or a refusal. Source: quality.md, row 18 and "Bad values"."""

import hashlib
import hmac
import json
import random
from datetime import UTC, datetime
from typing import Any

import pytest

from syspark.gateways.stripe_payments import StripePayments
from syspark.payment_ports import PaymentWord, ProviderWord, SignatureRefused

SECRET = "whsec_of_the_mutations"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TAGS = {
    "organisation": "018f0000-0000-7000-8000-000000000001",
    "site": "default",
    "session": "018f0000-0000-7000-8000-0000000000aa",
    "offer": "018f0000-0000-7000-8000-000000000101",
}
PAYMENT = {"id": "pi_1", "metadata": TAGS, "status": "succeeded", "latest_charge": {"created": 1}}
EVENTS = {
    "checkout.session.completed": {
        "id": "cs_1", "created": 1, "expires_at": 2, "status": "complete", "payment_status": "paid",
        "amount_total": 1250, "currency": "eur", "payment_intent": PAYMENT, "metadata": TAGS,
    },
    "checkout.session.expired": {
        "id": "cs_1", "created": 1, "expires_at": 2, "payment_status": "unpaid", "metadata": TAGS,
    },
    "payment_intent.payment_failed": PAYMENT | {"last_payment_error": {"code": "card_declined"}},
    "refund.updated": {
        "id": "re_1", "created": 1, "amount": 5, "currency": "eur", "status": "failed", "payment_intent": "pi_1",
    },
    "charge.dispute.closed": {
        "id": "du_1", "created": 1, "amount": 5, "currency": "eur", "status": "won", "reason": "x",
        "payment_intent": PAYMENT,
    },
}  # fmt: skip
BAD: list[Any] = [
    None, True, -1, 0, 1.5, float("nan"), 1e308, 10**400, "", "\0", "\ud800", "٣", "<script>", "' OR 1=1", "x" * 70_000,
    [], {}, [[]], "\u202e", "a\r\nb", 9_223_372_036_854_775_808, 253_402_300_800_000, {"id": None},
]  # fmt: skip


def mutated(kind: str, chance: random.Random) -> bytes:
    """An event with some of its values gone or bad, and sometimes with some of its bytes."""
    event: dict[str, Any] = {"id": "evt_1", "object": "event", "type": kind, "livemode": False, "created": 1}
    event["data"] = {"object": json.loads(json.dumps(EVENTS[kind]))}
    for _ in range(chance.randint(0, 3)):
        place = event
        while True:
            key = chance.choice(list(place))
            inner = place[key]
            if isinstance(inner, dict) and inner and chance.random() < 0.8:
                place = inner
                continue
            if chance.random() < 0.3:
                del place[key]
            else:
                place[key] = chance.choice(BAD)
            break
        if not event:
            break
    body = bytearray(json.dumps(event, ensure_ascii=chance.random() < 0.5).encode(errors="surrogatepass"))
    for _ in range(chance.choice((0, 0, 1, 5))):
        body[chance.randrange(len(body))] = chance.randrange(256)
    return bytes(body)


@pytest.fixture
def provider() -> StripePayments:
    """Stripe; nobody asks it anything."""
    return StripePayments("sk_test_1", [SECRET], base="http://127.0.0.1:1")


def signed(body: bytes) -> str:
    """As Stripe signs, whatever the bytes are."""
    at = int(NOW.timestamp())
    return f"t={at},v1={hmac.new(SECRET.encode(), f'{at}.'.encode() + body, hashlib.sha256).hexdigest()}"


def test_ten_thousand_signed_mutations_raise_nothing_else(provider: StripePayments) -> None:
    chance, outcomes = random.Random(20261123), set()
    for number in range(10_000):
        body = mutated(list(EVENTS)[number % len(EVENTS)], chance)
        try:
            word = provider.read_event(body, signed(body), NOW)
        except SignatureRefused:
            outcomes.add("refused")
            continue
        assert word is None or isinstance(word, ProviderWord | PaymentWord)
        assert word is None or word.event_id.isprintable()
        outcomes.add(type(word).__name__)
    assert outcomes == {"refused", "NoneType", "ProviderWord", "PaymentWord"}


def test_no_mutation_of_a_signature_is_believed(provider: StripePayments) -> None:
    chance = random.Random(1)
    body = mutated("checkout.session.completed", random.Random(7))
    genuine = signed(body)
    for _ in range(2_000):
        text = list(genuine)
        for _ in range(chance.randint(1, 3)):
            text[chance.randrange(len(text))] = chance.choice("tv1=,0é٣ \0\nf")
        forged = "".join(text)
        if forged == genuine or forged.partition("v1=")[2] == genuine.partition("v1=")[2]:
            continue
        with pytest.raises(SignatureRefused):
            provider.read_event(body, forged, NOW)
