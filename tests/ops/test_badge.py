"""One badge, all the way, with mosquitto_pub against `syspark worker` on real PostgreSQL and a real mosquitto."""

import json
from collections.abc import Iterator

import pytest

from tests.ops.service import Service
from tests.servers.client import Client
from tests.servers.waiting import wait_until

pytestmark = pytest.mark.timeout(60)

ENTRY, EXIT, DISPLAY = "parking/barriere_entree/cmd", "parking/barriere/cmd", "parking/display/text"


@pytest.fixture
def site(service: Service) -> Iterator[Client]:
    """What the equipment of every site hears."""
    with Client(service.port, "equipment") as client:
        for topic in ("parking/+/cmd", "parking/+/+/cmd", DISPLAY, "parking/+/display/text", "parking/payment/req"):
            client.subscribe(topic)
        yield client


def test_a_known_badge_opens_once_and_an_unknown_one_is_refused(service: Service, site: Client) -> None:
    service.start()
    service.know("A1B2C3D4")
    service.publish("parking/barriere", "A1B2C3D4")
    assert site.wait_for(2, 10) == [(ENTRY, "100"), (DISPLAY, "LIBRE:49")]
    service.publish("parking/barriere", "a1 b2 c3 d4")
    service.publish("parking/barriere", "0BADCAFE")
    # The site decides one message after the other: had the repeat opened, it would stand before the refusal.
    assert site.wait_for(3, 10)[2:] == [(DISPLAY, "BADGE INCONNU")]


def test_after_a_while_a_subscriber_leaves_and_a_visitor_is_asked_to_pay(service: Service, site: Client) -> None:
    worker = service.start()
    service.know("A1B2C3D4")
    service.know("B2C3D4E5", "visitor")
    for uid in ("A1B2C3D4", "B2C3D4E5"):
        service.publish("parking/barriere", uid)
    site.wait_for(4, 10)
    assert worker.terminate() == 0
    service.age_sessions(minutes=119)
    service.start()
    service.publish("parking/barriere", "A1B2C3D4")
    # A display text whose fate was not stored yet may be sent again: desired state, unlike an opening.
    wait_until(lambda: (EXIT, "100") in site.wait_for(4), "the exit opens", 10)
    service.publish("parking/barriere", "B2C3D4E5")
    wait_until(lambda: bool(_requests(site)), "the visitor is asked to pay", 10)
    assert [(request["price"], request["amount"]) for request in _requests(site)] == [("3.00", 300)]
    assert [topic for topic, _ in site.wait_for(4)].count(EXIT) == 1


def _requests(site: Client) -> list[dict[str, object]]:
    return [json.loads(payload) for topic, payload in site.wait_for(4) if topic == "parking/payment/req"]


def test_a_v2_site_does_the_same_under_its_prefix(service: Service, site: Client) -> None:
    service.start()
    added = service.ask("site", "add", "lyon", "--speaks", "v2", "--capacity", "7")
    assert added.exit_code == 0
    assert "site lyon is open: its topics begin parking/lyon/" in added.output
    service.know("C3D4E5F6", site="lyon")
    service.publish("parking/lyon/barriere", json.dumps({"uid": "C3D4E5F6", "lane": "entry", "event_id": "e-1"}))
    (topic, payload), (shown_on, shown) = site.wait_for(2, 10)
    assert (topic, json.loads(payload)["cmd"]) == ("parking/lyon/barriere_entree/cmd", "open")
    assert (shown_on, json.loads(shown)["text"]) == ("parking/lyon/display/text", "LIBRE:6")
    service.publish("parking/barriere", "C3D4E5F6")
    assert site.wait_for(3, 10)[2] == (DISPLAY, "BADGE INCONNU")


def test_garbage_changes_nothing_and_is_shown_with_its_reason(service: Service, site: Client) -> None:
    service.start()
    garbage = {
        "parking/barriere": (b"hello", "bad_uid"),
        "parking/nowhere/barriere": (b"A1B2C3D4", "unknown_site"),
        "parking/sensor_gate/present": (b"\xff\xfe", "not_utf8"),
        "parking/acl/list": (json.dumps({"op": "LIST", "secret": "guess", "entries": []}).encode(), "bad_secret"),
        "parking/barriere/cmd/extra": (b"100", "unknown_family"),
    }
    for topic, (payload, _) in garbage.items():
        service.publish(topic, payload)
    service.publish("parking/barriere", "0BADCAFE")
    assert site.wait_for(1, 10) == [(DISPLAY, "BADGE INCONNU")]
    shown = service.ask("rejected")
    assert shown.exit_code == 0
    for topic, (_, reason) in garbage.items():
        assert f"{reason}  {topic}\n" in shown.output
    assert "A badge number does not have 8 or 10 hexadecimal digits." in shown.output
    assert "guess" not in shown.output
    assert service.query("SELECT count(*) FROM parking_session") == [(0,)]
    only = service.ask("rejected", "--site", "default", "--limit", "1")
    assert only.output.startswith("refused, newest first: 1\n")
