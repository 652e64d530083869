"""A car park written straight into the database, as a worker would have left it."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import msgspec
import psycopg
from argon2 import PasswordHasher

from syspark.clock import SystemClock
from syspark.domain.units import SiteId
from syspark.ids import IdSource

WEAK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""As the product's, but quick: what a hash costs is not what most tests are about."""

PASSWORD = "four words nobody uses"
TOKEN = "an-edge-token-of-the-default-site"


class Field:
    """Writes rows as the database's owner. Time is the machine's: pages show how long ago things are."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.ids = IdSource(SystemClock())
        with psycopg.connect(url, autocommit=True) as connection:
            row = connection.execute("SELECT organisation_id FROM organisation").fetchone()
        assert row is not None
        self.organisation_id: UUID = row[0]
        self._seq: dict[str, int] = {}

    def run(self, statement: str, **values: object) -> list[tuple[Any, ...]]:
        """Run a statement."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            own = {"organisation": self.organisation_id, **values}
            cursor = connection.execute(statement.encode(), own)
            return cursor.fetchall() if cursor.description else []

    def partner(self, name: str = "Hotel Rivoli", site: str = "default", **terms: object) -> UUID:
        """Somebody whose guests park here."""
        made = self.ids.new()
        given = {"name": name, "gives": "nights", "amount": 3, "at_most_cents": 2000, "quota": 10, **terms}
        self.run(
            "INSERT INTO partner (id, organisation_id, site_id, partition, name, body)"
            " VALUES (%(id)s, %(organisation)s, %(site)s, 0, %(name)s, %(body)s)",
            id=made,
            site=site,
            name=name,
            body=msgspec.json.encode({"id": str(made), "terms": given}),
        )
        return made

    def validation(self, partner: UUID, subject: str, made_at: datetime, site: str = "default", **more: object) -> UUID:
        """A plate that a partner has taken over."""
        made, month = self.ids.new(), f"{made_at:%Y-%m}"
        body = {
            "id": str(made),
            "partner_id": str(partner),
            "subject": subject,
            "made_at": made_at,
            "until": made_at + timedelta(days=1),
            "month": month,
            "discount": {"by": "Hotel Rivoli", "minutes": 1440, "budget_cents": 2000, "ref": str(made)},
            "author": "desk",
            **more,
        }
        self.run(
            "INSERT INTO validation (id, organisation_id, site_id, partner_id, subject, month, made_at, live, body)"
            " VALUES (%(id)s, %(organisation)s, %(site)s, %(partner)s, %(subject)s, %(month)s, %(at)s, true, %(body)s)",
            id=made,
            site=site,
            partner=partner,
            subject=subject,
            month=month,
            at=made_at,
            body=msgspec.json.encode(body),
        )
        return made

    def operator(
        self,
        login: str = "c.marchand",
        role: str = "operator",
        site: str | None = None,
        partner: UUID | None = None,
    ) -> UUID:
        """Somebody who may sign in with `PASSWORD`."""
        made = self.ids.new()
        self.run(
            "INSERT INTO operator (id, organisation_id, site_id, login, password_hash, role, partner_id)"
            " VALUES (%(id)s, %(organisation)s, %(site)s, %(login)s, %(hash)s, %(role)s, %(partner)s)",
            partner=partner,
            id=made,
            site=site,
            login=login,
            hash=WEAK.hash(PASSWORD),
            role=role,
        )
        return made

    def token(self, token: str = TOKEN, site: str = "default") -> None:
        """Give a site its edge token."""
        self.run(
            "UPDATE site SET token_hash = %(hash)s WHERE site_id = %(site)s",
            hash=hashlib.sha256(token.encode()).digest(),
            site=site,
        )

    def site(self, name: str, title: str, capacity: int = 100) -> SiteId:
        """Another site, with one entry and one exit."""
        self.run(
            "INSERT INTO site (site_id, organisation_id, partition, name, zone, currency, capacity, policy_version,"
            " tariff_version)"
            " VALUES (%(name)s, %(organisation)s, 0, %(title)s, 'Europe/Paris', 'EUR', %(capacity)s, 1, 1)",
            name=name,
            title=title,
            capacity=capacity,
        )
        for lane in ("entry", "exit"):
            self.run(
                "INSERT INTO lane (site_id, lane, organisation_id, has_sensor)"
                " VALUES (%(name)s, %(lane)s, %(organisation)s, %(lane)s = 'entry')",
                name=name,
                lane=lane,
            )
        return SiteId(name)

    def state(self, state: Mapping[str, object], site: str = "default") -> None:
        """What the site's actor has stored last."""
        self._snapshot("site", site, site, state)

    def twin(self, device: str, twin: Mapping[str, object], site: str = "default") -> None:
        """What a device's actor has stored last."""
        self._snapshot("device", f"{site}/{device}", site, twin)

    def controller(self, state: Mapping[str, object], site: str = "default") -> None:
        """What the sync of a site's controllers has stored last."""
        self._snapshot("controller", site, site, state)

    def seen(self, device: str, at: datetime, site: str = "default") -> None:
        """When a device was heard."""
        self.run(
            "INSERT INTO device_seen (site_id, device, organisation_id, partition, seen_at)"
            " VALUES (%(site)s, %(device)s, %(organisation)s, 0, %(at)s)"
            " ON CONFLICT (site_id, device) DO UPDATE SET seen_at = excluded.seen_at",
            site=site,
            device=device,
            at=at,
        )

    def badge(self, uid: str, holder: str, plan: str = "subscriber", site: str = "default") -> None:
        """A known badge."""
        self.run(
            "INSERT INTO credential (site_id, uid, organisation_id, holder, plan)"
            " VALUES (%(site)s, %(uid)s, %(organisation)s, %(holder)s, %(plan)s)",
            site=site,
            uid=uid,
            holder=holder,
            plan=plan,
        )

    def subject(self, plate: str, site: str = "default") -> str:
        """A plate, once or again; returns its holder key."""
        if known := self.run(
            "SELECT id FROM subject WHERE site_id = %(site)s AND plate = %(plate)s", site=site, plate=plate
        ):
            return str(known[0][0])
        made = self.ids.new()
        self.run(
            "INSERT INTO subject (id, organisation_id, site_id, plate, salt)"
            " VALUES (%(id)s, %(organisation)s, %(site)s, %(plate)s, '')",
            id=made,
            site=site,
            plate=plate,
        )
        return str(made)

    def photo(self, picture: bytes, lane: str, site: str = "default") -> str:
        """A picture of just now; returns its id."""
        made = self.ids.new()
        self.run(
            "INSERT INTO photo (id, organisation_id, site_id, lane, content_type, body, taken_at)"
            " VALUES (%(id)s, %(organisation)s, %(site)s, %(lane)s, 'image/jpeg', %(body)s, now())",
            id=made,
            site=site,
            lane=lane,
            body=picture,
        )
        return str(made)

    def session(
        self,
        key: str,
        opened_at: datetime | None,
        closed_at: datetime | None = None,
        site: str = "default",
        *,
        status: str | None = None,
        review: Sequence[str] = (),
        unpaid_cents: int = 0,
        lane: str = "entry",
        cause: UUID | None = None,
        confidence: float | None = None,
        **body: object,
    ) -> UUID:
        """A parking session and the reading it began with; `body` is more of what is held of it."""
        made = self.ids.new()
        quote = {"lines": [], "total_cents": unpaid_cents, "currency": "EUR", "duration_s": 5400}
        held = {"holder_key": key, "review": review, **({"unpaid": quote} if unpaid_cents else {}), **body}
        self.run(
            "INSERT INTO parking_session (id, organisation_id, site_id, partition, version, status, holder_key,"
            " opened_at, closed_at, body, in_review, unpaid_cents) VALUES (%(id)s, %(organisation)s, %(site)s, 0, 1,"
            " %(status)s, %(key)s, %(opened)s, %(closed)s, %(body)s, %(review)s, %(unpaid)s)",
            id=made,
            site=site,
            status=status or ("closed" if closed_at else "active"),
            key=key,
            opened=opened_at,
            closed=closed_at,
            body=msgspec.json.encode(held),
            review=bool(review),
            unpaid=unpaid_cents,
        )
        read_at = opened_at or closed_at or ago(0)
        self.witness(made, key, read_at, site, lane, cause=cause, confidence=confidence)
        return made

    def witness(
        self,
        session: UUID,
        key: str,
        at: datetime,
        site: str = "default",
        lane: str = "entry",
        *,
        cause: UUID | None = None,
        confidence: float | None = None,
    ) -> None:
        """A reading that speaks for a session's vehicle; `cause` is its picture's id too."""
        self.run(
            "INSERT INTO witness (session_id, organisation_id, site_id, kind, holder_key, lane, read_at, cause,"
            " confidence) VALUES (%(session)s, %(organisation)s, %(site)s, %(kind)s, %(key)s, %(lane)s, %(at)s,"
            " %(cause)s, %(confidence)s)",
            session=session,
            site=site,
            kind="pin" if key.startswith("pin:") else "plate" if "-" in key else "badge",
            key=key,
            lane=lane,
            at=at,
            cause=cause or self.ids.new(),
            confidence=confidence,
        )

    def journal(
        self,
        rule: str,
        at: datetime,
        *,
        lane: str | None = None,
        key: str | None = None,
        kind: str = "reported",
        message: Mapping[str, object] | None = None,
        site: str = "default",
        actor: str = "site",
        commands: int = 0,
        session: UUID | None = None,
        cause: UUID | None = None,
        events: Sequence[Mapping[str, object]] = (),
        given: Mapping[str, object] | None = None,
    ) -> UUID:
        """A journal row; returns what caused it. Its hashes are not true: only the product may write those."""
        cause, seq = cause or self.ids.new(), self._seq.get(site, 0) + 1
        self._seq[site] = seq
        seen = [{"type": "seen", **({"lane": lane} if lane else {}), **({"key": {"personal": "key-0"}} if key else {})}]
        told = {"type": kind, **(message or {})}
        inputs = {
            "message": told,
            "events": [*(seen if lane or key else []), *events],
            "given": given or {},
            "commands": [
                {"id": self.command_id(cause, place), "order": {"type": "barrier"}} for place in range(commands)
            ],
        }
        self.run(
            "INSERT INTO journal (chain, seq, organisation_id, site_id, at, fact_at, actor_kind, actor_id, kind, rule,"
            " inputs, cause, encoding, commitments, previous, digest, session_id) VALUES (%(chain)s, %(seq)s,"
            " %(organisation)s, %(site)s, %(at)s, %(at)s, %(actor)s, %(site)s, %(kind)s, %(rule)s, %(inputs)s,"
            " %(cause)s, 1, '{}', '', '', %(session)s)",
            session=session,
            chain=f"site:{site}",
            seq=seq,
            site=site,
            at=at,
            actor=actor,
            kind=kind,
            rule=rule,
            inputs=msgspec.json.encode(inputs),
            cause=cause,
        )
        if key:
            self.run(
                "INSERT INTO journal_personal (chain, seq, name, organisation_id, site_id, salt, value)"
                " VALUES (%(chain)s, %(seq)s, 'key-0', %(organisation)s, %(site)s, '', %(key)s)",
                chain=f"site:{site}",
                seq=seq,
                site=site,
                key=key,
            )
        return cause

    def alarm(self, kind: str, raised_at: datetime, *, site: str | None = "default", **more: object) -> UUID:
        """An alarm that stands, unless `more` says when it was cleared."""
        made = self.ids.new()
        columns = {"severity": "warning", "about": "", "last_at": raised_at, **more}
        names, places = ", ".join(columns), ", ".join(f"%({name})s" for name in columns)
        self.run(
            f"INSERT INTO alarm (id, organisation_id, site_id, kind, raised_at, {names})"
            f" VALUES (%(id)s, %(organisation)s, %(site)s, %(kind)s, %(raised_at)s, {places})",
            id=made,
            site=site,
            kind=kind,
            raised_at=raised_at,
            **columns,
        )
        return made

    def command(
        self,
        cause: UUID,
        lane: str,
        fate: str,
        at: datetime,
        site: str = "default",
        expires_s: float = 10,
        *,
        rule: str = "rule",
    ) -> str:
        """A barrier command that a journal row led to."""
        made = self.command_id(cause, 0)
        self.run(
            "INSERT INTO outbox (id, organisation_id, site_id, partition, order_kind, body, device, author, fate,"
            " fate_at, created_at, fact_at, expires_at, epoch)"
            " VALUES (%(id)s, %(organisation)s, %(site)s, 0, 'barrier', %(body)s, %(lane)s, %(rule)s, %(fate)s, %(at)s,"
            " %(at)s, %(at)s, %(expires)s, 1)",
            id=made,
            site=site,
            body=msgspec.json.encode({"type": "barrier", "lane": lane}),
            lane=lane,
            rule=rule,
            fate=fate,
            at=at,
            expires=at + timedelta(seconds=expires_s),
        )
        return made

    def fated(self, command_id: str, fate: str) -> None:
        """What became of a command."""
        self.run("UPDATE outbox SET fate = %(fate)s, fate_at = now() WHERE id = %(id)s", id=command_id, fate=fate)

    def decided(self, row_id: UUID, status: str = "done", outcome: str = '{"rule":"open-lane"}') -> None:
        """The site has decided a request."""
        self.run(
            "UPDATE inbox SET status = %(status)s, outcome = %(outcome)s WHERE id = %(id)s",
            id=row_id,
            status=status,
            outcome=outcome,
        )

    def inbox(self) -> list[tuple[Any, ...]]:
        """Every mailbox row, oldest first, but those that only tell the organisation's journal of an act."""
        return self.run(
            "SELECT id, recipient_kind, recipient_id, kind, body, event_id, status FROM inbox"
            " WHERE kind <> 'act-done' ORDER BY seq"
        )

    @staticmethod
    def command_id(cause: UUID, place: int) -> str:
        """The id a decision gives its command."""
        return str(uuid5(cause, f"command-{place}"))

    def _snapshot(self, kind: str, actor: str, site: str, body: Mapping[str, object]) -> None:
        self.run(
            "INSERT INTO snapshot (actor_kind, actor_id, organisation_id, site_id, partition, version, body)"
            " VALUES (%(kind)s, %(actor)s, %(organisation)s, %(site)s, 0, 1, %(body)s)"
            " ON CONFLICT (actor_kind, actor_id) DO UPDATE"
            " SET body = excluded.body, version = snapshot.version + 1, written_at = now()",
            kind=kind,
            actor=actor,
            site=site,
            body=msgspec.json.encode(body),
        )


def ago(seconds: float) -> datetime:
    """A moment before now."""
    return datetime.now(UTC) - timedelta(seconds=seconds)
