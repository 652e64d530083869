"""Ten thousand hostile payloads a family and five hundred hostile topics: always an answer, always a valid one.

Source: quality.md, promise 18 and "Bad values that have bitten others".
"""

import random
import time
import zlib
from collections.abc import Callable

import pytest

from syspark.contract.commands import Command, read_command
from syspark.contract.parse import MAX_PAYLOAD, Reading, is_own_echo, parse
from syspark.contract.reasons import Rejection
from syspark.contract.redact import KEPT_CHARS, redact
from syspark.contract.table import ROWS, Row, Way, rows
from syspark.contract.topics import Topic, is_site_name, parse_topic
from syspark.domain.units import DeviceName, SiteId, Speaks
from tests.contract.golden_files import as_bytes, golden
from tests.contract.valid_values import check_answer

SECRETS = ("s3cret-A", "s3cret-B")
PAYLOADS = 10_000
TOPICS = 500

FRAGMENTS = [
    text.encode("utf-8", "surrogatepass")
    for text in (
        *("NaN", "Infinity", "-Infinity", "1e400", "-1e400", "9" * 5000, "1" * 30, "-0", "01", "1.5", "true", "null"),
        *(
            "\\u0000",
            "\\ud800",
            "\\udfff",
            "\ud800",
            "\ufeff",
            "\u202e",
            "\u2028",
            "١٢",
            "²",
            "А1B2C3D4",
            "ａ",
            "ß",
            "İ",
        ),
        *(
            "{",
            "}",
            "[",
            "]",
            '"',
            "\\",
            ":",
            ",",
            "{}",
            "[]",
            "[" * 20,
            '{"a":' * 20,
            "\0",
            "\r\n",
            "\x1b[31m",
            "\x7f",
        ),
        *('"secret":"s3cret-A"', '"ts":1e308', '"ts":-1', '"uid":"A1"', '"plate":"--"', '"op":"LIST"', "PIN_IN", "RDC"),
        *(
            "<script>alert(1)</script>",
            "'; DROP TABLE inbox; --",
            '=HYPERLINK("x")',
            "🚗",
            "",
            " ",
            "cloud",
            "parking/#",
        ),
    )
]
SEEDS = [as_bytes(line[1]) for name in ("up.txt", "rejected.txt") for line in golden(name)] + [
    line[4].encode() for line in golden("down.txt")
]


def _cut(rng: random.Random, payload: bytes) -> bytes:
    return payload[: rng.randrange(len(payload) + 1)]


def _flip(rng: random.Random, payload: bytes) -> bytes:
    at = rng.randrange(len(payload) + 1)
    return payload[:at] + bytes([rng.randrange(256)]) + payload[at + 1 :]


def _insert(rng: random.Random, payload: bytes) -> bytes:
    at = rng.randrange(len(payload) + 1)
    return payload[:at] + rng.choice(FRAGMENTS) + payload[at:]


def _replace_value(rng: random.Random, payload: bytes) -> bytes:
    colons = [at for at, byte in enumerate(payload[:4000]) if byte == ord(":")]
    if not colons:
        return rng.choice(FRAGMENTS)
    at = rng.choice(colons) + 1
    end = min((found for mark in b",}" if (found := payload.find(mark, at)) >= 0), default=len(payload))
    return payload[:at] + rng.choice(FRAGMENTS) + payload[end:]


def _recode(rng: random.Random, payload: bytes) -> bytes:
    return payload.decode(errors="replace").encode(
        rng.choice(["utf-16", "utf-16-le", "utf-8-sig", "utf-32"]), "replace"
    )


def _splice(rng: random.Random, payload: bytes) -> bytes:
    other = rng.choice(SEEDS)
    return _cut(rng, payload) + other[rng.randrange(len(other) + 1) :]


def _noise(rng: random.Random, _payload: bytes) -> bytes:
    return rng.randbytes(rng.randrange(64))


def _swell(rng: random.Random, payload: bytes) -> bytes:
    return (
        payload if rng.random() < 0.99 else (payload or b"x") * (MAX_PAYLOAD // max(1, len(payload)) + rng.randrange(2))
    )


MUTATIONS: list[Callable[[random.Random, bytes], bytes]] = [
    _cut,
    _flip,
    _insert,
    _insert,
    _replace_value,
    _replace_value,
    _recode,
    _splice,
    _noise,
    _swell,
]


def _hostile(rng: random.Random, seeds: list[bytes]) -> bytes:
    payload = rng.choice(seeds if rng.random() < 0.8 else SEEDS)
    for _ in range(rng.randrange(1, 4)):
        payload = rng.choice(MUTATIONS)(rng, payload)
    return payload


def _seeds_of(row: Row) -> list[bytes]:
    pairs = [(line[0], as_bytes(line[1])) for line in golden("up.txt")]
    pairs += [(line[2], line[4].encode()) for line in golden("down.txt")]
    return [
        payload
        for text, payload in pairs
        if isinstance(topic := parse_topic("parking", text), Topic) and topic.row is row
    ] or [b'{"src":"cloud","nonce":"n","ts":1}']


@pytest.mark.timeout(30)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.topic)
def test_hostile_payloads_always_get_a_valid_answer(row: Row) -> None:
    rng = random.Random(zlib.crc32(row.topic.encode()))
    topic = Topic("parking", SiteId("lyon"), DeviceName(row.family), row, Speaks.V2)
    seeds = _seeds_of(row)
    understood = 0
    for _ in range(PAYLOADS):
        payload = _hostile(rng, seeds)
        answer = parse(topic, payload, retained=False, secrets=SECRETS)
        assert isinstance(answer, Reading | Rejection)
        check_answer(answer, SECRETS)
        understood += isinstance(answer, Reading)
        if isinstance(answer, Rejection):
            kept = redact(payload[:4096], SECRETS, row)
            assert len(kept) <= KEPT_CHARS
            assert kept.isprintable()
            assert not any(secret in kept for secret in SECRETS)
        is_own_echo(topic, payload)
    assert (understood > 0) == (row.way is Way.UP)


@pytest.mark.timeout(30)
@pytest.mark.parametrize("row", rows(Way.DOWN), ids=lambda row: row.topic)
def test_a_device_survives_hostile_commands(row: Row) -> None:
    rng = random.Random(zlib.crc32(row.topic.encode()))
    seeds = _seeds_of(row)
    for _ in range(PAYLOADS // 5):
        assert isinstance(read_command(row, _hostile(rng, seeds), SECRETS), Command | Rejection)


def test_hostile_topics_always_get_a_valid_answer() -> None:
    rng = random.Random(500)
    parts = [
        *(row.topic for row in ROWS),
        *"+#/$",
        "",
        "..",
        "\0",
        "\x1b",
        "\u202e",
        "é",
        "\ud800",
        "default",
        "a" * 300,
        "-2",
        "lyon",
    ]
    for _ in range(TOPICS):
        levels = rng.choices(parts, k=rng.randrange(1, 5))
        text = rng.choice(["/", ""]).join([rng.choice(["parking", "parking", "park", "$SYS"]), *levels])
        topic = parse_topic("parking", text)
        assert isinstance(topic, Topic | Rejection)
        if isinstance(topic, Topic):
            assert is_site_name(topic.site)
            assert topic.device.partition("-")[0] == topic.row.family
        else:
            assert topic.detail.isprintable()


@pytest.mark.parametrize(
    "payload",
    [
        b"{" + b'"a":[],' * 9000 + b'"b":1}',
        b"[]" * 32_000,
        b'{"a":"' + b'\\"' * 32_000,
        b'{"a":"' + b"[" * 65_000 + b'"}',
        b'{"a":' * 13_000,
        b'{"x":' + b"9" * 65_000 + b"}",
        b'{"x":0.' + b"9" * 65_000 + b"}",
        b'{"secret' * 8000,
        b'{"secret":"' + b"\\" * 65_000,
        b'secret:\\"' * 7000,
        b"\\u0041" * 10_900,
        b"secret" * 10_900,
        b"secret " * 9_300,
        b'secret"' * 8_000,
        b"secret" + b" " * 65_000,
    ],
    ids=range(15),
)
def test_the_worst_64_kib_cost_little(payload: bytes) -> None:
    topic = Topic("parking", SiteId("lyon"), DeviceName("vision"), ROWS[6], Speaks.V2)
    assert len(payload) <= MAX_PAYLOAD
    start = time.process_time()
    assert isinstance(parse(topic, payload, retained=False, secrets=SECRETS), Rejection)
    parsed = time.process_time()
    redact(payload, SECRETS)
    assert parsed - start < 1
    assert time.process_time() - parsed < 1
