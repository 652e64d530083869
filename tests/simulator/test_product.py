"""The product on virtual time under a simulated field: what it believes is what was true.

Real worker, real rules, stores and broker in memory; hours pass in seconds, and every run is the same.
"""

from dataclasses import replace
from datetime import timedelta

import pytest

from actors.testing.car_park import NOON, CarPark
from ops.simulator.badges import made_badges
from ops.simulator.comparison import Comparison, Period, judge
from ops.simulator.layout import Faults, SiteLayout, Traffic
from ops.simulator.sessions import session_of
from ops.simulator.site import Conditions, SiteField
from syspark.domain.units import SiteId
from syspark.persistence.memory import default_site
from syspark.rows import CredentialRow, SessionRow, SiteRow

SLICE_S = 0.5
SECRET = "s3cret-of-the-site"
ALL_FAULTS = Faults(
    misread=0.05,
    duplicate=0.05,
    delay=0.05,
    reorder=0.05,
    sensor_failures_per_hour=0.5,
    reboots_per_hour=2,
    link_drops_per_hour=1,
)


class World:
    """A site in front of the product."""

    def __init__(self, layout: SiteLayout, faults: Faults, seed: int, *, plates: bool = False) -> None:
        badges = made_badges([layout], seed)[layout.name]
        conditions = Conditions(seed=seed, faults=faults, traffic=Traffic(cars_per_hour=60), plates=plates)
        self.layout = layout
        self.field = SiteField(layout, badges, conditions, NOON.timestamp())
        site = SiteId(layout.name)
        self.park = CarPark(
            sites=[_site_row(layout)],
            badges=[
                *(CredentialRow(uid, site, "driver", "subscriber") for uid in badges.subscribers),
                *(CredentialRow(uid, site, "driver", "visitor") for uid in badges.visitors),
            ],
            secrets=(SECRET,),
        )
        self._back_s: float | None = None

    async def live(self, hours: float) -> None:
        """Let hours pass, in slices: what the product sends reaches the field within one."""
        self.field.start()
        self.field.connected()
        await self._hand_up()
        end_s = self.field.agenda.now_s + hours * 3600
        while self.field.agenda.now_s < end_s:
            due_s = self.field.agenda.next_s or end_s
            step_s = min(SLICE_S, max(0.0, due_s - self.field.agenda.now_s))
            await self.park.pass_time(step_s)
            await self._hand_down(self.field.agenda.now_s + step_s)

    async def compared(self) -> Comparison:
        """The truth against what is stored."""
        since = NOON - timedelta(days=1)
        site = SiteId(self.layout.name)
        rows = await self.park.stores.another().stores.state.sessions_of(site, since)
        sessions = [session_of(site, _keys(row), row.status, row.body) for row in rows]
        return judge([self.field.truth], sessions, Period(NOON.timestamp(), self.field.agenda.now_s), {})

    async def _hand_down(self, now_s: float) -> None:
        seen = self.park.seen
        self.park.forget()
        for message in seen:
            self.field.advance(message.at.timestamp())
            self.field.hear(message.topic, message.payload)
        self.field.advance(now_s)
        await self._line()
        await self._hand_up()

    async def _line(self) -> None:
        """Cut the line when the field wants it, and mend it when it is time."""
        now_s = self.field.agenda.now_s
        if self._back_s is not None and now_s >= self._back_s:
            self._back_s = None
            self.field.connected()
        elif self._back_s is None and self.field.cuts_wanted:
            self._back_s = now_s + self.field.cuts_wanted.popleft()
            self.field.lost()
            will = self.field.bridge.will
            await self.park.when(will.topic, will.payload, qos=will.qos, retain=will.retain)

    async def _hand_up(self) -> None:
        while self.field.bridge.outgoing:
            one = self.field.bridge.outgoing.popleft()
            await self.park.when(one.topic, one.payload, qos=one.qos, retain=one.retain)


def _keys(row: SessionRow) -> list[str]:
    """The badges and plates that were read for a session, in their order."""
    plates = dict(row.subjects)
    return [plates.get(key, key) for key in row.holder_keys]


def _site_row(layout: SiteLayout) -> SiteRow:
    row = default_site(layout.name)
    devices = tuple(replace(device, speaks=layout.speaks) for device in row.devices)
    lanes = tuple(replace(lane, has_sensor=lane.lane in layout.sensors) for lane in row.lanes)
    return replace(row, capacity=layout.capacity, devices=devices, lanes=lanes)


LAYOUTS = [
    pytest.param(SiteLayout("default", secret=SECRET), id="v1"),
    pytest.param(SiteLayout("default", sensors=frozenset(), secret=SECRET), id="v1-no-sensor"),
    pytest.param(SiteLayout("lyon", secret=SECRET), id="v1-under-a-prefix"),
    pytest.param(SiteLayout("lyon", "v2", secret=SECRET), id="v2"),
    pytest.param(SiteLayout("lyon", "v2", secret=SECRET, clock_off_s=7200), id="v2-clock-off"),
]


@pytest.mark.timeout(60)
@pytest.mark.parametrize("layout", LAYOUTS)
async def test_without_faults_every_decidable_stay_agrees(layout: SiteLayout) -> None:
    world = World(layout, Faults(), seed=4)
    async with world.park:
        await world.live(hours=1)
        found = await world.compared()
    assert found.is_fine, found.table()
    assert found.agree > 25, found.table()
    assert found.in_review == 0, found.table()
    assert world.field.dropped_by_boards == (0, 0)
    assert not world.field.bridge.stopped


@pytest.mark.timeout(60)
@pytest.mark.parametrize("layout", LAYOUTS)
async def test_with_all_faults_every_decidable_stay_agrees(layout: SiteLayout) -> None:
    world = World(layout, ALL_FAULTS, seed=5)
    async with world.park:
        await world.live(hours=1)
        found = await world.compared()
    assert found.is_fine, found.table()
    assert found.agree > 20, found.table()
    assert world.field.dropped_by_boards == (0, 0)


@pytest.mark.timeout(60)
async def test_plates_let_visitors_in_and_out() -> None:
    world = World(SiteLayout("lyon", "v2", secret=SECRET), Faults(), seed=6, plates=True)
    async with world.park:
        await world.live(hours=1.5)
        found = await world.compared()
    assert found.is_fine, found.table()
    assert found.agree > 40, found.table()
    by_plate = [stay for stay in world.field.truth.stays if stay.plan == "unknown" and stay.left_s is not None]
    assert by_plate, "a stranger with a plate is a visitor"
    assert not any(stay.doubts for stay in by_plate)
