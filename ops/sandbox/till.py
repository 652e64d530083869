"""What happens at the sandbox: pages are opened, paid, declined and ended, money goes back, a payer contests.

Each act changes the objects Stripe would change and records the events Stripe would send, in one write.
"""

import enum
from collections.abc import Mapping
from typing import Any

from ops.sandbox.book import Book, Thing, new_id, told
from syspark.clock import Clock


class Delivery(enum.StrEnum):
    """What becomes of the webhook of an event."""

    AT_ONCE = "at-once"
    LATER = "later"
    OFTEN = "often"
    NEVER = "never"


class RefusedError(Exception):
    """What is asked cannot be done: Stripe's code for it, and its words."""

    def __init__(self, code: str, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


class Till:
    """Acts on the book. Times are the field's."""

    def __init__(self, book: Book, clock: Clock) -> None:
        self.book = book
        self._clock = clock

    @property
    def now(self) -> int:
        """This moment, in Stripe's seconds."""
        return int(self._clock.now().timestamp())

    async def open(self, values: Mapping[str, Any], page: str) -> Thing:
        """Open a page of these values; `page` is what its address begins with."""
        ref = new_id("cs_test")
        session = {
            "id": ref,
            "object": "checkout.session",
            "created": self.now,
            "livemode": False,
            "mode": "payment",
            "status": "open",
            "payment_status": "unpaid",
            "payment_intent": None,
            "url": f"{page}/{ref}",
            **values,
        }
        await self.book.keep(session)
        return session

    async def expire(self, session: Thing) -> Thing:
        """End a page. Raises `RefusedError` when it has ended already."""
        if session["status"] != "open":
            raise RefusedError(
                "", f'Only Checkout Sessions with a status in ["open"] can be expired. This one is {session["status"]}.'
            )
        ended = session | {"status": "expired", "url": None}
        await self.book.keep(ended, self._event("checkout.session.expired", ended, Delivery.AT_ONCE))
        return ended

    async def pay(self, session: Thing, how: Delivery = Delivery.AT_ONCE) -> None:
        """Pay at a page by card."""
        if session["status"] != "open":
            return
        charge, intent = self._taken(session)
        paid = session | {"status": "complete", "payment_status": "paid", "payment_intent": intent["id"], "url": None}
        await self.book.keep(charge, intent, paid, self._event("checkout.session.completed", paid, how))

    async def order(self, session: Thing) -> None:
        """Pay at a page by a bank that takes its time: complete, and still unpaid."""
        if session["status"] != "open":
            return
        intent = self._intent(session, "processing")
        begun = session | {"status": "complete", "payment_intent": intent["id"], "url": None}
        await self.book.keep(intent, begun, self._event("checkout.session.completed", begun, Delivery.AT_ONCE))

    async def settle(self, session: Thing, *, paid: bool) -> None:
        """The bank has decided."""
        intent = self.book.get(session["payment_intent"] or "", "payment_intent")
        if intent is None or intent["status"] != "processing":
            return
        if not paid:
            failed = intent | {"status": "requires_payment_method", "last_payment_error": {"code": "payment_declined"}}
            await self.book.keep(
                failed, self._event("checkout.session.async_payment_failed", session, Delivery.AT_ONCE)
            )
            return
        charge, intent = self._taken(session, intent)
        after = session | {"payment_status": "paid"}
        event = self._event("checkout.session.async_payment_succeeded", after, Delivery.AT_ONCE)
        await self.book.keep(charge, intent, after, event)

    async def decline(self, session: Thing) -> None:
        """A card is refused; the page stays open."""
        if session["status"] != "open":
            return
        error = {"code": "card_declined", "decline_code": "insufficient_funds"}
        intent = self._intent(session, "requires_payment_method") | {"last_payment_error": error}
        event = self._event("payment_intent.payment_failed", intent, Delivery.AT_ONCE)
        await self.book.keep(intent, session | {"payment_intent": intent["id"]}, event)

    async def refund(self, payment_ref: str, amount: int | None, metadata: Mapping[str, str]) -> Thing:
        """Give back so much of a payment, or what is left. Raises `RefusedError`."""
        intent = self.book.get(payment_ref, "payment_intent")
        if intent is None:
            raise RefusedError("resource_missing", f"No such payment_intent: '{payment_ref}'", status=404)
        if intent["status"] != "succeeded":
            raise RefusedError("payment_intent_unexpected_state", "This PaymentIntent has no successful charge.")
        if self._dispute(payment_ref) is not None:
            raise RefusedError("charge_disputed", "The charge has been charged back.")
        left = self._left(intent)
        if left <= 0:
            raise RefusedError("charge_already_refunded", "The charge has already been refunded.")
        if amount is not None and not 0 < amount <= left:
            raise RefusedError("amount_too_large", "Refund amount is greater than unrefunded amount on charge.")
        made = self._about(intent, "re", "refund") | {
            "amount": left if amount is None else amount,
            "status": "succeeded",
            "reason": None,
            "metadata": dict(metadata),
        }
        await self.book.keep(made, self._event("refund.created", made, Delivery.AT_ONCE))
        return made

    async def give_back(self, session: Thing) -> None:
        """A person gives back in the provider's own dashboard what is left: nothing there says whose it was."""
        if self.left_of(session) and self.dispute_of(session) is None:
            await self.refund(session["payment_intent"], None, {})

    async def contest(self, session: Thing) -> None:
        """The payer's bank takes the money back until it is decided who is right."""
        intent = self._paid(session)
        if intent is not None and self.dispute_of(session) is None:
            made = self._about(intent, "du", "dispute") | {
                "amount": intent["amount"],
                "status": "needs_response",
                "reason": "fraudulent",
                "metadata": {},
            }
            await self.book.keep(made, self._event("charge.dispute.created", made, Delivery.AT_ONCE))

    async def decide(self, session: Thing, *, won: bool) -> None:
        """The bank has decided for us, or against."""
        dispute = self.dispute_of(session)
        if dispute is not None and dispute["status"] == "needs_response":
            closed = dispute | {"status": "won" if won else "lost"}
            await self.book.keep(closed, self._event("charge.dispute.closed", closed, Delivery.AT_ONCE))

    def left_of(self, session: Thing) -> int:
        """What of a page's payment has not gone back."""
        intent = self._paid(session)
        return 0 if intent is None else self._left(intent)

    def dispute_of(self, session: Thing) -> Thing | None:
        """The dispute of a page's payment."""
        return self._dispute(session["payment_intent"])

    async def end_what_is_over(self) -> None:
        """End the pages whose time has come."""
        for session in self.book.all("checkout.session"):
            if session["status"] == "open" and session["expires_at"] <= self.now:
                await self.expire(session)

    def _paid(self, session: Thing) -> Thing | None:
        intent = self.book.get(session["payment_intent"] or "", "payment_intent")
        return intent if intent is not None and intent["status"] == "succeeded" else None

    def _left(self, intent: Thing) -> int:
        gone = (one["amount"] for one in self.book.all("refund") if one["payment_intent"] == intent["id"])
        left: int = intent["amount"] - sum(gone)
        return left

    def _dispute(self, payment_ref: str | None) -> Thing | None:
        return next((one for one in self.book.all("dispute") if one["payment_intent"] == payment_ref), None)

    def _about(self, intent: Thing, prefix: str, kind: str) -> Thing:
        return {
            "id": new_id(prefix),
            "object": kind,
            "created": self.now,
            "livemode": False,
            "currency": intent["currency"],
            "payment_intent": intent["id"],
            "charge": intent["latest_charge"],
        }

    def _intent(self, session: Thing, status: str) -> Thing:
        return {
            "id": session["payment_intent"] or new_id("pi"),
            "object": "payment_intent",
            "created": self.now,
            "livemode": False,
            "amount": session["amount_total"],
            "currency": session["currency"],
            "status": status,
            "latest_charge": None,
            "metadata": session["_payment_metadata"],
        }

    def _taken(self, session: Thing, intent: Thing | None = None) -> tuple[Thing, Thing]:
        begun = intent or self._intent(session, "")
        charge = {
            "id": new_id("ch"),
            "object": "charge",
            "created": self.now,
            "amount": begun["amount"],
            "currency": begun["currency"],
            "payment_intent": begun["id"],
            "status": "succeeded",
            "metadata": begun["metadata"],
        }
        return charge, begun | {"status": "succeeded", "latest_charge": charge["id"]}

    def _event(self, kind: str, about: Thing, how: Delivery) -> Thing:
        return {
            "id": new_id("evt"),
            "object": "event",
            "type": kind,
            "created": self.now,
            "livemode": False,
            "api_version": "2026-10-28.endive",
            "pending_webhooks": 0 if how is Delivery.NEVER else 1,
            "data": {"object": told(about)},
            "_how": how,
        }
