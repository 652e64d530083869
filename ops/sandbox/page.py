"""The page where nobody pays real money: a button for each way a payment can go."""

from collections.abc import Mapping
from functools import cache
from importlib import resources

import jinja2
from aiohttp import web

from ops.sandbox.book import Thing
from ops.sandbox.till import Delivery, Till
from web import forms
from web.language import chosen, words
from web.rendering import static_address
from web.sentence import Money

PAGES = "/sandbox/pay"
_FRENCH = {
    "SANDBOX: no real money": "BAC À SABLE : aucun argent réel",
    "To pay": "À payer",
    "Pay": "Payer",
    "The card is refused": "La carte est refusée",
    "Leave without paying": "Partir sans payer",
    "Pay by a bank that takes its time": "Payer par une banque qui prend son temps",
    "Pay, and the webhook": "Payer, et le webhook",
    "comes 15 s late": "arrive 15 s en retard",
    "comes three times at once": "arrive trois fois à la fois",
    "never comes": "n'arrive jamais",
    "The card was refused. Nothing was taken.": "La carte a été refusée. Rien n'a été prélevé.",
    "The bank is deciding": "La banque décide",
    "The bank pays": "La banque paie",
    "The bank refuses": "La banque refuse",
    "Paid": "Payé",
    "The payer contests it": "Le payeur conteste",
    "Give the money back": "Rendre l'argent",
    "The bank decides for the car park": "La banque donne raison au parking",
    "The bank decides for the payer": "La banque donne raison au payeur",
    "This page has ended. Nothing was taken.": "Cette page a expiré. Rien n'a été prélevé.",
    "Back to the car park": "Retour au parking",
}
_HOW = {
    "pay": Delivery.AT_ONCE,
    "pay-late": Delivery.LATER,
    "pay-often": Delivery.OFTEN,
    "pay-lost": Delivery.NEVER,
}


class HostedPage:
    """The page of one checkout: its address is the secret, as at Stripe."""

    def __init__(self, till: Till) -> None:
        self._till = till

    def routes(self) -> list[web.RouteDef]:
        """What is answered."""
        path = PAGES + "/{session:cs_test_[0-9a-f]{24}}"
        return [web.get(path, self._show), web.post(path, self._act)]

    async def _show(self, request: web.Request) -> web.Response:
        return self._page(request, self._session(request), declined=False)

    async def _act(self, request: web.Request) -> web.Response:
        session, till = self._session(request), self._till
        act = (await forms.fields(request)).get("act", "")
        match act:
            case "pay" | "pay-late" | "pay-often" | "pay-lost":
                await till.pay(session, _HOW[act])
            case "bank":
                await till.order(session)
            case "decline":
                await till.decline(session)
                return self._page(request, self._session(request), declined=True)
            case "leave":
                raise web.HTTPSeeOther(session["cancel_url"])
            case "bank-pays" | "bank-refuses":
                await till.settle(session, paid=act == "bank-pays")
            case "contest":
                await till.contest(session)
            case "refund":
                await till.give_back(session)
            case "won" | "lost":
                await till.decide(session, won=act == "won")
            case _:
                raise web.HTTPBadRequest
        if act in _HOW or act == "bank":
            raise web.HTTPSeeOther(session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"]))
        return self._page(request, self._session(request), declined=False)

    def _session(self, request: web.Request) -> Thing:
        found = self._till.book.get(request.match_info["session"], "checkout.session")
        if found is None:
            raise web.HTTPNotFound
        return found

    def _page(self, request: web.Request, session: Thing, *, declined: bool) -> web.Response:
        language = chosen(request).language if session["locale"] == "auto" else session["locale"]
        amount = words(language).money(Money(session["amount_total"], session["currency"].upper()))
        dispute = self._till.dispute_of(session)
        text = _template().render(
            _=(_FRENCH if language == "fr" else {key: key for key in _FRENCH}).__getitem__,
            language=language,
            css=static_address("syspark.css"),
            session=session,
            label=session["_label"],
            amount=amount,
            declined=declined,
            left=self._till.left_of(session),
            dispute=dispute["status"] if dispute is not None else "",
        )
        return web.Response(text=text, content_type="text/html", charset="utf-8", headers=dict(_LANGUAGE_VARIES))


_LANGUAGE_VARIES: Mapping[str, str] = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}


@cache
def _template() -> jinja2.Template:
    source = resources.files("ops.sandbox").joinpath("templates", "pay.html").read_text(encoding="utf-8")
    return jinja2.Environment(autoescape=True, trim_blocks=True, undefined=jinja2.StrictUndefined).from_string(source)
