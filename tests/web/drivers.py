"""Drivers of the portal: their stays as a worker would have stored them, and a provider that only opens pages."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec

from syspark.domain.access import Plan
from syspark.domain.payment.payment import Means, Payment
from syspark.domain.session import Session, Status
from syspark.domain.tariff import Quote, QuoteLine, Tariff
from syspark.domain.units import Cents, HolderKey, OfferId, SessionId
from syspark.errors import Unavailable
from syspark.payment_ports import Checkout, CheckoutWanted, PaymentRefused
from syspark.portal_links import PortalLink, path_of
from tests.servers.waiting import eventually
from tests.web.field import Field, ago
from tests.web.serving import SECRET_KEY


def parks(field: Field, plate: str, since_s: float, site: str = "default", **changes: Any) -> SessionId:
    """A visitor's vehicle of this plate is inside; `changes` are of its session."""
    key = field.subject(plate, site)
    opened_at = ago(since_s)
    session_id = field.session(key, opened_at, site=site)
    session = Session(
        id=SessionId(str(session_id)),
        holder_key=HolderKey(key),
        plan=Plan.VISITOR,
        tariff=Tariff(),
        tariff_version=1,
        opened_at=opened_at,
        decided_at=opened_at,
    )
    changed(field, msgspec.structs.replace(session, **changes))
    return session.id


def changed(field: Field, session: Session) -> None:
    """The session's actor has stored this."""
    field.run(
        "UPDATE parking_session SET body = %(body)s, status = %(status)s, closed_at = %(closed)s,"
        " unpaid_cents = %(unpaid)s WHERE id = %(id)s",
        body=msgspec.json.encode(session),
        status=session.status,
        closed=session.closed_at,
        unpaid=session.unpaid.total_cents if session.unpaid else 0,
        id=UUID(session.id),
    )


def stored(field: Field, session_id: SessionId) -> Session:
    """A session as it stands."""
    ((body,),) = field.run("SELECT body FROM parking_session WHERE id = %(id)s", id=UUID(session_id))
    return msgspec.json.decode(body, type=Session)


def price(cents: int, duration_s: int = 9000) -> Quote:
    """A quote of some steps."""
    line = QuoteLine(what="step", count=cents // 50, each_cents=Cents(50), total_cents=Cents(cents))
    return Quote(lines=(line,), total_cents=Cents(cents), currency="EUR", duration_s=duration_s)


def offered(field: Field, session_id: SessionId, offer_id: str, quote: Quote, made_at: datetime | None = None) -> None:
    """The session has offered this price."""
    made_at = made_at or ago(0)
    payment = Payment(id=OfferId(offer_id), quote=quote, made_at=made_at, valid_until=made_at + timedelta(minutes=10))
    _store(field, session_id, payment, "offered")
    session = stored(field, session_id)
    money = msgspec.structs.replace(session.money, payments=(*session.money.payments, payment))
    changed(field, msgspec.structs.replace(session, money=money))


def paid(
    field: Field, session_id: SessionId, offer_id: str, *, leaves: bool = False, code: str = "7K2MPX", **changes: Any
) -> None:
    """The provider has told that it is paid; the session follows, and its vehicle is let out if it `leaves`."""
    ((body,),) = field.run("SELECT body FROM payment WHERE id = %(id)s", id=UUID(offer_id))
    payment = msgspec.structs.replace(
        msgspec.json.decode(body, type=Payment),
        payment_ref=f"pi_{offer_id[:8]}",
        means=Means.SANDBOX,
        amount_cents=msgspec.json.decode(body, type=Payment).quote.total_cents,
        currency="EUR",
        paid_at=ago(0),
        **changes,
    )
    _store(field, session_id, payment, "paid", receipt_number=int(code, 36), receipt_code=code)
    after = {"status": Status.CLOSED, "closed_at": ago(0)} if leaves else {"status": Status.PAID}
    session = stored(field, session_id)
    changed(field, msgspec.structs.replace(session, paid_cents=payment.amount_cents, paid_at=payment.paid_at, **after))


async def asked_for_a_price(field: Field) -> tuple[UUID, SessionId, str]:
    """The request for a price in a session's mailbox: its row, the session, the offer's id."""
    found: list[tuple[UUID, SessionId, str]] = []

    def there() -> bool:
        found[:] = [
            (row[0], SessionId(row[2]), msgspec.json.decode(row[4])["offer_id"])
            for row in field.inbox()
            if row[3] == "ask-price" and row[6] == "new"
        ]
        return bool(found)

    await eventually(there, "a request for a price")
    return found[0]


async def offering(field: Field, quote: Quote) -> str:
    """Stand in for the session that is asked for its price; returns the offer's id."""
    row_id, session_id, offer_id = await asked_for_a_price(field)
    offered(field, session_id, offer_id, quote)
    field.decided(row_id, outcome='{"rule":"price-offered"}')
    return offer_id


def _store(field: Field, session_id: SessionId, payment: Payment, state: str, **columns: object) -> None:
    columns = {"means": payment.means, "paid_at": payment.paid_at, "payment_ref": payment.payment_ref, **columns}
    names, places = ", ".join(columns), ", ".join(f"%({name})s" for name in columns)
    field.run(
        "INSERT INTO payment (id, organisation_id, site_id, session_id, state, amount_cents, currency, body, made_at,"
        f" {names}) VALUES (%(id)s, %(organisation)s, (SELECT site_id FROM parking_session WHERE id = %(session)s),"
        f" %(session)s, %(state)s, %(cents)s, 'EUR', %(body)s, %(made)s, {places}) ON CONFLICT (id) DO UPDATE"
        f" SET state = excluded.state, body = excluded.body, {', '.join(f'{one} = excluded.{one}' for one in columns)}",
        id=UUID(payment.id),
        session=UUID(session_id),
        state=state,
        cents=payment.quote.total_cents,
        body=msgspec.json.encode(payment),
        made=payment.made_at,
        **columns,
    )


class PagesOnly:
    """A provider for tests of the portal, which asks nothing of it but pages."""

    name = "sandbox"
    live = False

    def __init__(self, address: str = "/login") -> None:
        self.address = address
        self.wanted: list[CheckoutWanted] = []
        self.away = False
        self.refuses = False

    async def open_checkout(self, wanted: CheckoutWanted) -> Checkout:
        """Open a page."""
        if self.away:
            raise Unavailable("payments", because="the test has it so")
        if self.refuses:
            raise PaymentRefused("the amount is too small")
        self.wanted.append(wanted)
        return Checkout(ref=f"cs_{wanted.offer_id[:8]}", url=self.address, expires_at=wanted.expires_at)


def drivers(field: Field) -> Mapping[str, str]:
    """Drivers on their way through the portal; the pages that show each."""
    site = field.site("saint-roch", "Gare Saint-Roch", 400)
    policy = '{"help_phone": "04 65 71 12 34"}'
    field.run(
        "INSERT INTO policy_version (site_id, version, organisation_id, body, author)"
        " VALUES (%(site)s, 1, %(organisation)s, %(policy)s, 'admin')",
        site=site,
        policy=policy,
    )
    field.run(
        "UPDATE legal_entity SET name = 'Parcs du Midi SAS', address = E'12 rue de la Gare\\n34000 Montpellier',"
        " siren = '552 100 554', vat_number = 'FR96552100554'"
    )
    due = parks(field, "GH482KV", 24_120, site)
    long = parks(field, "EJ767PC", 260_000, site)
    named = parks(field, "HM204WB", 260_000, site, confirmed=True)
    waits, ready, over, gone = (
        parks(field, plate, 12_000, site) for plate in ("BW118RN", "CN072DL", "DK330TT", "FL733NC")
    )
    offers = {one: str(uuid4()) for one in (waits, ready, over)}
    for one, offer_id in offers.items():
        offered(field, one, offer_id, price(650, 12_000))
    paid(field, ready, offers[ready])
    paid(field, over, offers[over], leaves=True, code="QH48RT")
    debt = {"status": Status.CLOSED, "closed_at": ago(600), "left_at": ago(600), "unpaid": price(650, 12_000)}
    changed(field, msgspec.structs.replace(stored(field, gone), **debt))
    at_exit = {"key": "k", "at": ago(30).isoformat(), "kind": "plate", "session_id": ready}
    called = {"help_since": ago(40).isoformat()}
    standing = {"identity": at_exit, "waiting_since": ago(30).isoformat()}
    field.state({"lanes": {"exit": standing, "entry": called}}, site)
    return {
        "pay-sites": "/pay?q=",
        "pay-plate": f"/pay/{site}",
        "pay-due": _address(due),
        "pay-due-proven": _address(due, proven=True),
        "pay-long": _address(long, proven=True),
        "pay-long-stranger": _address(long),
        "pay-note": _address(named, proven=True),
        "pay-waiting": _address(waits, offer_id=offers[waits]) + "?back=paid",
        "pay-held": _address(waits, offer_id=offers[waits]),
        "pay-paid": _address(ready, offer_id=offers[ready], payer=True),
        "pay-paid-by-another": _address(ready, offer_id=offers[ready]),
        "pay-over": _address(over, offer_id=offers[over], payer=True),
        "pay-debt": _address(gone),
        "pay-help": f"/pay/{site}/help",
        "pay-help-called": f"/pay/{site}/help?lane=entry",
        "pay-rescue": f"/pay/{site}/rescue",
        "pay-arrival": f"/pay/{site}/arrival",
        "pay-help-where": "/pay?help=yes",
        "pay-lost": "/pay/s/nowhere",
        "pay-sign": f"/pay/{site}/sign",
    }


def _address(session_id: SessionId, **knows: Any) -> str:
    return path_of(SECRET_KEY, PortalLink(session_id, **knows))
