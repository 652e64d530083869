"""The twin of a device: what it last reported, and whether it can be believed."""

from functools import reduce

import msgspec
from msgspec.structs import replace

from actors.durable import DurableActor, Verdict
from actors.house import House
from actors.runtime import Key
from syspark.domain.decision import Moment
from syspark.domain.device import NOT_SET_UP, DeviceEvent, InstructionFated, Twin, decide, evolve
from syspark.domain.messages import AnyMessage, DeviceMessage
from syspark.domain.units import DeviceName, SiteId
from syspark.rows import Address, Fate, Scope, Snapshot, Unit


class DeviceActor(DurableActor[DeviceEvent]):
    """One per device of a site; its key's id is `<site>/<device>`."""

    kind = "device"

    def __init__(self, key: Key, house: House) -> None:
        super().__init__(key, house)
        site, _, device = key.id.partition("/")
        self._site_id = SiteId(site)
        self._device = DeviceName(device)
        self._twin = Twin()
        self._version = 0

    async def load(self) -> None:
        """Restore the twin from its snapshot."""
        snapshot = await self.house.stores.state.snapshot(self._address)
        self._twin = msgspec.json.decode(snapshot.body, type=Twin) if snapshot else Twin()
        self._version = snapshot.version if snapshot else 0
        self.house.census.note(self.key.id, self._twin)

    async def decide(self, message: AnyMessage, at: Moment) -> Verdict[DeviceEvent]:
        """Decide with the twin as it stands, for a device that somebody has set up."""
        assert isinstance(message, DeviceMessage)
        setup = self.house.sites.setup(self._site_id)
        if self._device not in setup.devices:
            return Verdict(NOT_SET_UP, {"set_up": False})
        lane = setup.lane_of(self._device)
        # What it last reported decides nothing, and a list of badges would be written with every answer of a board.
        given = msgspec.structs.replace(self._twin, reported=None)
        return Verdict(decide(self._twin, message, lane, at), {"twin": given, "lane": lane})

    def written(self, unit: Unit, events: tuple[DeviceEvent, ...], scope: Scope) -> Unit:
        """The twin's snapshot when something was reported."""
        if not events:
            return unit
        body = msgspec.json.encode(self._after(events))
        return replace(
            unit,
            snapshot=Snapshot(scope, self._address, self._version + 1, body),
            confirmed=tuple(
                event.command_id
                for event in events
                if isinstance(event, InstructionFated) and event.fate == Fate.CONFIRMED
            ),
        )

    def apply(self, events: tuple[DeviceEvent, ...]) -> None:
        """Follow the events."""
        if events:
            self._twin = self._after(events)
            self._version += 1
            self.house.census.note(self.key.id, self._twin)

    @property
    def _address(self) -> Address:
        return Address("device", self.key.id)

    def _after(self, events: tuple[DeviceEvent, ...]) -> Twin:
        return reduce(evolve, events, self._twin)
