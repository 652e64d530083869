"""The sites of this worker's partitions, as they are configured now."""

import asyncio
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec
from msgspec.structs import replace

from syspark.contract.wiring import up_topics
from syspark.domain.policy import SitePolicy
from syspark.domain.site.state import DeviceSetup, SiteSetup
from syspark.domain.tariff import Tariff, TariffVersion
from syspark.domain.units import DeviceName, Lane, SiteId, Speaks
from syspark.ports import ActorStateStore
from syspark.rows import PinRow, PolicyRow, Scope, SiteRow, TariffChange

OpenSecrets = Callable[[SiteRow], tuple[str, ...]]
"""A site's currently valid shared secrets, in clear; the newest first."""

OpenPin = Callable[[bytes], str | None]
"""A PIN in clear from how it is stored; None when no key of ours opens it."""

NOBODY: Mapping[str, Speaks] = {}


class Sites:
    """What is known of the sites; read by link, actors and outbox, filled when a partition is taken or asked anew."""

    def __init__(self, state: ActorStateStore, open_secrets: OpenSecrets, open_pin: OpenPin) -> None:
        self._state = state
        self._open_secrets = open_secrets
        self._open_pin = open_pin
        self._looked: int | None = None
        self._loaded: set[int] = set()
        self._reading = asyncio.Lock()
        self._rows: dict[SiteId, SiteRow] = {}
        self._setups: dict[SiteId, SiteSetup] = {}
        self._marks: dict[SiteId, str] = {}
        self._secrets: dict[SiteId, tuple[str, ...]] = {}
        self._speaks: dict[SiteId, Mapping[str, Speaks]] = {}
        self._scopes: dict[SiteId, Scope] = {}

    def __iter__(self) -> Iterator[SiteRow]:
        return iter(list(self._rows.values()))

    async def look(self) -> set[int]:
        """Read what has changed since the last look, of the partitions loaded; returns those of changed sites.

        The first look must come before the first `load`, or a change between the two would never be found. Raises
        `Unavailable`.
        """
        async with self._reading:
            changes = await self._state.changed_sites(self._loaded, self._looked)
        self._looked = changes.seen
        return {row.partition for row in self._put_ours(changes.sites)}

    @property
    def have_been_looked_at(self) -> bool:
        """Whether changes are noticed from now on."""
        return self._looked is not None

    async def load(self, partition: int) -> None:
        """Read the partition's sites. Raises `Unavailable`."""
        # Not during a look: it would pass over what is changed after our reading, since it does not ask for ours yet.
        async with self._reading:
            self._loaded.add(partition)
            self._put_ours(await self._state.sites(partition))

    def put(self, row: SiteRow) -> None:
        """Know a site, or know it differently."""
        if self._rows.get(row.id) == row:
            return
        self._rows[row.id] = row
        self._setups[row.id] = setup_of(row)
        self._marks[row.id] = mark_of(self._setups[row.id])
        self._secrets[row.id] = self._open_secrets(row)
        self._speaks[row.id] = {device.name: Speaks(device.speaks) for device in row.devices}
        self._scopes[row.id] = Scope(organisation_id=row.organisation_id, site_id=row.id, partition=row.partition)

    def follow(self, changed: PolicyRow | TariffChange) -> None:
        """Decide by a new policy, or price by a new tariff, at once: the next look comes seconds later."""
        row = self._rows.get(changed.site_id)
        if row is None:
            return
        if isinstance(changed, TariffChange):
            self.put(row.with_tariff(changed))
        else:
            self.put(replace(row, policy=changed.body, policy_version=changed.version))

    def forget(self, partition: int) -> None:
        """The partition is somebody else's."""
        self._loaded.discard(partition)
        for row in self.of(partition):
            del self._rows[row.id], self._setups[row.id], self._secrets[row.id]
            del self._speaks[row.id], self._scopes[row.id], self._marks[row.id]

    def _put_ours(self, rows: Sequence[SiteRow]) -> list[SiteRow]:
        """Know these, but for those whose partition was given up while they were read."""
        ours = [row for row in rows if row.partition in self._loaded]
        for row in ours:
            self.put(row)
        return ours

    def of(self, partition: int) -> list[SiteRow]:
        """The sites of a partition."""
        return [row for row in self._rows.values() if row.partition == partition]

    def topics(self, partition: int, root: str) -> Iterator[str]:
        """What the sites of a partition publish on."""
        for row in self.of(partition):
            yield from up_topics(root, row.id, [DeviceName(device.name) for device in row.devices])

    def row(self, site_id: SiteId) -> SiteRow | None:
        """A site's configuration as stored, None when it is not one of ours."""
        return self._rows.get(site_id)

    def partition_of(self, site_id: SiteId) -> int | None:
        """The partition of a site, None when it is not one of ours."""
        row = self._rows.get(site_id)
        return row.partition if row is not None else None

    def setup(self, site_id: SiteId) -> SiteSetup:
        """A site's configuration as decisions read it. Raises `KeyError` when it is not one of ours."""
        return self._setups[site_id]

    def mark(self, site_id: SiteId) -> str:
        """What tells a site's configuration from others in the journal. Raises `KeyError` as `setup`."""
        return self._marks[site_id]

    def secrets(self, site_id: SiteId) -> tuple[str, ...]:
        """A site's valid shared secrets, the one to send first; none when it has none."""
        return self._secrets.get(site_id, ())

    def pins(self, site_id: SiteId) -> tuple[Lane, ...]:
        """The lanes of a site that a PIN opens."""
        row = self._rows.get(site_id)
        return tuple(Lane(pin.lane) for pin in row.pins) if row is not None else ()

    def with_pins(self, site_id: SiteId, pins: tuple[PinRow, ...]) -> SiteRow:
        """A site's configuration with other PINs. Raises `KeyError` when it is not one of ours."""
        row = self._rows[site_id]
        by_lane = {pin.lane: pin for pin in (*row.pins, *pins)}
        return replace(row, pins=tuple(by_lane[lane] for lane in sorted(by_lane)))

    def pin(self, site_id: SiteId, lane: Lane) -> str | None:
        """The PIN that opens a lane, in clear; None when it has none, or no key opens it."""
        row = self._rows.get(site_id)
        sealed = next((pin.sealed for pin in row.pins if pin.lane == lane), None) if row is not None else None
        return self._open_pin(sealed) if sealed is not None else None

    def scope(self, site_id: SiteId) -> Scope:
        """Whom a site's rows belong to. Raises `KeyError` when it is not one of ours."""
        return self._scopes[site_id]

    def speaks(self, site_id: SiteId, device: str) -> Speaks:
        """The contract generation of a device; v1 unless an operator said otherwise."""
        return self._speaks.get(site_id, NOBODY).get(device, Speaks.V1)


def mark_of(setup: SiteSetup) -> str:
    """What two equal configurations have in common."""
    return hashlib.sha256(msgspec.json.encode(setup, order="sorted")).hexdigest()[:16]


def setup_of(row: SiteRow) -> SiteSetup:
    """A site's configuration as decisions read it. Raises `msgspec.ValidationError` for a policy that is not one."""
    return SiteSetup(
        site_id=row.id,
        policy=msgspec.json.decode(row.policy, type=SitePolicy),
        policy_version=row.policy_version,
        tariff=msgspec.json.decode(row.tariff, type=Tariff),
        tariff_version=row.tariff_version,
        capacity=row.capacity,
        sensors=frozenset(Lane(lane.lane) for lane in row.lanes if lane.has_sensor),
        devices={
            DeviceName(device.name): DeviceSetup(kind=device.kind, lane=Lane(device.lane) if device.lane else None)
            for device in row.devices
        },
        zone=row.zone,
        tariffs=tuple(
            TariffVersion(
                version=one.version, starts_at=one.starts_at, tariff=msgspec.json.decode(one.body, type=Tariff)
            )
            for one in row.tariffs
        ),
    )
