"""The product on virtual time under a simulated field: what it believes is what was true.

Real worker, real rules, stores and broker in memory; hours pass in seconds, and every run is the same.
"""

import pytest

from ops.simulator.badges import made_badges
from ops.simulator.layout import Faults, Generation, SiteLayout, Traffic
from ops.simulator.site import Conditions
from ops.simulator.virtual import VirtualTrial

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


def trial(
    layout: SiteLayout, faults: Faults, seed: int, *, plates: bool = False, back_after_s: float = 0.0
) -> VirtualTrial:
    conditions = Conditions(seed=seed, faults=faults, traffic=Traffic(cars_per_hour=60), plates=plates)
    badges = made_badges([layout], seed)
    return VirtualTrial([layout], badges, conditions, secret=SECRET, back_after_s=back_after_s)


LAYOUTS = [
    pytest.param(SiteLayout("default"), id="v1"),
    pytest.param(SiteLayout("default", sensors=frozenset()), id="v1-no-sensor"),
    pytest.param(SiteLayout("lyon"), id="v1-under-a-prefix"),
    pytest.param(SiteLayout("lyon", "v2"), id="v2"),
    pytest.param(SiteLayout("lyon", "v2", clock_off_s=7200), id="v2-clock-off"),
]


@pytest.mark.timeout(60)
@pytest.mark.parametrize("layout", LAYOUTS)
async def test_without_faults_every_decidable_stay_agrees(layout: SiteLayout) -> None:
    world = trial(layout, Faults(), seed=4)
    async with world:
        await world.live(hours=1)
        found = await world.compared()
    assert found.is_fine, found.table()
    assert found.agree > 25, found.table()
    nobody = "ended by a person, as nobody was inside"
    learns = {"lane_not_told", "exit_missed", "entry_unknown", nobody} if layout.speaks == "v1" else set()
    assert set(found.reviewed_for) <= {"pin_exit_guessed", *learns}, found.table()
    assert found.in_review <= 5, found.table()
    assert world.sites[0].dropped_by_boards == (0, 0)
    assert not world.sites[0].bridge.stopped


@pytest.mark.timeout(60)
@pytest.mark.parametrize("layout", LAYOUTS)
async def test_with_all_faults_every_decidable_stay_agrees(layout: SiteLayout) -> None:
    world = trial(layout, ALL_FAULTS, seed=5)
    async with world:
        await world.live(hours=1)
        found = await world.compared()
    assert found.is_fine, found.table()
    assert found.agree > 20, found.table()
    assert world.sites[0].dropped_by_boards == (0, 0)


@pytest.mark.timeout(60)
async def test_plates_let_visitors_in_and_out() -> None:
    world = trial(SiteLayout("lyon", "v2"), Faults(), seed=6, plates=True)
    async with world:
        await world.live(hours=1.5)
        found = await world.compared()
    assert found.is_fine, found.table()
    assert found.agree > 40, found.table()
    by_plate = [stay for stay in world.sites[0].truth.stays if stay.plan == "unknown" and stay.left_s is not None]
    assert by_plate, "a stranger with a plate is a visitor"
    assert not any(stay.doubts for stay in by_plate)


@pytest.mark.timeout(60)
async def test_what_is_done_can_be_let_go_of_and_nothing_changes() -> None:
    found = []
    for lets_go in (False, True):
        async with trial(SiteLayout("default"), ALL_FAULTS, seed=11) as world:
            for _ in range(6):
                await world.live(hours=0.1)
                if lets_go:
                    world.park.stores.forget_done(world.park.clock.now())
            kept = len(world.park.recorded()), len(world.park.stores.commands())
            found.append(((await world.compared()).table(), kept))
    (whole, (all_entries, all_commands)), (thinned, (entries, commands)) = found
    assert thinned == whole
    assert entries < all_entries / 10
    assert commands < all_commands / 10


@pytest.mark.timeout(60)
@pytest.mark.parametrize(("speaks", "back_after_s"), [("v2", 0.0), ("v2", 110.0), ("v1", 110.0)])
async def test_killing_the_worker_changes_nothing(speaks: Generation, back_after_s: float) -> None:
    """Each time after more turns of its loop since something was said: before it is stored, decided, or sent.

    With the next worker there at once, or as late as on a clock 60 times as fast.
    """
    faults = Faults(misread=0.03, duplicate=0.05, reorder=0.05)
    world = trial(SiteLayout("lyon", speaks), faults, seed=7, plates=True, back_after_s=back_after_s)
    async with world:
        for turns in range(0, 60, 5):
            await world.live(hours=0.08)
            world.kill(turns)
        await world.live(hours=0.1)
        found = await world.compared()
    assert found.is_fine, found.table()
    assert found.agree > 30, found.table()
    assert not found.unserved + found.held, "nobody noticed"


@pytest.mark.timeout(60)
async def test_without_the_cloud_sites_go_on_and_nothing_is_opened_for_what_they_tell_afterwards() -> None:
    world = trial(SiteLayout("lyon", "v2"), Faults(), seed=8, plates=True)
    async with world:
        await world.live(hours=0.3)
        await world.be_away(hours=0.3)
        alone = [stay for stay in world.sites[0].truth.stays if stay.entered_s and stay.entered_s > world.now_s - 1080]
        assert len(alone) > 5, "controllers know their badges"
        await world.live(hours=0.005)
    assert not world.sites[0].truth.unexplained, "only who still stands there is let through"


@pytest.mark.timeout(60)
async def test_a_site_that_tells_no_times_is_counted_right_once_the_cloud_is_back() -> None:
    world = trial(SiteLayout("default"), Faults(), seed=9)
    async with world:
        await world.live(hours=0.4)
        await world.be_away(hours=0.6)
        await world.live(hours=0.4)
        found = await world.compared()
        stays = world.sites[0].truth.stays
        inside = sum(stay.entered_s is not None and stay.left_s is None for stay in stays)
        assert abs(await world.park.occupancy() - inside) <= 3
    assert (found.differ, found.wrong_matches, found.unexplained) == ([], [], []), found.table()
