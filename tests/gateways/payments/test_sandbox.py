"""The sandbox by itself: what it keeps, what it refuses, and its page; and Stripe's gateway before what goes wrong."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from ops.sandbox import opened_sandbox, webhooks
from ops.sandbox.api import Api
from ops.sandbox.book import InUseError
from ops.sandbox.till import Delivery
from syspark.clock import SystemClock
from syspark.domain.payment.messages import DisputeTold, PaymentFailed, PaymentTold, RefundTold
from syspark.errors import Unavailable
from syspark.gateways import stripe_payments as gateway
from syspark.gateways.stripe_payments import StripePayments
from tests.gateways.payments.benches import SandboxBench, wanted
from tests.gateways.payments.test_contract_payments import listed


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[SandboxBench]:
    """A sandbox, and Stripe's library before it."""
    async with SandboxBench.opened(tmp_path) as opened:
        yield opened


async def test_what_was_paid_survives_a_kill_also_with_a_torn_line(tmp_path: Path) -> None:
    async with SandboxBench.opened(tmp_path) as before:
        page = await before.provider.open_checkout(wanted(1))
        await before.pay(page.ref, Delivery.NEVER)
    with (tmp_path / "sandbox.jsonl").open("ab") as book:
        book.write(b'{"id":"cs_test_torn","obj')
    async with SandboxBench.opened(tmp_path) as after:
        [word] = await listed(after)
    assert isinstance(word.message, PaymentTold)
    assert word.message.checkout_ref == page.ref


async def test_a_webhook_that_was_not_taken_is_sent_by_the_next_process(tmp_path: Path) -> None:
    async with SandboxBench.opened(tmp_path) as before:
        before.sandbox.told_at = None
        page = await before.provider.open_checkout(wanted(1))
        await before.pay(page.ref)
    async with SandboxBench.opened(tmp_path) as after:
        [word] = await after.told(1)
    assert isinstance(word.message, PaymentTold)


async def test_a_webhook_is_sent_until_it_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "AGAIN_AFTER_S", (0.0,))
    answers, taken = [503, 500, 200], asyncio.Event()

    async def take(_request: web.Request) -> web.Response:
        status = answers.pop(0)
        if status == 200:
            taken.set()
        return web.Response(status=status)

    app = web.Application()
    app.router.add_post("/api/stripe_webhook", take)
    async with SandboxBench.opened(tmp_path) as bench, TestServer(app) as server:
        bench.sandbox.told_at = str(server.make_url("")).rstrip("/")
        page = await bench.provider.open_checkout(wanted(1))
        await bench.pay(page.ref)
        await asyncio.wait_for(taken.wait(), 5)
    assert answers == []


async def test_one_process_has_the_book(tmp_path: Path) -> None:
    async with opened_sandbox(tmp_path, SystemClock()):
        with pytest.raises(InUseError):
            async with opened_sandbox(tmp_path, SystemClock()):
                pass


async def test_a_listing_of_several_pages_is_read_to_its_end(
    shop: SandboxBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway, "A_PAGE", 2)
    pages = [await shop.provider.open_checkout(wanted(number)) for number in range(5)]
    for page in pages:
        await shop.pay(page.ref, Delivery.NEVER)
    told = [word.message for word in await listed(shop)]
    assert [one.checkout_ref for one in told if isinstance(one, PaymentTold)] == [page.ref for page in pages]


async def test_a_real_account_s_key_is_never_taken(shop: SandboxBench) -> None:
    for key in ("sk_live_1", "rk_live_1", "rk_test_1"):
        with pytest.raises(ValueError, match="sk_test_"):
            Api(shop.sandbox.till, key, str)


async def test_an_expired_page_says_so(shop: SandboxBench) -> None:
    page = await shop.provider.open_checkout(wanted(1))
    found = shop.sandbox.till.book.get(page.ref, "checkout.session")
    assert found is not None
    await shop.sandbox.till.book.keep(found | {"expires_at": 1})
    await shop.told(1)
    assert [word.event_id for word in await listed(shop)] == [f"sandbox:{page.ref}:expired"]


@pytest.mark.parametrize(("language", "says"), [("fr", "BAC À SABLE"), ("en", "SANDBOX")])
async def test_its_page_pays_in_both_languages_and_needs_no_script(
    shop: SandboxBench, language: str, says: str
) -> None:
    async with TestServer(shop.sandbox.alone()) as server, ClientSession() as browser:
        shop.sandbox.pages_at = str(server.make_url("")).rstrip("/")
        page = await shop.provider.open_checkout(wanted(1, language=language))
        async with browser.get(page.url) as answer:
            text = await answer.text()
        assert says in text
        assert "<script" not in text
        async with browser.post(page.url, data={"act": "pay"}, allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, wanted(1).success_url)
        async with browser.post(page.url, data={"act": "pay"}, allow_redirects=False) as answer:
            assert answer.status == 303
        async with browser.post(page.url, data={"act": "steal"}, allow_redirects=False) as answer:
            assert answer.status == 400
    [word] = await shop.told(1)
    assert isinstance(word.message, PaymentTold)


@pytest.mark.parametrize(
    ("acts", "told"),
    [
        (["decline", "pay"], [PaymentFailed, PaymentTold]),
        (["leave"], []),
        (["bank", "bank-pays"], [PaymentTold]),
        (["bank", "bank-refuses"], [PaymentFailed]),
        (["pay-often"], [PaymentTold] * 3),
        (["pay", "refund"], [PaymentTold, RefundTold]),
        (["pay", "contest", "won"], [PaymentTold, DisputeTold, DisputeTold]),
    ],
)
async def test_each_button_tells_what_it_says(shop: SandboxBench, acts: list[str], told: list[type]) -> None:
    sent = {"bank": 1, "bank-pays": 1, "bank-refuses": 1, "pay-often": 3, "leave": 0}
    async with TestServer(shop.sandbox.alone()) as server, ClientSession() as browser:
        shop.sandbox.pages_at = str(server.make_url("")).rstrip("/")
        page = await shop.provider.open_checkout(wanted(1))
        for act in acts:
            already = len(shop.sent)
            async with browser.post(page.url, data={"act": act}, allow_redirects=False) as answer:
                assert answer.status in {200, 303}
            await shop.told(already + sent.get(act, 1))
    assert [type(word.message) for word in await shop.told(0)] == told


async def asked(base: str, key: str = "sk_test_1") -> str:
    """Why a question fails."""
    provider = StripePayments(key, [], base=base)
    try:
        with pytest.raises(Unavailable) as raised:
            await provider.probe()
    finally:
        await provider.close()
    return str(raised.value)


async def test_who_does_not_answer_is_unavailable_and_so_is_a_key_that_is_refused(
    shop: SandboxBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway, "TRIES_AGAIN", 0)
    async with TestServer(shop.sandbox.api()) as server:
        base = str(server.make_url("")).rstrip("/")
        assert await asked(base) == "payments unavailable: it refuses STRIPE_API_KEY"
    assert await asked("http://127.0.0.1:1") == "payments unavailable: it cannot be reached"


@pytest.mark.parametrize(
    ("status", "body", "says"),
    [
        (200, "<html>", "it answers"),
        (200, '{"object":"list","data":[]', "it answers"),
        (429, '{"error":{"message":"slow down"}}', "too many requests"),
        (500, '{"error":{"message":"oops"}}', "it answers 500"),
        (403, '{"error":{"message":"no"}}', "STRIPE_API_KEY lacks a right"),
    ],
)
async def test_whatever_it_answers_instead_is_unavailable(
    monkeypatch: pytest.MonkeyPatch, status: int, body: str, says: str
) -> None:
    monkeypatch.setattr(gateway, "TRIES_AGAIN", 0)

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=status, text=body, content_type="application/json")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    async with TestServer(app) as server:
        assert says in await asked(str(server.make_url("")).rstrip("/"))
