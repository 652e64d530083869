"""The harness itself: what it hides, shows, and does not let pass."""

from unittest.mock import patch

import pytest

from actors.site import SiteActor
from actors.testing import NOON, CarPark, Report, duplicated, reordered, stamped
from syspark.persistence.memory import Call
from syspark.rows import RowStatus
from tests.actors.badges import ALICE, BADGE, BOB, UNKNOWN, VISITOR


async def test_what_is_given_is_past_and_what_happens_when_is_shown(park: CarPark) -> None:
    await park.given(BADGE, ALICE.uid)
    assert (park.opened, park.orders, park.seen) == ([], [], [])
    await park.pass_time(20)
    await park.when(BADGE, {"uid": BOB.uid, "lane": "entry"})
    assert park.opened == ["entry"]
    assert park.rules().count("entry-admitted") == 2


async def test_what_is_shown_and_asked_is_read_as_the_equipment_reads_it(park: CarPark) -> None:
    await park.when(BADGE, UNKNOWN)
    assert park.shown == ["BADGE INCONNU"]
    await park.given(BADGE, VISITOR.uid)
    await park.pass_time(3600)
    await park.when(BADGE, VISITOR.uid)
    assert park.asked == [100]
    assert park.opened == []


async def failing(*, looks: bool) -> None:
    """A test of a rule with a bug."""
    async with CarPark(badges=[ALICE]) as park:
        with patch.object(SiteActor, "decide", side_effect=ValueError("no such rule")):
            await park.when(BADGE, ALICE.uid)
            await park.pass_time(3)
        if looks:
            assert len(park.rows(RowStatus.PARKED)) == 1


async def test_a_failing_decision_fails_the_test_that_does_not_look() -> None:
    with pytest.raises(AssertionError, match=r"decisions failed.*no such rule"):
        await failing(looks=False)
    await failing(looks=True)


async def test_what_waits_at_the_broker_comes_once_the_line_is_back(park: CarPark) -> None:
    park.cut_broker()
    await park.when(BADGE, ALICE.uid)
    await park.pass_time(60)
    assert await park.occupancy() == 0
    await park.mend_broker()
    assert (await park.occupancy(), park.opened) == (1, [])


async def test_a_line_that_does_not_come_back_is_not_waited_for_for_ever(park: CarPark) -> None:
    park.cut_broker()
    with patch.object(park.broker, "accept"), pytest.raises(TimeoutError, match="10 s"):
        await park.mend_broker()
    await park.mend_broker()


async def test_the_next_worker_is_at_work_when_restart_returns(park: CarPark) -> None:
    await park.restart()
    await park.when(BADGE, ALICE.uid)
    assert park.opened == ["entry"]


def test_messages_are_repeated_and_shuffled_within_their_window() -> None:
    day = [Report(BADGE, str(number)) for number in range(100)]
    assert duplicated(day[:2], times=2) == [day[0], day[0], day[1], day[1]]
    mixed = reordered(day, seed=7)
    assert mixed == reordered(day, seed=7)
    assert mixed not in (day, reordered(day, seed=8))
    assert set(mixed[:50]) == set(day[:50])


def test_stamped_messages_differ_in_their_id_and_keep_their_time() -> None:
    first, second = (stamped(BADGE, NOON, uid=ALICE.uid).payload for _ in range(2))
    assert isinstance(first, dict)
    assert isinstance(second, dict)
    assert first["ts"] == second["ts"] == NOON.timestamp() * 1000
    assert first["event_id"] != second["event_id"]


async def test_every_kind_of_actor_has_its_figures(park: CarPark) -> None:
    def figure(name: str, kind: str) -> float | None:
        return park.metrics.registry.get_sample_value(f"syspark_{name}", {"kind": kind})

    gate = park.stores.faults.hold(Call.COMMIT)
    await park.when(BADGE, ALICE.uid)
    await park.when(BADGE, BOB.uid)
    assert (figure("actor_mailbox_messages", "site"), figure("actor_mailbox_messages", "journal")) == (2, 0)
    gate.open()
    with patch.object(SiteActor, "decide", side_effect=ValueError("once")):
        await park.settle()
    await park.pass_time(1)
    assert (figure("actor_failures_total", "site"), figure("actor_restarts_total", "site")) == (1, 1)
    for kind in ("site", "journal", "intake", "fates"):
        assert (figure("actor_messages_total", kind) or 0) >= 1, kind
        assert (figure("actor_handling_seconds_total", kind) or 0) > 0, kind
        assert (figure("actor_mailbox_messages", kind), figure("actors_alive", kind)) == (0, 1), kind
