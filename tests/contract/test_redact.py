"""What is kept of a rejected payload holds no secret and nothing a terminal or page would act upon."""

import pytest

from syspark.contract.redact import KEPT_CHARS, redact
from syspark.contract.table import BY_TOPIC

SECRETS = ("s3cret-A", "s3cret-AB")


@pytest.mark.parametrize(
    "payload",
    [
        b'{"op":"LIST","secret":"hunter2","entries":[',
        b'{"op":"LIST","Secret" : "hunter2',
        b'{"secret":"hun\\"ter2"}',
        b"{'secret':'hunter2'}",
        b"{secret: hunter2}",
        b"secret=hunter2",
        b'{"secret":["hunter2"]}',
        b'{"secret":{"a":"hunter2"}}',
        b'{"s\\u0065cret":"hunter2"}',
        b'{"payload":"{\\"op\\":\\"LIST\\",\\"secret\\":\\"hunter2\\"}"}',
        b'{"secret":hunter2',
        b'{"secret":"hunter2","secret":"hunter2"}',
        '{"secret":"hunter2"}'.encode("utf-16-le"),
        b'\xff\xfe{"secret":"hunter2"}',
        b'{"secret_previous":"hunter2"}',
        b"x" * 1010 + b'"secret":"hunter2"',
    ],
)
def test_the_value_of_a_secret_key_is_removed_even_from_broken_json(payload: bytes) -> None:
    kept = redact(payload, ())
    assert "hunter2" not in kept
    assert "ter2" not in kept


@pytest.mark.parametrize(
    "payload",
    [
        b"s3cret-A",
        b"xxs3cret-ABxx",
        b"x" * 1020 + b"s3cret-A",
        b"x" * 65_532 + b"s3cret-A",
        "s3cret-A".encode("utf-16-le"),
        "s3cret-A".encode("utf-16-be"),
        b"s\\u0033cret-A",
        b"s3cret-A" * 9000,
    ],
)
def test_a_valid_secret_is_removed_wherever_it_stands(payload: bytes) -> None:
    kept = redact(payload, SECRETS)
    assert "s3cret" not in kept
    assert "s3c" not in kept


def test_the_rest_is_kept() -> None:
    assert redact(b'{"op":"LIST","secret":"a","x":1}', ()) == '{"op":"LIST","secret":"***","x":1}'


def test_control_and_direction_characters_are_escaped() -> None:
    assert redact("a\x00\x1b[31m\r\n\u202eb\u2028\x9b\u00a0".encode(), ()) == (
        "a\\x00\\x1b[31m\\x0d\\x0a\\u202eb\\u2028\\x9b\\xa0"
    )
    assert redact(b"\xff\xfe", ()) == "\\xff\\xfe"


def test_one_kibibyte_is_kept() -> None:
    assert len(redact(b"x" * 5000, ())) == KEPT_CHARS
    assert len(redact(b"\0" * 5000, ())) == KEPT_CHARS


def test_a_pin_is_never_kept() -> None:
    assert "4711" not in redact(b"4711", (), BY_TOPIC["config/pin"])


def test_an_empty_secret_changes_nothing() -> None:
    assert redact(b"abc", ("",)) == "abc"
