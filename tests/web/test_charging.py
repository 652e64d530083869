"""A session's money: what was charged and why, and what an operator may do about it, told before it is done."""

import asyncio
import re
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from syspark.domain.payment.payment import Account
from tests.web import books
from tests.web.field import PASSWORD, Field, ago
from tests.web.serving import Reader, Served
from tests.web.test_parking import decided

HOURS_7 = 7 * 3600


async def asked(reader: Reader, field: Field, session: object, act: str, **fields: Any) -> dict[str, Any]:
    """What reaches the session's mailbox when a form is sent."""
    deciding = asyncio.create_task(decided(field), name="the session")
    await reader.get(f"/sessions/{session}")
    await reader.post(f"/sessions/{session}/money/{act}", **fields)
    await deciding
    [(_, kind, recipient, tag, body, _, _)] = field.inbox()
    assert (kind, recipient) == ("session", str(session))
    return {"type": tag, **msgspec.json.decode(body)}


async def test_one_sentence_says_what_was_charged_and_why(operator: Reader, field: Field) -> None:
    session, _ = books.stay(field, "GH482KV", 24_060, 1250, left=True)
    page = await operator.get(f"/sessions/{session}")
    assert "Charged €12.50 because it stayed 6 h 41, of which 30 min are free." in page
    assert re.search(r"pi_0_\w+</code>, receipt <span class=\"num\">1</span>", page)


async def test_what_is_due_now_is_shown_with_its_lines(operator: Reader, field: Field) -> None:
    session, _ = books.stay(field, "GH482KV", 24_060)
    page = await operator.get(f"/sessions/{session}")
    assert "€12.50 due now" in page
    assert "25 × €0.50" in page


@pytest.mark.parametrize(
    ("act", "fields", "told"),
    [
        ("waive", {"reason": "goodwill"}, {"type": "waive", "reason": "goodwill"}),
        ("later", {"reason": "cannot-pay"}, {"type": "pay-later", "reason": "cannot-pay"}),
        (
            "on-site",
            {"means": "cash", "receipt": " 18-204 ", "amount": "12,5"},
            {"type": "record-on-site", "means": "cash", "receipt_number": "18-204", "amount_cents": 1250},
        ),
    ],
)
async def test_an_act_is_a_request_to_the_session_with_the_operator_s_name(
    operator: Reader, field: Field, act: str, fields: dict[str, Any], told: dict[str, object]
) -> None:
    session, _ = books.stay(field, "GH482KV", 24_060)
    assert await asked(operator, field, session, act, **fields) == {**told, "author": "c.marchand"}


async def test_a_small_refund_needs_no_password(operator: Reader, field: Field) -> None:
    session, held = books.stay(field, "GH482KV", HOURS_7, 2000, left=True)
    ref = str(held.money.payments[0].payment_ref)
    told = await asked(operator, field, session, "refund", payment=ref, amount="20.00", reason="already-paid")
    assert (told["type"], told["payment_ref"], told["amount_cents"], told.get("second_author")) == (
        "refund-payment",
        ref,
        2000,
        None,
    )


async def test_a_refund_above_20_asks_for_the_password_again(operator: Reader, field: Field) -> None:
    session, held = books.stay(field, "GH482KV", HOURS_7, 2001, left=True)
    refund: dict[str, Any] = {
        "payment": str(held.money.payments[0].payment_ref),
        "amount": "20.01",
        "reason": "goodwill",
    }
    page = await operator.get(f"/sessions/{session}")
    assert "Above €20.00: your password again" in page
    wrongs: list[dict[str, Any]] = [{}, {"password": "guess"}, {"code": "123456"}]
    for wrong in wrongs:
        response = await operator.post(f"/sessions/{session}/money/refund", **refund, **wrong)
        assert response.headers["Location"] == f"/sessions/{session}?problem=proof#money"
    assert "nothing was given back" in await operator.get(f"/sessions/{session}?problem=proof")
    assert field.inbox() == []
    told = await asked(operator, field, session, "refund", password=PASSWORD, **refund)
    assert told["amount_cents"] == 2001


async def test_so_much_is_given_back_by_two_people_only(operator: Reader, field: Field) -> None:
    field.operator("n.diallo")
    field.operator("looks", "viewer")
    field.operator("bound", site=field.site("elsewhere", "Elsewhere"))
    session, held = books.stay(field, "GH482KV", HOURS_7, 5001, left=True)
    refund: dict[str, Any] = {
        "payment": str(held.money.payments[0].payment_ref),
        "amount": "50.01",
        "reason": "goodwill",
    }
    proven: dict[str, Any] = {**refund, "password": PASSWORD}
    await operator.get(f"/sessions/{session}")
    for login, password in (
        ("", ""),
        ("c.marchand", PASSWORD),
        ("looks", PASSWORD),
        ("bound", PASSWORD),
        ("n.diallo", "guess"),
    ):
        response = await operator.post(
            f"/sessions/{session}/money/refund", **proven, second_login=login, second_password=password
        )
        assert response.headers["Location"] == f"/sessions/{session}?problem=second#money", login
    assert field.inbox() == []
    told = await asked(operator, field, session, "refund", **proven, second_login="n.diallo", second_password=PASSWORD)
    assert (told["author"], told.get("second_author")) == ("c.marchand", "n.diallo")


async def test_a_payment_for_the_wrong_plate_is_moved_to_the_other_session(operator: Reader, field: Field) -> None:
    session, held = books.stay(field, "GH482KV", HOURS_7, 1250)
    other, _ = books.stay(field, "GH482KW", HOURS_7)
    move: dict[str, Any] = {"payment": str(held.money.payments[0].payment_ref), "reason": "misread-plate"}
    told = await asked(operator, field, session, "move", into=f"http://host/sessions/{other}", **move)
    assert (told["type"], told["to"]) == ("move-payment", str(other))


async def test_it_is_moved_within_a_site_only(operator: Reader, field: Field) -> None:
    session, held = books.stay(field, "GH482KV", HOURS_7, 1250)
    elsewhere = field.session("CAFE0001", ago(900), site=field.site("elsewhere", "Elsewhere"))
    await operator.get(f"/sessions/{session}")
    for into in (str(uuid4()), "nonsense", str(session), str(elsewhere)):
        payment = str(held.money.payments[0].payment_ref)
        response = await operator.post(
            f"/sessions/{session}/money/move", payment=payment, into=into, reason="misread-plate"
        )
        assert response.headers["Location"].endswith("?problem=other#money")
    assert field.inbox() == []


@pytest.mark.parametrize("typed", ["pi_0_", "cs_", "code"])
async def test_a_session_is_found_by_its_receipt_s_code_and_the_provider_s_reference(
    operator: Reader, field: Field, typed: str
) -> None:
    session, _ = books.stay(field, "GH482KV", HOURS_7, 1250, left=True)
    [(ref, checkout, code)] = field.run("SELECT payment_ref, checkout_ref, receipt_code FROM payment")
    text = {"pi_0_": ref, "cs_": checkout, "code": code.lower()}[typed]
    async with operator.session.get("/sessions", params={"q": text}, allow_redirects=False) as response:
        assert response.headers["Location"] == f"/sessions/{session}"


@pytest.mark.parametrize(
    ("act", "fields"),
    [
        ("waive", {"reason": "because"}),
        ("waive", {}),
        ("on-site", {"means": "stripe", "receipt": "1", "amount": "5"}),
        ("on-site", {"means": "cash", "receipt": " ", "amount": "5"}),
        *(
            ("on-site", {"means": "cash", "receipt": "1", "amount": amount})
            for amount in ("", "0", "-5", "1e3", "١٢", "5.123", "NaN", "9999999")
        ),
        ("refund", {"payment": "pi_0", "amount": "0.00", "reason": "goodwill"}),
    ],
)
async def test_bad_input_is_refused_and_changes_nothing(
    operator: Reader, field: Field, act: str, fields: dict[str, Any]
) -> None:
    session, _ = books.stay(field, "GH482KV", 24_060, 1250)
    await operator.get("/sessions")
    await operator.post(f"/sessions/{session}/money/{act}", 400, **fields)
    assert field.inbox() == []


async def test_a_viewer_sees_the_money_and_does_not_touch_it(running: Served, field: Field) -> None:
    session, _ = books.stay(field, "GH482KV", 24_060, 1250, left=True)
    field.operator("looks", "viewer")
    async with Reader.visiting(running) as viewer:
        await viewer.sign_in("looks")
        page = await viewer.get(f"/sessions/{session}")
        assert "Charged €12.50" in page
        assert "/pay/s/" not in page
        assert "/money/" not in page
        for act in ("waive", "later", "refund", "on-site", "move"):
            await viewer.post(f"/sessions/{session}/money/{act}", 403, reason="goodwill")
    assert field.inbox() == []


async def test_a_session_of_another_release_shows_its_payments_no_less(operator: Reader, field: Field) -> None:
    session, _ = books.stay(field, "GH482KV", 24_060, money=Account())
    field.run("UPDATE parking_session SET body = '{\"status\": 7}'")
    assert "What happened" in await operator.get(f"/sessions/{session}")
