"""The read model understands what the product's own domain writes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest

from syspark.domain.access import Credential, Plan
from syspark.domain.decision import Moment
from syspark.domain.facts import BadgeRead, PresenceReported
from syspark.domain.messages import OpenLane, OpenReason, Reported, SiteMessage, kind_of
from syspark.domain.policy import SitePolicy
from syspark.domain.record import record
from syspark.domain.site import decide, evolve
from syspark.domain.site.state import DeviceSetup, Known, SiteSetup, SiteState
from syspark.domain.tariff import Tariff
from syspark.domain.units import DeviceName, Lane, SiteId, Uid
from syspark.web_ports import CommandLine, FlowLine, JournalLine, LaneLine, SiteLine
from web import language
from web.reading.feed import feed
from web.reading.journal import unfolded
from web.reading.lanes import Surroundings, lane_card
from web.reading.model import level_of_wait
from web.reading.site import STEP_S, curve
from web.reading.snapshot import site_seen

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SENSOR = DeviceName("sensor_gate")
READER = DeviceName("barriere")
ALICE = Uid("A11CE000")
KNOWN = Known(credential=Credential(uid=ALICE, holder="Alice", plan=Plan.SUBSCRIBER))
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


@dataclass
class Told:
    """A site decided message by message, as its rows would stand."""

    state: SiteState = field(default_factory=SiteState)
    lines: list[JournalLine] = field(default_factory=list)
    commands: list[CommandLine] = field(default_factory=list)

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
        return Surroundings(site, seen, unfolded(self.lines), self.commands, {}, now)

    def feed(self) -> Sequence[str]:
        """The feed in English."""
        said = feed(unfolded(self.lines), {ALICE: "Alice"})
        return [str(language.words("en").say(item.text)) for item in said]


def arrival(*, present: bool = True) -> Reported:
    """The entry's sensor reports."""
    return Reported(device=SENSOR, fact=PresenceReported(present=present))


def badge(lane: Lane) -> Reported:
    """Alice's badge."""
    return Reported(device=READER, fact=BadgeRead(uid=ALICE, lane=lane))


def test_a_car_that_is_refused_waits_since_it_came() -> None:
    told = Told()
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
    told.commands = [fated(told.commands[0], "acked")]
    assert not lane_card("entry", told.at(4)).waits
    told.commands = [fated(told.commands[0], "expired")]
    failed = lane_card("entry", told.at(5))
    assert failed.waits
    assert failed.details[0].id == "The vehicle waits still: decide again."


def test_the_fate_of_an_opening_is_not_shown_beside_the_next_car() -> None:
    told = Told()
    told.tell(arrival(), 0)
    told.tell(badge(Lane.ENTRY), 1, KNOWN)
    told.commands[0] = fated(told.commands[0], "acked")
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
    told.commands = [fated(told.commands[0], "acked")]
    assert not lane_card("entry", told.at(11)).waits


@pytest.mark.parametrize(("seconds", "level"), [(0, "none"), (59, "none"), (60, "warn"), (119, "warn"), (120, "crit")])
def test_a_wait_is_amber_after_a_minute_and_red_after_two(seconds: int, level: str) -> None:
    assert level_of_wait(NOON, NOON + timedelta(seconds=seconds)) == level


def test_occupancy_is_counted_back_from_what_it_is() -> None:
    step = timedelta(seconds=STEP_S)
    flow = [FlowLine(NOON - 2 * step, 5, 1), FlowLine(NOON, 0, 2)]
    values = curve(flow, 10, 50, NOON).values
    assert values[-4:] == (8, 12, 12, 10)
    assert set(values[:-3]) == {8}


def fated(command: CommandLine, fate: str) -> CommandLine:
    """The command with another fate."""
    return CommandLine(
        command.id,
        command.site_id,
        command.order,
        command.author,
        fate,
        command.fate_at,
        command.created_at,
        command.expires_at,
    )
