"""The read model understands what the product's own domain writes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from syspark.domain.access import Credential, Plan, Right
from syspark.domain.decision import Moment
from syspark.domain.facts import BadgeRead, PlateRead, PresenceReported
from syspark.domain.messages import CommandFated, OpenLane, OpenReason, PaymentDue, Reported, SiteMessage, kind_of
from syspark.domain.policy import SitePolicy
from syspark.domain.record import record
from syspark.domain.site import decide, evolve
from syspark.domain.site.state import DeviceSetup, Known, SiteSetup, SiteState
from syspark.domain.tariff import Quote, Tariff
from syspark.domain.units import Cents, CommandId, DeviceName, HolderKey, Lane, Plate, SessionId, SiteId, Uid
from syspark.web_ports import CommandLine, FlowLine, JournalLine, LaneLine, PersonLine, SiteLine
from web import language
from web.reading.feed import feed
from web.reading.journal import unfolded
from web.reading.lanes import Surroundings, lane_card
from web.reading.model import level_of_wait
from web.reading.site import STEP_S, curve
from web.reading.snapshot import site_seen
from web.sentence import Money

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SENSOR = DeviceName("sensor_gate")
READER = DeviceName("barriere")
CAMERA = DeviceName("vision")
ALICE = Uid("A11CE000")
BOB = Plate("BC123DE")
KNOWN = Known(right=Right(credential=Credential(uid=HolderKey(ALICE), holder="Alice", plan=Plan.SUBSCRIBER)))
SETUP = SiteSetup(
    site_id=SiteId("default"),
    policy=SitePolicy(),
    policy_version=1,
    tariff=Tariff(),
    tariff_version=1,
    capacity=50,
    sensors=frozenset({Lane.ENTRY}),
    devices={SENSOR: DeviceSetup("sensor_gate", Lane.ENTRY), READER: DeviceSetup("barriere", Lane.EXIT)},
)


def person(key: str, **more: Any) -> PersonLine:
    """Whom a key stands for."""
    nothing = dict.fromkeys(("holder", "plan", "plate", "session_id", "opened_at", "closed_at"))
    return PersonLine(SETUP.site_id, key, **{**nothing, **more})


@dataclass
class Told:
    """A site decided message by message, as its rows would stand."""

    state: SiteState = field(default_factory=SiteState)
    lines: list[JournalLine] = field(default_factory=list)
    commands: list[CommandLine] = field(default_factory=list)
    people: dict[str, PersonLine] = field(default_factory=dict)

    def tell(self, message: SiteMessage, second: float, known: Known | None = None) -> None:
        """Decide a message at a second after noon."""
        now, cause = NOON + timedelta(seconds=second), UUID(int=len(self.lines) + 1)
        at = Moment(now=now, fact_at=now, cause=cause)
        decision = decide(self.state, message, known or Known(), SETUP, at)
        inputs, personal = record(message, decision, {"state": self.state}, at)
        for event in decision.events:
            self.state = evolve(self.state, event, SETUP.sensors)
        kind, seq = kind_of(message), len(self.lines) + 1
        site = SETUP.site_id
        self.lines.insert(0, JournalLine(site, seq, now, now, "site", kind, decision.rule, inputs, cause, personal))
        for command in decision.commands:
            order = msgspec.json.encode(command.order)
            if b'"type":"barrier"' in order:
                line = CommandLine(command.id, site, order, decision.rule, "sent", now, now, command.expires_at)
                self.commands.append(line)

    def at(self, second: float) -> Surroundings:
        """What pages have to go by then."""
        site = SiteLine(
            SETUP.site_id,
            "Gare",
            "UTC",
            "EUR",
            50,
            0,
            (LaneLine("entry", has_sensor=True), LaneLine("exit", has_sensor=False)),
            msgspec.json.encode(self.state),
            NOON,
            None,
            None,
        )
        seen = site_seen(site.state)
        assert seen is not None
        now = NOON + timedelta(seconds=second)
        return Surroundings(site, seen, unfolded(self.lines), self.commands, self.people, now)

    def feed(self) -> Sequence[str]:
        """The feed in English."""
        said = feed(unfolded(self.lines), self.people, NOON)
        return [re.sub("<[^>]+>", "", str(language.words("en").say(item.text))) for item in said]

    def end(self, fate: str, second: float) -> None:
        """The latest opening has its fate, and the site hears of it."""
        command = self.commands[-1]
        self.commands[-1] = replace(command, fate=fate, fate_at=NOON + timedelta(seconds=second))
        self.tell(CommandFated(command_id=CommandId(command.id), fate=fate), second)


def arrival(*, present: bool = True) -> Reported:
    """The entry's sensor reports."""
    return Reported(device=SENSOR, fact=PresenceReported(present=present))


def badge(lane: Lane) -> Reported:
    """Alice's badge."""
    return Reported(device=READER, fact=BadgeRead(uid=ALICE, lane=lane))


def plate(lane: Lane, *, photo: bool = True) -> Reported:
    """A camera reads Bob's plate."""
    return Reported(device=CAMERA, fact=PlateRead(plate=BOB, lane=lane, photo=photo))


def test_a_car_that_is_refused_waits_since_it_came() -> None:
    told = Told(people={ALICE: person(ALICE, holder="Alice")})
    told.tell(arrival(), 0)
    told.tell(badge(Lane.ENTRY), 4)
    card = lane_card("entry", told.at(70))
    assert (card.waiting_since, card.level) == (NOON, "warn")
    assert card.headline.id == "Closed: the badge is not known."
    assert card.vehicle is not None
    assert card.vehicle.badge == "··E000"
    assert list(told.feed()) == ["Unknown badge Alice refused at Entry", "A vehicle arrives at Entry"]
    told.tell(arrival(present=False), 80)
    assert not lane_card("entry", told.at(81)).waits


def test_an_admitted_car_stays_in_the_queue_until_its_fate_is_known() -> None:
    told = Told()
    told.tell(arrival(), 0)
    told.tell(badge(Lane.ENTRY), 2, KNOWN)
    card = lane_card("entry", told.at(3))
    assert card.waits
    assert card.opening is not None
    assert (card.level, card.barrier, card.opening.in_flight) == ("act", "opening", True)
    assert card.waiting_since == NOON
    told.end("acked", 4)
    assert not lane_card("entry", told.at(4)).waits


def test_a_car_whose_opening_failed_waits_since_it_came() -> None:
    told = Told()
    told.tell(arrival(), 0)
    told.tell(badge(Lane.ENTRY), 2, KNOWN)
    told.commands[0] = replace(told.commands[0], fate="expired")
    assert lane_card("entry", told.at(13)).waiting_since == NOON
    told.end("expired", 13)
    card = lane_card("entry", told.at(14))
    assert (card.waiting_since, card.to_open) == (NOON, True)
    assert card.headline.id == "Closed: the opening came too late."


def test_the_fate_of_an_opening_is_not_shown_beside_the_next_car() -> None:
    told = Told()
    told.tell(arrival(), 0)
    told.tell(badge(Lane.ENTRY), 1, KNOWN)
    told.end("acked", 2)
    told.tell(arrival(present=False), 5)
    told.tell(arrival(), 8)

    card = lane_card("entry", told.at(10))

    assert card.waits
    assert card.opening is None


def test_an_operator_s_opening_names_who_and_why() -> None:
    told = Told()
    told.tell(arrival(), 0)
    told.tell(OpenLane(lane=Lane.ENTRY, reason=OpenReason.GOODWILL, author="c.marchand"), 9)
    opening = lane_card("entry", told.at(10)).opening
    assert opening is not None
    assert (opening.author, opening.reason) == ("c.marchand", "goodwill")
    assert told.feed()[0] == "c.marchand opens Entry: Goodwill"
    told.end("acked", 11)
    assert not lane_card("entry", told.at(11)).waits


def test_a_plate_without_a_session_is_refused_with_its_picture_and_goes_after_two_minutes() -> None:
    told = Told()
    told.tell(plate(Lane.EXIT), 0)
    card = lane_card("exit", told.at(1))
    assert (card.waiting_since, card.to_open) == (NOON, True)
    assert card.headline.id == "Closed: no open session has this plate."
    assert card.photo is not None
    assert card.photo.id == str(told.lines[0].cause)
    assert card.vehicle is not None
    assert card.vehicle.plate == f"··{BOB[-3:]}"
    assert not lane_card("exit", told.at(121)).waits


def test_a_plate_is_admitted_seen_and_told() -> None:
    told = Told()
    told.tell(arrival(), 0)
    told.tell(plate(Lane.ENTRY), 2)
    key = told.state.lane(Lane.ENTRY).arrivals[-1].witnesses[0].key
    told.people[key] = person(key, plate=BOB, session_id="s", opened_at=NOON)
    assert lane_card("entry", told.at(3)).waits
    told.end("acked", 3)
    card = lane_card("entry", told.at(4))
    assert not card.waits
    assert card.vehicle is not None
    assert card.vehicle.plate == "BC-123-DE"
    assert card.photo is not None
    assert told.feed()[0] == "Entry opens for BC-123-DE"
    told.tell(arrival(present=False), 9)
    card = lane_card("entry", told.at(10))
    assert card.photo is not None
    assert card.photo.id == str(told.lines[2].cause)
    details = [str(language.words("en").say(detail)) for detail in lane_card("entry", told.at(150)).details]
    assert "Last opened at 12:00:02 for" in details[0]


def test_a_payment_keeps_the_vehicle_in_the_queue_while_it_is_asked() -> None:
    told = Told()
    told.tell(plate(Lane.EXIT), 0)
    key = told.state.lane(Lane.EXIT).arrivals[-1].witnesses[0].key
    quote = Quote(lines=(), total_cents=Cents(450), currency="EUR", duration_s=7200)
    due = PaymentDue(session_id=SessionId("s"), key=key, lane=Lane.EXIT, cycle=0, quote=quote)
    told.tell(due, 1)
    card = lane_card("exit", told.at(200))
    assert (card.waiting_since, card.to_open) == (NOON, False)
    assert card.amount == Money(450, "EUR")
    assert card.headline.id == "Closed: {amount} due."
    shown = lane_card("exit", told.at(5)).display
    assert shown is not None
    assert shown.kind == "payment"


@pytest.mark.parametrize(("seconds", "level"), [(0, "none"), (59, "none"), (60, "warn"), (119, "warn"), (120, "crit")])
def test_a_wait_is_amber_after_a_minute_and_red_after_two(seconds: int, level: str) -> None:
    assert level_of_wait(NOON, NOON + timedelta(seconds=seconds)) == level


def test_occupancy_is_counted_back_from_what_it_is() -> None:
    step = timedelta(seconds=STEP_S)
    flow = [FlowLine(NOON - 2 * step, 5, 1), FlowLine(NOON, 0, 2)]
    values = curve(flow, 10, 50, NOON).values
    assert values[-4:] == (8, 12, 12, 10)
    assert set(values[:-3]) == {8}
