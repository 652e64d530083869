"""What the equipment says, byte for byte as its firmware does: written by hand, never by the product's formatter.

Source: contract.md, "Families", columns "payload of firmware and edge v1, exactly" and "richer payload".
"""

import json
from collections.abc import Sequence
from random import Random

from ops.simulator.layout import LaneName, SiteLayout
from ops.simulator.message import Message

READERS = ("{0}", "{1}", "{0}5F", "{2}", "{2}\0", "{2} 5F\0")
"""How readers write a badge: plain, small letters, five bytes, in pairs, ended as C does."""


class V1Speech:
    """Firmware in the field: no time, no lane, no id."""

    def __init__(self, layout: SiteLayout, chance: Random) -> None:
        self._secret = layout.secret
        self._reader = chance.choice(READERS)

    def badge(self, uid: str, lane: LaneName, at_s: float) -> Message:
        """A badge number as this site's reader writes it."""
        pairs = " ".join(uid[place : place + 2] for place in range(0, len(uid), 2))
        return Message("barriere", self._reader.format(uid.upper(), uid.lower(), pairs.upper()).encode())

    def pin(self, lane: LaneName, at_s: float) -> Message:
        """A PIN that a controller has accepted."""
        return Message("barriere", b"PIN_IN" if lane == "entry" else b"PIN_OUT")

    def present(self, lane: LaneName, *, seen: bool, at_s: float) -> Message:
        """A vehicle stands at the sensor, or no longer."""
        return Message("sensor_gate/present", b"1" if seen else b"0", 1, retain=True)

    def heartbeat(self, lane: LaneName, at_s: float) -> Message:
        """The sensor lives."""
        return Message("sensor_gate/heartbeat", str(int(at_s)).encode(), 0, retain=True)

    def sensor_error(self, lane: LaneName, text: str, at_s: float) -> Message:
        """The sensor cannot read, or can again (`OK`)."""
        return Message("sensor_gate/error", text.encode(), 2, retain=True)

    def acl_list(self, entries: Sequence[str], board: LaneName, at_s: float) -> Message:
        """The badges a controller holds."""
        listed = ",".join(f'"{uid}"' for uid in entries)
        text = f'{{"op":"LIST","secret":{json.dumps(self._secret)},"entries":[{listed}]}}'
        return Message("acl/list", text.encode(), 1, retain=True)

    def acl_event(self, board: LaneName, *, ok: bool, at_s: float) -> Message:
        """A controller wrote its card, or failed to."""
        status = "ok" if ok else "error"
        text = f'{{"op":"SD_WRITE","status":"{status}","secret":{json.dumps(self._secret)}}}'
        return Message("acl/event", text.encode())

    def sync(self, board: str, at_s: float) -> Message:
        """A controller has connected."""
        return Message("sync/req", b"1")

    def boot(self, at_s: float) -> Message:
        """The banner has connected."""
        return Message("sync/req", b"boot_request")

    def floor(self, current: int, at_s: float) -> Message:
        """The elevator stands at a floor."""
        return Message("ascenseur/state", b'{"current": %d}' % current, 1, retain=True)

    def radio(self, text: str, at_s: float) -> Message:
        """The emergency radio's status."""
        return Message("radio/tx/status", text.encode())

    def barrier(self, lane: LaneName, state: str, command_id: str | None, at_s: float) -> Message | None:
        """V1 barriers say nothing."""
        return None

    def came_in(self, plate: str, at_s: float) -> Message:
        """What the box of a site that works alone has kept of an entry, beside equipment of either generation."""
        ts = round(at_s * 1000)
        kept = {"topic": "vision/plate", "payload": {"plate": plate, "lane": "entry"}, "event_id": f"{plate}-{ts}"}
        return Message("replay/event", json.dumps({"ts": ts, **kept}).encode())


class V2Speech(V1Speech):
    """Newer equipment: the same facts as JSON with time, source, lane and an id of their own."""

    def __init__(self, layout: SiteLayout, chance: Random) -> None:
        super().__init__(layout, chance)
        self._off_s = layout.clock_off_s
        self._name = layout.name
        self._series = chance.getrandbits(40)
        self._said = 0

    def badge(self, uid: str, lane: LaneName, at_s: float) -> Message:
        """A badge with its lane and an id."""
        return self._json("barriere", at_s, f"reader-{lane}", uid=uid, lane=lane, method="badge", event_id=self._id())

    def pin(self, lane: LaneName, at_s: float) -> Message:
        """An accepted PIN with its lane and an id; never the PIN."""
        return self._json("barriere", at_s, f"board-{lane}", lane=lane, method="pin", event_id=self._id())

    def plate(self, plate: str, lane: LaneName, confidence: float, at_s: float) -> Message:
        """A plate that a camera has read, with its confidence and an id."""
        more: dict[str, object] = {"lane": lane, "plate": plate, "confidence": confidence, "event_id": self._id()}
        return self._json(f"{lane}/vision/plate", at_s, f"camera-{lane}", **more)

    def present(self, lane: LaneName, *, seen: bool, at_s: float) -> Message:
        """Presence, by lane."""
        return self._level(f"{_sensor(lane)}/present", at_s, f"sensor-{lane}", present=seen)

    def heartbeat(self, lane: LaneName, at_s: float) -> Message:
        """The sensor lives, by its own clock."""
        return Message(f"{_sensor(lane)}/heartbeat", self._text(at_s, f"sensor-{lane}", {"state": "ok"}), qos=0)

    def sensor_error(self, lane: LaneName, text: str, at_s: float) -> Message:
        """An error as code and detail."""
        code, _, detail = text.partition(" ")
        text_of = self._text(at_s, f"sensor-{lane}", {"code": code, "detail": detail})
        return Message(f"{_sensor(lane)}/error", text_of, qos=2, retain=True)

    def acl_list(self, entries: Sequence[str], board: LaneName, at_s: float) -> Message:
        """The list with its holder."""
        source = f"board-{board}"
        return self._level("acl/list", at_s, source, op="LIST", secret=self._secret, entries=list(entries))

    def acl_event(self, board: LaneName, *, ok: bool, at_s: float) -> Message:
        """The card's fate with its holder."""
        status = "ok" if ok else "error"
        return self._json("acl/event", at_s, f"board-{board}", op="SD_WRITE", status=status, secret=self._secret)

    def sync(self, board: str, at_s: float) -> Message:
        """A controller has connected, and which."""
        return self._json("sync/req", at_s, f"board-{board}")

    def floor(self, current: int, at_s: float) -> Message:
        """The elevator stands at a floor, and is not moving."""
        return self._level("ascenseur/state", at_s, "elevator", current=current, moving=False)

    def barrier(self, lane: LaneName, state: str, command_id: str | None, at_s: float) -> Message | None:
        """The barrier's state and the command that led to it."""
        family = "barriere_entree" if lane == "entry" else "barriere"
        named: dict[str, object] = {"command_id": command_id} if command_id else {}
        return self._level(f"{family}/state", at_s, f"barrier-{lane}", state=state, **named)

    def replay(self, message: Message, at_s: float) -> Message:
        """What was buffered while the link was cut; an id of its own that a second replay repeats."""
        text = message.payload.decode()
        payload: object = json.loads(text) if text.startswith("{") else text
        known = payload.get("event_id") if isinstance(payload, dict) else None
        event_id = f"replay-{known}" if known else self._id()
        more: dict[str, object] = {"topic": message.topic, "payload": payload, "event_id": event_id}
        return Message("replay/event", self._text(at_s, "edge", more))

    def _id(self) -> str:
        self._said += 1
        return f"{self._name}-{self._series:010x}-{self._said}"

    def _json(self, topic: str, at_s: float, src: str, **more: object) -> Message:
        """A fact, sent once."""
        return Message(topic, self._text(at_s, src, more))

    def _level(self, topic: str, at_s: float, src: str, **more: object) -> Message:
        return Message(topic, self._text(at_s, src, more), retain=True)

    def _text(self, at_s: float, src: str, more: dict[str, object]) -> bytes:
        form = {"ts": int((at_s + self._off_s) * 1000), "src": src, **more}
        return json.dumps(form, separators=(",", ":")).encode()


def speech_of(layout: SiteLayout, chance: Random) -> V1Speech:
    """How a site speaks."""
    return V2Speech(layout, chance) if layout.speaks == "v2" else V1Speech(layout, chance)


def _sensor(lane: LaneName) -> str:
    return "sensor_gate" if lane == "entry" else "sensor_gate-exit"
