"""The table agrees with itself, with the domain's facts and orders, and over both generations."""

from typing import get_args

import msgspec
import pytest

from syspark.contract import readings
from syspark.contract.document import topics_markdown
from syspark.contract.reasons import Reason, Rejection
from syspark.contract.table import BY_TOPIC, FAMILIES, MARKER, ROWS, Kind, Retain, Row, Way, row_for, rows
from syspark.contract.topics import DEFAULT_SITE, Topic, is_site_name, marker_topic, parse_topic, topic_for
from syspark.domain import facts, orders
from syspark.domain.units import DeviceName, Lane, SiteId, Speaks

SITE_ROWS = [row for row in ROWS if row.way is not Way.OWN]


@pytest.mark.parametrize("row", SITE_ROWS, ids=lambda row: row.topic)
def test_each_topic_means_the_same_in_both_generations(row: Row) -> None:
    v1 = parse_topic("parking", topic_for("parking", DEFAULT_SITE, row))
    v2 = parse_topic("parking", topic_for("parking", SiteId("lyon-2"), row))
    several = DeviceName(f"{row.family}-exit")
    suffixed = parse_topic("parking", topic_for("parking", SiteId("lyon-2"), row, several))
    assert v1 == Topic("parking", DEFAULT_SITE, DeviceName(row.family), row, Speaks.V1)
    assert v2 == Topic("parking", SiteId("lyon-2"), DeviceName(row.family), row, Speaks.V2)
    assert suffixed == Topic("parking", SiteId("lyon-2"), several, row, Speaks.V2)


@pytest.mark.parametrize("row", SITE_ROWS, ids=lambda row: row.topic)
def test_the_default_site_reaches_devices_with_a_suffix_under_its_name(row: Row) -> None:
    device = DeviceName(f"{row.family}-2")
    topic = topic_for("acme/parking", DEFAULT_SITE, row, device)
    assert topic.startswith("acme/parking/default/")
    assert parse_topic("acme/parking", topic) == Topic("acme/parking", DEFAULT_SITE, device, row, Speaks.V2)


def test_no_two_rows_share_a_topic_and_rows_cannot_be_changed() -> None:
    assert len(BY_TOPIC) == len(ROWS)
    with pytest.raises(AttributeError):
        ROWS[0].qos = 2  # type: ignore[misc]


def test_the_marker_belongs_to_no_site() -> None:
    found = parse_topic("parking", marker_topic("parking"))
    assert isinstance(found, Topic)
    assert found.row is MARKER
    assert parse_topic("parking", "parking/lyon/cloud/marker") == Rejection(
        Reason.UNKNOWN_FAMILY, "no such device or channel"
    )


def test_each_of_several_partitions_has_a_marker_of_its_own() -> None:
    found = parse_topic("parking", marker_topic("parking", 63))
    assert isinstance(found, Topic)
    assert found.row is MARKER
    assert isinstance(parse_topic("parking", "parking/cloud/marker/63/x"), Rejection)
    assert isinstance(parse_topic("parking", "parking/cloud/marker/all"), Rejection)


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_no_site_may_be_named_like_a_family(family: str) -> None:
    assert not is_site_name(family)
    with pytest.raises(ValueError, match="has no"):
        topic_for("parking", SiteId(family), BY_TOPIC["barriere"])


@pytest.mark.parametrize("name", ["a", "A1", "-a", "a b", "a/b", "a+", "", "é1", "lyon\n", "a" * 33, "а1"])
def test_impossible_site_names(name: str) -> None:
    assert not is_site_name(name)


def test_a_device_is_of_its_rows_family() -> None:
    for device in ("acl", "barriere-", "barriere-A", "barriere-2/x"):
        with pytest.raises(ValueError, match="has no"):
            topic_for("parking", SiteId("lyon"), BY_TOPIC["barriere/state"], DeviceName(device))


def test_every_fact_and_order_of_the_domain_has_its_topic() -> None:
    carried_up = {fact for row in rows(Way.UP) for fact in row.carries}
    carried_down = {order for row in rows(Way.DOWN) for order in row.carries}
    assert carried_up == set(get_args(facts.Told)) - {facts.WeatherReported}
    assert carried_down == set(get_args(orders.Order))


def test_what_is_read_from_text_and_json_is_in_the_table() -> None:
    forms = {row.json: row.carries for row in rows(Way.UP) if row.json and facts.Replayed not in row.carries}
    assert set(readings.FROM_JSON) <= set(forms)
    for form in set(forms) - set(readings.FROM_JSON):
        (fact,) = forms[form]
        assert set(fact.__struct_fields__) <= set(form.__struct_fields__)
    assert set(readings.FROM_TEXT) <= {row.topic for row in rows(Way.UP)}
    assert all(row.json or row.topic in readings.FROM_TEXT for row in rows(Way.UP))


def test_kinds_are_those_of_the_contract() -> None:
    by_kind = {kind: {row.topic for row in ROWS if row.kind is kind} for kind in Kind}
    assert by_kind[Kind.TELEMETRY] == {"sensor_gate/heartbeat"}
    assert by_kind[Kind.LEVEL] >= {
        "sensor_gate/present",
        "sensor_gate/error",
        "barriere/state",
        "barriere_entree/state",
        "ascenseur/state",
        "acl/list",
        "bridge/state",
    }
    assert all((row.kind is None) == (row.way is not Way.UP) for row in ROWS)


def test_controllers_messages_are_paced_and_the_others_are_not() -> None:
    paced = {row.family for row in ROWS if row.paced}
    assert paced == {"acl", "config", "display", "payment"}
    assert all(row.paced == (row.family in paced) for row in rows(Way.DOWN))


def test_dangerous_messages_are_never_retained() -> None:
    never = {row.topic for row in ROWS if row.retain is Retain.NEVER}
    assert never == {"barriere/cmd", "barriere_entree/cmd", "config/pin", "config/exit_pin"}
    assert [row.topic for row in rows(Way.DOWN) if row.published_retained] == ["meteo"]


def test_facts_are_never_retained() -> None:
    assert all(row.retain is Retain.NO for row in ROWS if row.kind is Kind.FACT)


def test_expiries_are_those_of_the_domain() -> None:
    assert {row.topic: row.expires_s for row in ROWS if row.expires_s} == {
        "barriere/cmd": 10,
        "barriere_entree/cmd": 10,
        "display/text": 3600,
        "camera/cmd": 2,
        "ascenseur/cmd": 30,
        "ascenseur/get": 30,
    }


def test_lanes_have_barriers_and_pins_of_their_own() -> None:
    assert row_for(orders.MoveBarrier(lane=Lane.ENTRY)).topic == "barriere_entree/cmd"
    assert row_for(orders.MoveBarrier(lane=Lane.EXIT)).topic == "barriere/cmd"
    assert row_for(orders.SetPin(lane=Lane.ENTRY)).topic == "config/pin"
    assert row_for(orders.SetPin(lane=Lane.EXIT)).topic == "config/exit_pin"


def test_the_document_has_one_line_a_topic() -> None:
    lines = topics_markdown("parking").splitlines()
    assert len(lines) == 2 + len(ROWS)
    assert len({line.count("|") for line in lines}) == 1
    assert lines[2].startswith(
        "| `parking/sensor_gate/present` | `parking/<site>/sensor_gate/present` | up | level | 1 |"
    )


def test_json_schemas_can_be_made_of_every_form() -> None:
    forms = [row.json for row in ROWS if row.json]
    _, components = msgspec.json.schema_components(forms)
    assert "Identification" in components
    assert "PaymentRequest" in components
