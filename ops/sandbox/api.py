"""The part of Stripe's API that is asked of it, for Stripe's own library. Source: Stripe API reference.

Bodies are forms, whose names are read as they are written: `line_items[0][price_data][currency]`.
"""

import asyncio
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from ops.sandbox.book import Thing, new_id, told
from ops.sandbox.till import RefusedError, Till

Form = Mapping[str, str]
SHORTEST_S, LONGEST_S = 30 * 60, 24 * 3600
LEAST_CENTS = 50
MOST_LISTED = 100
LONGEST_BODY = 16 * 1024
Page = Callable[[str], str]
"""Where a page is, for who comes back to this address."""


class Api:
    """The routes; only for whoever has the key."""

    def __init__(self, till: Till, api_key: str, page: Page) -> None:
        """Raises ValueError for a key that could be a real one's."""
        if not api_key.startswith("sk_test_"):
            raise ValueError("the sandbox takes keys that begin sk_test_")
        self._till, self._key, self._page = till, api_key, page
        # One question at a time: a key's second use must find what the first has made.
        self._turn = asyncio.Lock()

    def routes(self) -> list[web.RouteDef]:
        """What is answered."""
        return [
            web.post("/v1/checkout/sessions", self._handler(self._open)),
            web.get("/v1/checkout/sessions", self._handler(self._list("checkout.session"))),
            web.get("/v1/checkout/sessions/{id}", self._handler(self._session)),
            web.post("/v1/checkout/sessions/{id}/expire", self._handler(self._expire)),
            web.post("/v1/refunds", self._handler(self._refund)),
            web.get("/v1/refunds", self._handler(self._list("refund"))),
            web.get("/v1/disputes", self._handler(self._list("dispute"))),
        ]

    def _handler(
        self, act: Callable[[web.Request, Form], Awaitable[Thing]]
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            given = request.headers.get("Authorization", "").encode()
            if not hmac.compare_digest(given, f"Bearer {self._key}".encode()):
                return _error(401, "", "Invalid API Key provided")
            text = request.query_string if request.method == "GET" else (await request.read()).decode()
            form = dict(parse_qsl(text, keep_blank_values=True))
            async with self._turn:
                return await self._once(request, form, act)

        return handle

    async def _once(
        self, request: web.Request, form: Form, act: Callable[[web.Request, Form], Awaitable[Thing]]
    ) -> web.Response:
        key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
        asked = hashlib.sha256(repr((request.path, sorted(form.items()))).encode()).hexdigest()
        known = self._till.book.get(key, "idempotency") if key else None
        if known is not None:
            if known["asked"] != asked:
                said = (
                    "Keys for idempotent requests can only be used with the same parameters they were first used with."
                )
                return _error(400, "", said, kind="idempotency_error")
            return web.json_response(known["body"], status=known["status"])
        try:
            status, body = 200, told(await act(request, form))
        except RefusedError as error:
            return _error(error.status, error.code, error.message)
        if key:
            kept = {"id": key, "object": "idempotency", "created": self._till.now}
            await self._till.book.keep(kept | {"asked": asked, "status": status, "body": body})
        return web.json_response(body, status=status)

    async def _open(self, _request: web.Request, form: Form) -> Thing:
        price = "line_items[0][price_data]"
        amount = _whole(form, f"{price}[unit_amount]") * _whole(form, "line_items[0][quantity]")
        if amount < LEAST_CENTS:
            raise RefusedError(
                "amount_too_small", "The Checkout Session's total amount due must add up to at least €0.50"
            )
        expires_at = _whole(form, "expires_at")
        if not SHORTEST_S <= expires_at - self._till.now <= LONGEST_S:
            raise RefusedError(
                "", "The `expires_at` timestamp must be at least 30 minutes and at most 24 hours from now."
            )
        success_url, cancel_url = _needed(form, "success_url"), _needed(form, "cancel_url")
        if not all(url.startswith(("http://", "https://")) for url in (success_url, cancel_url)):
            raise RefusedError("url_invalid", "Not a valid URL")
        return await self._till.open(
            {
                "amount_total": amount,
                "currency": _needed(form, f"{price}[currency]"),
                "expires_at": expires_at,
                "success_url": success_url,
                "cancel_url": cancel_url,
                "locale": form.get("locale", "auto"),
                "client_reference_id": form.get("client_reference_id"),
                "metadata": _under("metadata", form),
                "_payment_metadata": _under("payment_intent_data[metadata]", form),
                "_label": _needed(form, f"{price}[product_data][name]"),
            },
            self._page(success_url),
        )

    async def _session(self, request: web.Request, _form: Form) -> Thing:
        ref = request.match_info["id"]
        found = self._till.book.get(ref, "checkout.session")
        if found is None:
            raise RefusedError("resource_missing", f"No such checkout.session: '{ref}'", status=404)
        return found

    async def _expire(self, request: web.Request, form: Form) -> Thing:
        return await self._till.expire(await self._session(request, form))

    async def _refund(self, _request: web.Request, form: Form) -> Thing:
        amount = _whole(form, "amount") if "amount" in form else None
        return await self._till.refund(_needed(form, "payment_intent"), amount, _under("metadata", form))

    def _list(self, kind: str) -> Callable[[web.Request, Form], Awaitable[Thing]]:
        async def listed(request: web.Request, form: Form) -> Thing:
            since, limit = _whole(form, "created[gte]", 0), min(_whole(form, "limit", 10), MOST_LISTED)
            found = [thing for thing in self._till.book.all(kind) if thing["created"] >= since]
            after = form.get("starting_after")
            if after is not None:
                place = next((number for number, thing in enumerate(found) if thing["id"] == after), len(found))
                found = found[place + 1 :]
            expanded = {value for name, value in form.items() if name.startswith("expand[")}
            page = [self._expanded(thing, expanded) for thing in found[:limit]]
            more = len(found) > limit
            return {"id": "", "object": "list", "url": request.path, "has_more": more, "data": page}

        return listed

    def _expanded(self, thing: Thing, expanded: set[str]) -> dict[str, Any]:
        """An object with its payment, and that with its charge, where this is asked for."""
        shown, book = told(thing), self._till.book
        if any(path.startswith("data.payment_intent") for path in expanded) and thing["payment_intent"]:
            intent = told(book.get(thing["payment_intent"], "payment_intent") or {})
            if "data.payment_intent.latest_charge" in expanded and intent.get("latest_charge"):
                intent["latest_charge"] = book.get(intent["latest_charge"], "charge")
            shown["payment_intent"] = intent
        return shown


def _needed(form: Form, name: str) -> str:
    if not form.get(name):
        raise RefusedError("parameter_missing", f"Missing required param: {name}.")
    return form[name]


def _whole(form: Form, name: str, otherwise: int | None = None) -> int:
    text = form.get(name)
    if text is None and otherwise is not None:
        return otherwise
    if text is None or not text.isascii() or not text.isdigit() or len(text) > 12:
        raise RefusedError("parameter_invalid_integer", f"Invalid integer: {name}")
    return int(text)


def _under(name: str, form: Form) -> dict[str, str]:
    return {key[len(name) + 1 : -1]: value for key, value in form.items() if key.startswith(f"{name}[")}


def _error(status: int, code: str, message: str, *, kind: str = "invalid_request_error") -> web.Response:
    error = {"type": kind, "message": message, **({"code": code} if code else {})}
    return web.json_response({"error": error}, status=status, headers={"Request-Id": new_id("req")})
