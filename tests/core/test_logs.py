import asyncio
import io
import json
import logging
import warnings
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from syspark import logs
from syspark.domain.facts import PlateRead
from syspark.domain.units import Plate
from syspark.redaction import REDACTED, Redactor, escape_controls, is_plate_name, is_secret_name, mask_plate
from syspark.settings import LogFormat, LogLevel

SECRET = "hunter2-hunter2"


class Written:
    """What has been written, as text and as parsed lines."""

    def __init__(self, stream: io.StringIO, redactor: Redactor) -> None:
        self._stream = stream
        self.redactor = redactor

    @property
    def text(self) -> str:
        return self._stream.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line, parse_constant=_not_json) for line in self.text.splitlines()]


def _not_json(word: str) -> NoReturn:
    raise AssertionError(f"{word} is not JSON")


def fail(error: Exception) -> NoReturn:
    raise error


Start = Callable[..., Written]


@pytest.fixture
def start() -> Iterator[Start]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level

    def configure(form: LogFormat = LogFormat.JSON, level: LogLevel = LogLevel.INFO) -> Written:
        root.handlers.clear()  # pytest's own raise what ours must survive
        stream = io.StringIO()
        return Written(stream, logs.configure(level, form, secrets=[SECRET], stream=stream))

    yield configure
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


@pytest.mark.parametrize("form", list(LogFormat))
def test_both_ways_of_logging_give_the_same_kind_of_line(start: Start, form: LogFormat) -> None:
    written = start(form)
    logs.get_logger("syspark.link").info("connected", partition=3)
    logging.getLogger("paho").warning("reconnect in %d s", 5)
    first, second = written.text.splitlines()
    assert all(word in first for word in ("connected", "syspark.link", "info", "partition", "3"))
    assert all(word in second for word in ("reconnect in 5 s", "paho", "warning"))


def test_a_json_line_holds_time_level_logger_event_and_keys(start: Start) -> None:
    written = start()
    logs.get_logger("syspark.link").info("connected", partition=3, ratio=0.5, up=True, none=None)
    [line] = written.lines
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "connected",
        "level": "info",
        "logger": "syspark.link",
        "partition": 3,
        "ratio": 0.5,
        "up": True,
        "none": None,
    }


def test_the_level_counts_for_both_ways(start: Start) -> None:
    written = start(level=LogLevel.WARNING)
    logs.get_logger("a").info("quiet")
    logging.getLogger("b").info("quiet")
    logs.get_logger("a").warning("loud")
    assert [line["event"] for line in written.lines] == ["loud"]


def test_requests_to_the_payment_provider_are_told_at_debug_only(start: Start) -> None:
    for level, told in ((LogLevel.INFO, False), (LogLevel.DEBUG, True), (LogLevel.ERROR, False)):
        written = start(level=level)
        logging.getLogger("stripe").info("a request")
        assert ("a request" in written.text) is told


def test_a_second_error_of_the_database_driver_is_told_at_debug_only_and_its_pool_s_warnings_always(
    start: Start,
) -> None:
    for level, told in ((LogLevel.INFO, False), (LogLevel.DEBUG, True)):
        written = start(level=level)
        logging.getLogger("psycopg").warning("error ignored terminating")
        logging.getLogger("psycopg.pool").warning("a connection was lost")
        assert ("error ignored" in written.text) is told
        assert "a connection was lost" in written.text


def test_configuring_again_replaces_what_was_set_up(start: Start) -> None:
    before, after = start(), start(LogFormat.CONSOLE)
    logs.get_logger("a").info("once")
    assert before.text == ""
    assert after.text.count("once") == 1


def test_warnings_are_lines(start: Start) -> None:
    written = start()
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=True)
        warnings.warn(f"old and {SECRET}", stacklevel=1)
    logging.captureWarnings(capture=False)
    [line] = written.lines
    assert line["logger"] == "py.warnings"
    assert SECRET not in written.text


async def test_ids_follow_a_flow_of_work_and_not_its_neighbour(start: Start) -> None:
    written = start()
    log = logs.get_logger("a")

    async def flow(correlation_id: str, site: str) -> None:
        with logs.correlated(correlation_id, site=site):
            await asyncio.sleep(0)
            log.info("decided")
            logging.getLogger("library").info("spoke")

    async with asyncio.TaskGroup() as group:
        for name in ("one", "two"):
            group.create_task(flow(name, f"site-{name}"), name=name)
    log.info("after")
    assert {(line.get("correlation_id"), line.get("site"), line["event"]) for line in written.lines} == {
        ("one", "site-one", "decided"),
        ("one", "site-one", "spoke"),
        ("two", "site-two", "decided"),
        ("two", "site-two", "spoke"),
        (None, None, "after"),
    }


@pytest.mark.parametrize("form", list(LogFormat))
def test_a_secret_is_in_no_part_of_a_line(start: Start, form: LogFormat) -> None:
    written = start(form)
    written.redactor.register("later:s3cret/é")
    log = logs.get_logger("a")
    for secret in (SECRET, "later:s3cret/é"):
        with logs.correlated(f"id-{secret}"):
            log.info(
                f"event {secret}", detail=secret, nested={"list": [secret, (secret,)], secret: 1}, raw=secret.encode()
            )
            logging.getLogger("b").info("say %s", secret, extra={"more": secret})
            try:
                fail(ValueError(secret))
            except ValueError:
                log.exception("failed", stack_info=True)
        log.info("url", at="https://h/?a=later%3As3cret%2F%C3%A9&b=" + json.dumps(secret))
    for leaked in (SECRET, "later:s3cret", "later%3As3cret", "s3cret"):
        assert leaked not in written.text


@pytest.mark.parametrize("form", list(LogFormat))
def test_a_hostile_text_cannot_forge_a_line(start: Start, form: LogFormat) -> None:
    written = start(form)
    hostile = "a\r\n2026-01-01T00:00:00Z [info] forged\x1b[2J\x9b31m\u202e\u2028\x00\x7f\udc80"
    logs.get_logger("a").info(hostile, **{"key\n2026-forged": hostile})
    try:
        fail(RuntimeError(hostile))
    except RuntimeError:
        logs.get_logger("a").exception("failed")
    logging.getLogger("b").info("%s", hostile)
    assert not set("\r\x1b\x9b\u202e\u2028\x00\x7f\udc80") & set(written.text)
    assert not [line for line in written.text.split("\n") if line.startswith("2026-01-01")]
    assert "\\x1b" in written.text


def test_a_record_that_cannot_be_written_is_told_without_its_arguments(start: Start) -> None:
    written = start()
    logging.getLogger("b").info("a number: %d", SECRET)
    assert "could not be written (TypeError)" in written.text
    assert SECRET not in written.text


def test_a_stream_that_is_gone_stops_nobody(start: Start) -> None:
    written = start()
    written._stream.close()
    logs.get_logger("a").info("into the void")


def test_what_json_cannot_say_is_said_otherwise(start: Start) -> None:
    class Stubborn:
        def __repr__(self) -> str:
            raise RuntimeError("no")

    deep: list[object] = []
    for _ in range(100):
        deep = [deep]
    written = start()
    logs.get_logger("a").info(
        "odd", nan=float("nan"), inf=float("-inf"), huge=10**5000, it=Stubborn(), deep=deep, many=list(range(5_000))
    )
    [line] = written.lines
    assert (line["nan"], line["inf"], line["huge"]) == ("nan", "-inf", "integer of 16610 bits")
    assert line["it"] == "<unprintable Stubborn>"
    assert len(line["many"]) == 100


def test_a_fact_is_logged_without_its_plate(start: Start) -> None:
    written = start()
    fact = PlateRead(plate=Plate("BMW1234X"))
    logs.get_logger("a").info("read", fact=fact, plate=fact.plate, plates=["GB12XYZ", 1234567], lane="entry")
    assert not {"BMW1234X", "GB12XYZ", "1234567"} & set(written.text.replace('"', " ").replace("'", " ").split())
    [line] = written.lines
    assert (line["plate"], line["plates"], line["lane"]) == ("..34X", ["..XYZ", "..567"], "entry")
    assert "..34X" in line["fact"]


@pytest.mark.parametrize(
    ("plate", "masked"),
    [
        ("AB123BB", "..3BB"),
        ("AB-123-BB", "..3BB"),
        ("AB 123 BB", "..3BB"),
        ("..3BB", "..3BB"),
        ("..AB123BB", "..3BB"),
        ("AB12", "..12"),
        ("AB1", "..1"),
        ("AB", "..B"),
        ("A", ".."),
        ("", ".."),
    ],
)
def test_a_masked_plate_never_shows_more_than_half(plate: str, masked: str) -> None:
    assert mask_plate(plate) == masked
    assert mask_plate(masked) == masked


@given(st.text(max_size=20))
def test_masking_twice_is_masking_once(plate: str) -> None:
    masked = mask_plate(plate)
    assert mask_plate(masked) == masked
    assert len(masked) <= 5


@pytest.mark.parametrize(
    "name",
    [
        "secret",
        "mqtt_secret",
        "SECRET",
        "clientSecret",
        "password",
        "adminPassword",
        "passwd",
        "token",
        "accessToken",
        "X-Auth-Token",
        "pin",
        "exit_pin",
        "exitPIN",
        "PIN_IN",
        "pins",
        "authorization",
        "Cookie",
        "api_key",
        "apiKey",
        "private-key",
        "csrf_token",
        "totp",
    ],
)
def test_names_that_tell_a_secret(name: str) -> None:
    assert is_secret_name(name)
    assert Redactor().value({name: "x1y2z3"}) == {name: REDACTED}
    assert Redactor().value(["x"], name) == REDACTED


@pytest.mark.parametrize(
    "name",
    ["pinned", "mapping", "shipping", "spinning", "ping", "key", "site", "lane", "plate", "event", "idempotency_key"],
)
def test_names_that_tell_none(name: str) -> None:
    assert not is_secret_name(name)


def test_names_that_tell_a_plate() -> None:
    assert all(map(is_plate_name, ("plate", "plates", "entry_plate", "lastPlate", "immatriculation")))
    assert not any(map(is_plate_name, ("template", "plateau", "contemplate")))


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("POST /edge/s1te-t0ken/api/plate_event 200", "POST /edge/[redacted]/api/plate_event 200"),
        ("GET /edge/s1te-t0ken", "GET /edge/[redacted]"),
        ("next=%2Fedge%2Fs1te%2Fapi", "next=%2Fedge%2F[redacted]%2Fapi"),
        ("GET /pay/s/abcdef?x=1", "GET /pay/s/[redacted]?x=1"),
        ("https://api.telegram.org/bot123:AAbb_-c/sendMessage", "https://api.telegram.org/bot[redacted]/sendMessage"),
        ("postgresql://u:p%40w@db:5432/x", "postgresql://u:[redacted]@db:5432/x"),
        ("key sk_live_AbC123 and whsec_xyz", "key [redacted] and [redacted]"),
        ("Authorization: Bearer abc.def.ghi", "Authorization: [redacted]"),
        ("sent Bearer abc.def", "sent Bearer [redacted]"),
        ("Set-Cookie: a=b; c=d\nnext", "Set-Cookie: [redacted]\nnext"),
        ('{"op":"ADD","uid":"A1B2C3D4","secret":"a\\"b"}', '{"op":"ADD","uid":"A1B2C3D4","secret":[redacted]}'),
        ('b\'{\\"secret\\": \\"abc\\"}\'', 'b\'{\\"secret\\": [redacted]'),
        ("secret='abc' x=1", "secret=[redacted] x=1"),
        ('password="never closed', "password=[redacted]"),
        ('"pins": ["1234", "5678"], "n": 1', '"pins": [redacted], "n": 1'),
        ("exit_pin=1234 pinned=1", "exit_pin=[redacted] pinned=1"),
        ("secret_key: abc", "secret_key: [redacted]"),
        ("/login?token=abc&next=/", "/login?token=[redacted]&next=/"),
        ('{"plate":"BMW1234X","cam_id":1}', '{"plate":"..34X","cam_id":1}'),
        ("saw AB-123-CD and ab 123 cd and AB123CD.", "saw ..3CD and ..3cd and ..3CD."),
        ("plate=..3BB price=12.50", "plate=..3BB price=12.50"),
        ("0190a1b2-c3d4-7abc-8def-ab123cd45678 A1B2C3D4", "0190a1b2-c3d4-7abc-8def-ab123cd45678 A1B2C3D4"),
        ("an ordinary line about lane 3, 12.50 EUR", "an ordinary line about lane 3, 12.50 EUR"),
    ],
)
def test_what_is_recognised_by_its_shape(text: str, clean: str) -> None:
    assert Redactor().text(text) == clean


@given(st.text(min_size=4, max_size=40), st.text(max_size=60), st.text(max_size=60))
def test_a_registered_secret_never_survives(secret: str, before: str, after: str) -> None:
    redactor = Redactor(secret)
    if secret in redactor.text(before) or secret in redactor.text(after) or secret in REDACTED:
        raise AssertionError("a text without its context was not cleaned")
    assert redactor.text(before + secret + after).count(secret) <= REDACTED.count(secret)


@given(
    st.recursive(
        st.text() | st.binary() | st.floats() | st.integers(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_any_structure_becomes_one_line_of_json(structure: object) -> None:
    cleaned = json.dumps(Redactor(SECRET).value({"it": structure, "secret": structure}), allow_nan=False)
    assert escape_controls(cleaned) == cleaned


@pytest.mark.parametrize(
    "piece", ["a", "a-", 'token="', "token='a\\", "plate=", "://a:", "/edge/", "[", '\\"', "pin: [", "AB1 "]
)
def test_a_long_hostile_text_is_cut_and_costs_no_more_than_its_length(piece: str) -> None:
    text = piece * (4_000_000 // len(piece))
    assert len(Redactor(SECRET).text(text)) < 10_000


def test_a_secret_cut_in_two_is_not_shown_in_part() -> None:
    secret = "S" + "0123456789" * 20
    redactor = Redactor(secret)
    for length in range(7_900, 8_500, 7):
        assert "S0" not in redactor.text("x" * length + secret + "y" * 1_000)


def test_a_short_secret_is_not_registered() -> None:
    assert Redactor("ab", "", "abc").text("ab abc") == "ab abc"
