"""Ten thousand hostile bodies over every POST route: no 500, nothing changed."""

import asyncio
import json
import os
import random
from collections import Counter

import pytest

from syspark.contract.reasons import UnreadableError
from syspark.contract.values import read_plate
from tests.web.field import TOKEN, Field
from tests.web.serving import Reader, Served
from web.app import routes
from web.edge import RATE, STRANGERS
from web.login import SLOWDOWN
from web.pay.guard import GUARD

BODIES = int(os.environ.get("SYSPARK_HOSTILE_BODIES", "10000"))
SEED = 20261122
VALUES = (
    "",
    "NaN",
    "1e400",
    "9" * 5000,
    "\x00",
    "\ud800",
    "١٢",
    "²",
    "АВ123СК",
    "\u202eEVIL",
    "<script>alert(1)</script>",
    "'; DROP TABLE site; --",
    "=cmd|' /C calc'!A0",
    "\r\nSet-Cookie: x=y",
    "\x1b[31m",
    "+/#",
    "../../etc/passwd",
    "%00%ff",
    "a" * 70_000,
    "true",
    "[" * 2000,
    "{" * 2000,
)
NAMES = ("csrf", "login", "password", "code", "to", "reason", "language", "theme", "plate", "cam_id", "image", "ts")
TYPES = (
    "application/x-www-form-urlencoded",
    "application/json",
    "multipart/form-data; boundary=x",
    "text/plain",
    "application/x-www-form-urlencoded; charset=utf-16",
    "",
)


def is_plate(text: str) -> bool:
    """Whether a text makes a plate after all: `NaN` does."""
    try:
        read_plate(text)
    except UnreadableError:
        return False
    return True


NO_PLATES = [value for value in VALUES if not is_plate(value)]


def hostile(rng: random.Random) -> bytes:
    """A body of some kind."""
    kind = rng.randrange(8)
    values = {rng.choice(NAMES): rng.choice(VALUES) for _ in range(rng.randrange(1, 8))}
    if "plate" in values:
        values["plate"] = rng.choice(NO_PLATES)
    if kind == 0:
        return rng.randbytes(rng.randrange(0, 400))
    if kind == 1:
        return "&".join(f"{name}={value}" for name, value in values.items()).encode(errors="surrogatepass")
    if kind == 2:
        return json.dumps(values).encode()
    if kind == 3:
        return json.dumps(values, ensure_ascii=False).encode("utf-16", errors="surrogatepass")
    if kind == 4:
        return (
            b"\xef\xbb\xbf"
            + json.dumps({"plate": rng.choice(NO_PLATES), "cam_id": rng.choice([1, True, None, []])}).encode()
        )
    if kind == 5:
        return b"&".join(b"a=%ff" for _ in range(rng.randrange(1, 60)))
    if kind == 6:
        return b'{"plate": "' + rng.choice(VALUES).encode(errors="replace") + b'", "plate": 1e999, "ts": NaN}'
    return b"--x\r\nContent-Disposition: form-data; name=csrf\r\n\r\n" + rng.randbytes(30)


NEED_NOTHING = ("/answer", "/controllers/again", "/evacuation")
"""A form with the right token is all that these ask for: whatever stands beside it, the request is a true one."""


WEBHOOK = "/api/stripe_webhook"
"""Needs somebody who takes payments: its own bodies are tried in test_webhook.py."""


def paths() -> list[str]:
    """Every POST route that a body can be wrong for, with and without true names in it."""
    found = []
    for route in routes():
        if route.method != "POST" or route.path.endswith((*NEED_NOTHING, WEBHOOK)):
            continue
        base = route.path.replace("{site:[a-z0-9][a-z0-9-]{1,31}}", "default").replace(
            "{lane:[a-z0-9-]{1,32}}", "entry"
        )
        found += [base.replace("{token}", TOKEN), base.replace("{token}", "guess%00%ff")]
    return sorted(set(found))


@pytest.mark.timeout(240)
async def test_no_hostile_body_changes_anything(operator: Reader, running: Served, field: Field) -> None:
    field.token()
    # Limits would turn most of the campaign away at the door.
    running.app[RATE]._per_s = running.app[RATE]._burst = 10**9
    running.app[STRANGERS]._allowed = running.app[SLOWDOWN]._allowed = 10**9
    running.app[GUARD].limit = running.app[GUARD].limit._replace(allowed=10**9)
    # So many are an alarm, and rightly.
    running.app[GUARD].missed = lambda site_id: False  # type: ignore[method-assign]
    before = everything(field)
    queue: asyncio.Queue[tuple[str, bytes, dict[str, str]]] = asyncio.Queue()
    rng = random.Random(SEED)
    where = paths()
    for number in range(BODIES):
        headers = {"Content-Type": rng.choice(TYPES), "Accept": rng.choice(["text/html", "application/json", "*/*"])}
        if rng.random() < 0.7:
            headers["Origin"] = operator.address
        body = hostile(rng)
        if rng.random() < 0.4 and where[number % len(where)] != "/logout":
            body = f"csrf={operator.csrf}&".encode() + body  # past the door, with the right token
            headers |= {"Content-Type": TYPES[0], "Origin": operator.address}
        queue.put_nowait((where[number % len(where)], body, headers))
    statuses: Counter[int] = Counter()
    await asyncio.gather(*(send_all(operator, queue, statuses) for _ in range(8)))
    assert sum(statuses.values()) == BODIES
    assert not [status for status in statuses if status >= 500], (SEED, statuses)
    assert everything(field) == before, SEED
    assert (await operator.get("/sites/default")) != ""


async def send_all(
    operator: Reader, queue: "asyncio.Queue[tuple[str, bytes, dict[str, str]]]", statuses: Counter[int]
) -> None:
    """Send what the queue holds."""
    while not queue.empty():
        path, body, headers = queue.get_nowait()
        async with operator.session.post(path, data=body, headers=headers, allow_redirects=False) as response:
            await response.read()
            statuses[response.status] += 1


def everything(field: Field) -> dict[str, object]:
    """What must not have changed."""
    return {
        table: field.run(f"SELECT count(*), md5(string_agg(t::text, ',' ORDER BY t::text)) FROM {table} t")
        for table in ("inbox", "inbox_key", "photo", "web_session", "operator", "site", "snapshot", "journal")
    }
