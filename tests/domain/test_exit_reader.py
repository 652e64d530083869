"""Whether badges are read at the exit too, where a badge does not tell its lane. Source: decision record 31."""

from datetime import timedelta

from msgspec.structs import replace

from syspark.domain.access import Plan
from syspark.domain.corrections import CloseByHand
from syspark.domain.facts import PresenceReported
from syspark.domain.messages import DeadlineReached
from syspark.domain.orders import MoveBarrier
from syspark.domain.review import Review
from syspark.domain.units import Lane, Uid
from tests.domain.park import ALICE, BOB, CAROL, ENTRY, EXIT, SENSOR_OF, Park, setup_of

DAVE = Uid("DA4E0000")


def parked(*uids: Uid, plan: Plan = Plan.SUBSCRIBER) -> Park:
    """A car park with a sensor at the entry alone, these inside for an hour."""
    park = Park(setup_of(sensors=(ENTRY,)))
    for uid in uids:
        park.know(uid, plan)
        park.arrive(ENTRY)
        park.badge(uid)
        park.fated("acked")
        park.leave(ENTRY)
        park.pass_time(20)
    park.pass_time(3600 if plan is Plan.SUBSCRIBER else 600)
    return park


def left(park: Park, *uids: Uid) -> Park:
    """They leave while nobody stands at the entry."""
    for uid in uids:
        assert park.badge(uid) == "exit-asked"
        park.fated("acked")
        park.pass_time(20)
    return park


def opened_last(park: Park) -> Lane:
    order = park.openings()[-1].command.order
    assert isinstance(order, MoveBarrier)
    return order.lane


def seen(park: Park, *, present: bool, age_s: float) -> str:
    """What the entry's sensor says, told late."""
    return park.report(SENSOR_OF[ENTRY], PresenceReported(present=present), age_s=age_s)


def test_where_badges_are_read_at_the_exit_who_is_inside_leaves_though_another_one_waits_at_the_entry() -> None:
    park = left(parked(ALICE, BOB, CAROL), ALICE, BOB)
    park.arrive(ENTRY)
    assert park.badge(CAROL) == "exit-asked"
    assert opened_last(park) is EXIT
    assert park.inside() == []
    park.know(DAVE)
    assert park.badge(DAVE) == "entry-admitted", "and the other one comes in by its own badge"


def test_a_badge_without_session_that_the_sensor_tells_nobody_of_yet_is_read_at_the_entry() -> None:
    park = left(parked(ALICE, BOB), ALICE, BOB)
    park.know(CAROL)
    exits = park.sent_to(EXIT)
    assert park.badge(CAROL) == "entry-admitted"
    park.arrive(ENTRY)
    park.fated("acked")
    park.pass_time(20)
    assert park.badge(CAROL) == "entry-again", "it stands there still"
    assert park.sent_to(EXIT) == exits


def test_where_nobody_came_in_for_a_badge_it_was_read_at_the_exit() -> None:
    park = left(parked(ALICE, BOB), ALICE, BOB)
    park.know(CAROL)
    assert park.badge(CAROL) == "entry-admitted"
    park.fated("acked")
    park.pass_time(20)
    assert park.badge(CAROL) == "exit-asked"
    assert opened_last(park) is EXIT
    assert park.session(CAROL).review == (Review.LANE_NOT_TOLD,)


def test_until_it_is_known_the_vehicle_at_the_entry_is_let_in_and_a_person_looks() -> None:
    park = parked(ALICE)
    park.arrive(ENTRY)
    assert park.badge(ALICE) == "entry-after-missed-exit"
    assert park.session(ALICE).review == (Review.LANE_NOT_TOLD,)


def test_where_badges_are_never_read_at_the_exit_nobody_is_asked_any_more() -> None:
    park = parked(ALICE, BOB, CAROL, DAVE)
    reviews = []
    for uid in (ALICE, BOB, CAROL, DAVE):
        park.arrive(ENTRY)
        park.badge(uid)
        reviews.append(park.session(uid).review)
        park.fated("acked")
        park.leave(ENTRY)
        park.pass_time(60)
    assert reviews == [(Review.LANE_NOT_TOLD,)] * 3 + [()]
    assert park.state.exit_reader == -3


def test_once_the_driver_at_the_entry_has_shown_a_badge_the_next_one_is_read_at_the_exit() -> None:
    park = parked(ALICE)
    park.arrive(ENTRY)
    assert park.badge(DAVE) == "badge-unknown"
    park.pass_time(20)
    assert park.badge(ALICE) == "exit-asked", "and who has no right is not let in by hers"
    assert opened_last(park) is EXIT


def test_badges_told_late_while_one_vehicle_waits_do_not_show_that_the_exit_has_no_reader() -> None:
    park = parked(ALICE, BOB, CAROL)
    park.arrive(ENTRY)
    park.pass_time(30)
    for uid in (ALICE, BOB, CAROL):
        park.badge(uid, age_s=15)
    assert park.state.exit_reader == 0


def test_whom_its_site_has_let_in_while_nobody_could_open_may_leave_as_soon_as_others() -> None:
    park = Park(setup_of(sensors=(ENTRY,)))
    park.sync()
    park.know(ALICE)
    park.pass_time(200)
    seen(park, present=True, age_s=50)
    park.badge(ALICE, age_s=50)
    assert seen(park, present=False, age_s=50) == "vehicle-let-in"
    park.pass_time(20)
    park.arrive(ENTRY)
    park.badge(DAVE)
    assert park.badge(ALICE) == "exit-asked", "it is inside for longer than the service knows"


def test_a_session_begun_by_a_badge_for_which_nobody_comes_to_the_entry_is_looked_at() -> None:
    park = parked(CAROL)
    park.know(ALICE)
    assert park.badge(ALICE) == "entry-admitted"
    park.fated("acked")
    assert "nobody-came-in" in park.pass_time(10)
    assert park.session(ALICE).review == (Review.LANE_NOT_TOLD,)


def test_a_session_begun_by_a_badge_before_the_sensor_sees_its_vehicle_is_as_any_other() -> None:
    park = parked(CAROL)
    park.know(ALICE)
    park.badge(ALICE)
    park.arrive(ENTRY)
    park.fated("acked")
    park.leave(ENTRY)
    assert "somebody-came-in" in park.pass_time(10)
    assert park.session(ALICE).review == ()


def test_a_session_begun_by_a_badge_is_looked_at_when_the_vehicle_that_comes_shows_another() -> None:
    park = parked(CAROL)
    park.know(ALICE)
    park.know(BOB)
    park.badge(ALICE)
    park.fated("acked")
    park.pass_time(5)
    park.arrive(ENTRY)
    park.badge(BOB)
    park.fated("acked")
    park.leave(ENTRY)
    assert "nobody-came-in" in park.pass_time(5)
    assert (park.session(ALICE).review, park.session(BOB).review) == ((Review.LANE_NOT_TOLD,), ())


def test_a_vehicle_that_comes_after_somebody_was_due_is_not_theirs_however_late_that_is_looked_at() -> None:
    park = parked(CAROL)
    park.know(ALICE)
    park.badge(ALICE)
    park.fated("acked")
    key = next(key for key in park.timers if key.startswith("came-in:"))
    due_at = park.timers.pop(key)
    park.pass_time(12)
    park.arrive(ENTRY)
    assert park.tell(DeadlineReached(key=key, due_at=due_at)).rule == "nobody-came-in"
    park.settle()
    assert park.session(ALICE).review == (Review.LANE_NOT_TOLD,)


def test_a_sensor_that_has_never_told_of_a_vehicle_proves_nothing_by_its_silence() -> None:
    park = Park(setup_of(sensors=(ENTRY,)))
    park.know(ALICE)
    park.badge(ALICE)
    assert "nobody-came-in" not in park.pass_time(60)
    assert park.session(ALICE).review == ()


def test_two_badges_within_seconds_while_one_vehicle_stands_at_the_entry_are_not_both_its_own() -> None:
    park = Park(setup_of(sensors=(ENTRY,)))
    park.know(ALICE)
    park.know(BOB)
    park.arrive(ENTRY)
    park.badge(ALICE)
    park.fated("acked")
    park.pass_time(3)
    park.badge(BOB)
    assert (park.session(ALICE).review, park.session(BOB).review) == ((), (Review.LANE_NOT_TOLD,))


def test_a_badge_told_too_late_to_know_how_long_after_its_entry_is_looked_at() -> None:
    park = Park(setup_of(sensors=(ENTRY,)))
    park.know(ALICE)
    park.arrive(ENTRY)
    park.badge(ALICE)
    park.fated("acked")
    park.leave(ENTRY)
    park.pass_time(100)
    assert park.badge(ALICE, age_s=60) == "entry-confirmed", (
        "it is dated 40 s after its entry, and read at most 100 s after"
    )
    assert park.session(ALICE).review == (Review.LANE_NOT_TOLD,)


def test_a_badge_told_late_of_a_vehicle_that_the_sensor_still_sees_was_read_at_the_entry() -> None:
    park = Park(setup_of(sensors=(ENTRY,)))
    park.know(ALICE)
    park.arrive(ENTRY)
    park.badge(ALICE)
    park.fated("expired")
    park.pass_time(100)
    assert park.badge(ALICE, age_s=60) == "entry-again"
    assert park.session(ALICE).review == ()


def test_a_badge_taken_for_one_at_the_exit_opens_the_entry_when_it_is_read_again_and_nothing_is_believed_any_more() -> (
    None
):
    park = left(parked(ALICE, BOB, CAROL), ALICE, BOB)
    park.arrive(ENTRY)
    assert park.badge(CAROL) == "exit-asked"
    park.fated("acked")
    park.pass_time(20)
    assert park.badge(CAROL) == "entry-admitted"
    assert opened_last(park) is ENTRY
    assert park.state.exit_reader == 0


def test_a_visitor_for_whom_nothing_opened_stands_at_the_exit_whoever_waits_at_the_entry() -> None:
    park = parked(ALICE, plan=Plan.VISITOR)
    assert park.badge(ALICE, age_s=11) == "exit-asked"
    assert park.openings(EXIT)[-1].fate == "withheld"
    park.arrive(ENTRY)
    park.pass_time(20)
    assert park.badge(ALICE) == "exit-asked-again"
    assert opened_last(park) is EXIT


def test_whom_a_site_opens_for_by_itself_has_come_in_once_it_leaves_the_sensor() -> None:
    park = Park(setup_of(sensors=(ENTRY,)))
    park.sync()
    park.know(DAVE)
    park.pass_time(60)
    seen(park, present=True, age_s=40)
    park.badge(DAVE, age_s=40)
    assert seen(park, present=False, age_s=40) == "vehicle-let-in"
    assert park.visit(DAVE).confirmed


def test_two_who_came_by_pin_one_after_the_other_told_at_once_are_two() -> None:
    park = Park(setup_of(sensors=(ENTRY,)))
    for _ in range(2):
        seen(park, present=True, age_s=40)
        assert park.pin(ENTRY, age_s=40) == "pin-admitted"
        assert seen(park, present=False, age_s=40) == "vehicle-let-in"
    assert len(park.inside()) == 2


def test_what_is_told_late_of_a_vehicle_that_a_person_has_closed_meanwhile_is_when_it_left() -> None:
    park = parked(ALICE)
    session = park.session(ALICE)
    park.correct(session.id, CloseByHand)
    park.pass_time(30)
    assert park.badge(ALICE, age_s=60) == "exit-told-late"
    told = park.session(ALICE)
    assert (told.id, told.left_at, told.closed_as) == (session.id, park.now - timedelta(seconds=60), "by_hand")
    park.pass_time(60)
    park.arrive(ENTRY)
    assert park.badge(ALICE) == "entry-admitted", "and it may come back"


def test_what_is_told_late_of_who_came_in_just_before_the_cut_and_was_closed_meanwhile_is_when_it_left() -> None:
    park = Park(setup_of(sensors=(ENTRY,)))
    park.sync()
    park.arrive(ENTRY)
    park.badge(ALICE)
    park.fated("acked")
    park.leave(ENTRY)
    park.pass_time(900)
    park.correct(park.session(ALICE).id, CloseByHand)
    assert park.badge(ALICE, ENTRY, age_s=890) == "badge-repeated", "told twice, it was read at the entry"
    assert park.badge(ALICE, age_s=890) == "exit-told-late"


def test_once_the_vehicle_at_the_entry_is_let_in_the_badge_of_one_inside_is_read_at_the_exit() -> None:
    park = parked(ALICE)
    park.arrive(ENTRY)
    park.pin(ENTRY)
    park.fated("acked")
    assert park.badge(ALICE) == "exit-asked"
    assert len(park.inside()) == 1, "who came in by PIN"


def test_who_was_let_out_and_badges_again_while_nobody_is_at_the_entry_stands_at_the_exit_still() -> None:
    park = left(parked(ALICE), ALICE)
    assert park.badge(ALICE) == "exit-asked-again"
    assert opened_last(park) is EXIT


def test_a_pin_told_late_after_the_badge_of_one_its_site_has_let_out_is_the_next_driver_s() -> None:
    park = Park(setup_of(sensors=(ENTRY,)))
    park.sync()
    park.arrive(ENTRY)
    park.pin(ENTRY)
    park.fated("acked")
    park.leave(ENTRY)
    park.pass_time(20)
    park.arrive(ENTRY)
    park.badge(ALICE)
    park.fated("acked")
    park.leave(ENTRY)
    park.pass_time(600)
    assert park.badge(ALICE, age_s=40) == "exit-asked"
    park.fated("withheld")
    assert park.pin(EXIT, age_s=40) == "pin-exit-guessed"
    assert park.inside() == []


def test_who_left_a_while_ago_and_badges_before_the_sensor_tells_is_back_at_the_entry() -> None:
    park = left(parked(ALICE, BOB, CAROL), ALICE, BOB)
    park.state = replace(park.state, controllers=True)
    assert park.badge(BOB) == "exit-asked-again", "20 s later the barrier may have closed before it had passed"
    park.fated("acked")

    park.pass_time(100)

    assert park.badge(BOB) == "entry-admitted"
    assert opened_last(park) is ENTRY
