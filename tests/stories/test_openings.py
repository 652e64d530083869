"""The openings ledger. Source: domain.md: every opening is explained by exactly one reason, or it is an alarm."""

import msgspec
from msgspec.structs import replace

from actors.testing import CarPark, badge
from syspark.domain.messages import DeclareEmergency, OpenLane, OpenReason
from syspark.domain.orders import Because, MoveBarrier
from syspark.domain.units import Lane, Speaks
from syspark.persistence.memory import default_site
from syspark.rows import Address, SiteRow

READER = "parking/north/barriere"
ENTRY_BARRIER, EXIT_BARRIER = "parking/north/barriere_entree/state", "parking/north/barriere/state"
ALICE, VISITOR = badge("A1B2C3D4", site="north"), badge("CAFE0001", "visitor", site="north")
SITE = Address("site", "north")


def _north() -> SiteRow:
    site = default_site("north")
    return replace(site, devices=tuple(replace(device, speaks=Speaks.V2) for device in site.devices))


def _park() -> CarPark:
    return CarPark(sites=[_north()], badges=[ALICE, VISITOR])


def _reasons(park: CarPark) -> list[Because | None]:
    """Why each command to a barrier was given, oldest first."""
    commands = [row for row in park.stores.commands() if row.order_kind == "barrier"]
    orders = [msgspec.json.decode(row.order, type=MoveBarrier) for row in commands]
    return [order.because for order in orders]


def _seen(park: CarPark) -> list[str | None]:
    """What barriers told of without having been asked."""
    return [row.because for row in park.stores.openings()]


async def _badge(park: CarPark, uid: str, lane: str) -> None:
    await park.when(READER, {"uid": uid, "lane": lane})


async def test_every_command_to_open_says_why() -> None:
    async with _park() as park:
        await _badge(park, ALICE.uid, "entry")
        await _badge(park, VISITOR.uid, "entry")
        await park.pass_time(120)
        await _badge(park, ALICE.uid, "exit")
        await _badge(park, VISITOR.uid, "exit")
        await park.when(READER, {"method": "PIN_IN", "lane": "entry"})
        await park.request(SITE, OpenLane(lane=Lane.EXIT, reason=OpenReason.GOODWILL, author="ines"), site="north")
        await park.pass_time(2)
        await park.request(SITE, DeclareEmergency(author="ines"), site="north")
        await park.pass_time(2)

        assert _reasons(park) == [
            Because.RIGHT,
            Because.FREE,
            Because.RIGHT,
            Because.FREE,
            Because.SITE_ALONE,
            Because.OVERRIDE,
            Because.EMERGENCY,
            Because.EMERGENCY,
        ]


async def test_a_barrier_that_does_what_it_was_told_adds_nothing() -> None:
    async with _park() as park:
        await _badge(park, ALICE.uid, "entry")
        await park.when(ENTRY_BARRIER, {"state": "opening"}, retain=True)
        await park.when(ENTRY_BARRIER, {"state": "open"}, retain=True)
        await park.when(ENTRY_BARRIER, {"state": "closed"}, retain=True)

        assert _seen(park) == []


async def test_an_opening_that_nothing_explains_is_an_alarm() -> None:
    async with _park() as park:
        await park.when(ENTRY_BARRIER, {"state": "open"}, retain=True)

        assert _seen(park) == [None]
        assert "barrier-opened-unexplained" in park.rules("north")
        assert "alarm-raised" in park.rules("north")


async def test_an_old_command_explains_no_opening() -> None:
    async with _park() as park:
        await _badge(park, ALICE.uid, "entry")
        await park.pass_time(60)
        await park.when(ENTRY_BARRIER, {"state": "open"}, retain=True)

        assert _seen(park) == [None]


async def test_a_command_to_one_lane_does_not_explain_the_other() -> None:
    async with _park() as park:
        await _badge(park, ALICE.uid, "entry")
        await park.when(EXIT_BARRIER, {"state": "open"}, retain=True)

        assert _seen(park) == [None]


async def test_what_the_site_did_while_it_was_cut_off_is_its_own() -> None:
    async with _park() as park:
        await park.given("parking/north/bridge/state", "offline", retain=True)
        await park.pass_time(60)
        await park.when("parking/north/bridge/state", "online", retain=True)
        await park.when(ENTRY_BARRIER, {"state": "open"}, retain=True)

        assert _seen(park) == [Because.SITE_ALONE]


async def test_during_an_evacuation_every_opening_is_explained() -> None:
    async with _park() as park:
        await park.request(SITE, DeclareEmergency(author="ines"), site="north")
        await park.pass_time(2)
        await park.when(EXIT_BARRIER, {"state": "open"}, retain=True)

        assert _seen(park) == [Because.EMERGENCY]
