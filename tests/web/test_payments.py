"""The pages about money: what is not explained comes first, and each number leads to what it is computed from."""

import csv
import io
import re
from datetime import date
from itertools import pairwise

import pytest

from tests.web import books
from tests.web.field import Field, ago
from tests.web.serving import Reader, Served


def latest_days() -> list[date]:
    """The day the latest money of the books came, or the two: it came within two hours."""
    return sorted({ago(7500).date(), ago(0).date()})


async def test_what_is_not_explained_comes_first(operator: Reader, field: Field) -> None:
    books.turnover(field)
    page = await operator.get("/payments")
    assert "2 things to explain" in page
    assert "A payment: the provider says €4.50, the ledger €0.00." in page
    assert "The provider refused to give €8.00 back" in page
    order = [page.index(f'id="{name}"') for name in ("explain", "days", "list", "closings")]
    assert order == sorted(order)


async def test_when_ledger_and_provider_agree_it_says_so_and_since_when(operator: Reader, field: Field) -> None:
    session = field.session("CAFE0001", ago(900))
    books.payment(field, session, ago(60))
    assert "have not been compared yet" in await operator.get("/payments")
    books.compared(field, ago(0), 1250)
    page = await operator.get("/payments")
    assert "Every amount is explained" in page
    assert "compared, payment by payment, at" in page


async def test_each_number_leads_to_what_it_is_computed_from(operator: Reader, field: Field) -> None:
    paid = books.turnover(field)
    page = await operator.get("/payments")
    day = await operator.get(re.search(r'href="(/payments/days/default/[0-9-]+)"', page)[1])  # type: ignore[index]
    assert f"/sessions/{paid}#money" in day
    assert "€12.50" in day
    closing = await operator.get(re.search(r'href="(/payments/closings/default/\d+)"', page)[1])  # type: ignore[index]
    assert "Running total since the first day" in closing
    assert "It follows number" in closing


async def test_what_a_person_took_on_site_stands_apart(operator: Reader, field: Field) -> None:
    session = field.session("CAFE0001", ago(900))
    books.payment(field, session, ago(60), 700, means="cash")
    books.payment(field, session, ago(50), 300)
    page = await operator.get("/payments?show=on-site")
    assert "cash, on site" in page
    assert "SANDBOX" not in page
    assert re.search(r"€3\.00</td>.*€7\.00</td>", page, re.DOTALL)


async def test_payments_follow_one_another_without_a_gap(operator: Reader, field: Field) -> None:
    session = field.session("CAFE0001", ago(90_000))
    made = [books.payment(field, session, ago(60 * number)) for number in range(60)]
    numbers = field.run("SELECT receipt_code FROM payment ORDER BY paid_at DESC")
    page = await operator.get("/payments")
    more = re.search(r'href="(/payments\?[^"]*before=[^"]*)"', page)
    assert more is not None
    older = await operator.get(more[1].replace("&amp;", "&"))
    codes = re.findall(r"<code>([2-9A-Z]{6})</code>", page) + re.findall(r"<code>([2-9A-Z]{6})</code>", older)
    assert codes == [code for (code,) in numbers]
    assert len(codes) == len(made)


async def test_a_broken_chain_is_seen(operator: Reader, field: Field) -> None:
    first = books.closed(field, date(2026, 6, 1))
    books.closed(field, date(2026, 6, 2), last=first)
    assert "follows" in await operator.get("/payments")
    field.run("ALTER TABLE closing DISABLE TRIGGER ALL")
    field.run(
        "UPDATE closing SET body = %(body)s WHERE seq = 1", body=first.body.replace(b'"entries":1', b'"entries":2')
    )
    assert "broken" in await operator.get("/payments")


async def test_who_keeps_the_books_takes_them_as_a_spreadsheet(running: Served, field: Field) -> None:
    books.turnover(field)
    field.run("ALTER TABLE ledger_entry DISABLE TRIGGER ALL")
    field.run("UPDATE ledger_entry SET reason = '=1+1' WHERE means = 'cash'")
    field.operator("keeps", "manager")
    async with Reader.visiting(running) as manager:
        await manager.sign_in("keeps")
        sheets = [await manager.get(f"/payments/days/default/{day}.csv") for day in latest_days()]
        entries = [row for sheet in sheets for row in rows(sheet)]
        assert {row["amount"] for row in entries} >= {"12.50", "4.50", "-4.50", "20.00"}
        closings = rows(await manager.get("/payments/closings/default.csv"))
        assert [row["number"] for row in closings] == [str(number) for number in range(1, 10)]
        assert all(row["previous"] == before["digest"] for before, row in pairwise(closings))
        on_site = rows(await manager.get(f"/payments/days/default/{ago(3 * 86_400).date()}.csv"))
        assert "'=1+1" in {row["reason"] for row in on_site}
        assert "GH482KV" not in str([entries, closings, on_site])


def rows(text: str) -> list[dict[str, str]]:
    """What a spreadsheet shows."""
    return list(csv.DictReader(io.StringIO(text.removeprefix("\N{BYTE ORDER MARK}"))))


@pytest.mark.parametrize("role", ["viewer", "operator"])
async def test_who_does_not_keep_the_books_looks_only(running: Served, field: Field, role: str) -> None:
    books.turnover(field)
    field.operator("looks", role)
    async with Reader.visiting(running) as reader:
        await reader.sign_in("looks")
        assert ".csv" not in await reader.get("/payments")
        await reader.get(f"/payments/days/default/{latest_days()[0]}.csv", 403)
        await reader.get("/payments/closings/default.csv", 403)


async def test_another_site_s_money_does_not_exist_for_who_is_bound_to_one(running: Served, field: Field) -> None:
    books.turnover(field)
    field.site("elsewhere", "Elsewhere")
    field.operator("bound", "manager", site="elsewhere")
    async with Reader.visiting(running) as bound:
        await bound.sign_in("bound")
        assert "€12.50" not in await bound.get("/payments?site=default")
        of_days = [f"days/default/{day}{form}" for day in latest_days() for form in ("", ".csv")]
        for path in (*of_days, "closings/default/1", "closings/default.csv"):
            await bound.get(f"/payments/{path}", 404)


@pytest.mark.parametrize(
    "path",
    [
        "?show=%00&before=never&site=../x",
        "?before=2026-01-01T00:00:00",
        "/days/default/2026-02-30",
        "/closings/default/0",
    ],
)
async def test_nonsense_in_an_address_is_no_error(operator: Reader, path: str) -> None:
    await operator.get(f"/payments{path}", 200 if path.startswith("?") else 404)
