"""What the payment provider tells: proven, durable before 200, and never believed further than its signature."""

import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from stripe import WebhookSignature

from syspark.domain.messages import AnyMessage
from syspark.domain.payment.messages import DisputeTold, PaymentTold
from syspark.domain.units import SessionId
from syspark.gateways.stripe_payments import StripePayments
from syspark.persistence.postgres.web_stores import open_web_stores
from tests.web.field import Field, ago
from tests.web.serving import AwayStores, Reader, served, served_on

NEW, OLD = "whsec_the_present_one", "whsec_the_one_before"
WEBHOOK = "/api/stripe_webhook"
OFFER = "018f0000-0000-7000-8000-000000000101"


@pytest.fixture
async def provider() -> AsyncIterator[StripePayments]:
    """Stripe, in test mode, during a change of the secret; nobody asks it anything."""
    made = StripePayments("sk_test_of_the_tests", [NEW, OLD], base="http://127.0.0.1:1")
    yield made
    await made.close()


@pytest.fixture
async def hook(field: Field, provider: StripePayments) -> AsyncIterator[Reader]:
    """Whoever posts webhooks."""
    async with served_on(field.url, payments=provider) as running, Reader.visiting(running) as reader:
        yield reader


@pytest.fixture
def session(field: Field) -> SessionId:
    """A session that has to pay."""
    return SessionId(str(field.session("BADGE", ago(60), status="pending_payment")))


def event(about: Mapping[str, Any], kind: str = "checkout.session.completed", **changes: Any) -> dict[str, Any]:
    """An event as Stripe writes it."""
    made = {"id": f"evt_{uuid4().hex}", "object": "event", "type": kind, "livemode": False, "created": int(time.time())}
    return {**made, "data": {"object": about}, **changes}


def paid(field: Field, session: str, site: str = "default", **changes: Any) -> dict[str, Any]:
    """A checkout that was paid."""
    metadata = {"organisation": str(field.organisation_id), "site": site, "session": session, "offer": OFFER}
    return {
        "id": "cs_test_1",
        "object": "checkout.session",
        "created": 1,
        "expires_at": 2,
        "status": "complete",
        "payment_status": "paid",
        "amount_total": 1250,
        "currency": "eur",
        "payment_intent": "pi_1",
        "metadata": metadata,
        **changes,
    }


async def post(
    hook: Reader, body: bytes | Mapping[str, Any], secret: str = NEW, at: float = 0, signature: str | None = None
) -> tuple[int, str]:
    """Post a signed body; returns the status and what it says."""
    data = body if isinstance(body, bytes) else msgspec.json.encode(body)
    signed = WebhookSignature.generate_signature_header(data.decode(errors="replace"), secret, int(time.time() + at))
    headers = {"Stripe-Signature": signed if signature is None else signature}
    async with hook.session.post(WEBHOOK, data=data, headers=headers) as response:
        return response.status, (await response.json())["status"]


def told(field: Field) -> list[tuple[str, AnyMessage]]:
    """What has come into mailboxes, and whose they are."""
    rows = field.run("SELECT recipient_kind || '/' || recipient_id, body FROM inbox ORDER BY seq")
    return [(whose, msgspec.json.decode(body, type=AnyMessage)) for whose, body in rows]


async def test_a_payment_is_a_row_of_its_session_before_it_is_answered(
    hook: Reader, field: Field, session: SessionId
) -> None:
    assert await post(hook, event(paid(field, session))) == (200, "ok")
    [(whose, message)] = told(field)
    assert whose == f"session/{session}"
    assert isinstance(message, PaymentTold)
    assert (message.offer_id, message.amount_cents, message.currency) == (OFFER, 1250, "EUR")


async def test_the_same_event_is_one_row_however_often_it_comes(hook: Reader, field: Field, session: SessionId) -> None:
    same = event(paid(field, session))
    for _ in range(3):
        assert await post(hook, same) == (200, "ok")
    assert len(told(field)) == 1


async def test_during_a_change_both_secrets_are_believed(hook: Reader, field: Field, session: SessionId) -> None:
    assert await post(hook, event(paid(field, session)), NEW) == (200, "ok")
    assert await post(hook, event(paid(field, session)), OLD) == (200, "ok")
    assert await post(hook, event(paid(field, session)), "whsec_another") == (400, "error")


@pytest.mark.parametrize("at", [-400, 400])
async def test_a_signature_of_long_ago_or_of_the_future_is_refused(
    hook: Reader, field: Field, session: SessionId, at: int
) -> None:
    assert await post(hook, event(paid(field, session)), at=at) == (400, "error")
    assert told(field) == []


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "v1=00",
        "t=1,v1=",
        "t=x,v1=00",
        "t=1,t=2,v1=00",
        f"t={'9' * 4000},v1=00",
        "t=99999999999999,v1=00",
        "t=1,v0=00",
        ",,,===",
        "t=-1,v1=00",
        "t=\u0661,v1=\u0661",
        "t=1,v1=\u00e9",
    ],
)
async def test_what_is_no_signature_is_refused(hook: Reader, field: Field, session: SessionId, signature: str) -> None:
    assert await post(hook, event(paid(field, session)), signature=signature) == (400, "error")
    assert told(field) == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"{",
        b"[]",
        b"null",
        b"{}",
        b"[" * 50_000,
        b'{"object":"event"}',
        b"\xef\xbb\xbf{}",
        b'"\\ud800"',
    ],
)
async def test_what_is_no_event_is_refused_also_when_it_is_signed(hook: Reader, field: Field, body: bytes) -> None:
    assert await post(hook, body) == (400, "error")
    assert told(field) == []


async def test_a_body_that_never_ends_is_not_read(hook: Reader) -> None:
    async with hook.session.post(WEBHOOK, data=b"x" * 300_000) as response:
        assert response.status == 413


async def test_an_event_of_the_other_mode_is_refused(hook: Reader, field: Field, session: SessionId) -> None:
    assert await post(hook, event(paid(field, session), livemode=True)) == (400, "error")
    assert told(field) == []


async def test_what_is_not_ours_is_ignored_and_not_sent_again(hook: Reader, field: Field, session: SessionId) -> None:
    theirs = [
        event({"id": "cus_1"}, "customer.created"),
        event(paid(field, session, metadata={})),
        event(paid(field, session, metadata=None)),
        event(paid(field, session, metadata={"offer": "1", "order": "2"})),
        event(paid(field, str(uuid4()))),
        event(paid(field, session) | {"metadata": paid(field, session)["metadata"] | {"organisation": str(uuid4())}}),
        event(paid(field, session, payment_status="unpaid")),
        event(
            {
                "id": "du_1",
                "created": 1,
                "amount": 5,
                "currency": "eur",
                "status": "lost",
                "reason": "fraudulent",
                "payment_intent": "pi_of_somebody",
            },
            "charge.dispute.created",
        ),
    ]
    for one in theirs:
        assert await post(hook, one) == (200, "ignored")
    assert told(field) == []


async def test_a_payment_for_another_site_s_session_is_an_alarm_there_and_pays_nothing(
    hook: Reader, field: Field, session: SessionId
) -> None:
    field.site("other", "Another car park")
    for _ in range(2):
        assert await post(hook, event(paid(field, session, site="other"))) == (200, "ok")
    [(whose, message)] = told(field)
    assert whose == "alarms/default"
    assert not isinstance(message, PaymentTold)


async def test_a_dispute_finds_its_session_by_the_payment(hook: Reader, field: Field, session: SessionId) -> None:
    field.run(
        "INSERT INTO payment (id, organisation_id, site_id, session_id, state, means, amount_cents, currency, body,"
        " made_at, payment_ref) VALUES (%(id)s, %(organisation)s, 'default', %(session)s, 'paid', 'sandbox', 1250,"
        " 'EUR', '{}', now(), 'pi_7')",
        id=UUID(OFFER),
        session=UUID(session),
    )
    dispute = {"id": "du_1", "created": 1, "amount": 1250, "currency": "eur", "status": "needs_response"}
    about = {**dispute, "reason": "fraudulent", "payment_intent": "pi_7"}
    assert await post(hook, event(about, "charge.dispute.created")) == (200, "ok")
    [(whose, message)] = told(field)
    assert whose == f"session/{session}"
    assert isinstance(message, DisputeTold)


@pytest.mark.parametrize("away", ["words", "requests"])
async def test_what_cannot_be_stored_is_asked_for_again(
    provider: StripePayments, field: Field, session: SessionId, away: str
) -> None:
    async with open_web_stores(field.url) as stores:
        changed: dict[str, Any] = {away: AwayStores()}
        broken = replace(stores, **changed)
        async with served(broken, payments=provider) as running, Reader.visiting(running) as reader:
            assert await post(reader, event(paid(field, session))) == (503, "error")
    assert told(field) == []


async def test_where_nobody_takes_payments_webhooks_wait(field: Field) -> None:
    async with served_on(field.url) as running, Reader.visiting(running) as reader:
        assert await post(reader, event(paid(field, str(uuid4())))) == (503, "error")
