"""How a decision is written down. Source: architecture.md, "Hash chain"; domain.md, "Audit and privacy"."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from hypothesis import given, settings

from syspark.domain.access import Plan
from syspark.domain.decision import Command, Decision, Moment
from syspark.domain.facts import AclReported, BadgeRead, PlateRead
from syspark.domain.messages import AddCredential, AnyMessage, Reported, encode
from syspark.domain.orders import ReplaceBadges
from syspark.domain.record import PERSONAL_FIELDS, REFERENCE, record
from syspark.domain.site.events import PassageRefused, SiteEvent
from syspark.domain.units import CommandId, DeviceName, HolderKey, Plate, Uid
from tests.domain.park import ALICE, BOB, ENTRY, NOON, Park
from tests.domain.test_any_history import HISTORY, take

AT = Moment(now=NOON, fact_at=NOON - timedelta(seconds=1), cause=UUID(int=1))
BADGE = Reported(device=DeviceName("barriere"), fact=BadgeRead(uid=ALICE))


def restored(value: Any, personal: dict[str, str]) -> Any:
    """The record with its references resolved."""
    if isinstance(value, dict):
        if value.keys() == {REFERENCE}:
            return personal[value[REFERENCE]]
        return {key: restored(item, personal) for key, item in value.items()}
    return [restored(item, personal) for item in value] if isinstance(value, list) else value


def personal_values(value: Any, key: str = "") -> set[str]:
    if isinstance(value, dict):
        return set().union(*(personal_values(item, name) for name, item in value.items()))
    if isinstance(value, list):
        return set().union(*(personal_values(item, key) for item in value))
    return {value} if value and key in PERSONAL_FIELDS and isinstance(value, str) else set()


def recorded(
    message: AnyMessage, decision: Decision[SiteEvent], given: dict[str, object] | None = None
) -> tuple[Any, dict[str, str]]:
    body, personal = record(message, decision, given or {}, AT)
    return json.loads(body), personal


def test_a_badge_is_replaced_by_one_reference_wherever_it_stands() -> None:
    refused = PassageRefused(lane=ENTRY, key=HolderKey(ALICE), why="badge-unknown", at=NOON)
    body, personal = recorded(BADGE, Decision(rule="badge-unknown", events=(refused,)))
    (name,) = personal
    assert personal == {name: ALICE}
    assert body["message"]["fact"]["uid"] == body["events"][0]["key"] == {REFERENCE: name}
    assert ALICE not in json.dumps(body)


def test_lists_of_badges_plates_and_holders_are_set_apart() -> None:
    command = Command(CommandId("c"), ReplaceBadges(uids=(ALICE, BOB)), None)
    acl = Reported(device=DeviceName("acl"), fact=AclReported(entries=(ALICE, Uid("CAFE0000"))))
    body, personal = recorded(acl, Decision(rule="noted", commands=(command,)))
    assert set(personal.values()) == {ALICE, BOB, "CAFE0000"}
    assert len(personal) == 3
    plate = Reported(device=DeviceName("vision"), fact=PlateRead(plate=Plate("AB123CD")))
    assert set(recorded(plate, Decision(rule="noted"))[1].values()) == {"AB123CD"}
    holder = AddCredential(uid=ALICE, holder="Alice Martin", plan=Plan.STAFF, author="op")
    body, personal = recorded(holder, Decision(rule="credential-changed"))
    assert set(personal.values()) == {ALICE, "Alice Martin"}
    assert body["message"]["author"] == "op"


def test_what_was_looked_up_is_recorded_with_the_rule_s_own_inputs() -> None:
    decision: Decision[SiteEvent] = Decision(rule="r", given={"lane_rule": "lane-said"})
    body, _ = recorded(BADGE, decision, {"policy_version": 3, "visit": None})
    assert body["given"] == {"lane_rule": "lane-said", "policy_version": 3}


def test_the_record_is_canonical() -> None:
    one: Decision[SiteEvent] = Decision(rule="r", given={"b": 1, "a": 2})
    same: Decision[SiteEvent] = Decision(rule="r", given={"a": 2, "b": 1})
    body, _ = record(BADGE, one, {"z": 1, "y": {"d": 1, "c": 2}}, AT)
    assert body == msgspec.json.encode(msgspec.json.decode(body), order="sorted")
    assert body == record(BADGE, same, {"y": {"c": 2, "d": 1}, "z": 1}, AT)[0]


@given(HISTORY)
@settings(max_examples=60)
def test_every_personal_value_and_nothing_else_is_set_apart(history: list[tuple[object, ...]]) -> None:
    park = Park()
    for step in history:
        take(park, step)
    for message, decision, given_ in park.told:
        body, personal = record(message, decision, given_, AT)
        plain = msgspec.json.decode(body)
        assert set(personal.values()) == personal_values(restored(plain, personal))
        assert personal_values(plain) == set()
        assert not [value for value in personal.values() if value.encode() in body]
        assert restored(plain, personal)["message"] == json.loads(encode(message))
