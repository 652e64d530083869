"""Webhooks as they come on a bad day: five times at once, in any order, forged, or never; and a worker that is killed.

Stripe's own library, HTTP, PostgreSQL and a broker are real; the provider is our sandbox, whose book is the judge.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import msgspec
from aiohttp import ClientError, ClientSession, TCPConnector, web
from aiohttp.test_utils import TestServer
from stripe import WebhookSignature

from ops.sandbox import Sandbox, api_of, opened_sandbox
from syspark.clock import SystemClock
from syspark.domain.units import Cents, OfferId, SiteId
from syspark.gateways.stripe_payments import StripePayments
from syspark.payment_ports import CheckoutWanted
from tests.killing.edge import Edge
from tests.killing.generator import Line
from tests.killing.victim import Victim
from tests.servers.mosquitto import Mosquitto
from tests.servers.postgres import PostgresServer
from tests.servers.waiting import eventually
from tests.webhooks.plan import FOUND_WITHIN_S, Plan, Report
from tests.webhooks.town import Due, Town, make_dues, opened_town

AT_ONCE = 10
DIES_WITHIN_S = 20.0
POSTED_FOR_S = 60.0
KILLED_AT = ("committing", "committed", "published", "answered", "recording")
BADGES_AGAIN_AFTER_S = 12.0
TRIES_AT_EXIT = 5
NEVER_ASKED_HERE = 2
"""Another amount and another currency go back; what names another site's session is an alarm for a person."""


class Campaign:
    """One run in `folder`, with a PostgreSQL in `home`."""

    def __init__(self, plan: Plan, folder: Path, home: Path) -> None:
        self._plan = plan
        self._chance = random.Random(plan.seed)
        self._folder = folder
        self._database = PostgresServer(home)
        self._report = Report(plan)
        self._events: list[bytes] = []
        self._lost: dict[str, float] = {}

    async def run(self) -> Report:
        """Everything, in order, and the judgement."""
        dues = make_dues(self._plan.dues, self._chance)
        broker = Mosquitto(self._folder / "broker")
        await asyncio.to_thread(self._database.start)
        try:
            with broker:
                async with self._provider() as (sandbox, base):
                    town = Town(self._folder, self._database, broker, sandbox, base)
                    log = self._folder / "worker.log"
                    async with opened_town(town, broker, dues, self._chance, log) as (victim, edge, line):
                        await self._money(town, dues, sandbox, base, victim)
                        await self._exits(dues, edge, line)
                        await self._judge(town, dues, sandbox, edge)
                        self._report.deaths = victim.deaths
        finally:
            self._database.close()
        return self._report

    @asynccontextmanager
    async def _provider(self) -> AsyncIterator[tuple[Sandbox, str]]:
        """The sandbox; what it sends comes to us first."""

        async def take(request: web.Request) -> web.Response:
            self._events.append(await request.read())
            return web.Response()

        app = web.Application()
        app.router.add_post("/api/stripe_webhook", take)
        async with TestServer(app) as post_office, opened_sandbox(self._folder, SystemClock()) as sandbox:
            sandbox.told_at = str(post_office.make_url("")).rstrip("/")
            async with api_of(sandbox) as base:
                yield sandbox, base

    async def _money(self, town: Town, dues: list[Due], sandbox: Sandbox, base: str, victim: Victim) -> None:
        """Drivers pay, some twice, some what was never asked; then the post is delivered."""
        pages = [await town.checkout(due) for due in dues]
        pages += [await self._second_page(sandbox, page) for page in pages[: self._plan.two_tabs]]
        pages += await self._never_asked(town, dues, sandbox, base)
        for page in pages:
            session = sandbox.till.book.get(page, "checkout.session")
            assert session is not None
            await sandbox.till.pay(session)
        paid = sum(one["payment_status"] == "paid" for one in sandbox.till.book.all("checkout.session"))
        await eventually(lambda: self._paid_events() == paid, "every payment is told", POSTED_FOR_S)
        await self._deliver(town, sandbox, victim)
        await self._found(town)

    async def _second_page(self, sandbox: Sandbox, page: str) -> str:
        """Another page for the same offer: the portal makes none, and a provider that forgets its keys would."""
        first = sandbox.till.book.get(page, "checkout.session")
        assert first is not None
        given = ("amount_total", "currency", "expires_at", "success_url", "cancel_url", "locale", "metadata")
        ours = ("_payment_metadata", "_label")
        second = await sandbox.till.open({name: first[name] for name in (*given, *ours)}, "http://127.0.0.1:1")
        return str(second["id"])

    async def _never_asked(self, town: Town, dues: list[Due], sandbox: Sandbox, base: str) -> list[str]:
        """Pages that a mistake or a fraud could make: another amount, another currency, another site's session."""
        due, other = dues[-1], dues[0]
        [(organisation,)] = town.query("SELECT organisation_id::text FROM organisation")
        provider = StripePayments(sandbox.api_key, [sandbox.webhook_secret], base=base)
        wrong = [(due.site.name, 5000, "EUR"), (due.site.name, 400, "USD"), (other.site.name, 400, "EUR")]
        try:
            made = [
                await provider.open_checkout(
                    CheckoutWanted(
                        offer_id=OfferId(str(uuid4())),
                        session_id=due.session_id,
                        site_id=SiteId(site),
                        organisation_id=UUID(organisation),
                        amount_cents=Cents(cents),
                        currency=currency,
                        label="nobody asked for this",
                        language="en",
                        success_url="http://127.0.0.1:1/",
                        cancel_url="http://127.0.0.1:1/",
                        expires_at=datetime.now(UTC) + timedelta(minutes=10),
                    )
                )
                for site, cents, currency in wrong
            ]
        finally:
            await provider.close()
        return [one.ref for one in made]

    def _paid_events(self) -> int:
        return sum(b'"checkout.session.completed"' in body for body in self._events)

    async def _deliver(self, town: Town, sandbox: Sandbox, victim: Victim) -> None:
        """Every webhook so many times at once, in any order, between forgeries; some never. Each part of the post
        meets a worker that dies of it, the last one a web process that does.
        """
        lost = max(1, round(len(self._events) * self._plan.lost))
        self._chance.shuffle(self._events)
        for body in self._events[:lost]:
            self._lost[msgspec.json.decode(body)["data"]["object"]["payment_intent"]] = time.monotonic()
        posts = [(body, True) for body in self._events[lost:] for _ in range(self._plan.times)]
        posts += [(self._chance.choice(self._events), False) for _ in range(self._plan.forgeries)]
        self._chance.shuffle(posts)
        turn = asyncio.Semaphore(AT_ONCE)
        async with ClientSession(town.address, connector=TCPConnector(limit=AT_ONCE)) as session:

            async def post(body: bytes, *, genuine: bool) -> None:
                async with turn:
                    if genuine:
                        await self._post(session, body, _signed(body, sandbox.webhook_secret))
                    else:
                        await self._forge(session, body, sandbox.webhook_secret)

            parts = self._plan.kills + 1
            for number in range(parts):
                work = [post(body, genuine=genuine) for body, genuine in posts[number::parts]]
                if number < self._plan.kills:
                    work.append(victim.die(KILLED_AT[number % len(KILLED_AT)], 1, DIES_WITHIN_S))
                elif number > 0:
                    work.append(asyncio.to_thread(town.pages.kill))
                await asyncio.gather(*work)
            if not victim.alive():
                victim.start()

    async def _post(self, session: ClientSession, body: bytes, signature: str) -> None:
        until = time.monotonic() + POSTED_FOR_S
        while time.monotonic() < until:
            status = await self._answer(session, body, signature, self._report.statuses)
            if status == 200:
                return
            await asyncio.sleep(0.2)
        self._report.problems.append("a webhook was not taken within a minute")

    async def _answer(self, session: ClientSession, body: bytes, signature: str, statuses: Counter[int]) -> int | None:
        """The answer to one post; None: there was none, the process was killed."""
        began = time.monotonic()
        with suppress(ClientError):
            async with session.post(
                "/api/stripe_webhook", data=body, headers={"Stripe-Signature": signature}
            ) as answer:
                statuses[answer.status] += 1
                self._report.answers_s.append(time.monotonic() - began)
                return answer.status
        return None

    async def _forge(self, session: ClientSession, body: bytes, secret: str) -> None:
        genuine, now = _signed(body, secret), int(time.time())
        event = msgspec.json.decode(body)
        event["id"] = f"evt_{uuid4().hex}"
        event["data"]["object"]["amount_total"] = 1
        changed = msgspec.json.encode(event)
        forgeries = (
            (changed, genuine),
            (changed, _signed(changed, "whsec_guessed")),
            (body, _signed(body, secret, now - 3600)),
            (body, _signed(body, secret, now + 3600)),
            (body + b" ", genuine),
            (changed, ""),
            (changed, f"t={now},v1={'0' * 64}"),
            (body.replace(b"completed", b"\xff"), genuine),
        )
        sent, signature = self._chance.choice(forgeries)
        status = None
        while status is None:
            status = await self._answer(session, sent, signature, self._report.forged)

    async def _found(self, town: Town) -> None:
        """What was never delivered is found by asking the provider."""
        waiting, until = dict(self._lost), time.monotonic() + FOUND_WITHIN_S
        while waiting and time.monotonic() < until:
            known = {ref for (ref,) in town.query("SELECT payment_ref FROM payment WHERE paid_at IS NOT NULL")}
            alarmed = {event_id for (event_id,) in town.query("SELECT event_id FROM inbox_key")}
            for ref in [ref for ref in waiting if ref in known or f"strayed:{ref}" in alarmed]:
                self._report.found_after_s.append(time.monotonic() - waiting.pop(ref))
            await asyncio.sleep(0.2)
        self._report.problems += [f"{ref} was paid, and never found" for ref in waiting]

    async def _exits(self, dues: list[Due], edge: Edge, line: Line) -> None:
        """Whoever stands there is let out by the payment alone; the others come, and badge until it opens."""
        with suppress(AssertionError):
            await eventually(
                lambda: all(_opened(edge, due) for due in dues if due.stands), "who stands there is let out", 5
            )
        for _ in range(TRIES_AT_EXIT):
            shut = [due for due in dues if not _opened(edge, due)]
            if not shut:
                return
            for due in shut:
                await line.publish(due.site.badge_topic, due.event.payload)
            with suppress(AssertionError):
                await eventually(lambda: all(_opened(edge, due) for due in dues), "all are out", BADGES_AGAIN_AFTER_S)

    async def _judge(self, town: Town, dues: list[Due], sandbox: Sandbox, edge: Edge) -> None:
        report = self._report
        with suppress(AssertionError):
            orders = "SELECT count(*) FROM provider_order WHERE fate = 'waiting'"
            await town.until(orders, 0, "everything ordered of the provider is done")
            told = "SELECT count(*) FROM inbox WHERE status = 'new'"
            await town.until(told, 0, "everything told is decided")
        for due in dues:
            [(counts,)] = town.query(
                "SELECT count(*) FROM ledger_entry WHERE session_id = %s AND kind = 'sale' AND reason = ''",
                due.session_id,
            )
            report.counted += counts
            opened = sum(one.site == due.site.name and one.lane == "exit" for one in edge.executions)
            report.exits += opened
            if (counts, opened) != (1, 1):
                report.problems.append(f"{due.site.name}: {counts} payments count, {opened} exits")
        [(report.sent_back,)] = town.query("SELECT count(*) FROM ledger_entry WHERE kind = 'refund'")
        [(report.ledger_cents,)] = town.query(
            "SELECT coalesce(sum(amount_cents), 0)::bigint FROM ledger_entry WHERE means = 'sandbox'"
        )
        book = sandbox.till.book
        ours = [one for one in book.all("payment_intent") if self._is_for_its_own_site(one, town)]
        refunds = sum(one["amount"] for one in book.all("refund"))
        report.provider_cents = sum(one["amount"] for one in ours) - refunds
        wanted_back = self._plan.two_tabs + NEVER_ASKED_HERE
        if report.sent_back != wanted_back or len(book.all("refund")) != wanted_back:
            report.problems.append(f"{report.sent_back} payments were given back instead of {wanted_back}")
        if report.ledger_cents != report.provider_cents:
            report.problems.append("the ledger is not what the provider has")
        if set(report.forged) - {400}:
            report.problems.append("a forgery was not refused")
        if set(report.statuses) - {200, 503}:
            report.problems.append("a genuine webhook was refused")
        if report.p99_s > self._plan.answer_p99_s:
            report.problems.append(f"answers take {report.p99_s:.2f} s")
        parked = town.query("SELECT count(*) FROM inbox WHERE status = 'parked'")
        if parked != [(0,)]:
            report.problems.append(f"parked: {parked}")

    def _is_for_its_own_site(self, intent: dict[str, object], town: Town) -> bool:
        """Money that was paid for another site's session is an alarm, and in nobody's ledger."""
        metadata = intent["metadata"]
        assert isinstance(metadata, dict)
        found = town.query("SELECT site_id FROM parking_session WHERE id = %s", metadata["session"])
        return found == [(metadata["site"],)]


def _opened(edge: Edge, due: Due) -> bool:
    return any(one.site == due.site.name and one.lane == "exit" for one in edge.executions)


def _signed(body: bytes, secret: str, at: int | None = None) -> str:
    return str(WebhookSignature.generate_signature_header(body.decode(errors="replace"), secret, at))
