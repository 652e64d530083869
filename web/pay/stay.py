"""A driver's stay as the bearer of a link may see it: what is due, what was offered, what is paid."""

import enum
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from aiohttp import web

from syspark import portal_links
from syspark.domain.payment.payment import Payment
from syspark.domain.session import Session
from syspark.domain.session.confirming import to_confirm
from syspark.domain.session.leaving import due_now, leave_by
from syspark.domain.tariff import Quote
from syspark.domain.units import Lane
from syspark.portal_links import PortalLink
from syspark.web_ports import PortalPayment, PortalSession
from web.pay.place import Place, place_named
from web.wing import WING

NOTE_FROM_CENTS = 2500
"""From which an itemised note is shown before payment. Source: domain.md, "Seller"."""

LET_OUT_S = 60


class Step(enum.StrEnum):
    """Where a driver is on their way: to see what is due, to wait for the bank, to have paid, or with nothing to do."""

    DUE = "due"
    WAITING = "waiting"
    PAID = "paid"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Stay:
    """A session with what the link in the address says, and the price offered under it, if there is one."""

    link: PortalLink
    place: Place
    held: PortalSession
    session: Session
    stored: PortalPayment | None
    payment: Payment | None
    now: datetime

    @property
    def is_known(self) -> bool:
        """Whether its bearer may see the stay: they have proven whose it is, or paid for it."""
        return self.link.proven or (self.link.payer and self.payment is not None and self.payment.is_paid)

    @property
    def offered(self) -> Payment | None:
        """The price that still holds, and can be paid."""
        return self.payment if self.payment is not None and self._holds(self.payment) else None

    @property
    def offered_last(self) -> Payment | None:
        """The price that holds of all that were offered for the stay: two tabs are offered the same one."""
        last = self.session.money.payments[-1:]
        return next((one for one in last if self._holds(one)), None)

    @property
    def due(self) -> Quote | None:
        """What is to be paid: as offered, else as of now; None: nothing."""
        if self.offered is not None:
            return self.offered.quote
        return due_now(self.session, self.place.policy, self.now)[0]

    @property
    def stands_at_exit(self) -> bool:
        """Whether its vehicle was the last one read at the exit, and waits there as far as is known."""
        lane = self.place.lane(Lane.EXIT)
        return (
            lane.identity is not None and lane.identity.session_id == self.session.id and lane.waiting_since is not None
        )

    @property
    def may_stand_at_exit(self) -> bool:
        """Whether a vehicle waits there whose plate was read as nobody's, and much like this one's."""
        lane = self.place.lane(Lane.EXIT)
        suggested = any(one.session_id == self.session.id for one in lane.suggestions)
        return suggested and lane.waiting_since is not None

    @property
    def to_confirm(self) -> bool:
        """Whether its driver has to say on which day they came, before they pay."""
        return self.offered is None and to_confirm(self.session, self.place.policy, self.now)

    def day(self, at: datetime) -> str:
        """The day of a moment on the site's calendar, as forms send it."""
        return at.astimezone(ZoneInfo(self.session.zone)).date().isoformat()

    @property
    def leave_by(self) -> datetime | None:
        """Until when who has paid may take to leave."""
        paid_at = self.session.paid_at
        return None if paid_at is None else leave_by(self.session, paid_at)

    @property
    def is_let_out(self) -> bool:
        """Whether the barrier opens for it just now."""
        closed_at = self.session.closed_at
        return closed_at is not None and (self.now - closed_at).total_seconds() < LET_OUT_S

    def step(self, *, back: bool) -> Step:
        """Where the driver is; `back`: they come from the provider's page, and say that they have paid."""
        if self.payment is not None and self.payment.is_paid:
            return Step.PAID
        if back and self.payment is not None and self.payment.is_live:
            return Step.WAITING
        return Step.DUE if self.due is not None else Step.NOTHING

    def _holds(self, offer: Payment) -> bool:
        return offer.is_live and self.now < offer.valid_until


async def stay_of(request: web.Request) -> Stay:
    """The stay in the address. Raises `HTTPNotFound`: no link of ours, or nothing is kept of it; `Unavailable`."""
    link = portal_links.read(request.app[WING].secret_key, request.match_info["token"])
    if link is None:
        raise web.HTTPNotFound
    return await stay_by(request, link)


async def stay_by(request: web.Request, link: PortalLink) -> Stay:
    """The stay a link leads to. Raises as `stay_of`."""
    wing, stored = request.app[WING], None
    held = await wing.stores.portal.session(link.session_id)
    if held is None:
        raise web.HTTPNotFound
    place = await place_named(request, held.site_id)
    if link.offer_id is not None:
        stored = await wing.stores.portal.payment(link.session_id, UUID(link.offer_id))
    return Stay(
        link,
        place,
        held,
        msgspec.json.decode(held.body, type=Session),
        stored,
        msgspec.json.decode(stored.body, type=Payment) if stored is not None else None,
        wing.clock.now(),
    )
