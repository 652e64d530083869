"""Money written straight into the database, as sessions, closer and comparer would have left it."""

from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec

from syspark.domain.access import Plan
from syspark.domain.closing import Book, Closing, Entry, Period, Span, close
from syspark.domain.comparison import ComparedDay, Difference, Happened
from syspark.domain.payment.payment import Account, Means, Payment
from syspark.domain.session import Session, Status
from syspark.domain.tariff import Tariff, quote
from syspark.domain.units import Cents, HolderKey, OfferId, SessionId, SiteId
from tests.web.field import Field, ago

SITE = SiteId("default")


def seller(field: Field, site: SiteId = SITE) -> UUID:
    """Who sells at a site; the first seller of the organisation."""
    [(found,)] = field.run("SELECT id FROM legal_entity ORDER BY id LIMIT 1")
    field.run("UPDATE site SET legal_entity_id = %(seller)s WHERE site_id = %(site)s", seller=found, site=site)
    assert isinstance(found, UUID)
    return found


def payment(
    field: Field,
    session: UUID,
    at: datetime,
    cents: int = 1250,
    *,
    state: str = "paid",
    means: str = "sandbox",
    refunded: int = 0,
    ref: str | None = None,
    site: SiteId = SITE,
) -> UUID:
    """A payment that came, with its receipt and its entry."""
    made, entity = field.ids.new(), seller(field, site)
    [(number,)] = field.run(
        "UPDATE legal_entity SET next_receipt = next_receipt + 1 WHERE id = %(id)s RETURNING next_receipt - 1",
        id=entity,
    )
    field.run(
        "INSERT INTO payment (id, organisation_id, site_id, session_id, state, means, amount_cents, currency, body,"
        " made_at, checkout_ref, payment_ref, paid_at, refunded_cents, legal_entity_id, receipt_number, receipt_code)"
        " VALUES (%(id)s, %(organisation)s, %(site)s, %(session)s, %(state)s, %(means)s, %(cents)s, 'EUR', '{}',"
        " %(at)s, %(checkout)s, %(ref)s, %(at)s, %(refunded)s, %(entity)s, %(number)s,"
        " new_receipt_code(%(organisation)s))",
        id=made,
        site=site,
        session=session,
        state=state,
        means=means,
        cents=cents,
        at=at,
        checkout=f"cs_{made.hex[-12:]}",
        ref=ref or f"pi_{made.hex[-12:]}",
        refunded=refunded,
        entity=entity,
        number=number,
    )
    booked(field, session, at, cents, means=means, payment_id=made, site=site)
    if refunded:
        booked(field, session, at, -refunded, kind="refund", means=means, payment_id=made, site=site)
    return made


def booked(
    field: Field,
    session: UUID,
    at: datetime,
    cents: int,
    *,
    kind: str = "sale",
    means: str = "sandbox",
    payment_id: UUID | None = None,
    author: str = "",
    reason: str = "",
    site: SiteId = SITE,
) -> None:
    """An entry of the ledger, on the UTC day it happened."""
    field.run(
        "INSERT INTO ledger_entry (id, organisation_id, site_id, legal_entity_id, session_id, at, local_day, kind,"
        " means, amount_cents, currency, vat_cents, payment_id, author, reason)"
        " VALUES (%(id)s, %(organisation)s, %(site)s, %(entity)s, %(session)s, %(at)s, %(day)s, %(kind)s, %(means)s,"
        " %(cents)s, 'EUR', %(vat)s, %(payment)s, %(author)s, %(reason)s)",
        id=field.ids.new(),
        site=site,
        entity=seller(field, site),
        session=session,
        at=at,
        day=at.date(),
        kind=kind,
        means=means,
        cents=cents,
        vat=cents // 6,
        payment=payment_id,
        author=author,
        reason=reason,
    )


def closed(field: Field, day: date, entries: int = 1, last: Closing | None = None, site: SiteId = SITE) -> Closing:
    """The closing of a day, of so many sales."""
    entity = seller(field, site)
    book = Book(
        legal_entity_id=str(entity),
        site_id=site,
        organisation_id=field.organisation_id,
        zone="Europe/Paris",
        first_day=day,
    )
    sales = [
        Entry(
            id=str(number),
            at=last.made_at if last else datetime.fromisoformat(f"{day}T12:00+00:00"),
            local_day=day,
            kind="sale",
            means="sandbox",
            amount_cents=Cents(1250),
            vat_cents=Cents(208),
            currency="EUR",
            payment_id=None,
            session_id=None,
            author="",
            reason="",
            counter_of=None,
        )
        for number in range(entries)
    ]
    at = datetime.fromisoformat(f"{day + timedelta(days=1)}T00:10+00:00")
    made = close(book, Span(Period.DAY, day, day), last, entries=sales, made_at=at, made_by="system")
    field.run(
        "INSERT INTO closing (site_id, legal_entity_id, seq, organisation_id, period, first_day, last_day, made_at,"
        " body) VALUES (%(site)s, %(entity)s, %(seq)s, %(organisation)s, 'day', %(day)s, %(day)s, %(at)s, %(body)s)",
        site=site,
        entity=entity,
        seq=made.seq,
        day=day,
        at=at,
        body=made.body,
    )
    return made


def compared(field: Field, at: datetime, cents: int, *wrong: tuple[UUID, int, int], site: SiteId = SITE) -> None:
    """What the provider says of a day; `wrong` are sessions, what it says and what the ledger says."""
    differences = tuple(
        Difference(
            payment_ref=f"pi_lost_{number}",
            session_id=SessionId(str(session)),
            happened=Happened.PAID,
            provider_cents=Cents(told),
            ledger_cents=Cents(booked_),
            currency="EUR",
        )
        for number, (session, told, booked_) in enumerate(wrong)
    )
    body = ComparedDay(provider=(("EUR", Cents(cents)),), unexplained=len(differences), differences=differences)
    field.run(
        "INSERT INTO provider_day (site_id, provider, local_day, organisation_id, compared_at, body, differences)"
        " VALUES (%(site)s, 'sandbox', %(day)s, %(organisation)s, %(at)s, %(body)s, %(number)s)",
        site=site,
        day=at.date(),
        at=at,
        body=msgspec.json.encode(body),
        number=len(differences),
    )


def order(field: Field, session: UUID, at: datetime, cents: int, fate: str = "refused", site: SiteId = SITE) -> None:
    """A refund the provider was to make."""
    field.run(
        "INSERT INTO provider_order (id, organisation_id, site_id, partition, session_id, body, fate, tries,"
        " created_at) VALUES (%(id)s, %(organisation)s, %(site)s, 0, %(session)s, %(body)s, %(fate)s, 3, %(at)s)",
        id=f"refund-{field.ids.new()}",
        site=site,
        session=session,
        body=msgspec.json.encode(
            {"type": "send-back", "amount_cents": cents, "currency": "EUR", "payment_ref": "pi_again"}
        ),
        fate=fate,
        at=at,
    )


def turnover(field: Field) -> UUID:
    """Two weeks of money at the default site, something of each kind; returns a session that has paid."""
    now = field.run("SELECT now()")[0][0]
    last: Closing | None = None
    for days in range(9, 0, -1):
        at = now - timedelta(days=days)
        session = field.session(f"{days:08X}", at - timedelta(hours=3), at, closed_as="payment")
        payment(field, session, at, 400 + 150 * days)
        if days % 3 == 0:
            booked(field, session, at, 350, means="cash", author="c.marchand", reason="receipt 18-204")
            booked(field, session, at, 900, kind="waiver", means="none", author="n.diallo", reason="goodwill")
        compared(field, at, 400 + 150 * days)
        last = closed(field, at.date(), last=last)
    paid, _ = stay(field, "GH482KV", 24_060, 1250, left=True)
    back = field.session(field.subject("EK207WB"), now - timedelta(hours=5), now, closed_as="payment")
    payment(field, back, now - timedelta(minutes=50), 450, state="refunded", refunded=450)
    contested = field.session(field.subject("CN072DL"), now - timedelta(hours=30), now, closed_as="payment")
    payment(field, contested, now - timedelta(hours=2), 2000, state="disputed")
    compared(field, now, 4500, (back, 450, 0))
    order(field, contested, now - timedelta(hours=1), 800)
    return paid


def stay(
    field: Field, plate: str, seconds: float, *paid_cents: int, left: bool = False, **changes: object
) -> tuple[UUID, Session]:
    """A session as its actor holds it, with a row for each payment; `left`: it has left."""
    opened, now = ago(seconds), ago(0)
    key = field.subject(plate)
    made = field.session(key, opened, now if left else None)
    due = quote(Tariff(), opened, now, zone="Europe/Paris")
    payments = tuple(
        Payment(
            id=OfferId(str(field.ids.new())),
            quote=due,
            made_at=ago(700),
            valid_until=ago(100),
            payment_ref=f"pi_{number}_{made.hex[-6:]}",
            means=Means.SANDBOX,
            amount_cents=Cents(cents),
            currency="EUR",
            paid_at=ago(600),
        )
        for number, cents in enumerate(paid_cents)
    )
    status = Status.CLOSED if left else Status.PAID if paid_cents else Status.ACTIVE
    session = Session(
        id=SessionId(str(made)),
        holder_key=HolderKey(key),
        plan=Plan.VISITOR,
        tariff=Tariff(),
        tariff_version=1,
        opened_at=opened,
        decided_at=opened,
        status=status,
        left_at=now if left else None,
        closed_at=now if left else None,
        closed_as="payment" if left else None,
        paid_cents=Cents(sum(paid_cents)),
        paid_at=ago(600) if paid_cents else None,
        money=Account(payments=payments),
    )
    session = msgspec.structs.replace(session, **changes)
    field.run(
        "UPDATE parking_session SET body = %(body)s, status = %(status)s WHERE id = %(id)s",
        body=msgspec.json.encode(session),
        status=session.status,
        id=made,
    )
    for one in payments:
        row = payment(field, made, ago(600), one.amount_cents, ref=one.payment_ref)
        field.run(
            "UPDATE payment SET id = %(id)s, body = %(body)s WHERE id = %(row)s",
            id=one.id,
            row=row,
            body=msgspec.json.encode(one),
        )
    return made, session
