"""Which end of a vehicle a lane's cameras read, and what their twins are told.

Motorcycles have a plate at the rear only; what differs in front and at the rear is a trailer's. Source: domain.md,
"Identity and fusion", "Devices, health".
"""

from syspark.domain.decision import Decision, Moment, ToDevice
from syspark.domain.facts import PlateRead
from syspark.domain.messages import CameraRead, Reported
from syspark.domain.policy import SitePolicy
from syspark.domain.site.events import CameraSaw, IdentityRead, SiteEvent
from syspark.domain.site.state import Known, LaneState, SiteSetup, SiteState
from syspark.domain.units import HolderKey, Lane, Side


def side_of(read: PlateRead, lane: Lane | None, policy: SitePolicy) -> Side:
    """The end of the vehicle that was read: as the camera says, else as the site's rules have it."""
    return read.side or (Side.REAR if lane in policy.rear_cameras else Side.FRONT)


def told(reported: Reported, read: PlateRead, setup: SiteSetup) -> ToDevice:
    """Tell a camera's twin that it has read a plate, and not which: plates are kept in one place only."""
    lane = read.lane or setup.lane_of(reported.device)
    counted = CameraRead(
        device=reported.device,
        doubtful=not read.valid,
        said_at=reported.said_at,
        lane=lane,
        side=side_of(read, lane, setup.policy),
    )
    return ToDevice(reported.device, counted)


def saw(
    reported: Reported,
    read: PlateRead,
    decision: Decision[SiteEvent],
    state: SiteState,
    known: Known,
    setup: SiteSetup,
    at: Moment,
) -> tuple[CameraSaw, ...]:
    """That a camera has seen the vehicle there, where the decision on what it read does not tell it."""
    name = read.lane or setup.lane_of(reported.device)
    if name is None:
        return ()
    lane, side = state.lane(name), side_of(read, name, setup.policy)
    key = HolderKey(known.subject) if known.subject is not None else None
    again = next((one for one in reversed(lane.arrivals) if key is not None and one.has(key)), None)
    before = lane.cycle_since is not None and at.fact_at < lane.cycle_since
    seen = before or (side in lane.pictured and (again is None or side in again.sides))
    heard = lane.cameras.get(side) == reported.device
    if heard and (seen or any(isinstance(event, IdentityRead) for event in decision.events)):
        return ()
    return (CameraSaw(lane=name, side=side, camera=reported.device, key=key),)


def missed(lane: LaneState, name: Lane) -> tuple[ToDevice, ...]:
    """Tell those of a lane's cameras that have seen nothing of a vehicle which has passed.

    A front camera misses each motorcycle: its usual rate says how many these are.
    """
    return tuple(
        ToDevice(camera, CameraRead(device=camera, missed=True, lane=name, side=side))
        for side, camera in lane.cameras.items()
        if side not in lane.pictured
    )
