"""What is told of a site's equipment, and what was told to it."""

import enum
from datetime import datetime

import msgspec

from syspark.domain.facts import Fact
from syspark.domain.message import Message
from syspark.domain.rhythm import Rhythm
from syspark.domain.units import CommandId, DeviceName, Lane, Side


class Reported(Message, frozen=True, kw_only=True, tag="reported"):
    """A device has sent this.

    `replayed`: its site kept it while it was cut off, and tells it now; its time may be wrong by `unsure_s`. `said_at`
    is a camera's own time, by which only its clock is measured. `since_cut`: what it says is as before its site was cut
    off, but has come about since.
    """

    device: DeviceName
    fact: Fact
    replayed: bool = False
    unsure_s: float = 0.0
    said_at: datetime | None = None
    since_cut: bool = False


class CommandFated(Message, frozen=True, kw_only=True, tag="command-fated"):
    """Outbox to site: what became of a command."""

    command_id: CommandId
    fate: str


class DeadlineReached(Message, frozen=True, kw_only=True, tag="deadline-reached"):
    """Scanner to actor: the deadline it set under `key` for `due_at` is due.

    A key is the name of a timer, and after a colon what it is about where there may be several: a lane, a session.
    """

    # Stored under another name: what is called a key elsewhere names a holder, and is set apart in the journal.
    key: str = msgspec.field(name="timer")
    due_at: datetime

    @property
    def timer(self) -> str:
        """Which of its actor's timers it is."""
        return self.key.partition(":")[0]

    @property
    def about(self) -> str:
        """What it is about; empty for a timer of which there is one."""
        return self.key.partition(":")[2]


class SensorTrustChanged(Message, frozen=True, kw_only=True, tag="sensor-trust"):
    """Twin to site: a presence sensor can no longer be believed, or can again."""

    lane: Lane
    trusted: bool


class CameraRead(Message, frozen=True, kw_only=True, tag="camera-read"):
    """Site to twin: your camera has read a plate, `doubtful` or not; which one, no twin needs to know.

    `missed`: a vehicle has passed its lane and it has read none. `lane` and `side` say which of a gateway's cameras it
    was, as far as known.
    """

    device: DeviceName
    doubtful: bool = False
    said_at: datetime | None = None
    missed: bool = False
    lane: Lane | None = None
    side: Side = Side.FRONT


class Life(enum.StrEnum):
    """What a device's heartbeats tell: that it lives, that some are missing, that it is gone."""

    ONLINE = "online"
    STALE = "stale"
    OFFLINE = "offline"


class LifeChanged(Message, frozen=True, kw_only=True, tag="life-changed"):
    """Vigil to twin: you have fallen silent, or are heard again; `heard_at` is when last, as far as known.

    `unsteady`: it changes so often that this is said once, and no more until it has been steady for a while.
    """

    device: DeviceName
    life: Life
    heard_at: datetime | None = None
    unsteady: bool = False


class ClockMeasured(Message, frozen=True, kw_only=True, tag="clock-measured"):
    """Vigil to twin: your clock is so many seconds ahead of ours; the truth may be off by `unsure_s`."""

    device: DeviceName
    offset_s: float
    unsure_s: float


class RhythmMeasured(Message, frozen=True, kw_only=True, tag="rhythm-measured"):
    """Vigil to twin: so regularly one of your topics speaks, or speaks no more; `topic` is the one below the site."""

    device: DeviceName
    topic: str
    rhythm: Rhythm
