"""What does not fit, and what must never be sent."""

from datetime import UTC, datetime

import msgspec
import pytest

from syspark.contract.commands import read_command
from syspark.contract.format import MAX_PAYLOAD_BYTES, Outgoing, badges_that_fit, format_order
from syspark.contract.format_badges import MAX_BADGES
from syspark.contract.format_screens import PayHere
from syspark.contract.reasons import Rejection
from syspark.contract.table import BY_TOPIC
from syspark.contract.words import UnformattableError, board_text, price_text
from syspark.domain import orders
from syspark.domain.units import Cents, Lane, SessionId, Speaks, Uid

NOW = datetime(2026, 11, 1, 10, tzinfo=UTC)


def _send(
    order: orders.Order, speaks: Speaks = Speaks.V1, *, secret: str | None = "s3cret-A", pin: str = "1234"
) -> Outgoing:
    return format_order(order, speaks, now=NOW, secret=secret, pin=pin)


def _badges(count: int) -> tuple[Uid, ...]:
    return tuple(Uid(f"{number:08X}") for number in range(count))


@pytest.mark.parametrize("speaks", list(Speaks))
@pytest.mark.parametrize("secret_chars", [1, 32, 90, 120, 400, 900, 960])
def test_as_many_badges_as_fit_do_fit_and_one_more_does_not(speaks: Speaks, secret_chars: int) -> None:
    secret = "s" * secret_chars
    fits = badges_that_fit(speaks, secret)
    uids = tuple(Uid(f"{number:08X}") for number in range(fits + 1))
    if fits:
        full = orders.ReplaceBadges(uids=uids[:fits], version=2**31)
        assert len(format_order(full, speaks, now=NOW, secret=secret).payload) <= MAX_PAYLOAD_BYTES
    with pytest.raises(UnformattableError):
        format_order(orders.ReplaceBadges(uids=uids, version=2**31), speaks, now=NOW, secret=secret)


@pytest.mark.parametrize("speaks", Speaks)
def test_a_full_list_of_46_badges_fits_with_a_long_secret(speaks: Speaks) -> None:
    sent = _send(orders.ReplaceBadges(uids=_badges(MAX_BADGES), version=1_000_000), speaks, secret="x" * 43)
    assert len(sent.payload) <= MAX_PAYLOAD_BYTES


def test_47_badges_are_refused() -> None:
    with pytest.raises(UnformattableError, match="46 at most"):
        _send(orders.ReplaceBadges(uids=_badges(47)))


def test_more_than_1000_bytes_are_refused() -> None:
    with pytest.raises(UnformattableError, match="do not fit"):
        _send(orders.ReplaceBadges(uids=_badges(46)), secret="x" * 200)
    with pytest.raises(UnformattableError, match="do not fit"):
        _send(orders.SendRadio(text="x" * 1001))
    assert len(_send(orders.SendRadio(text="x" * 1000)).payload) == 1000


def test_badge_orders_need_the_secret() -> None:
    for secret in (None, ""):
        with pytest.raises(UnformattableError, match="secret"):
            _send(orders.AddBadge(uid=Uid("A1B2C3D4")), secret=secret)


@pytest.mark.parametrize("pin", ["", "123", "123456789", "12a4", "١٢٣٤", "²²²²", " 1234"])
def test_a_pin_is_four_to_eight_ascii_digits(pin: str) -> None:
    with pytest.raises(UnformattableError, match="PIN"):
        _send(orders.SetPin(lane=Lane.ENTRY), pin=pin)


@pytest.mark.parametrize(
    "order",
    [
        orders.SendElevator(floor=3),
        orders.SendElevator(floor=-1),
        orders.MoveCamera(camera=3, move=orders.CameraMove.UP),
    ],
)
def test_what_v1_has_no_word_for_is_refused(order: orders.Order) -> None:
    with pytest.raises(UnformattableError):
        _send(order)


@pytest.mark.parametrize(
    ("amount", "text"), [(0, "0.00"), (5, "0.05"), (50, "0.50"), (1640, "16.40"), (99_999_999, "999999.99")]
)
def test_a_price_is_text_with_two_decimals(amount: int, text: str) -> None:
    assert price_text(Cents(amount)) == text


@pytest.mark.parametrize("amount", [-1, 100_000_000])
def test_a_price_that_does_not_fit_is_refused_not_cut(amount: int) -> None:
    with pytest.raises(UnformattableError):
        price_text(Cents(amount))


def test_texts_are_cut_to_the_firmwares_fields() -> None:
    sent = _send(
        orders.RequestPayment(
            session_id=SessionId("s" * 36),
            masked_plate="." * 40,
            amount=Cents(99_999_999),
            currency="EUR",
            cause="é" * 300,
            label='"\\' * 300,
            duration_s=10**9,
        )
    )
    fields = msgspec.json.decode(sent.payload)
    assert (len(fields["plate"]), len(fields["price"]), fields["cause"]) == (15, 9, "e" * 63)
    assert len(sent.payload) <= MAX_PAYLOAD_BYTES


def test_the_way_to_the_portal_is_joined_and_a_long_cause_leaves_room_for_the_code() -> None:
    order = orders.RequestPayment(
        session_id=SessionId("s-1"), masked_plate="..3BB", amount=Cents(1250), currency="EUR", cause="A PAYER " * 20
    )
    here = PayHere("https://parking.example/pay/s/AAAA", "0482")
    fields = msgspec.json.decode(format_order(order, Speaks.V1, now=NOW, here=here).payload)
    assert fields["label"] == here.address
    assert fields["cause"].endswith(" - CODE 0482")
    assert len(fields["cause"]) == 63


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("à payer : 3 €", "a payer : 3 EUR"),
        ("œuvre – l’été…", "oeuvre - l'ete..."),
        ("a\r\nb\x1b[0m", "a  b?[0m"),
        ("停车", "??"),
        ("  x ", "x"),
    ],
)
def test_boards_get_printable_ascii(text: str, shown: str) -> None:
    assert board_text(text) == shown


@pytest.mark.parametrize("speaks", Speaks)
def test_an_empty_text_is_refused(speaks: Speaks) -> None:
    with pytest.raises(UnformattableError, match="empty"):
        _send(orders.ShowText(text=" \n"), speaks)


def test_neither_secret_nor_pin_shows_in_an_error() -> None:
    with pytest.raises(UnformattableError) as caught:
        _send(orders.ReplaceBadges(uids=_badges(46)), secret="s3cret-long" * 30)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("camera/cmd", b"cam3:left"),
        ("camera/cmd", b"cam1:zoom"),
        ("barriere/cmd", b"200"),
        ("ascenseur/cmd", b"ETAGE9"),
        ("acl/add", b'{"op":"DEL","uid":"A1B2C3D4","secret":"s3cret-A"}'),
        ("acl/add", b'{"op":"ADD","uid":"A1B2C3D4","secret":"wrong"}'),
        ("barriere", b"A1B2C3D4"),
    ],
)
def test_a_device_refuses_what_is_not_a_command_for_it(topic: str, payload: bytes) -> None:
    assert isinstance(read_command(BY_TOPIC[topic], payload, ("s3cret-A",)), Rejection)
