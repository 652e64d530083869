"""One simulated site: its equipment, lanes, cars and bridge, stepped by time and by the cloud's messages."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from random import Random

from actors.facttime import BRIDGE_SILENCE_S
from ops.simulator.agenda import Agenda
from ops.simulator.barrier import Barrier, Opener
from ops.simulator.board import Board
from ops.simulator.bridge import Bridge
from ops.simulator.camera import Camera, Post, WeatherClient, plate_post
from ops.simulator.demand import Demand
from ops.simulator.lane import Call, Lane, LaneEvents
from ops.simulator.layout import LANES, Badges, Faults, LaneName, SiteLayout, Traffic
from ops.simulator.message import Message
from ops.simulator.premises import Banner, Elevator
from ops.simulator.sensor import Sensor
from ops.simulator.speech import V2Speech, speech_of
from ops.simulator.truth import Ask, Doubt, SiteTruth, Stay

CONTROLLER_GAP_S = 0.2
JITTER_S = 0.005
TRANSPORT_S = 0.2
MOST_POSTS = 100
MOST_CALLS = 100
KEY_COMES_AFTER_S = 420.0
"""Later than any release of the service's own."""

OWING_FIRST_S, OWING_REACHES_EXIT_S, OWING_STAYED_S = 45.0, 5.0, 7200.0
"""Of who has to pay: after the start of the field, after the entry is told, and how long ago that was."""

RETURN_S = 15.0
"""How long after a cut, or after its own return, the cloud may take reads for older ones that had waited: those that
were not longer on their way."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a site is run under. With `posts` its cameras and its weather client speak over HTTP; with `plates` newer
    cameras tell what they read over MQTT.

    Whoever stands at an exit for `key_after_s` is let out by an attendant's key.

    `gap_s` is what its controllers need between two messages, `transport_s` how long a message may travel before it
    counts as late. On a fast clock both hold what the world's own milliseconds become: see `at_speed`.
    """

    seed: int
    root: str = "parking"
    traffic: Traffic = field(default_factory=Traffic)
    faults: Faults = field(default_factory=Faults)
    posts: bool = False
    plates: bool = False
    key_after_s: float = KEY_COMES_AFTER_S
    gap_s: float = CONTROLLER_GAP_S
    transport_s: float = 1.0

    def at_speed(self, speed: float) -> "Conditions":
        """The same on a clock so many times as fast: `JITTER_S` of the world is granted to the gap, more to the way."""
        gap_s = max(0.0, CONTROLLER_GAP_S - JITTER_S * speed) if speed > 1 else CONTROLLER_GAP_S
        return replace(self, gap_s=gap_s, transport_s=max(1.0, TRANSPORT_S * speed))


class SiteField:
    """A site. Step it with `advance` and `hear`; take what it publishes from `bridge.outgoing`.

    Sites that are stepped together may share an agenda.
    """

    def __init__(self, layout: SiteLayout, badges: Badges, conditions: Conditions, agenda: Agenda) -> None:
        self.layout = layout
        self.agenda = agenda
        faults = conditions.faults
        self._faults = faults
        self._key_after_s = conditions.key_after_s
        self._just_back_s = RETURN_S + conditions.transport_s
        self._owing_every_s = conditions.traffic.owing_every_s
        self._chance = Random(f"{conditions.seed}/{layout.name}")  # noqa: S311 - a simulation keeps no secret
        late_s = faults.longest_delay_s if faults.delay or faults.reorder else 0.0
        self._order_uncertain_s = late_s
        self.truth = SiteTruth(layout.name, late_s=late_s + conditions.transport_s)
        self._speech = speech_of(layout, self._chance)
        self._levels: dict[str, Message] = {}
        self.bridge = Bridge(
            layout.prefix(conditions.root),
            self.agenda,
            self._chance,
            faults,
            self._speech,
            self._heard,
        )
        self.demand = Demand(layout, conditions.traffic, badges, self.agenda, self._chance, self.truth, self._comes)
        v2 = layout.speaks == "v2"
        self.banner = Banner(self.agenda, self._speech, self._say, v2=v2)
        self.elevator = Elevator(self.agenda, self._speech, self._say)
        self.calls: deque[Call] = deque(maxlen=MOST_CALLS)
        self.lanes: dict[LaneName, Lane] = {name: self._lane(name, conditions.gap_s) for name in LANES}
        self.posts: deque[Post] = deque(maxlen=MOST_POSTS)
        self._posts = conditions.posts
        self.camera = self._camera(conditions)
        self.cuts_wanted: deque[float] = deque()
        self._service_away = False
        self._service_changed_s = float("-inf")
        self._unheard_since_s = float("-inf")

    @property
    def entry(self) -> Lane:
        """The entry lane."""
        return self.lanes["entry"]

    @property
    def exit(self) -> Lane:
        """The exit lane."""
        return self.lanes["exit"]

    def start(self) -> None:
        """Switch everything on."""
        for lane in self.lanes.values():
            lane.board.connect()
            if lane.sensor is not None:
                lane.sensor.start(self._chance.uniform(0, 2))
        self.banner.connect()
        self.elevator.tell()
        self._say(self._speech.radio("READY", self.agenda.now_s))
        if self._posts:
            WeatherClient(self.agenda, self._chance, self.posts.append).start()
        self.demand.start()
        if self._owing_every_s:
            self.agenda.after(OWING_FIRST_S, self._one_owes)
        self._each_hour(self._faults.reboots_per_hour, self._reboot)
        self._each_hour(self._faults.link_drops_per_hour, self._cut)
        if self.layout.sensors:
            self._each_hour(self._faults.sensor_failures_per_hour, self._blind)

    def adopt(self, uid: str, since_s: float, *, by_pin: bool = False) -> None:
        """A car of an earlier run stands inside since then, and will leave."""
        stay = self.demand.adopt(uid, since_s, by_pin=by_pin)
        remaining_s = self.demand.stay_s(stay) - (self.agenda.now_s - since_s)
        self.agenda.after(max(self._chance.uniform(30, 600), remaining_s), lambda: self.exit.come(stay))

    def advance(self, until_s: float) -> None:
        """Let everything happen that is due."""
        self.agenda.advance(until_s)

    def hear(self, topic: str, payload: bytes) -> None:
        """A message from the cloud's broker."""
        self.bridge.down(topic, payload)

    def connected(self) -> None:
        """The bridge has its line."""
        self.truth.mended(self.agenda.now_s)
        self.bridge.connected(list(self._levels.values()))

    def lost(self) -> None:
        """The bridge has lost its line: what stands at a reader now may have asked in vain."""
        self._falls_silent()
        self.bridge.lost()
        self.truth.cut(self.bridge.changed_s)
        if self.layout.speaks == "v1":
            for lane in self.lanes.values():
                lane.doubt_waiting(Doubt.LINK)

    @property
    def waiting(self) -> int:
        """Cars in line."""
        return sum(len(lane) for lane in self.lanes.values())

    @property
    def dropped_by_boards(self) -> tuple[int, int]:
        """Messages that controllers lost: too large, too close to the one before."""
        boards = [lane.board for lane in self.lanes.values()]
        return sum(board.too_large for board in boards), sum(board.too_close for board in boards)

    def _lane(self, name: LaneName, gap_s: float) -> Lane:
        lane = Lane(
            name,
            self.agenda,
            self._chance,
            self.truth,
            misread=self._faults.misread,
            key_after_s=self._key_after_s,
            told=LaneEvents(
                asked=self._asked,
                seen=self._seen,
                passed=self._has_entered if name == "entry" else self.demand.gone,
                turned_back=self._turns_back,
                arrived=lambda stay: self._stands(name, stay),
                calls=self.calls.append,
            ),
        )
        v2 = self.layout.speaks == "v2"

        def opened(by: Opener, command_id: str | None) -> None:
            lane.opened(by, command_id)

        lane.barrier = Barrier(name, self.agenda, self._speech, self._say, opened, v2=v2)
        lane.board = Board(
            name, self.layout, self.agenda, self._speech, self._say, lambda: lane.barrier.open("site"), gap_s=gap_s
        )
        if name in self.layout.sensors:
            lane.sensor = Sensor(name, self.agenda, self._speech, self._say)
        return lane

    def _stands(self, lane: LaneName, stay: Stay) -> None:
        if self.camera is not None:
            self.camera.sees(lane, stay.plate, lambda plate: self.lanes[lane].plate_told(stay, plate))

    def _comes(self, stay: Stay) -> None:
        self.entry.come(stay)

    def _turns_back(self, stay: Stay) -> None:
        """Who badged last while the line was cut could be served by nobody."""
        if not self.bridge.is_up or self._is_just_back(self.bridge.changed_s):
            stay.doubts.add(Doubt.LINK)
        self.demand.gone(stay)

    def _has_entered(self, stay: Stay) -> None:
        self.demand.entered(stay)
        self.agenda.after(self.demand.stay_s(stay), lambda: self.exit.come(stay))

    def _one_owes(self) -> None:
        """Whom the site let in by itself while it was cut off wants out: only now is the entry told."""
        stay = self.demand.parked_since(self.agenda.now_s - OWING_STAYED_S)
        if stay is not None:
            self.bridge.replay(self._speech.came_in(stay.plate, self.agenda.now_s - OWING_STAYED_S))
            self.agenda.after(OWING_REACHES_EXIT_S, lambda: self.exit.come(stay))
        self.agenda.after(self._owing_every_s, self._one_owes)

    def _camera(self, conditions: Conditions) -> Camera | None:
        if conditions.posts:
            return Camera(
                self.agenda,
                self._chance,
                conditions.faults.misread,
                lambda lane, plate, _: self.posts.append(plate_post(lane, plate)),
            )
        speech = self._speech
        if not conditions.plates or not isinstance(speech, V2Speech):
            return None
        return Camera(
            self.agenda,
            self._chance,
            conditions.faults.misread,
            lambda lane, plate, sure: self._say(speech.plate(plate, lane, sure, self.agenda.now_s)),
            french=False,
        )

    def heard_calls(self) -> Sequence[Call]:
        """Who has called for help and can be answered.

        Nobody can look, or ask for anything, where the service is not; whose driver has left is looked up later.
        """
        calls = list(self.calls)
        self.calls.clear()
        if not self._service_away:
            return calls
        self.calls.extend(call for call in calls if call.has_left)
        return ()

    def service_is(self, *, away: bool) -> None:
        """Whoever takes the service away, or brings it back, says so: what is read meanwhile is decided later."""
        if away:
            self._falls_silent()
        self.truth.service_is(self.agenda.now_s, away=away)
        self._service_away = away
        self._service_changed_s = self.agenda.now_s

    def _falls_silent(self) -> None:
        """From now on what is told without a time may be dated now, unless nobody has heard the site for a while.

        Or somewhat earlier: a broker notices late, and the next worker goes by what it has noticed.
        """
        changed_s = max(self.bridge.changed_s, self._service_changed_s)
        if self.bridge.is_up and not self._service_away and not self._is_just_back(changed_s):
            self._unheard_since_s = self.agenda.now_s - BRIDGE_SILENCE_S

    def _seen(self, ask: Ask) -> None:
        """Note what makes a read impossible to tell: its age. Newer edges tell it with what they replay."""
        cut = not self.bridge.is_up and self.layout.speaks == "v1"
        if cut or self._is_just_back(self.bridge.changed_s):
            ask.stay.doubts.add(Doubt.LINK)
            ask.stay.dated_from(ask.lane, self._unheard_since_s)
        if self._waits_for_service:
            ask.stay.dated_from(ask.lane, self._unheard_since_s)

    def _is_just_back(self, since_s: float) -> bool:
        """Whether something came back so lately that what is read now may come in before what had waited."""
        return self.agenda.now_s - since_s < self._just_back_s

    @property
    def _waits_for_service(self) -> bool:
        """Whether what is told now waits for the service, or may have come to it before it knew the time."""
        return self._service_away or self._is_just_back(self._service_changed_s)

    def _asked(self, ask: Ask) -> None:
        """Note what makes a badge impossible to tell: its lane, or its age."""
        self._seen(ask)
        if self.layout.speaks == "v1" and self._waits_for_service:
            ask.stay.doubts.add(Doubt.AWAY)
        if ask.stay.doubts and self.layout.speaks == "v1" and ask.stay.plan != "pin":
            ask.either = True  # what the cloud has believed of this car so far decides which lane it takes this for
        if ask.stay.plan == "pin":
            return  # which lane it was typed at is told
        if ask.lane == "exit" and self.layout.speaks == "v1" and self.entry.sensor is not None:
            self._is_lane_unclear(ask)
            if self._order_uncertain_s:
                ask.either = True  # the sensor's word may arrive before this read although it was said after it
                self.agenda.after(self._order_uncertain_s, lambda: self._is_lane_unclear(ask))

    def _is_lane_unclear(self, ask: Ask) -> None:
        sensor = self.entry.sensor
        assert sensor is not None
        if sensor.says or self.agenda.now_s - sensor.changed_s < self._order_uncertain_s:
            ask.stay.doubts.add(Doubt.LANE)
            ask.either = True
            if self.entry.front is not None and self.entry.front.stay.plan == "pin":
                self.entry.front.stay.doubts.add(Doubt.LANE)  # whose PIN goes with the badge, if that was read there

    def _say(self, message: Message) -> None:
        if message.retain and message.qos:
            self._levels[message.topic] = message
        self.bridge.up(message)

    def _heard(self, topic: str, payload: bytes) -> None:
        match topic:
            case "barriere/cmd":
                self.exit.barrier.command(payload)
            case "barriere_entree/cmd":
                self.entry.barrier.command(payload)
            case "ascenseur/cmd":
                self.elevator.send(payload)
            case "ascenseur/get":
                self.elevator.tell()
            case "display/text":
                self.banner.hear(payload)
                self._to_boards(topic, payload)
            case _:
                self._to_boards(topic, payload)

    def _to_boards(self, topic: str, payload: bytes) -> None:
        for lane in self.lanes.values():
            lane.board.hear(topic, payload)

    def _each_hour(self, times: float, act: Callable[[], None]) -> None:
        """Have something happen at random, so many times an hour on average."""
        if times <= 0:
            return

        def happens() -> None:
            act()
            self._each_hour(times, act)

        self.agenda.after(self._chance.expovariate(times / 3600), happens)

    def _reboot(self) -> None:
        """A controller or the banner connects anew; both boards share one client id and throw each other out."""
        self._chance.choice([self.banner.connect, self.entry.board.connect, self.exit.board.connect])()

    def _cut(self) -> None:
        lasts_s = self._chance.uniform(*self._faults.cut_s)
        if self.bridge.is_up:
            self.cuts_wanted.append(lasts_s)

    def _blind(self) -> None:
        lane = self.lanes[self._chance.choice(sorted(self.layout.sensors))]
        if lane.sensor is not None:
            lane.sensor.fail()
            self.agenda.after(self._chance.uniform(20, 120), lane.sensor.mend)
