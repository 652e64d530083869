"""Whatever happens to the database, the broker and the worker: nothing is lost, nothing doubled, nothing late."""

import hashlib
from collections import Counter
from collections.abc import Awaitable, Callable
from random import Random

import msgspec
import pytest
from msgspec.structs import replace

from actors.testing import CarPark, badge
from syspark.domain.access import Plan
from syspark.domain.messages import AddCredential
from syspark.domain.units import CommandId, Uid
from syspark.persistence.memory import Call, default_site
from syspark.rows import Address, DeliveryKey, RowStatus, SiteRow

SITES = ("north", "south", "west")
UIDS = ("A0000001", "A0000002", "A0000003", "CAFE0001")
STEPS = 80


class Storm:
    """Badges and faults at random on three sites whose barriers name the command they were given."""

    def __init__(self, park: CarPark, rng: Random) -> None:
        self._park = park
        self._rng = rng
        self._running = True
        self.published: Counter[bytes] = Counter()

    async def blow(self) -> None:
        """One thing happens, and some time passes."""
        happens: list[tuple[int, Callable[[], Awaitable[None]]]] = [
            (30, self._read_badge),
            (4, self._vehicle),
            (3, self._lose_answers),
            (2, self._leave_under_way),
            (3, self._cut_database),
            (3, self._cut_connection),
            (2, self._broker_away),
            (2, self._restart),
            (2, self._kill),
        ]
        weights = [weight for weight, _ in happens]
        await self._rng.choices([what for _, what in happens], weights)[0]()
        await self._pass_time(self._rng.choice((0.0, 0.01, 0.3, 1.0, 4.0, 20.0)))

    async def abate(self) -> None:
        """Everything works again, for long enough."""
        await self._mend()
        await self._pass_time(60.0)

    async def _read_badge(self) -> None:
        await self._publish(f"parking/{self._rng.choice(SITES)}/barriere", self._rng.choice(UIDS).encode())

    async def _vehicle(self) -> None:
        topic = f"parking/{self._rng.choice(SITES)}/sensor_gate/present"
        self._park.broker.publish(topic, self._rng.choice((b"0", b"1")), retain=True)

    async def _publish(self, topic: str, payload: bytes) -> None:
        for _ in range(self._rng.choice((1, 1, 1, 4))):
            self._park.broker.publish(topic, payload)
            self.published[digest(topic, payload)] += 1
        if self._rng.random() < 0.7:
            await self._park.settle()

    async def _lose_answers(self) -> None:
        for call in self._rng.sample((Call.COMMIT, Call.INSERT, Call.RECORD, Call.RENEW), 2):
            self._park.stores.faults.lose_answer(call, written=self._rng.random() < 0.5)

    async def _leave_under_way(self) -> None:
        self._park.mend_database()
        await self._pass_time(4.0)
        ghost = self._park.stores.faults.leave_under_way()
        known = AddCredential(uid=Uid("A0000009"), holder="nobody", plan=Plan.STAFF, author="storm")
        site = self._rng.choice(SITES)
        while not ghost.is_under_way:
            await self._park.request(Address("site", site), known, site=site)
            await self._pass_time(1.0)
        await self._read_badge()
        await self._pass_time(self._rng.uniform(1.0, 5.0))
        ghost.end(written=self._rng.random() < 0.5)

    async def _cut_database(self) -> None:
        self._park.cut_database()
        for _ in range(self._rng.randrange(4)):
            await self._read_badge()
        await self._pass_time(self._rng.choice((0.5, 5.0, 30.0)))
        if self._rng.random() < 0.7:
            self._park.mend_database()

    async def _cut_connection(self) -> None:
        self._park.broker.lose_pubacks(self._rng.randrange(3))
        self._park.broker.disconnect()

    async def _broker_away(self) -> None:
        self._park.broker.refuse()
        self._park.broker.disconnect()
        await self._pass_time(self._rng.choice((0.5, 5.0, 30.0)))
        self._park.broker.accept()

    async def _restart(self) -> None:
        await self._park.stop()
        await self._start_again()

    async def _kill(self) -> None:
        await self._park.kill()
        await self._start_again()

    async def _start_again(self) -> None:
        self._running = False
        for _ in range(self._rng.randrange(3)):
            await self._read_badge()
        await self._mend()
        await self._park.start()
        self._running = True

    async def _mend(self) -> None:
        self._park.mend_database()
        self._park.broker.accept()

    async def _pass_time(self, seconds: float) -> None:
        if self._running:
            await self._park.pass_time(seconds)
        else:
            self._park.clock.advance(seconds)


def digest(topic: str, payload: bytes) -> bytes:
    """What a delivery's row remembers of it."""
    return hashlib.sha256(topic.encode() + b"\0" + payload).digest()[:16]


def talking(name: str) -> SiteRow:
    """A site whose equipment speaks the second generation."""
    site = default_site(name)
    return replace(site, devices=tuple(replace(device, speaks="v2") for device in site.devices))


def deliveries(park: CarPark) -> Counter[bytes]:
    """How often each message of the field became a row."""
    keys = [stored.row.delivery for stored in park.rows()]
    return Counter(key.digest for key in keys if isinstance(key, DeliveryKey))


@pytest.mark.timeout(60)
@pytest.mark.parametrize("seed", range(25))
async def test_nothing_is_lost_doubled_or_late_whatever_happens(seed: int) -> None:
    badges = [badge(uid, "visitor" if uid.startswith("C") else "subscriber", site) for uid in UIDS for site in SITES]
    async with CarPark(sites=[talking(name) for name in SITES], badges=badges) as park:
        storm = Storm(park, Random(seed))
        await park.pass_time(2.0)
        for _ in range(STEPS):
            await storm.blow()
        await storm.abate()

        rows = deliveries(park)
        assert {what: rows[what] for what in storm.published} == dict(storm.published)
        assert park.rows(RowStatus.NEW) == []
        assert park.rows(RowStatus.PARKED) == []
        assert park.faults_of_journals() == []
        moves = [seen for seen in park.seen if seen.topic.endswith("/cmd")]
        ids = [CommandId(msgspec.json.decode(seen.payload)["command_id"]) for seen in moves]
        assert len(set(ids)) == len(ids) > 0
        for seen, command_id in zip(moves, ids, strict=True):
            expires_at = park.stores.command(command_id).expires_at
            assert expires_at is not None
            assert seen.at < expires_at
        for site in SITES:
            holders = [session.holder_key for session in await park.open_sessions(site)]
            assert len(set(holders)) == len(holders)
            assert await park.occupancy(site) == len(holders)
