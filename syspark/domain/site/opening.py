"""The command that opens a lane for a vehicle."""

from datetime import datetime

from syspark.domain.decision import Command, Moment, later
from syspark.domain.orders import Because, MoveBarrier
from syspark.domain.site.events import LaneOpened
from syspark.domain.site.state import Answer, SiteSetup
from syspark.domain.units import HolderKey, Lane, SessionId

RELEASE = "timed-release"
"""The rule by which a lane opens because nobody answered, and the reason the openings are told with."""


def open_lane(
    key: HolderKey,
    lane: Lane,
    at: Moment,
    setup: SiteSetup,
    *,
    session_id: SessionId,
    read_at: datetime,
    because: Because,
) -> tuple[Command, LaneOpened]:
    """The command that opens a lane for a vehicle, withheld when the fact behind it is too old to act on."""
    late = at.age_s > setup.policy.late_after_s
    command = Command(
        id=at.command_id(0),
        order=MoveBarrier(lane=lane, session_id=session_id, read_at=read_at, because=because),
        expires_at=later(at.fact_at, setup.policy.barrier_expiry_s),
        withheld=late,
    )
    opened = LaneOpened(
        lane=lane,
        key=key,
        session_id=session_id,
        command_id=command.id,
        read_at=read_at,
        at=at.now,
        because=because,
        withheld=late,
    )
    return command, opened


def asked(opened: LaneOpened) -> Answer:
    """What the driver has of an opening when it is decided."""
    return Answer.BAD if opened.withheld else Answer.PENDING
