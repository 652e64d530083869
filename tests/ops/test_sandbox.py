"""Without a key the sandbox takes the payments of a process with pages: its pages beside ours, its word to us."""

from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import msgspec
import pytest
from aiohttp import ClientSession
from click.testing import CliRunner

from ops.cli.root import cli
from ops.payments import opened_payments
from ops.web import serve_pages
from syspark.clock import SystemClock
from syspark.domain.payment.messages import PaymentTold
from syspark.domain.units import OfferId, SessionId
from syspark.metrics import Metrics
from syspark.settings import Settings
from tests.gateways.payments.benches import wanted
from tests.servers.waiting import eventually, free_port
from tests.web.field import Field, ago

pytestmark = pytest.mark.timeout(60)


def settings(tmp_path: Path, url: str) -> Settings:
    """Those of a service without a key."""
    port = str(free_port())
    own = {"SYSPARK_SECRET_KEY": "k" * 40, "SYSPARK_HOME": str(tmp_path), "HOST": "127.0.0.1", "PORT": port}
    return Settings.load({"DATABASE_URL": url, "ADMIN_PASSWORD": "four words nobody uses", **own})


async def test_a_driver_pays_on_our_own_listener_and_the_session_is_told(tmp_path: Path, database_url: str) -> None:
    field, given, told = Field(database_url), settings(tmp_path, database_url), list[str]()
    session_id = SessionId(str(field.session("BADGE", ago(60), status="pending_payment")))
    async with (
        opened_payments(given, SystemClock(), pages=True) as payments,
        serve_pages(given, database_url, Metrics(), payments, tell=told.append) as pages,
    ):
        assert payments.provider is not None
        asked = wanted(
            offer_id=OfferId(str(uuid4())),
            session_id=session_id,
            organisation_id=field.organisation_id,
            success_url=f"{pages.address}/pay",
        )
        page = await payments.provider.open_checkout(asked)
        assert urlsplit(page.url).netloc == urlsplit(pages.address).netloc
        async with ClientSession() as phone, phone.post(page.url, data={"act": "pay"}, allow_redirects=False) as answer:
            assert answer.headers["Location"] == f"{pages.address}/pay"
            assert answer.headers["Content-Security-Policy"], "protected as every page of ours"
        await eventually(lambda: bool(field.inbox()), "the session is told", 10)
    [(_, kind, _, _, body, *_)] = field.inbox()
    assert kind == "session"
    assert msgspec.json.decode(body, type=PaymentTold).checkout_ref == page.ref
    assert any("no money moves" in line for line in told)


async def test_a_second_process_of_the_same_folder_takes_no_payments(tmp_path: Path, database_url: str) -> None:
    given = settings(tmp_path, database_url)
    async with (
        opened_payments(given, SystemClock(), pages=True) as first,
        opened_payments(given, SystemClock(), pages=True) as second,
        opened_payments(given, SystemClock(), pages=False) as worker,
    ):
        assert first.provider is not None
        assert (second.provider, worker.provider) == (None, None)


def test_the_sandbox_never_starts_with_a_real_key(tmp_path: Path) -> None:
    environment = {
        "SYSPARK_HOME": str(tmp_path),
        "STRIPE_API_KEY": "sk_live_1",
        "STRIPE_WEBHOOK_SECRET": "whsec_1",
        "STRIPE_API_BASE": "https://api.stripe.com",
    }
    answer = CliRunner().invoke(cli, ["sandbox"], env=environment)
    assert answer.exit_code == 2
    assert "STRIPE_API_KEY does not begin sk_test_" in answer.output
    assert not (tmp_path / "sandbox.jsonl").exists()
