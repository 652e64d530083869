"""What drivers read. Source: domain.md, "Commands to the site": priorities, a time to live, then the next one down."""

import msgspec
import pytest
from msgspec.structs import replace

from actors.testing import CarPark, badge
from actors.testing.car_park import PORTAL_KEY
from syspark import portal_links
from syspark.domain.policy import Language, SitePolicy
from syspark.domain.units import Speaks
from syspark.persistence.memory import default_site
from syspark.rows import SiteRow

READER = "parking/barriere"
CONNECTED = "parking/bridge/state"
ALICE = badge("A1B2C3D4")
STRANGER = "DEADBEEF"


def _site_with(policy: SitePolicy) -> SiteRow:
    return replace(default_site(), policy=msgspec.json.encode(policy))


def _newer_site() -> SiteRow:
    site = default_site("north")
    return replace(site, devices=tuple(replace(device, speaks=Speaks.V2) for device in site.devices))


async def test_the_free_places_wait_until_a_driver_has_read_a_notice() -> None:
    async with CarPark(badges=[ALICE]) as park:
        await park.when(READER, STRANGER)
        await park.when(READER, ALICE.uid)

        assert park.opened == ["entry"]
        assert park.shown == ["BADGE INCONNU"]
        await park.pass_time(5)
        assert park.shown == ["BADGE INCONNU", "LIBRE:49"]


async def test_the_exit_shows_where_to_pay_and_the_code_that_proves_who_stands_there() -> None:
    async with CarPark(badges=[badge("CAFE0001", "visitor")], public_url="https://parking.example") as park:
        await park.given(READER, "CAFE0001")
        await park.pass_time(91 * 60)
        await park.when(READER, "CAFE0001")

        (payload,) = park.payloads("parking/payment/req")
        shown = msgspec.json.decode(payload)
        code = portal_links.exit_code(PORTAL_KEY, shown["session_id"])
        assert shown["cause"] == f"A PAYER - CODE {code}"
        assert shown["label"].startswith("https://parking.example/pay/s/")
        link = portal_links.read(PORTAL_KEY, shown["label"].rpartition("/")[2])
        assert link is not None
        assert (link.session_id, link.proven) == (shown["session_id"], True)
        kept = b"".join(row.order for row in park.stores.commands())
        assert code.encode() not in kept, "joined when the bytes are made, and never stored"


async def test_of_two_notices_the_newer_is_read() -> None:
    async with CarPark(badges=[replace(badge("0B0B0B0B"), blocked=True)]) as park:
        await park.when(READER, STRANGER)
        await park.pass_time(1)
        await park.when(READER, "0B0B0B0B")

        assert park.shown == ["BADGE INCONNU", "BADGE BLOQUE"]
        await park.pass_time(5)
        assert park.shown[2:] == ["LIBRE:50"]


async def test_a_site_that_has_just_connected_is_told_what_stands_and_not_only_its_places() -> None:
    async with CarPark() as park:
        await park.given(READER, STRANGER)
        await park.pass_time(1)
        await park.when(CONNECTED, "1", retain=True)

        assert park.shown == ["BADGE INCONNU"]
        await park.pass_time(5)
        assert park.shown[-1] == "LIBRE:50"


@pytest.mark.parametrize(
    ("languages", "shown"),
    [
        ((Language.FRENCH,), "BADGE INCONNU"),
        ((Language.ENGLISH,), "UNKNOWN BADGE"),
        ((Language.FRENCH, Language.ENGLISH), "BADGE INCONNU / UNKNOWN BADGE"),
    ],
)
async def test_displays_speak_the_languages_of_their_site(languages: tuple[Language, ...], shown: str) -> None:
    async with CarPark(sites=[_site_with(SitePolicy(display_languages=languages))]) as park:
        await park.when(READER, STRANGER)

        assert park.shown == [shown]


async def test_a_lane_out_of_order_says_so_until_its_barrier_is_mended() -> None:
    async with CarPark(sites=[_newer_site()]) as park:
        barrier = "parking/north/barriere_entree/state"
        await park.when(barrier, {"state": "fault", "code": "MOTOR"}, retain=True)
        assert park.shown == ["HORS SERVICE"]

        await park.when("parking/north/barriere", {"uid": STRANGER, "lane": "entry"})
        await park.pass_time(10)
        assert "BADGE INCONNU" not in park.shown, "a lane that is out of order does not invite anybody to badge"

        park.forget()
        await park.when(barrier, {"state": "closed"}, retain=True)
        assert park.shown == ["LIBRE:50"]


async def test_a_fault_of_one_lane_leaves_the_other_its_texts() -> None:
    async with CarPark(sites=[_newer_site()]) as park:
        await park.given("parking/north/barriere_entree/state", {"state": "fault"}, retain=True)
        await park.pass_time(1)

        await park.when("parking/north/barriere", {"uid": STRANGER, "lane": "exit"})

        assert park.shown == ["BADGE INCONNU"]


async def test_no_display_ever_shows_a_full_plate() -> None:
    async with CarPark(sites=[replace(default_site(), capacity=0)]) as park:
        await park.when("parking/entry/vision/plate", {"plate": "AB123CD", "confidence": 0.99, "valid": True})
        await park.when("parking/exit/vision/plate", {"plate": "XY987ZW", "confidence": 0.99, "valid": True})

        said = b" ".join(one.payload for one in park.seen if "vision" not in one.topic)
        assert b"AB123CD" not in said
        assert b"XY987ZW" not in said
        assert b"..3CD" in said
