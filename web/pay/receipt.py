"""The receipt of who has paid, and from 25.00 the note before: on the page, and as a PDF for their accounts.

Only the link of the very offer that was paid leads to its receipt. Source: domain.md, "Seller".
"""

import asyncio
from datetime import datetime
from html import unescape

from aiohttp import web

from syspark.contract.values import clean_text
from syspark.domain.payment.payment import Means, Payment
from syspark.domain.tariff import Quote
from web import csrf, language
from web.language import Words
from web.pay.bill import Bill, BillLine, bill_of
from web.pay.paper import Paper
from web.pay.stay import NOTE_FROM_CENTS, Stay, stay_of
from web.reading.plates import spaced
from web.sentence import Money, Sentence, said

COMPANY_CHARS = 80
SANDBOX = said("SANDBOX: no real money")
MEANS: dict[Means, Sentence] = {
    Means.STRIPE: said("card, by Stripe"),
    Means.SANDBOX: said("sandbox, no real money"),
    Means.CASH: said("cash"),
    Means.TERMINAL: said("card, on site"),
    Means.NONE: said("nothing"),
}


@csrf.form
async def download(request: web.Request) -> web.StreamResponse:
    """The PDF, with the name of a company where one was typed. What is not paid has the note alone."""
    stay = await stay_of(request)
    company = clean_text(request[csrf.FIELDS].get("company", ""), COMPANY_CHARS)
    words = language.chosen(request).of(stay.place.site.zone)
    quote = stay.payment.quote if stay.payment is not None and _is_paid(stay) else stay.due
    if quote is None or (not _is_paid(stay) and quote.total_cents < NOTE_FROM_CENTS):
        raise web.HTTPNotFound
    body = await asyncio.to_thread(_drawn, paper_of(stay, quote, company, words))
    return web.Response(
        body=body,
        content_type="application/pdf",
        headers={"Content-Disposition": 'attachment; filename="syspark.pdf"'},
    )


def paper_of(stay: Stay, quote: Quote, company: str, words: Words) -> Paper:
    """What stands on the paper."""
    paid = stay.payment if _is_paid(stay) else None
    title = _in(words, said("Receipt")) if paid is not None else _in(words, said("Note before payment"))
    number = stay.stored.receipt_number if stay.stored is not None else None
    if paid is not None and number is not None:
        title = f"{title} {number}"
    bill = bill_of(quote)
    code = stay.stored.receipt_code if paid is not None and stay.stored is not None else None
    return Paper(
        language=words.language,
        ribbon=_in(words, SANDBOX) if paid is not None and paid.means is Means.SANDBOX else "",
        title=title,
        seller=_seller(stay, words),
        code=(_in(words, said("Receipt code")), code) if code else None,
        rows=(*_stay(stay, quote, words), *_paid(stay, paid, words), *_company(company, words)),
        lines=tuple(
            (_label(line, words), words.money(line.total) if line.total is not None else "")
            for line in (bill.lines if stay.is_known else ())
        ),
        totals=(
            (_in(words, said("Total paid") if paid is not None else said("Total")), words.money(bill.total)),
            *_vat(bill, words),
        ),
        foot=_in(words, said("Parking, {site}", site=stay.place.site.name)),
    )


def _is_paid(stay: Stay) -> bool:
    return stay.is_known and stay.payment is not None and stay.payment.is_paid


def _drawn(paper: Paper) -> bytes:
    from web.pay.drawing import drawn  # noqa: PLC0415 - loads what few processes need, and in this thread

    return drawn(paper)


def _seller(stay: Stay, words: Words) -> tuple[str, ...]:
    seller = stay.place.site.seller
    if seller is None:
        return (stay.place.site.name,)
    lines = [seller.name, *(line for line in seller.address.splitlines() if line)]
    if seller.siren:
        lines.append(_in(words, said("SIREN {number}", number=seller.siren)))
    if seller.vat_number:
        lines.append(_in(words, said("VAT number {number}", number=seller.vat_number)))
    return tuple(lines)


def _stay(stay: Stay, quote: Quote, words: Words) -> tuple[tuple[str, str], ...]:
    rows = [(_in(words, said("Car park")), stay.place.site.name)]
    if stay.held.plate is not None:
        rows.append((_in(words, said("Plate")), spaced(stay.held.plate)))
    session = stay.session
    if stay.is_known and session.since is not None:
        arrived = said("Arrived") if session.opened_at is not None else said("Arrived, as declared")
        rows.append((_in(words, arrived), _moment(session.since, words)))
        rows.append((_in(words, said("Stay")), words.stay(quote.duration_s)))
    return tuple(rows)


def _paid(stay: Stay, paid: Payment | None, words: Words) -> tuple[tuple[str, str], ...]:
    if paid is None or paid.paid_at is None:
        return ((_in(words, said("Made")), _moment(stay.now, words)),)
    rows = [
        (_in(words, said("Paid on")), _moment(paid.paid_at, words)),
        (_in(words, said("By")), _in(words, MEANS[paid.means])),
    ]
    if stay.stored is not None and stay.stored.refunded_cents:
        refunded = Money(stay.stored.refunded_cents, paid.currency)
        rows.append((_in(words, said("Given back")), words.money(refunded)))
    return tuple(rows)


def _company(company: str, words: Words) -> tuple[tuple[str, str], ...]:
    return ((_in(words, said("For")), company),) if company else ()


def _vat(bill: Bill, words: Words) -> tuple[tuple[str, str], ...]:
    if bill.vat is None:
        return ()
    percent = words.decimal(bill.vat_percent)
    return ((_in(words, said("of which VAT {percent} %", percent=percent)), words.money(bill.vat)),)


def _label(line: BillLine, words: Words) -> str:
    text = unescape(str(words.say(line.what)))
    return f"{text} ({line.count} × {words.money(line.each)})" if line.each is not None else text


def _moment(at: datetime, words: Words) -> str:
    return f"{words.date(at)} {words.minute(at)}"


def _in(words: Words, sentence: Sentence) -> str:
    """A sentence as text: paper has no markup to be kept from."""
    return words.text(sentence.id).format(**dict(sentence.values))
