"""What actors are restored from, their timers, and when devices were last heard."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from msgspec.structs import replace

from syspark.domain.units import SiteId
from syspark.persistence.memory import default_site
from syspark.ports import DataRefused, Stores
from syspark.rows import (
    ALWAYS,
    Address,
    CredentialRow,
    Deadline,
    Fence,
    HolderRow,
    LevelMark,
    PinRow,
    PolicyRow,
    SessionRow,
    TariffChange,
    TariffRow,
)
from tests.persistence.contract.benches import Bench
from tests.persistence.contract.making import Maker, after, lost

CLOSED = ("closed", "abandoned")
OPEN = ("active", "pending_payment", "paid")


async def decide(stores: Stores, make: Maker, fence: Fence, **parts: Any) -> None:
    """Write parts by a unit of their own."""
    [answer] = await stores.inbox.insert([fence], [make.fact(partition=fence.partition)])
    await stores.units.commit([fence], [make.unit(answer.row, **parts)])


async def test_an_actor_never_stored_has_no_state(stores: Stores, make: Maker) -> None:
    assert await stores.state.snapshot(make.actor) is None
    assert await stores.state.session(str(make.id())) is None


async def test_snapshots_belong_to_their_actors(stores: Stores, make: Maker, fence: Fence) -> None:
    device = Address("device", make.actor.id)
    await decide(stores, make, fence, snapshot=make.snapshot(1))
    await decide(stores, make, fence, snapshot=make.snapshot(1, actor=device, body=b"twin"))
    await decide(stores, make, fence, snapshot=make.snapshot(2))
    assert await stores.state.snapshot(make.actor) == make.snapshot(2)
    assert await stores.state.snapshot(device) == make.snapshot(1, actor=device, body=b"twin")


async def test_the_twins_of_a_partition_are_read_together(
    stores: Stores, make: Maker, fence: Fence, second: Fence
) -> None:
    assert list(await stores.state.twins(fence.partition)) == []
    device, other = Address("device", "default/radio"), Address("device", "default/acl")
    await decide(stores, make, fence, snapshot=make.snapshot(1))
    await decide(stores, make, fence, snapshot=make.snapshot(1, actor=device, body=b"twin"))
    await decide(stores, make, fence, snapshot=make.snapshot(1, actor=other, body=b"list"))
    await decide(stores, make, fence, snapshot=make.snapshot(2, actor=device, body=b"later"))
    found = sorted(await stores.state.twins(fence.partition), key=lambda one: one.actor.id)
    assert found == [make.snapshot(1, actor=other, body=b"list"), make.snapshot(2, actor=device, body=b"later")]
    assert list(await stores.state.twins(second.partition)) == []


async def test_an_organisation_s_state_belongs_to_no_site(stores: Stores, make: Maker, fence: Fence) -> None:
    actor = Address("organisation", str(make.scope.organisation_id))
    snapshot = make.snapshot(1, actor=actor, scope=replace(make.scope, site_id=None))
    await decide(stores, make, fence, snapshot=snapshot)
    assert await stores.state.snapshot(actor) == snapshot


async def test_sessions_are_read_back_as_written(stores: Stores, make: Maker, fence: Fence) -> None:
    unopened = make.session(opened_at=None, status="pending_payment")
    closed = make.session(status="closed", closed_at=after(90))
    await decide(stores, make, fence, sessions=(unopened, closed))
    assert await stores.state.session(unopened.id) == unopened
    assert await stores.state.session(closed.id) == closed


async def test_a_site_s_sessions_are_the_open_ones_and_those_closed_since(
    stores: Stores, make: Maker, fence: Fence
) -> None:
    wanted: list[SessionRow] = [make.session(status=status) for status in OPEN]
    wanted.append(make.session(status="closed", closed_at=after(100)))
    others = [make.session(status=status, closed_at=after(99.999)) for status in CLOSED]
    elsewhere = make.session(scope=replace(make.scope, site_id=SiteId("elsewhere")))
    await decide(stores, make, fence, sessions=(*reversed(wanted), *others, elsewhere))
    assert list(await stores.state.sessions_of(make.site.id, after(100))) == wanted


async def test_a_session_that_closes_leaves_the_open_ones(stores: Stores, make: Maker, fence: Fence) -> None:
    session = make.session()
    await decide(stores, make, fence, sessions=(session,))
    await decide(stores, make, fence, sessions=(replace(session, version=2, status="closed", closed_at=after(1)),))
    assert list(await stores.state.sessions_of(make.site.id, after(2))) == []


async def test_a_site_s_commands_of_one_kind_since_a_moment(stores: Stores, make: Maker, fence: Fence) -> None:
    old = make.command(created_at=after(99.999))
    wanted = [make.command(created_at=after(100)), make.command(created_at=after(101))]
    text = make.command(created_at=after(102), order_kind="text")
    elsewhere = make.command(created_at=after(103), scope=replace(make.scope, site_id=SiteId("elsewhere")))
    await decide(stores, make, fence, outbox=(wanted[1], old, text, elsewhere, wanted[0]))
    assert list(await stores.state.commands_of(make.site.id, "barrier", after(100))) == wanted


async def test_a_credential_is_known_at_its_site_and_replaced_by_a_later_one(
    stores: Stores, make: Maker, fence: Fence
) -> None:
    first = CredentialRow("A1B2C3D4", make.site.id, "someone", "resident", after(0), after(3600))
    await decide(stores, make, fence, credentials=(first,))
    assert await stores.state.credential(make.site.id, "A1B2C3D4") == first
    assert await stores.state.credential(make.site.id, "00000000") is None
    assert await stores.state.credential(SiteId("elsewhere"), "A1B2C3D4") is None
    second = CredentialRow("A1B2C3D4", make.site.id, "another", "staff", blocked=True)
    await decide(stores, make, fence, credentials=(second,))
    assert await stores.state.credential(make.site.id, "A1B2C3D4") == second


async def test_a_credential_keeps_its_limits_and_is_read_with_its_holder_s_shared_places(
    stores: Stores, make: Maker, fence: Fence
) -> None:
    limits = {"kind": "plate", "windows": "mon-fri 08:00-18:00", "lane": "entry", "temporary": True}
    plate = CredentialRow(str(uuid4()), make.site.id, "Fleet", "subscriber", **limits)  # type: ignore[arg-type]
    await decide(stores, make, fence, credentials=(plate,))
    assert await stores.state.credential(make.site.id, plate.uid) == plate

    fleet = HolderRow(uuid4(), make.site.id, "Fleet", "company", 10)
    await decide(stores, make, fence, holders=(fleet,))
    shared = replace(plate, pool=(str(fleet.id), 10))
    assert await stores.state.credential(make.site.id, plate.uid) == shared
    assert list(await stores.state.credentials(make.site.id)) == [shared]

    await decide(stores, make, fence, holders=(replace(fleet, id=uuid4(), places=12),))
    found = await stores.state.credential(make.site.id, plate.uid)
    assert found is not None
    assert found.pool == (str(fleet.id), 12), "who is known keeps the id"


async def test_a_site_goes_by_its_latest_policy(stores: Stores, make: Maker, fence: Fence) -> None:
    seen = (await stores.state.changed_sites([fence.partition], None)).seen
    policy = PolicyRow(make.site.id, 2, b'{"passback":"hard"}', "op")
    await decide(stores, make, fence, policy=policy)
    [site] = (await stores.state.changed_sites([fence.partition], seen)).sites
    assert (site.policy, site.policy_version) == (policy.body, 2)
    with pytest.raises(DataRefused):
        await decide(stores, make, fence, policy=policy)


async def test_a_site_has_its_latest_tariff_and_those_that_start_last(
    stores: Stores, make: Maker, fence: Fence
) -> None:
    body = make.site.tariff
    for version, day, now in ((2, 20, False), (3, 10, True), (4, 20, False)):
        row = TariffRow(version, datetime(2026, 11, day, tzinfo=UTC), body)
        await decide(stores, make, fence, tariff=TariffChange(make.site.id, row, "op", now))
    site = await stores.state.site(make.site.id)
    assert site is not None
    assert (site.tariff, site.tariff_version) == (body, 3)
    assert [one.version for one in site.tariffs] == [4, 2, 3, 1]
    assert (site.tariffs[0].body, site.tariffs[-1].starts_at) == (body, ALWAYS)
    with pytest.raises(DataRefused):
        await decide(stores, make, fence, tariff=TariffChange(make.site.id, site.tariffs[0], "op", now=False))


async def test_the_credentials_of_a_site_are_read_together(stores: Stores, make: Maker, fence: Fence) -> None:
    site = SiteId("default")
    assert list(await stores.state.credentials(site)) == []
    ana = CredentialRow(uid="0A000001", site_id=site, holder="Ana", plan="staff")
    ben = CredentialRow(uid="0B000001", site_id=site, holder="Ben", plan="visitor", blocked=True)
    await decide(stores, make, fence, credentials=(ben, ana))
    assert list(await stores.state.credentials(site)) == [ana, ben]
    assert list(await stores.state.credentials(SiteId("elsewhere"))) == []


async def test_a_site_has_the_pins_it_was_given_last(stores: Stores, make: Maker, fence: Fence) -> None:
    site = SiteId("default")
    before = await stores.state.changed_sites([fence.partition], None)
    await decide(stores, make, fence, pins=(PinRow("exit", b"one"), PinRow("entry", b"two")))
    await decide(stores, make, fence, pins=(PinRow("exit", b"three"),))
    found = await stores.state.site(site)
    assert found is not None
    assert found.pins == (PinRow("entry", b"two"), PinRow("exit", b"three"))
    assert [one.id for one in (await stores.state.changed_sites([fence.partition], before.seen)).sites] == [site]


async def test_the_default_site_is_there(stores: Stores, bench: Bench) -> None:
    site = await stores.state.site(SiteId("default"))
    assert site == bench.site
    assert site == replace(default_site(), organisation_id=site.organisation_id, partition=site.partition)
    assert (site.zone, site.currency, site.capacity) == ("Europe/Paris", "EUR", 50)
    assert {lane.lane: lane.has_sensor for lane in site.lanes} == {"entry": True, "exit": False}
    assert {device.speaks for device in site.devices} == {"v1"}
    assert (site.policy_version, site.tariff_version) == (1, 1)


async def test_an_unknown_site_is_none(stores: Stores) -> None:
    assert await stores.state.site(SiteId("elsewhere")) is None


async def test_a_new_site_is_read_back_in_its_partition(
    stores: Stores, bench: Bench, make: Maker, fence: Fence
) -> None:
    made = make.another_site("north", bench.second_partition)
    await decide(stores, make, fence, new_site=made)
    assert await stores.state.site(made.id) == made
    assert list(await stores.state.sites(bench.site.partition)) == [bench.site]
    assert list(await stores.state.sites(bench.second_partition)) == [made]


async def test_a_look_finds_the_sites_that_have_changed_since_the_one_before(
    stores: Stores, bench: Bench, make: Maker, fence: Fence
) -> None:
    both = [bench.site.partition, bench.second_partition]
    first = await stores.state.changed_sites(both, None)
    assert list(first.sites) == []
    made = make.another_site("north", bench.second_partition)
    await decide(stores, make, fence, new_site=made)
    found = await stores.state.changed_sites(both, first.seen)
    assert list(found.sites) == [made]
    assert list((await stores.state.changed_sites([bench.site.partition], first.seen)).sites) == []
    assert list((await stores.state.changed_sites(both, found.seen)).sites) == []


async def test_the_last_level_of_each_topic_is_remembered(
    stores: Stores, make: Maker, fence: Fence, second: Fence
) -> None:
    assert dict(await stores.state.levels(fence.partition)) == {}
    rows = [
        make.fact(level=LevelMark("p/present", b"0")),
        make.fact(level=LevelMark("p/error", b"OK")),
        make.fact(level=LevelMark("p/present", b"1")),
        make.fact(partition=second.partition, level=LevelMark("q/present", b"1")),
    ]
    await stores.inbox.insert([fence, second], rows)
    assert dict(await stores.state.levels(fence.partition)) == {"p/present": b"1", "p/error": b"OK"}
    await stores.inbox.insert([fence], [make.fact(level=LevelMark("p/present", b"0"))])
    assert dict(await stores.state.levels(fence.partition)) == {"p/present": b"0", "p/error": b"OK"}


async def test_a_level_changes_only_with_its_row(stores: Stores, make: Maker, fence: Fence) -> None:
    first = make.fact(event_id="e-1", level=LevelMark("p/present", b"0"))
    await stores.inbox.insert([fence], [first])
    await stores.inbox.insert([fence], [make.fact(level=LevelMark("p/present", b"1"))])
    await stores.inbox.insert([fence], [first])
    await stores.inbox.insert([fence], [make.fact(event_id="e-1", level=LevelMark("p/present", b"2"))])
    await stores.inbox.insert([lost(fence)], [make.fact(level=LevelMark("p/present", b"3"))])
    assert dict(await stores.state.levels(fence.partition)) == {"p/present": b"1"}


async def test_deadlines_are_due_oldest_first_up_to_a_limit(
    stores: Stores, make: Maker, fence: Fence, second: Fence
) -> None:
    late, early, exact, ahead = (make.deadline(key, s) for key, s in (("a", 30), ("b", 10), ("c", 60), ("d", 60.001)))
    await decide(stores, make, fence, deadlines=(late, early, exact, ahead))
    theirs = Deadline(replace(make.scope, partition=second.partition), Address("site", "other"), "a", after(1))
    await decide(stores, make, second, deadlines=(theirs,))
    assert list(await stores.deadlines.due(fence.partition, after(60), 10)) == [early, late, exact]
    assert list(await stores.deadlines.due(fence.partition, after(60), 2)) == [early, late]
    assert list(await stores.deadlines.due(fence.partition, after(9.999), 10)) == []
    both = (fence.partition, second.partition)
    assert await stores.deadlines.partitions_due(both, after(60)) == set(both)
    assert await stores.deadlines.partitions_due(both, after(9.999)) == {second.partition}
    assert await stores.deadlines.partitions_due(both[:1], after(9.999)) == set()


async def test_a_deadline_stays_due_until_it_is_moved_or_cleared(stores: Stores, make: Maker, fence: Fence) -> None:
    await decide(stores, make, fence, deadlines=(make.deadline("exit", 10), make.deadline("notice", 10)))
    await decide(stores, make, fence, deadlines=(make.deadline("exit", 20),))
    assert list(await stores.deadlines.due(fence.partition, after(15), 10)) == [make.deadline("notice", 10)]
    await decide(stores, make, fence, deadlines=(make.deadline("notice", None), make.deadline("never-set", None)))
    assert list(await stores.deadlines.due(fence.partition, after(60), 10)) == [make.deadline("exit", 20)]


async def test_one_unit_may_clear_a_deadline_and_set_it_again(stores: Stores, make: Maker, fence: Fence) -> None:
    await decide(stores, make, fence, deadlines=(make.deadline("exit", None), make.deadline("exit", 5)))
    assert list(await stores.deadlines.due(fence.partition, after(60), 10)) == [make.deadline("exit", 5)]
    await decide(stores, make, fence, deadlines=(make.deadline("exit", 7), make.deadline("exit", None)))
    assert list(await stores.deadlines.due(fence.partition, after(60), 10)) == []


async def test_deadlines_of_two_actors_may_share_a_key(stores: Stores, make: Maker, fence: Fence) -> None:
    session = replace(make.deadline("exit", 5), actor=Address("session", str(make.id())))
    await decide(stores, make, fence, deadlines=(make.deadline("exit", 6), session))
    assert list(await stores.deadlines.due(fence.partition, after(60), 10)) == [session, make.deadline("exit", 6)]


@pytest.fixture
def sensor(make: Maker) -> tuple[SiteId, str]:
    """A device of the default site."""
    return make.site.id, "sensor_gate"


async def test_devices_never_heard_have_no_time(stores: Stores, fence: Fence) -> None:
    assert dict(await stores.telemetry.last_seen(fence.partition)) == {}


async def test_last_seen_never_moves_backwards(stores: Stores, fence: Fence, sensor: tuple[SiteId, str]) -> None:
    barrier = (sensor[0], "barriere")
    await stores.telemetry.seen([fence], {sensor: after(10), barrier: after(10)})
    await stores.telemetry.seen([fence], {sensor: after(9), barrier: after(11)})
    assert dict(await stores.telemetry.last_seen(fence.partition)) == {sensor: after(10), barrier: after(11)}


async def test_a_lost_partition_s_devices_are_not_written(
    stores: Stores, bench: Bench, make: Maker, fence: Fence, second: Fence, sensor: tuple[SiteId, str]
) -> None:
    made = make.another_site("north", bench.second_partition)
    await decide(stores, make, fence, new_site=made)
    there = (made.id, "sensor_gate")
    await stores.telemetry.seen([lost(fence), second], {sensor: after(1), there: after(2)})
    assert dict(await stores.telemetry.last_seen(fence.partition)) == {}
    assert dict(await stores.telemetry.last_seen(second.partition)) == {there: after(2)}


async def test_a_device_of_no_site_is_nothing(stores: Stores, fence: Fence) -> None:
    await stores.telemetry.seen([fence], {(SiteId("elsewhere"), "sensor_gate"): after(1)})
    assert dict(await stores.telemetry.last_seen(fence.partition)) == {}
