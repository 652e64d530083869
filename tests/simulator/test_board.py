"""A controller's own memory, its small buffer and its screens."""

import json

from ops.simulator.layout import SiteLayout
from tests.simulator.field import Bench

SITE = SiteLayout("default", secret="s3cret")


def add(uid: str, secret: str = "s3cret") -> str:
    return json.dumps({"op": "ADD", "uid": uid, "secret": secret})


def test_after_each_connect_it_tells_what_it_holds_and_then_asks() -> None:
    bench = Bench(SITE)
    topics = [publication.topic.removeprefix("parking/") for _, publication in bench.published]
    assert topics[0] == "bridge/state"
    assert topics[1:4] == ["acl/list", "sync/req", "sensor_gate/present"]
    assert topics[4:7] == ["acl/list", "sync/req", "sync/req"]
    assert bench.payloads("parking/sync/req") == [b"1", b"1", b"boot_request"]
    assert bench.payloads("parking/acl/list")[0] == b'{"op":"LIST","secret":"s3cret","entries":[]}'


def test_both_boards_write_and_answer() -> None:
    bench = Bench(SITE)
    bench.hear("acl/add", add("a1b2c3d4"))
    bench.pass_time(1)
    assert bench.payloads("parking/acl/event") == [b'{"op":"SD_WRITE","status":"ok","secret":"s3cret"}'] * 2
    assert list(bench.site.entry.board.acl) == list(bench.site.exit.board.acl) == ["A1B2C3D4"]


def test_nothing_changes_without_the_secret() -> None:
    bench = Bench(SITE)
    bench.hear("acl/add", add("A1B2C3D4", "guess"))
    bench.pass_time(1)
    assert not bench.site.entry.board.acl
    assert not bench.payloads("parking/acl/event")


def test_full_replaces_del_removes_get_lists() -> None:
    bench = Bench(SITE)
    entries = [{"uid": "A1B2C3D4"}, {"uid": "01020304"}]
    bench.hear("acl/full", json.dumps({"op": "FULL", "entries": entries, "secret": "s3cret"}))
    bench.pass_time(1)
    bench.hear("acl/del", json.dumps({"op": "DEL", "uid": "01020304", "secret": "s3cret"}))
    bench.pass_time(1)
    bench.forget()
    bench.hear("acl/get", json.dumps({"op": "LIST_REQ", "secret": "s3cret"}))
    assert bench.payloads("parking/acl/list") == [b'{"op":"LIST","secret":"s3cret","entries":["A1B2C3D4"]}'] * 2


def test_a_message_within_200_ms_of_the_one_before_is_lost() -> None:
    bench = Bench(SITE)
    bench.hear("display/text", "LIBRE:1")
    bench.pass_time(0.19)
    bench.hear("display/text", "LIBRE:2")
    assert bench.site.entry.board.text == "LIBRE:1"
    bench.pass_time(0.2)
    bench.hear("display/text", "LIBRE:3")
    assert bench.site.entry.board.text == "LIBRE:3"
    assert bench.site.dropped_by_boards == (0, 2)


def test_commands_to_other_equipment_take_no_room_in_a_board() -> None:
    bench = Bench(SITE)
    bench.hear("barriere/cmd", "100")
    bench.hear("display/text", "LIBRE:1")
    assert bench.site.entry.board.text == "LIBRE:1"


def test_a_thousand_bytes_fit_and_one_more_is_lost() -> None:
    bench = Bench(SITE)
    bench.hear("display/text", "A" * 1000)
    bench.pass_time(1)
    bench.hear("display/text", "B" * 1001)
    assert bench.site.entry.board.text == "A" * 1000
    assert bench.site.dropped_by_boards == (2, 0)


def test_complet_refuses_pins_and_badges_at_the_entry_only() -> None:
    bench = Bench(SITE)
    for number, (topic, text) in enumerate(
        [("config/pin", "4711"), ("config/exit_pin", "8888"), ("acl/add", add("A1B2C3D4")), ("display/text", "COMPLET")]
    ):
        bench.pass_time(number)
        bench.hear(topic, text)
    entry, leaving = bench.site.entry, bench.site.exit
    bench.forget()
    entry.board.badge("A1B2C3D4")
    bench.collect()
    assert len(bench.payloads("parking/barriere")) == 1, "a badge is told before the controller looks at its list"
    assert not entry.barrier.is_open
    assert not entry.board.enter_pin("4711")
    assert leaving.board.enter_pin("8888")
    assert leaving.barrier.is_open
    bench.pass_time(1)
    bench.hear("display/text", "LIBRE:0")
    assert entry.board.enter_pin("4711")
    bench.collect()
    assert bench.payloads("parking/barriere")[1:] == [b"PIN_OUT", b"PIN_IN"]
    assert not entry.board.enter_pin("0000")


def test_a_badge_on_its_own_list_opens_without_the_cloud() -> None:
    bench = Bench(SITE)
    bench.hear("acl/add", add("A1B2C3D4"))
    bench.site.entry.board.badge("a1b2c3d4")
    assert bench.site.entry.barrier.is_open
    assert not bench.site.truth.executions


def test_the_payment_screen_lasts_15_s() -> None:
    bench = Bench(SITE)
    asked = {"plate": "..3BB", "price": "12.50", "cause": "A PAYER", "session_id": "s-1", "amount": 1250}
    bench.hear("payment/req", json.dumps(asked))
    bench.pass_time(14.9)
    shown = bench.site.exit.board.asks_payment
    assert shown is not None
    assert (shown.price, shown.session_id) == ("12.50", "s-1")
    bench.pass_time(0.1)
    assert bench.site.exit.board.asks_payment is None
    assert bench.site.entry.board.asks_payment is None


def test_stop_is_shown_at_the_entry() -> None:
    bench = Bench(SITE)
    bench.hear("payment/req", json.dumps({"plate": "", "price": "STOP", "cause": "COMPLET VISITEURS"}))
    assert bench.site.entry.board.text == "COMPLET VISITEURS"
    assert bench.site.exit.board.asks_payment is None


def test_a_price_that_is_no_text_is_not_understood() -> None:
    bench = Bench(SITE)
    bench.hear("payment/req", json.dumps({"plate": "", "price": 12.5, "cause": "A PAYER"}))
    assert bench.site.exit.board.asks_payment is None
