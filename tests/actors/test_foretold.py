"""What a row will need is looked up while the row is being made durable, and is never older than what is stored."""

import asyncio

from actors.runtime import Key
from actors.testing import CarPark
from syspark.domain.access import Plan
from syspark.domain.messages import AddCredential
from syspark.domain.units import Uid
from syspark.persistence.memory import Call
from syspark.rows import Address
from tests.actors.badges import ALICE, BADGE, ENTRY, UNKNOWN
from tests.servers.waiting import eventually

SITE = Address("site", "default")


async def test_a_right_looked_up_before_its_badge_was_changed_is_looked_up_again(park: CarPark) -> None:
    await park.when(BADGE, ALICE.uid)
    known = AddCredential(uid=Uid(UNKNOWN), holder="somebody", plan=Plan.SUBSCRIBER, author="operator")
    change = park.stores.inbox_row(await park.request(SITE, known)).row
    inserting = park.stores.faults.hold(Call.INSERT)
    reading = park.stores.faults.hold(Call.READ, answer=True)
    park.broker.publish(BADGE, UNKNOWN.encode())
    await reading.reached()
    park.worker._router.dispatch([change])
    await eventually(lambda: "credential-changed" in park.rules(), "the badge is known")
    reading.open()
    inserting.open()
    await park.settle()
    assert park.payloads(ENTRY) == [b"100"] * 2


async def test_a_session_is_read_while_its_vehicle_s_wish_to_leave_is_being_committed(park: CarPark) -> None:
    await park.when(BADGE, ALICE.uid)
    (session,) = await park.open_sessions()
    await park.restart()
    await park.pass_time(70.0)
    gate = park.stores.faults.hold(Call.COMMIT)
    wish = asyncio.create_task(park.when(BADGE, ALICE.uid))
    await gate.reached()
    await eventually(lambda: park.worker._directory.get(Key("session", session.id)) is not None, "its actor is there")
    gate.open()
    await wish
    assert park.opened[-1] == "exit"
