"""Every address says who may use it; one organisation never sees another; the wing knows no driver."""

import ast
import re
from importlib import resources
from uuid import uuid4

import pytest

from syspark.acts import act
from syspark.domain.messages import ActKind
from syspark.persistence.postgres.database import Database
from syspark.persistence.postgres.web_database import OrganisationDatabase
from syspark.persistence.postgres.web_sessions import PostgresOperators, only_organisation
from syspark.ports import DataRefused
from syspark.web_ports import Operator
from tests.web.field import PASSWORD, WEAK, Field, ago
from tests.web.serving import Reader
from web.app import routes

PUBLIC = {
    ("GET", "/login"),
    ("POST", "/login"),
    ("GET", "/login/link/{token}"),
    ("POST", "/logout"),
    ("POST", "/preferences"),
    ("GET", "/static/{name}"),
    ("GET", "/favicon.ico"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
    ("GET", "/pay"),
    ("GET", "/pay/{site}"),
    ("POST", "/pay/{site}"),
    ("GET", "/pay/{site}/help"),
    ("POST", "/pay/{site}/help"),
    ("GET", "/pay/{site}/rescue"),
    ("GET", "/pay/{site}/arrival"),
    ("POST", "/pay/{site}/arrival"),
    ("GET", "/pay/{site}/sign"),
    ("GET", "/pay/{site}/code.svg"),
    ("GET", "/pay/s/{token}"),
    ("POST", "/pay/s/{token}"),
    ("GET", "/pay/s/{token}/help"),
    ("POST", "/pay/s/{token}/help"),
    ("POST", "/pay/s/{token}/receipt.pdf"),
}
EDGE = {
    ("POST", "/edge/{token}/api/plate_event"),
    ("POST", "/edge/{token}/api/meteo"),
    ("POST", "/api/plate_event"),
    ("POST", "/api/meteo"),
}
SIGNED = {("POST", "/api/stripe_webhook")}
"""Only with the provider's signature: tests/web/test_webhook.py."""

SIGNED_IN = {
    ("GET", "/"),
    ("GET", "/sites"),
    ("GET", "/sites/{site}"),
    ("GET", "/sites/{site}/photos/{photo}"),
    ("POST", "/sites/{site}/lanes/{lane}/open"),
    ("GET", "/alarms"),
    ("POST", "/alarms/{alarm}"),
    ("POST", "/sites/{site}/lanes/{lane}/mode"),
    ("POST", "/sites/{site}/lanes/{lane}/answer"),
    ("GET", "/access"),
    ("GET", "/sites/{site}/access"),
    ("POST", "/sites/{site}/access/{act}"),
    ("GET", "/sites/{site}/equipment"),
    ("POST", "/sites/{site}/controllers/again"),
    ("POST", "/sites/{site}/devices/{device}"),
    ("GET", "/sites/{site}/tariffs"),
    ("GET", "/sites/{site}/tariffs/board"),
    ("GET", "/sites/{site}/tariffs/new"),
    ("POST", "/sites/{site}/tariffs/new"),
    ("GET", "/partners"),
    ("GET", "/sites/{site}/partners"),
    ("POST", "/sites/{site}/partners/{act}"),
    ("GET", "/sites/{site}/partners.csv"),
    ("GET", "/requests/{request}"),
    ("POST", "/sites/{site}/lanes/{lane}/match"),
    ("POST", "/sites/{site}/count"),
    ("POST", "/sites/{site}/confusions/forget"),
    ("GET", "/sites/{site}/evacuation"),
    ("POST", "/sites/{site}/evacuation"),
    ("POST", "/sites/{site}/evacuation/end"),
    ("GET", "/sessions"),
    ("POST", "/sessions/close"),
    ("GET", "/sessions/{session}"),
    ("POST", "/sessions/{session}/{act}"),
    ("POST", "/sessions/{session}/money/{act}"),
    ("GET", "/review"),
    ("GET", "/payments"),
    ("GET", "/payments/days/{site}/{day}"),
    ("GET", "/payments/days/{site}/{day}.csv"),
    ("GET", "/payments/closings/{site}.csv"),
    ("GET", "/payments/closings/{site}/{seq}"),
    ("GET", "/live"),
}
OF_PARTNERS = {("GET", "/partner"), ("POST", "/partner/{act}")}
"""Only for a partner's login, which sees nothing else."""

FORBIDDEN = {"psycopg", "psycopg_pool", "paho", "stripe", "actors", "ops", "syspark.persistence", "syspark.gateways"}

ADDED = act(ActKind.OPERATOR_ADDED, "somebody", "admin")


def declared() -> set[tuple[str, str]]:
    """Method and address of every route, patterns left out."""
    return {(route.method, re.sub(r"\{(\w+):(?:[^{}]|\{[^{}]*\})*\}", r"{\1}", route.path)) for route in routes()}


def test_every_route_says_who_may_use_it() -> None:
    assert declared() == PUBLIC | EDGE | SIGNED | SIGNED_IN | OF_PARTNERS


@pytest.mark.parametrize(("method", "path"), sorted(SIGNED_IN | EDGE | OF_PARTNERS))
async def test_nobody_gets_in_without_a_shift_or_a_token(reader: Reader, method: str, path: str) -> None:
    async with reader.session.request(method, named(path), allow_redirects=False) as response:
        assert response.status in {303, 401}
        if response.status == 303:
            assert response.headers["Location"].startswith("/login?to=")


def named(path: str) -> str:
    """An address with names in their places."""
    act = "waive" if "/money/" in path else "validate" if "partner" in path else "close"
    names = {"site": "default", "lane": "entry", "token": "guess", "act": act, "device": "ascenseur", "seq": "1"}
    ids = {name: str(uuid4()) for name in ("photo", "request", "session", "alarm")}
    return path.format(**names, **ids, day="2026-11-23")


async def test_a_partner_sees_one_page_and_nothing_else(field: Field, reader: Reader) -> None:
    hotel = field.partner()
    field.operator("desk", role="partner", site="default", partner=hotel)
    await reader.sign_in("desk")
    for method, path in sorted(SIGNED_IN - {("GET", "/")}):
        form = {"csrf": reader.csrf, "partner": str(hotel), "plate": "AA123BB"} if method == "POST" else None
        sent = {"Origin": reader.address}
        async with reader.session.request(
            method, named(path), allow_redirects=False, data=form, headers=sent
        ) as response:
            assert response.status in {403, 404}, (method, path, response.status)
    assert "Hotel Rivoli" in await reader.get("/")
    assert field.inbox() == []


async def test_nobody_else_has_a_partner_s_page(operator: Reader, field: Field) -> None:
    await operator.get("/partner", 403)
    await operator.post("/partner/validate", 403, plate="AA123BB")
    assert field.inbox() == []


async def test_another_organisation_s_rows_do_not_exist(operator: Reader, field: Field) -> None:
    mine, field.organisation_id = field.organisation_id, uuid4()
    field.run("INSERT INTO organisation (organisation_id, name) VALUES (%(organisation)s, 'Others')")
    field.site("theirs", "Their car park")
    field.state({"lanes": {"entry": {"present": True, "waiting_since": ago(9).isoformat()}}}, "theirs")
    field.journal("vehicle-arrived", ago(9), lane="entry", site="theirs")
    photo = field.photo(b"\xff\xd8\xff theirs", "entry", "theirs")
    field.operator("their.operator")
    field.organisation_id = mine
    assert "Their car park" not in await operator.get("/") + await operator.get("/sites?q=their")
    await operator.get("/sites/theirs", 404)
    for site in ("theirs", "default"):
        await operator.get(f"/sites/{site}/photos/{photo}", 404)
    await operator.post("/sites/theirs/lanes/entry/open", 404, reason="entitled")
    await operator.post("/logout")
    await operator.get("/login")
    await operator.post("/login", 401, login="their.operator", password=PASSWORD)
    assert field.inbox() == []


async def test_the_first_operator_is_added_by_the_worker_s_role(field: Field, reader: Reader) -> None:
    database = Database(field.url)
    await database.open()
    try:
        operators = PostgresOperators(OrganisationDatabase(database, await only_organisation(database)))
        assert not await operators.any()
        await operators.add(Operator(uuid4(), "admin", WEAK.hash(PASSWORD), "admin"), ADDED)
        assert await operators.any()
        with pytest.raises(DataRefused):
            await operators.add(Operator(uuid4(), "admin", WEAK.hash(PASSWORD), "admin"), ADDED)
    finally:
        await database.close()
    await reader.sign_in("admin")


def test_the_wing_knows_no_driver_and_not_the_other_wing() -> None:
    found = set()
    folders = [resources.files("web")]
    while folders:
        for file in folders.pop().iterdir():
            if file.is_dir():
                folders.append(file)
            elif file.name.endswith(".py"):
                found |= imports(file.read_text(encoding="utf-8"))
    assert {name for name in found if any(f"{name}.".startswith(f"{one}.") for one in FORBIDDEN)} == set()


def imports(text: str) -> set[str]:
    """The modules a source names."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found
