"""The document of schemas is whole, always the same, and true to payloads known by hand."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from syspark.contract.schemas import schemas_json
from syspark.contract.table import ROWS, Way

DOCUMENT: dict[str, Any] = json.loads(schemas_json())


def references(value: object) -> Iterator[str]:
    """Every `$ref` anywhere in it."""
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from references(inner)


def test_every_json_payload_has_its_schema() -> None:
    assert set(DOCUMENT["topics"]) == {row.topic for row in ROWS if row.json is not None and row.way is not Way.OWN}
    wanted = {name.removeprefix("#/$defs/") for name in references(DOCUMENT)}
    assert wanted == set(DOCUMENT["$defs"])


def test_it_is_stable() -> None:
    assert schemas_json() == schemas_json()
    assert list(DOCUMENT["$defs"]) == sorted(DOCUMENT["$defs"])


@pytest.mark.parametrize(
    ("topic", "required", "optional"),
    [
        ("sensor_gate/heartbeat", set(), {"ts", "src", "event_id", "state"}),
        ("barriere", set(), {"ts", "src", "event_id", "uid", "lane", "method"}),
        ("ascenseur/state", {"current"}, {"ts", "src", "event_id", "target", "moving"}),
        ("acl/event", {"op", "status", "secret"}, {"ts", "src", "event_id", "version"}),
        ("barriere/cmd", {"ts", "src", "cmd"}, {"command_id", "expires_ts", "epoch"}),
        ("acl/add", {"op", "uid", "secret"}, {"version", "src"}),
    ],
)
def test_fields_are_those_of_the_contract(topic: str, required: set[str], optional: set[str]) -> None:
    name = DOCUMENT["topics"][topic]["payload"]["$ref"].removeprefix("#/$defs/")
    schema = DOCUMENT["$defs"][name]
    assert set(schema.get("required", ())) == required
    assert set(schema["properties"]) == required | optional


def test_values_are_bounded_as_the_reader_bounds_them() -> None:
    plate = DOCUMENT["$defs"]["PlateSeen"]["properties"]["confidence"]
    assert {"type": "number", "minimum": 0, "maximum": 1} in plate["anyOf"]
    state = DOCUMENT["$defs"]["BarrierState"]["properties"]["state"]
    assert state == {"enum": ["closed", "closing", "fault", "open", "opening"]}


def test_patterns_are_regular_expressions() -> None:
    patterns = re.findall(r'"pattern": ("(?:[^"\\]|\\.)*")', schemas_json())
    assert patterns
    for pattern in patterns:
        re.compile(json.loads(pattern))
