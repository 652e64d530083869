"""What each device of a site says in v1's words, over a real mosquitto: its twin as stored, and the site's page."""

import asyncio
import json
import re
import time
from typing import Any

import pytest

from tests.ops.reader import Reader
from tests.ops.service import LOGIN, MQTT_SECRET, PASSWORD, Service
from tests.servers.client import Client
from tests.servers.waiting import free_port, wait_until

pytestmark = pytest.mark.timeout(90)

WEATHER = {
    "ville": "Brest",
    "description": "pluie faible",
    "temperature": 11.5,
    "humidite": 91,
    "vent": 38.2,
    "vent_dir": "SO",
    "prevision": "éclaircies demain",
    "pluie": 0.4,
    "co2": 612,
    "air": "bon",
}

LISTED = json.dumps({"op": "LIST", "secret": MQTT_SECRET, "entries": ["A1B2C3D4", "0BADCAFE"]})
WRITTEN = {
    status: json.dumps({"op": "SD_WRITE", "status": status, "secret": MQTT_SECRET}) for status in ("ok", "error")
}

HOSTILE = {
    "parking/sensor_gate/present": ("2", "true", '{"present":"yes"}'),
    "parking/sensor_gate/heartbeat": ("-1", "99999999999999999999", "now", '{"ts":1e400}'),
    "parking/sensor_gate/error": ("\x00", "[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]"),
    "parking/ascenseur/state": ('{"current": 1e9}', '{"current": "0"}', "ETAGE", "-99", '{"current":0,"current":1}'),
    "parking/acl/list": ('{"op":"LIST","secret":"guess","entries":[]}', '{"op":"LIST","entries":["A1B2C3D4"]}', "[]"),
    "parking/acl/event": ('{"op":"SD_WRITE","status":"ok"}', '{"op":"SD_WRITE","status":"maybe","secret":"guess"}'),
    "parking/sync/req": ("2", "boot", "{"),
    "parking/bridge/state": ("2", "maybe", '{"online":true}'),
    "parking/barriere_entree/state": ('{"state":"ajar"}', "open", '{"state":NaN}'),
    "parking/meteo": (json.dumps(WEATHER),),
}


def twins(service: Service) -> dict[str, dict[str, Any]]:
    """Every stored twin of the default site, by device."""
    rows = service.query("SELECT actor_id, body FROM snapshot WHERE actor_kind = 'device' ORDER BY actor_id")
    return {name.removeprefix("default/"): json.loads(bytes(body)) for name, body in rows}


def wait_for(service: Service, device: str, **fields: object) -> None:
    """Return once a twin holds these."""
    wait_until(lambda: fields.items() <= twins(service).get(device, {}).items(), f"{device} holds {fields}", 15)


def speak(service: Service) -> None:
    """Everything but a camera and the weather client, which come over HTTP."""
    service.publish("parking/bridge/state", "1")
    for beat in range(2):
        service.publish("parking/sensor_gate/heartbeat", str(int(time.time()) + beat))
    service.publish("parking/sensor_gate/present", "1")
    service.publish("parking/ascenseur/state", '{"current": 0}')
    service.publish("parking/ascenseur/state", "ETAGE2")
    service.publish("parking/acl/list", LISTED)
    service.publish("parking/acl/event", WRITTEN["ok"])
    service.publish("parking/acl/event", WRITTEN["ok"])
    service.publish("parking/sync/req", "1")
    service.publish("parking/radio/tx/status", "TX idle")
    service.publish("parking/radio/tx/error", "TX_TIMEOUT antenne")
    service.publish("parking/barriere_entree/state", '{"state":"closed"}')


async def test_every_device_has_a_twin_of_what_it_said_and_the_page_tells_it(service: Service) -> None:
    port = free_port()
    serving = service.serve("serve", port)
    made = await asyncio.to_thread(service.ask, "site", "token", "default")
    token = re.findall(r"[\w-]{20,}", made.output)[-1]
    with Client(service.port, "banner") as banner:
        banner.subscribe("parking/meteo")
        async with Reader.at(f"http://127.0.0.1:{port}") as reader:
            await asyncio.to_thread(speak, service)
            edge = f"http://127.0.0.1:{port}/edge/{token}/api"
            assert (await reader.post(f"{edge}/meteo", json.dumps(WEATHER)))[0] == 200
            assert (await reader.post(f"{edge}/plate_event", '{"plate":"AB-123-CD"}'))[0] == 200
            assert (await reader.post(f"{edge}/meteo", '{"ville":"Brest","temperature":1e9}'))[0] == 400
            [(topic, shown)] = await asyncio.to_thread(banner.wait_for, 1, 10)
            assert (topic, json.loads(shown)) == ("parking/meteo", WEATHER)
            await asyncio.to_thread(_check_twins, service)
            await reader.sign_in(LOGIN, PASSWORD)
            page = await reader.get("/sites/default")
    for text in (
        "connected since",
        "Floor 2",
        "Badges held: 2",
        "Plates read: 1",
        "TX_TIMEOUT antenne",
        "The arm is down",
        "11.5 °C, pluie faible",
        "38.2 km/h SO",
        "Devices: 1 to look at",
    ):
        assert text in page
    with Client(service.port, "late banner") as late:
        late.subscribe("parking/meteo")
        [(_, kept)] = await asyncio.to_thread(late.wait_for, 1, 10)
        assert json.loads(kept) == WEATHER
    assert serving.terminate() == 0


def _check_twins(service: Service) -> None:
    wait_for(service, "barriere_entree", reported={"type": "barrier", "lane": "entry", "state": "closed"})
    wait_for(service, "vision", reads=1)
    wait_for(service, "meteo", reported={"type": "weather", **WEATHER})
    wait_for(service, "bridge", reported={"type": "bridge", "online": True})
    wait_for(service, "sensor_gate", reported={"type": "presence", "present": True}, life="online")
    wait_for(service, "ascenseur", reported={"type": "floor", "current": 2})
    wait_for(
        service, "radio", reported={"type": "radio", "error": False, "text": "TX idle"}, error="TX_TIMEOUT antenne"
    )
    wait_for(service, "sync", reported={"type": "sync"})
    held = twins(service)["acl"]
    assert held["badges"]["count"] == 2
    assert held["written"]["done"] == 2
    assert held["reported"]["entries"] == ["A1B2C3D4", "0BADCAFE"]
    assert MQTT_SECRET not in json.dumps(held)
    assert "AB123CD" not in json.dumps(twins(service))


def test_a_silent_sensor_is_told_stale_then_offline_and_back(service: Service) -> None:
    service.start()
    for beat in range(3):
        service.publish("parking/sensor_gate/heartbeat", str(int(time.time()) + beat))
    wait_for(service, "sensor_gate", life="online")
    wait_for(service, "sensor_gate", life="stale")
    wait_until(lambda: twins(service)["sensor_gate"]["life"] == "offline", "it is offline", 25)
    service.publish("parking/sensor_gate/heartbeat", str(int(time.time()) + 10))
    wait_for(service, "sensor_gate", life="online")
    rows = service.query("SELECT rule FROM journal WHERE kind = 'life-changed' ORDER BY seq")
    assert [rule for (rule,) in rows] == ["device-online", "device-stale", "device-offline", "device-back"]


def test_a_boot_request_and_a_connect_both_bring_the_display_s_text(service: Service) -> None:
    service.start()
    with Client(service.port, "banner") as banner:
        banner.subscribe("parking/display/text")
        for asked, count in (("boot_request", 1), ("1", 2)):
            service.publish("parking/sync/req", asked)
            assert banner.wait_for(count, 10)[-1] == ("parking/display/text", "LIBRE:50")
    wait_for(service, "sync", reported={"type": "sync"})


def test_hostile_values_change_no_twin(service: Service) -> None:
    service.start()
    for beat in range(2):
        service.publish("parking/sensor_gate/heartbeat", str(int(time.time()) + beat))
    service.publish("parking/ascenseur/state", "RDC")
    service.publish("parking/acl/list", LISTED)
    wait_for(service, "sensor_gate", life="online")
    wait_until(lambda: {"acl", "ascenseur"} <= twins(service).keys(), "the twins are there", 10)
    before = twins(service)
    sent = 0
    for topic, payloads in HOSTILE.items():
        for payload in payloads:
            service.publish(topic, payload)
            sent += 1
    service.publish("parking/barriere", "0BADCAFE")
    decided = "SELECT count(*) FROM journal WHERE rule = 'badge-unknown'"
    wait_until(lambda: service.query(decided) == [(1,)], "the badge after them is decided", 15)
    assert service.query("SELECT count(*) FROM rejected_message") == [(sent,)]
    after = twins(service)
    after["sensor_gate"] |= {name: before["sensor_gate"][name] for name in ("life", "life_at", "heard_at")}
    assert after == before
