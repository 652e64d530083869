"""The files that wire a site say what the table says, and nothing about anybody else."""

import re

import pytest

from syspark.contract.bridge import Uplink, bridge, crossing_qos
from syspark.contract.broker_acl import broker_acl
from syspark.contract.reasons import Rejection
from syspark.contract.table import BY_TOPIC, Way, rows
from syspark.contract.topics import parse_topic
from syspark.contract.wiring import WiredSite, wired_site
from syspark.domain.units import DeviceName, SiteId

DEFAULT, NORD = wired_site(SiteId("default")), wired_site(SiteId("nord"))
GATES = wired_site(SiteId("gates"), [DeviceName("barriere-2"), DeviceName("sensor_gate-exit"), DeviceName("vision")])
UPLINK = Uplink("mqtt.example.org", 8883, "/etc/ca.crt", "its-password")
DOWN_AT_ONCE = {"barriere/cmd", "barriere_entree/cmd", "ascenseur/cmd", "ascenseur/get", "camera/cmd"}


def rights(text: str) -> dict[str, set[tuple[str, str]]]:
    """Access and topic, by user."""
    found: dict[str, set[tuple[str, str]]] = {}
    user = ""
    for line in text.splitlines():
        words = line.split()
        if words[:1] == ["user"]:
            user = words[1]
            found[user] = set()
        elif words[:1] == ["topic"]:
            found[user].add((words[1], words[2]))
    return found


def crossing(text: str) -> dict[str, list[list[str]]]:
    """The words of the `topic` lines, by direction."""
    lines = [line.split()[1:] for line in text.splitlines() if line.startswith("topic ")]
    return {way: [words for words in lines if words[1] == way] for way in ("out", "in", "both")}


@pytest.mark.parametrize("site", [DEFAULT, NORD, GATES], ids=lambda site: site.name)
def test_a_site_may_write_what_goes_up_and_read_what_comes_down(site: WiredSite) -> None:
    found = rights(broker_acl("park", [DEFAULT, NORD, GATES]))[site.name]
    for access, name in found:
        topic = parse_topic("park", name)
        assert not isinstance(topic, Rejection)
        assert topic.site == site.name
        assert topic.row.way is (Way.UP if access == "write" else Way.DOWN)
    for way, access in ((Way.UP, "write"), (Way.DOWN, "read")):
        topics = {parse_topic("park", name) for one, name in found if one == access}
        assert {topic.row for topic in topics if not isinstance(topic, Rejection)} == set(rows(way))


def test_no_site_shares_a_topic_with_another() -> None:
    found = rights(broker_acl("parking", [DEFAULT, NORD, GATES]))
    topics = [name for user in ("default", "nord", "gates") for _, name in found[user]]
    assert len(topics) == len(set(topics))
    assert not re.search(r"[+#]", "".join(topics))


def test_the_clouds_rights_are_the_reverse() -> None:
    found = rights(broker_acl("parking", [DEFAULT, NORD, GATES]))
    cloud = found.pop("cloud")
    cloud.remove(("readwrite", "parking/cloud/marker"))
    cloud.remove(("readwrite", "parking/cloud/marker/+"))
    reverse = {"write": "read", "read": "write"}
    for user, site_rights in found.items():
        for access, name in site_rights:
            for_all_sites = name.replace(f"parking/{user}/", "parking/+/")
            assert cloud & {(reverse[access], name), (reverse[access], for_all_sites)}
            assert not cloud & {(access, name), (access, for_all_sites)}
    assert all(re.fullmatch(r"parking/(\+/)?[a-z0-9_/-]+", name) for _, name in cloud)


def test_users_are_not_shared() -> None:
    with pytest.raises(ValueError, match="'nord'"):
        broker_acl("parking", [NORD], cloud_user="nord")
    with pytest.raises(ValueError, match="'nord'"):
        broker_acl("parking", [NORD, NORD])
    assert "user ops\n" in broker_acl("parking", [NORD], cloud_user="ops")


def test_a_bridge_takes_each_topic_its_own_way() -> None:
    found = crossing(bridge("park", NORD, UPLINK))
    up = {words[0]: int(words[2]) for words in found["out"]}
    down = {words[0]: int(words[2]) for words in found["in"]}
    assert up == {row.topic: row.qos for row in rows(Way.UP) if row.topic != "bridge/state"}
    assert down == {row.topic: 0 if row.topic in DOWN_AT_ONCE else row.qos for row in rows(Way.DOWN)}
    assert not found["both"]
    assert {tuple(words[3:]) for words in found["out"] + found["in"]} == {("parking/", "park/nord/")}


def test_the_default_sites_names_stay_and_a_device_with_a_suffix_goes_below_its_site() -> None:
    assert {tuple(words[3:]) for words in crossing(bridge("parking", DEFAULT, UPLINK))["out"]} == {
        ("parking/", "parking/")
    }
    two = wired_site(SiteId("default"), [DeviceName("barriere-2")])
    found = crossing(bridge("parking", two, UPLINK))
    assert ["barriere-2", "out", "1", "parking/", "parking/default/"] in found["out"]
    assert ["barriere-2/state", "out", "1", "parking/", "parking/default/"] in found["out"]
    assert ["barriere-2/cmd", "in", "0", "parking/", "parking/default/"] in found["in"]


def test_what_waits_and_what_does_not() -> None:
    up, down = (part.splitlines() for part in bridge("parking", NORD, UPLINK).split("\n\n")[1:])
    for lines, clean, way, other in ((up, "false", "up", "in"), (down, "true", "down", "out")):
        assert f"connection nord-{way}" in lines
        assert {f"cleansession {clean}", f"local_cleansession {clean}"} <= set(lines)
        assert {"keepalive_interval 5", "try_private false", "notifications true"} <= set(lines)
        assert "notification_topic parking/nord/bridge/state" in lines
        assert {"remote_username nord", "remote_password its-password", "bridge_cafile /etc/ca.crt"} <= set(lines)
        assert not [line for line in lines if f" {other} " in line and line.startswith("topic")]


def test_no_password_is_a_line_to_fill_in() -> None:
    text = bridge("parking", NORD, Uplink("2001:db8::1", 8883, "/etc/ca.crt"))
    assert not re.search(r"^remote_password", text, re.MULTILINE)
    assert "address [2001:db8::1]:8883\n" in text


def test_what_expires_soon_is_never_queued() -> None:
    assert {row.topic for row in rows(Way.DOWN) if row.qos and not crossing_qos(row)} == {
        "barriere/cmd",
        "barriere_entree/cmd",
        "ascenseur/cmd",
    }
    assert crossing_qos(BY_TOPIC["display/text"]) == 1


@pytest.mark.parametrize(
    ("site", "device"), [("acl", ""), ("N", ""), ("nord", "gate-2"), ("nord", "cloud-2"), ("nord", "barriere-A")]
)
def test_names_that_are_none(site: str, device: str) -> None:
    with pytest.raises(ValueError, match=r"is not a device|has no"):
        wired_site(SiteId(site), [DeviceName(device)] if device else [])
