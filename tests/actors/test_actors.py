"""Sites, sessions and devices: one effect a row, memory that follows what is stored, crashes that stay small."""

from unittest.mock import patch

import pytest
from msgspec.structs import replace

from actors.device import DeviceActor
from actors.durable import Verdict
from actors.runtime import Key
from actors.session import SessionActor
from actors.site import SiteActor
from actors.testing import CarPark, badge
from actors.worker import WorkerFailedError
from syspark.domain.access import Plan
from syspark.domain.decision import Moment
from syspark.domain.facts import BadgeRead
from syspark.domain.messages import AddCredential, AnyMessage, DeadlineReached, Reported
from syspark.domain.site.events import SiteEvent
from syspark.domain.units import SiteId, Uid
from syspark.persistence.memory import Call, default_site
from syspark.rows import Address, Deadline, Fate, RowStatus, Scope
from tests.actors.badges import ALICE, BADGE, BOB, ENTRY, EXIT, PAYMENT, PRESENT, UNKNOWN, VISITOR

POISON = Uid("BAD00BAD")
SITE = Address("site", "default")


def poisoned(times: int) -> object:
    """A site that fails over one badge, so many times."""
    left = [times]
    sound = SiteActor.decide

    async def decide(self: SiteActor, message: AnyMessage, at: Moment) -> Verdict[SiteEvent]:
        if isinstance(message, Reported) and isinstance(message.fact, BadgeRead) and message.fact.uid == POISON:
            left[0] -= 1
            if left[0] >= 0:
                raise ValueError("poison \0 \ud800")
        return await sound(self, message, at)

    return patch.object(SiteActor, "decide", decide)


def connected(park: CarPark) -> bool:
    return park.worker.connected


def known(uid: str) -> AddCredential:
    return AddCredential(uid=Uid(uid), holder="somebody", plan=Plan.SUBSCRIBER, author="operator")


async def test_a_visitor_enters_and_is_asked_to_pay_until_it_is_enough(park: CarPark) -> None:
    await park.when(BADGE, VISITOR.uid)
    await park.pass_time(3600.0)
    await park.when(BADGE, VISITOR.uid)
    await park.pass_time(600.0)
    asked = park.payloads(PAYMENT)
    assert 20 <= len(asked) <= 27
    assert all(b'"price":"1.00"' in payload for payload in asked)


async def test_a_subscriber_leaves_free_after_a_restart(park: CarPark) -> None:
    await park.when(BADGE, ALICE.uid)
    await park.kill()
    await park.start()
    await park.pass_time(70.0)
    await park.when(BADGE, ALICE.uid)
    assert park.payloads(EXIT) == [b"100"]
    assert (await park.occupancy(), await park.open_sessions()) == (0, [])


async def test_a_request_of_another_process_is_decided_at_once(park: CarPark) -> None:
    row_id = await park.request(SITE, known(UNKNOWN))
    assert park.stores.inbox_row(row_id).status is RowStatus.DONE
    await park.when(BADGE, UNKNOWN)
    assert park.payloads(ENTRY) == [b"100"]


async def test_a_request_that_nobody_heard_of_is_found_within_half_a_second(park: CarPark) -> None:
    park.cut_database()
    row_id = await park.request(SITE, known(UNKNOWN))
    park.mend_database()
    assert park.stores.inbox_row(row_id).status is RowStatus.NEW
    await park.pass_time(0.5)
    assert park.stores.inbox_row(row_id).status is RowStatus.DONE


async def test_after_a_dear_look_a_request_waits_for_its_turn(park: CarPark) -> None:
    looking = park.stores.faults.hold(Call.READ)
    await park.request(SITE, known(UNKNOWN))
    await park.pass_time(0.03)
    looking.open()
    await park.settle()
    row_id = await park.request(SITE, known(UNKNOWN))
    await park.pass_time(0.25)
    assert park.stores.inbox_row(row_id).status is RowStatus.NEW
    await park.pass_time(0.1)
    assert park.stores.inbox_row(row_id).status is RowStatus.DONE


async def test_a_commit_whose_answer_is_lost_has_one_effect(park: CarPark) -> None:
    park.stores.faults.lose_answer(Call.COMMIT, written=True)
    await park.when(BADGE, ALICE.uid)
    assert park.payloads(ENTRY) == [b"100"]
    assert park.rules().count("entry-admitted") == 1


async def test_a_commit_that_never_happened_is_made_again(park: CarPark) -> None:
    park.stores.faults.lose_answer(Call.COMMIT, written=False)
    await park.when(BADGE, ALICE.uid)
    assert park.payloads(ENTRY) == [b"100"]


@pytest.mark.parametrize("written", [True, False])
async def test_a_commit_under_way_is_waited_for(park: CarPark, written: bool) -> None:
    ghost = park.stores.faults.leave_under_way()
    await park.when(BADGE, ALICE.uid)
    assert park.payloads(ENTRY) == []
    ghost.end(written=written)
    await park.settle()
    assert park.payloads(ENTRY) == [b"100"]
    assert park.rules().count("entry-admitted") == 1


async def test_a_row_decided_behind_our_back_has_no_second_effect(park: CarPark) -> None:
    await park.when(BADGE, ALICE.uid)
    row = next(stored.row for stored in park.rows(RowStatus.DONE) if stored.row.kind == "reported")
    ref = park.worker._directory.get(Key("site", "default"))
    assert ref is not None
    ref.tell(replace(row, body=b'{"type":"reported","device":"barriere","fact":{"type":"badge","uid":"0B0B0B0B"}}'))
    await park.settle()
    assert park.payloads(ENTRY) == [b"100"]
    assert len(await park.open_sessions()) == 1


async def test_an_actor_that_crashes_goes_on_where_it_was(park: CarPark) -> None:
    await park.request(SITE, known(POISON))
    await park.pass_time(1.0)
    await park.when(BADGE, ALICE.uid)
    with poisoned(2):  # type: ignore[attr-defined]
        await park.when(BADGE, POISON)
        await park.pass_time(2.0)
    assert await park.occupancy() == 2
    assert park.rows(RowStatus.PARKED) == []


async def test_a_poison_is_parked_and_the_next_goes_on_within_two_seconds(park: CarPark) -> None:
    with poisoned(99):  # type: ignore[attr-defined]
        await park.when(BADGE, POISON)
        await park.when(BADGE, ALICE.uid)
        await park.pass_time(2.0)
    assert [stored.row.kind for stored in park.rows(RowStatus.PARKED)] == ["reported"]
    assert park.payloads(ENTRY) == [b"100"]


async def test_many_poisons_do_not_end_the_process(park: CarPark) -> None:
    with poisoned(99):  # type: ignore[attr-defined]
        for _ in range(6):
            await park.when(BADGE, POISON)
        await park.when(BADGE, ALICE.uid)
        await park.pass_time(20.0)
    assert len(park.rows(RowStatus.PARKED)) == 6
    assert len(await park.open_sessions()) == 1


async def test_a_try_that_cannot_be_counted_is_made_again(park: CarPark) -> None:
    await park.request(SITE, known(POISON))
    await park.pass_time(1.0)
    with poisoned(1):  # type: ignore[attr-defined]
        park.stores.faults.lose_answer(Call.COUNT, written=False)
        await park.when(BADGE, POISON)
        await park.pass_time(3.0)
    assert len(await park.open_sessions()) == 1


async def test_what_the_database_refuses_is_parked_alone(park: CarPark) -> None:
    gate = park.stores.faults.hold(Call.COMMIT)
    await park.when(PRESENT, "1")
    await park.when(BADGE, ALICE.uid)
    bad = await park.request(Address("device", "default/radio"), known("0000"))
    park.stores.faults.refuse(bad)
    gate.open()
    await park.pass_time(3.0)
    assert [stored.row.id for stored in park.rows(RowStatus.PARKED)] == [bad]
    assert park.payloads(ENTRY) == [b"100"]


async def test_a_parked_row_put_back_is_taken_up_by_a_quiet_worker(park: CarPark) -> None:
    with poisoned(3):  # type: ignore[attr-defined]
        await park.when(BADGE, POISON)
        await park.pass_time(2.0)
    (parked,) = park.rows(RowStatus.PARKED)
    tables = park.stores._tables
    back = replace(parked, status=RowStatus.NEW, row=replace(parked.row, seq=tables.next_seq(), tries=0))
    tables.inbox[parked.row.id] = back
    tables.undone[back.row.seq] = parked.row.id
    await park.pass_time(15.0)
    assert park.stores.inbox_row(parked.row.id).status is not RowStatus.NEW


async def test_a_row_for_a_site_nobody_knows_is_parked_and_ends_nothing(park: CarPark) -> None:
    row_id = await park.request(Address("site", "nowhere"), known("A0000000"))
    await park.pass_time(3.0)
    assert [stored.row.id for stored in park.rows(RowStatus.PARKED)] == [row_id]
    await park.when(BADGE, ALICE.uid)
    assert park.payloads(ENTRY) == [b"100"]


async def test_a_row_for_a_session_nobody_knows_is_parked(park: CarPark) -> None:
    row_id = await park.request(Address("session", "019ecb2b-a58d-76e2-9045-476ec30a310c"), known("A0000000"))
    await park.pass_time(3.0)
    assert [stored.row.id for stored in park.rows(RowStatus.PARKED)] == [row_id]


async def test_a_device_given_up_brings_down_its_site_and_comes_back(park: CarPark) -> None:
    await park.when(BADGE, ALICE.uid)
    failures = [7]
    sound = DeviceActor.decide

    async def decide(self: DeviceActor, message: Reported, at: Moment) -> object:
        failures[0] -= 1
        if failures[0] >= 0:
            raise ValueError("no twin")
        return await sound(self, message, at)

    with patch.object(DeviceActor, "decide", decide), patch("actors.tries.TRIES", 99):
        await park.when("parking/ascenseur/state", '{"current": 0}')
        await park.pass_time(30.0)
    assert park.rows(RowStatus.NEW) == []
    await park.when(BADGE, BOB.uid)
    assert park.payloads(ENTRY) == [b"100", b"100"]


async def test_a_site_given_up_ends_the_process_and_its_rows_stay() -> None:
    async with CarPark(badges=[ALICE]) as park:
        with poisoned(99), patch("actors.tries.TRIES", 99):  # type: ignore[attr-defined]
            await park.when(BADGE, POISON)
            await park.pass_time(60.0)
            with pytest.raises(WorkerFailedError):
                await park.stop()
        assert len(park.rows(RowStatus.NEW)) == 1


async def test_a_journal_that_is_restarted_costs_nobody_a_try(park: CarPark) -> None:
    park.worker._writers.journal.fail(RuntimeError("out"))
    await park.settle()
    await park.when(BADGE, ALICE.uid)
    await park.pass_time(3.0)
    assert [stored.row.tries for stored in park.rows()] == [0] * len(park.rows())
    assert len(await park.open_sessions()) == 1


async def test_a_partition_lost_and_taken_again_is_remembered_as_it_is_now_stored(park: CarPark) -> None:
    await park.when(BADGE, ALICE.uid)
    other = park.stores.another().stores
    partitions = park.stores._tables.partitions
    partitions[0] = replace(partitions[0], owner="another", epoch=partitions[0].epoch + 1)
    snapshot = await other.state.snapshot(SITE)
    assert snapshot is not None
    park.stores._tables.snapshots[SITE] = replace(snapshot, version=9, body=b'{"occupancy":40}')
    await park.when(BADGE, BOB.uid)
    await park.pass_time(20.0)
    await park.when(BADGE, BOB.uid)
    await park.pass_time(1.0)
    assert await park.occupancy() == 41
    assert park.rows(RowStatus.NEW) == []


async def test_what_was_decided_under_a_lost_right_never_lands(park: CarPark) -> None:
    gate = park.stores.faults.hold(Call.COMMIT)
    await park.when(BADGE, ALICE.uid)
    partitions = park.stores._tables.partitions
    partitions[0] = replace(partitions[0], owner="another", epoch=partitions[0].epoch + 1)
    gate.open()
    await park.settle()
    assert park.stores.commands() == []
    assert park.payloads(ENTRY) == []


def deadline_of(park: CarPark, key: str) -> Deadline:
    """The only deadline under a key, as stored."""
    (found,) = (one for one in park.stores._tables.deadlines.values() if one.key == key)
    return found


async def test_a_deadline_set_anew_before_its_row_is_decided_is_kept(park: CarPark) -> None:
    await park.when(BADGE, UNKNOWN)
    deadline = deadline_of(park, "display")
    await park.pass_time(3.0)
    await park.when(BADGE, "BEEF0001")
    moved = deadline_of(park, "display")
    assert deadline.at is not None
    await park.request(SITE, DeadlineReached(key=deadline.key, due_at=deadline.at))
    await park.pass_time(1.0)
    assert deadline_of(park, "display") == moved
    assert park.rules()[-1] == "deadline-moved"


async def test_a_deadline_is_one_row_however_slow_the_database_is(park: CarPark) -> None:
    await park.when(BADGE, UNKNOWN)
    gate = park.stores.faults.hold(Call.INSERT)
    await park.pass_time(9.0)
    gate.open()
    await park.pass_time(2.0)
    assert [stored.row.kind for stored in park.rows()].count("deadline-reached") == 1


async def test_a_parked_deadline_is_not_made_again_and_again(park: CarPark) -> None:
    site = default_site()
    scope = Scope(site.organisation_id, SiteId("default"), 0)
    deadline = Deadline(scope, Address("site", "nowhere"), "display", park.clock.now())
    park.stores._tables.deadlines[deadline.actor, deadline.key] = deadline
    await park.pass_time(15.0)
    fired = park.metrics.timers_fired.labels("site")._value.get()
    await park.pass_time(30.0)
    assert park.metrics.timers_fired.labels("site")._value.get() == fired
    assert len(park.rows(RowStatus.PARKED)) == 1


async def test_a_mailbox_that_overflows_is_read_from_its_table_in_order(park: CarPark) -> None:
    gate = park.stores.faults.hold(Call.COMMIT)
    for number in range(1_800):
        park.broker.publish(BADGE, f"{number:08X}")
    await park.pass_time(11.0)
    for number in range(1_800, 3_500):
        park.broker.publish(BADGE, f"{number:08X}")
    await park.settle()
    assert park.worker._router.waiting("site") == 2_000
    gate.open()
    await park.pass_time(5.0)
    decided = [entry.entry.cause for entry in park.stores.journal("site:default") if entry.entry.kind == "reported"]
    assert decided == [stored.row.id for stored in park.rows() if stored.row.kind == "reported"]
    assert len(decided) == 3_500


@pytest.mark.timeout(60)
async def test_ten_thousand_undone_rows_make_the_link_disconnect_until_two_thousand_are_left() -> None:
    sites = [f"site-{number}" for number in range(8)]
    badges = [badge(ALICE.uid, site=sites[0])]
    async with CarPark(sites=[default_site(name) for name in sites], badges=badges) as park:
        await park.pass_time(2.0)
        gate = park.stores.faults.hold(Call.COMMIT)
        for number in range(1_800):
            for name in sites:
                park.broker.publish(f"parking/{name}/barriere", f"{number:08X}")
        await park.pass_time(20.0)
        assert not connected(park)
        assert park.worker._router.undone(0) <= 10_600
        gate.open()
        await park.pass_time(30.0)
        assert connected(park)
        assert len([stored for stored in park.rows(RowStatus.DONE) if stored.row.kind == "reported"]) == 14_400


async def test_idle_sessions_leave_memory(park: CarPark) -> None:
    await park.when(BADGE, ALICE.uid)
    await park.pass_time(70.0)
    await park.when(BADGE, ALICE.uid)
    assert park.worker._directory.refs(SessionActor.kind)
    await park.pass_time(120.0)
    assert park.worker._directory.refs(SessionActor.kind) == []


async def test_the_low_water_mark_never_passes_an_undone_row(park: CarPark) -> None:
    with patch("actors.tries.TRIES", 10_000), patch("actors.tries.RETRY_S", 9.0), poisoned(4):  # type: ignore[attr-defined]
        await park.when(BADGE, POISON)
        for _ in range(8):
            await park.when("parking/ascenseur/state", f'{{"current": {_ % 3}}}')
            await park.pass_time(3.0)
            undone = park.rows(RowStatus.NEW)
            assert undone == [] or park.stores._tables.partition(0).position.low_seq < undone[0].row.seq
        await park.pass_time(60.0)
    assert park.rows(RowStatus.NEW) == []
    assert park.stores._tables.partition(0).position.low_seq == park.stores._tables.newest[0]


async def test_a_withheld_opening_is_repeated_at_the_entry(park: CarPark) -> None:
    park.broker.refuse()
    park.broker.disconnect()
    park.broker.publish(BADGE, ALICE.uid)
    await park.pass_time(30.0)
    park.broker.accept()
    await park.pass_time(10.0)
    assert park.fates() == [Fate.WITHHELD]
    await park.when(BADGE, ALICE.uid)
    assert (park.payloads(ENTRY), park.payloads(EXIT)) == ([b"100"], [])
    assert park.fates() == [Fate.WITHHELD, Fate.ACKED]


async def test_a_decision_without_effect_is_still_journalled(park: CarPark) -> None:
    await park.when(BADGE, ALICE.uid)
    await park.when(BADGE, ALICE.uid)
    assert "badge-repeated" in park.rules()
