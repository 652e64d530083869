"""Who gets in, what answers carry, and what is refused."""

import asyncio
import re
import threading
from datetime import UTC, datetime, timedelta
from http.cookies import SimpleCookie

import pytest

from syspark.clock import SteppedClock
from tests.web.field import PASSWORD, Field
from tests.web.serving import SECRET_KEY, Reader, Served, served_on
from web import links
from web.headers import HSTS
from web.throttle import Slowdown
from web.totp import code_at


def cookies_of(response_headers: object) -> SimpleCookie:
    """The cookies an answer sets."""
    jar: SimpleCookie = SimpleCookie()
    for line in response_headers.getall("Set-Cookie", []):  # type: ignore[attr-defined]
        jar.load(line)
    return jar


async def test_nobody_sees_a_page_without_a_shift(reader: Reader, field: Field) -> None:
    for path in ("/", "/sites", "/sites/default"):
        async with reader.session.get(path, allow_redirects=False) as response:
            assert response.status == 303
            assert response.headers["Location"].startswith("/login?to=")
    await reader.get("/live", 401, headers={"Accept": "text/event-stream"})
    await reader.get("/login")
    await reader.post("/sites/default/lanes/entry/open", 401, reason="entitled")
    assert field.inbox() == []


async def test_every_answer_is_protected(operator: Reader) -> None:
    for path in ("/", "/login", "/sites/default", "/nowhere", "/static/syspark.css", "/healthz"):
        async with operator.session.get(path) as response:
            policy = response.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            assert "Strict-Transport-Security" not in response.headers
            text = await response.text()
        if not path.startswith("/static"):
            assert response.headers["Cache-Control"] == "no-store"
            assert not re.search(r"""\sstyle=|\son\w+=|<script(?! src="/static/)""", text)


async def test_behind_https_cookies_are_host_bound_and_hsts_is_sent(field: Field) -> None:
    field.operator()
    async with served_on(field.url, public_url="https://park.example") as running, Reader.visiting(running) as reader:
        async with reader.session.get("/login") as response:
            assert response.headers["Strict-Transport-Security"] == HSTS
            before = cookies_of(response.headers)["__Host-syspark-before"]
            token = re.search(r'name="csrf" value="([^"]+)"', await response.text())
        assert token is not None
        assert (before["secure"], before["httponly"], before["path"], before["domain"]) == (True, True, "/", "")
        sent = {"Origin": "https://park.example", "Cookie": f"__Host-syspark-before={before.value}"}
        form = {"csrf": token[1], "login": "c.marchand", "password": PASSWORD}
        async with reader.session.post("/login", data=form, headers=sent, allow_redirects=False) as response:
            assert response.status == 303
            shift = cookies_of(response.headers)["__Host-syspark-shift"]
        assert (shift["secure"], shift["samesite"]) == (True, "Lax")


async def test_a_form_of_another_origin_or_without_its_token_does_nothing(operator: Reader, field: Field) -> None:
    path = "/sites/default/lanes/entry/open"
    await operator.post(path, 403, {"Origin": "https://evil.example"}, reason="entitled")
    await operator.post(path, 403, {"Origin": "null"}, reason="entitled")
    await operator.post(path, 403, reason="entitled", csrf="")
    await operator.post(path, 403, reason="entitled", csrf="x" * 32)
    async with operator.session.post(path, data={"csrf": operator.csrf, "reason": "entitled"}) as response:
        assert response.status == 403
    assert field.inbox() == []


async def test_a_shift_gets_a_new_id_stored_hashed_and_ends_at_once(
    field: Field, running: Served, reader: Reader
) -> None:
    field.operator()
    first = (await reader.sign_in()).cookies["syspark-shift"].value
    assert first.encode() not in b"".join(row[0] for row in field.run("SELECT id_hash FROM web_session"))
    async with Reader.visiting(running) as again:
        await again.get("/login")
        again.session.cookie_jar.update_cookies({"syspark-shift": first})
        async with again.session.get("/") as response:
            assert response.status == 200
    await reader.get("/")
    await reader.post("/logout")
    async with reader.session.get("/", allow_redirects=False) as response:
        assert response.status == 303
    assert field.run("SELECT count(*) FROM web_session") == [(0,)]


async def test_a_disabled_operator_s_shift_is_over(operator: Reader, field: Field) -> None:
    field.run("UPDATE operator SET disabled_at = now()")
    async with operator.session.get("/", allow_redirects=False) as response:
        assert response.status == 303
    await operator.get("/login")
    await operator.post("/login", 401, login="c.marchand", password=PASSWORD)


async def test_who_signs_in_and_out_is_told_to_the_journal_and_no_password_with_it(
    field: Field, reader: Reader
) -> None:
    field.operator()
    await reader.sign_in(status=401, password="not the password")
    await reader.sign_in(login="my secret typed into the wrong field", status=401)
    await reader.sign_in()
    await reader.post("/logout")
    told = field.run("SELECT recipient_kind, body FROM inbox WHERE kind = 'act-done' ORDER BY seq")
    assert [kind for kind, _ in told] == ["organisation"] * 3
    bodies = [bytes(body).decode() for _, body in told]
    whats = ["sign-in-refused", "signed-in", "signed-out"]
    assert [what in body for what, body in zip(whats, bodies, strict=True)] == [True] * 3
    assert not [body for body in bodies if PASSWORD in body or "not the password" in body or "secret" in body]


async def test_a_shift_lasts_eight_hours(field: Field) -> None:
    clock = SteppedClock(datetime.now(UTC))
    field.operator()
    async with served_on(field.url, clock) as running, Reader.visiting(running) as reader:
        await reader.sign_in()
        clock.advance(8 * 3600 - 1)
        await reader.get("/")
        clock.advance(2)
        async with reader.session.get("/", allow_redirects=False) as response:
            assert response.status == 303


async def test_wrong_names_passwords_and_codes_get_one_answer(field: Field, reader: Reader) -> None:
    field.operator()
    await reader.get("/login")
    said = set()
    for login, password in (("c.marchand", "wrong"), ("nobody", PASSWORD), ("", ""), ("c.marchand' --", PASSWORD)):
        response = await reader.post("/login", 401, login=login, password=password)
        text = re.sub(r'value="[^"]*"|autofocus', "", await response.text())
        said.add(text.replace(" required>", ">").replace(" required >", ">"))
    assert "Name, password or code is wrong" in said.pop()


async def test_ten_failures_slow_the_next_tries_down_but_lock_nobody_out(field: Field) -> None:
    clock = SteppedClock(datetime.now(UTC))
    field.operator()
    async with served_on(field.url, clock) as running, Reader.visiting(running) as reader:
        await reader.get("/login")
        for _ in range(10):
            await reader.post("/login", 401, login="c.marchand", password="wrong")
        response = await reader.post("/login", 429, login="c.marchand", password=PASSWORD)
        assert int(response.headers["Retry-After"]) <= 3
        clock.advance(float(response.headers["Retry-After"]))
        await reader.sign_in()


def test_the_slowdown_grows_and_is_forgotten() -> None:
    clock = SteppedClock(datetime.now(UTC))
    slowdown = Slowdown(clock)
    waits = []
    for _ in range(20):
        slowdown.failed("a")
        waits.append(slowdown.wait_s("a", "b"))
    assert waits[:9] == [0.0] * 9
    assert waits[9:13] == [2.0, 4.0, 8.0, 16.0]
    assert max(waits) == 60.0
    clock.advance(901)
    assert slowdown.wait_s("a") == 0.0


async def test_a_login_link_works_once_and_for_a_quarter_of_an_hour(field: Field, running: Served) -> None:
    operator_id = field.operator()
    now = datetime.now(UTC)
    link = links.make(SECRET_KEY, operator_id, now, "/sites/default")
    async with Reader.visiting(running) as reader:
        async with reader.session.head(link, allow_redirects=False) as response:
            assert response.status == 405
        async with reader.session.get(link, allow_redirects=False) as response:
            assert (response.status, response.headers["Location"]) == (303, "/sites/default")
        await reader.get("/sites/default")
    async with Reader.visiting(running) as thief:
        assert "has been used" in await thief.get(link, 401)
        await thief.get(links.make(SECRET_KEY, operator_id, now - timedelta(minutes=16)), 401)
        await thief.get(links.make("another key, as long as the right one", operator_id, now), 401)
        await thief.get(link[:-3] + "abc", 401)
        async with thief.session.get(
            links.make(SECRET_KEY, operator_id, now, "//evil.example"), allow_redirects=False
        ) as response:
            assert response.headers["Location"] == "/"


async def test_a_second_factor_is_asked_and_each_code_counts_once(field: Field) -> None:
    operator_id, secret = field.operator(), b"12345678901234567890"
    field.run("UPDATE operator SET totp = %(totp)s WHERE id = %(id)s", totp=secret[::-1], id=operator_id)
    clock = SteppedClock(datetime.now(UTC))
    async with served_on(field.url, clock, unseal=lambda sealed: sealed[::-1]) as running:
        code = code_at(secret, int(clock.now().timestamp()) // 30)
        async with Reader.visiting(running) as reader:
            await reader.sign_in(status=401)
            await reader.post("/login", login="c.marchand", password=PASSWORD, code=code)
        async with Reader.visiting(running) as reader:
            await reader.get("/login")
            await reader.post("/login", 401, login="c.marchand", password=PASSWORD, code=code)


def test_codes_are_those_of_the_rfc() -> None:
    # RFC 6238, appendix B, cut to six digits.
    secret = b"12345678901234567890"
    assert [code_at(secret, at // 30) for at in (59, 1111111109, 2000000000)] == ["287082", "081804", "279037"]


async def test_a_bug_shows_a_reference_that_its_log_line_has(
    operator: Reader, running: Served, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def broken(*_arguments: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(running.live, "read", broken)
    text = await operator.get("/", 500)
    found = re.search(r"[A-Z2-7]{4}-[A-Z2-7]{4}-[A-Z2-7]{4}", text)
    assert found is not None
    assert "a bug" not in text
    line = next(line for line in capsys.readouterr().out.splitlines() if "request failed" in line)
    assert found[0] in line


async def test_the_probes_tell_what_is_wrong(running: Served, reader: Reader) -> None:
    assert '"status": "ok"' in await reader.get("/healthz")
    assert '"status": "ready"' in await reader.get("/readyz")
    running.ready["broker"] = "connection refused"
    assert '"broker": "connection refused"' in await reader.get("/readyz", 503)
    text = await reader.get("/metrics")
    assert 'syspark_http_requests_total{method="GET",route="/healthz",status="200"} 1.0' in text
    await reader.get("/metrics", 403, headers={"X-Forwarded-For": "10.0.0.7"})


async def test_metrics_want_their_token(field: Field) -> None:
    async with served_on(field.url, metrics_token="a-long-token") as running, Reader.visiting(running) as reader:
        await reader.get("/metrics", 401)
        await reader.get("/metrics", 401, headers={"Authorization": "Bearer a-long-tokeN"})
        await reader.get("/metrics", headers={"Authorization": "Bearer a-long-token"})


async def test_passwords_are_checked_four_at_once_at_most(field: Field, running: Served) -> None:
    field.operator()

    async def attempt() -> int:
        async with Reader.visiting(running) as reader:
            await reader.get("/login")
            async with reader.session.post(
                "/login",
                data={"csrf": reader.csrf, "login": "c.marchand", "password": PASSWORD},
                headers={"Origin": reader.address},
                allow_redirects=False,
            ) as response:
                return response.status

    assert await asyncio.gather(*(attempt() for _ in range(12))) == [303] * 12
    threads = [thread for thread in threading.enumerate() if thread.name.startswith("argon2")]
    assert 1 <= len(threads) <= 4
