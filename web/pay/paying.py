"""From the amount to the provider's page and back. What the driver's browser says of a payment is never believed.

The price is offered by the session, under an id made here; the provider's page is opened for it once, whoever presses
how often. That it is paid is read from its row, which only the provider's own word changes. Source: docs/money.md.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from uuid import uuid4

from aiohttp import web

from syspark import logs
from syspark.domain.messages import MatchVehicle, OpenReason
from syspark.domain.payment.messages import AskPrice, CheckoutOpened, CheckoutRefused, ConfirmStay, UseCode
from syspark.domain.payment.payment import Payment
from syspark.domain.site.matching import DRIVER
from syspark.domain.units import Lane, OfferId
from syspark.errors import Unavailable
from syspark.payment_ports import Checkout, CheckoutWanted, PaymentProvider, PaymentRefused
from syspark.portal_links import PortalLink, path_of
from web import asking, client, csrf, language
from web.pay import guard, proof
from web.pay.bill import bill_of
from web.pay.finding import too_fast
from web.pay.place import shown
from web.pay.receipt import MEANS
from web.pay.stay import NOTE_FROM_CENTS, Stay, Step, stay_by, stay_of
from web.sentence import Money, Sentence, said
from web.wing import WING

log = logs.get_logger(__name__)

BACK = "back"
NO_ANSWER = said("The car park does not answer just now: nothing was charged. Try again in a moment, or ask for help.")
NOTHING_DUE = said("There is nothing to pay for this stay now.")
PAYMENTS_AWAY = said("Payments do not answer just now: nothing was charged. Try again in a moment, or ask for help.")


async def show(request: web.Request) -> web.StreamResponse:
    """What is due, that it is being paid, or the receipt."""
    return page(request, await stay_of(request), changed="changed" in request.query)


@csrf.form
async def act(request: web.Request) -> web.StreamResponse:
    """Pay, prove whose stay it is or when it began, use a code, or say that the vehicle at the exit is one's own."""
    stay, fields = await stay_of(request), request[csrf.FIELDS]
    if "proof" in fields:
        return await _prove(request, stay, fields["proof"].strip()[:16])
    if "day" in fields or "denied" in fields:
        return await _confirm(request, stay, fields)
    if "code" in fields:
        return await _use_code(request, stay, fields["code"].strip()[:16])
    if "claim" in fields:
        return await _claim(request, stay)
    return await _pay(request, stay, fields.get("cents", ""))


def page(
    request: web.Request, stay: Stay, problem: Sentence | None = None, *, changed: bool = False, status: int = 200
) -> web.Response:
    """The page of a stay."""
    back = request.query.get(BACK)
    step = stay.step(back=back == "paid")
    due, wing = stay.due, request.app[WING]
    quote = stay.payment.quote if step is Step.PAID and stay.payment is not None else due
    values = {
        "stay": stay,
        "bill": bill_of(quote) if quote is not None else None,
        "means": MEANS[stay.payment.means] if stay.payment is not None else None,
        "refunded": _refunded(stay),
        "note": quote is not None and quote.total_cents >= NOTE_FROM_CENTS,
        "problem": problem or _last_try(stay, canceled=back == "no"),
        "changed": changed,
        "proof_wrong": status == 403,
        "can_pay": wing.payments is not None,
        "help_at": f"{request.path}/help",
        "here": request.path,
        "address": f"{client.origin(request)}{request.path}",
        "now": stay.now,
    }
    return shown(request, step, values, stay.place, status)


def _refunded(stay: Stay) -> Money | None:
    """What of the payment went back."""
    if stay.stored is None or stay.payment is None or not stay.stored.refunded_cents:
        return None
    return Money(stay.stored.refunded_cents, stay.payment.currency)


def _last_try(stay: Stay, *, canceled: bool) -> Sentence | None:
    """What became of the last try to pay, if it came to nothing."""
    payment = stay.payment
    if payment is None or payment.is_paid:
        return None
    if payment.failed is not None:
        return said("Your bank has refused the payment: nothing was charged. Try again, with another card if you can.")
    if stay.offered is None:
        return said("The price was held for 10 minutes, which are over: this is the amount now.")
    return said("Nothing was charged.") if canceled else None


async def _prove(request: web.Request, stay: Stay, given: str) -> web.StreamResponse:
    session_id = stay.session.id
    made = await guard.taken(request, stay.place, session_id)
    if made.wait_s > 0:
        return too_fast(request, stay.place, made.wait_s)
    if not proof.holds(request, stay, given):
        await guard.missed(request, stay.place)
        return page(request, stay, said("This is neither the code of the exit nor the time of arrival."), status=403)
    await guard.given_back(request, made)
    raise web.HTTPSeeOther(_path(request, PortalLink(session_id, proven=True, offer_id=stay.link.offer_id)))


async def _confirm(request: web.Request, stay: Stay, fields: Mapping[str, str]) -> web.StreamResponse:
    """The driver says on which day a long stay began; whoever has not shown that it is theirs is slowed down.

    Who came on another day than is known is for a person to help.
    """
    try:
        day = date.fromisoformat(fields["day"]) if "denied" not in fields else None
    except ValueError:
        return page(request, stay, said("Give the day on which you came."), status=400)
    wing, known, made = request.app[WING], stay.is_known, None
    if not known:
        made = await guard.taken(request, stay.place, stay.session.id)
        if made.wait_s > 0:
            return too_fast(request, stay.place, made.wait_s)
    row = stay.place.to_session(wing, stay.session.id, ConfirmStay(arrived_on=day, author=DRIVER))
    await wing.stores.requests.put(row)
    decided = await asking.decided(wing, row.id)
    if decided is None or decided.status == "new":
        return page(request, stay, NO_ANSWER, status=503)
    if decided.status != "refused":
        if made is not None:
            await guard.given_back(request, made)
        raise web.HTTPSeeOther(request.path)
    if known:
        raise web.HTTPSeeOther(f"{request.path}/help")
    await guard.missed(request, stay.place)
    return page(request, stay, said("You were seen entering on another day: check it, or ask for help."), status=409)


async def _use_code(request: web.Request, stay: Stay, typed: str) -> web.StreamResponse:
    """Have a discount code taken off; whoever tries codes is slowed down as whoever tries plates."""
    wing, made = request.app[WING], await guard.taken(request, stay.place, stay.session.id)
    if made.wait_s > 0:
        return too_fast(request, stay.place, made.wait_s)
    row = stay.place.to_session(wing, stay.session.id, UseCode(code=typed))
    await wing.stores.requests.put(row)
    decided = await asking.decided(wing, row.id)
    if decided is not None and decided.status == "refused":
        await guard.missed(request, stay.place)
        wrong = said("This code does not count for this stay, or one was used already.")
        return page(request, stay, wrong, status=409)
    await guard.given_back(request, made)
    raise web.HTTPSeeOther(request.path)


async def _claim(request: web.Request, stay: Stay) -> web.StreamResponse:
    """The vehicle at the exit, read as another, is this one: says its driver, who has typed its plate."""
    wing = request.app[WING]
    asked = MatchVehicle(lane=Lane.EXIT, session_id=stay.session.id, reason=OpenReason.MISREAD_PLATE, author=DRIVER)
    row = stay.place.to_site(wing, asked)
    await wing.stores.requests.put(row)
    decided = await asking.decided(wing, row.id)
    log.info("portal: vehicle at the exit claimed", site=stay.place.site.id, session=stay.session.id)
    if decided is not None and decided.status == "refused":
        return page(request, stay, said("The vehicle at the exit was read as another one: ask for help."), status=409)
    raise web.HTTPSeeOther(request.path)


async def _pay(request: web.Request, stay: Stay, cents: str) -> web.StreamResponse:
    wing = request.app[WING]
    if wing.payments is None:
        return page(request, stay, PAYMENTS_AWAY, status=503)
    if stay.payment is not None and stay.payment.is_paid:
        raise web.HTTPSeeOther(request.path)
    offered = stay.offered
    if offered is None:
        refused = await _ask_price(request, stay)
        stay = await stay_by(request, PortalLink(stay.session.id, stay.link.proven))
        offered = stay.offered_last
        if offered is None:
            return page(request, stay, refused or (None if stay.to_confirm else NOTHING_DUE), status=409)
        stay = await stay_by(request, PortalLink(stay.session.id, stay.link.proven, offered.id))
    if cents != str(offered.quote.total_cents):
        raise web.HTTPSeeOther(f"{_path(request, stay.link)}?changed")
    try:
        checkout = await _opened(request, wing.payments, stay, offered)
    except Unavailable:
        return page(request, stay, PAYMENTS_AWAY, status=503)
    except PaymentRefused as error:
        why = CheckoutRefused(offer_id=offered.id, why=str(error))
        await wing.stores.requests.put(stay.place.to_session(wing, stay.session.id, why))
        return page(request, stay, said("This amount cannot be paid here: ask for help."), status=502)
    return shown(request, "leaving", {"url": checkout.url, "provider": wing.payments.name}, stay.place)


async def _ask_price(request: web.Request, stay: Stay) -> Sentence | None:
    """Have the session offer its price; what the driver is told when it does not."""
    wing = request.app[WING]
    lane = Lane.EXIT if stay.stands_at_exit else None
    row = stay.place.to_session(wing, stay.session.id, AskPrice(offer_id=OfferId(str(uuid4())), lane=lane))
    await wing.stores.requests.put(row)
    decided = await asking.decided(wing, row.id)
    if decided is None or decided.status == "new":
        log.warning("portal: no answer about a price", site=stay.place.site.id, session=stay.session.id)
        return said(
            "The car park does not answer just now: nothing was charged. Try again in a moment, or ask for help."
        )
    return None


async def _opened(request: web.Request, payments: PaymentProvider, stay: Stay, offered: Payment) -> Checkout:
    """The provider's page for what is offered, told to the session the first time."""
    wing, place, origin = request.app[WING], stay.place, client.origin(request)
    # For one offer always the same, whoever asks from which tab: the provider refuses the same key with other words.
    words = language.words(place.policy.display_languages[0])
    mine = PortalLink(stay.session.id, offer_id=offered.id)
    paid = replace(mine, payer=True)
    wanted = CheckoutWanted(
        offer_id=offered.id,
        session_id=stay.session.id,
        site_id=place.site.id,
        organisation_id=place.site.organisation_id,
        amount_cents=offered.quote.total_cents,
        currency=offered.quote.currency,
        label=words.text(said("Parking, {site}").id).format(site=place.site.name),
        language="auto",
        success_url=f"{origin}{_path(request, paid)}?{BACK}=paid",
        cancel_url=f"{origin}{_path(request, mine)}?{BACK}=no",
        expires_at=offered.valid_until,
    )
    checkout = await payments.open_checkout(wanted)
    if offered.checkout_ref is None:
        told = CheckoutOpened(offer_id=offered.id, checkout_ref=checkout.ref, expires_at=checkout.expires_at)
        await wing.stores.requests.put(place.to_session(wing, stay.session.id, told))
    log.info("portal: checkout opened", site=place.site.id, session=stay.session.id, offer=offered.id)
    return checkout


def _path(request: web.Request, link: PortalLink) -> str:
    return path_of(request.app[WING].secret_key, link)
