"""The judgement: what agrees, what differs, what cannot be decided; and reading sessions from a real database."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from ops.simulator.comparison import Comparison, Period
from ops.simulator.judgement import judge
from ops.simulator.sessions import Opening, Read, Session
from ops.simulator.truth import Doubt, SiteTruth, Stay

NOON_S = 1_800_000_000.0
LATER_S = NOON_S + 100_000


def parked(*, plan: str = "subscriber", left_s: float | None = NOON_S + 3600) -> Stay:
    stay = Stay(1, "lyon", "A1B2C3D4", "unknown" if plan == "unknown" else "subscriber")
    stay.entry_reads, stay.entered_s = [NOON_S - 5], NOON_S
    if left_s is not None:
        stay.exit_reads, stay.left_s = [left_s - 5], left_s
    return stay


def told(entered_s: float | None = NOON_S - 4, left_s: float | None = NOON_S + 3597) -> Session:
    return Session("lyon", ("A1B2C3D4",), "active" if left_s is None else "closed", entered_s, left_s)


def judged(
    stays: list[Stay],
    sessions: list[Session],
    until_s: float = LATER_S,
    *,
    outages: bool = False,
    late: Sequence[float] = (),
) -> Comparison:
    truth = SiteTruth("lyon")
    truth.stays += stays
    return judge([truth], sessions, Period(NOON_S, until_s, outages=outages), {"lyon": late})


def test_the_same_times_agree() -> None:
    found = judged([parked()], [told()])
    assert (found.agree, found.differ, found.is_fine) == (1, [], True)


def test_a_car_inside_agrees_with_an_open_session() -> None:
    assert judged([parked(left_s=None)], [told(left_s=None)]).agree == 1


def test_a_missing_session_differs_unless_the_car_has_just_come() -> None:
    [missing] = judged([parked()], []).differ
    reads = "read at 07:59:55, in at 08:00:00, read at the exit at 08:59:55, out at 09:00:00"
    assert missing == f"lyon A1B2C3D4 (subscriber, {reads}): no session"
    assert judged([parked(left_s=None)], [], until_s=NOON_S + 5).is_fine


def test_what_happened_since_a_line_was_cut_that_is_cut_still_is_not_expected_to_be_known() -> None:
    truth = SiteTruth("lyon")
    truth.stays.append(parked())
    open_still, period = told(left_s=None), Period(NOON_S, LATER_S)
    assert not judge([truth], [open_still], period, {}).is_fine
    truth.cut_since_s = NOON_S + 3590
    assert judge([truth], [open_still], period, {}).is_fine
    truth.cut_since_s = NOON_S + 3610
    assert not judge([truth], [open_still], period, {}).is_fine


def test_wrong_times_differ() -> None:
    assert not judged([parked()], [told(left_s=NOON_S + 3000)]).is_fine
    assert len(judged([parked()], [told(entered_s=NOON_S - 60)]).differ) == 2
    assert not judged([parked(left_s=None)], [told()]).is_fine
    assert not judged([parked()], [told(left_s=None)]).is_fine


def test_a_session_in_review_is_no_difference() -> None:
    found = judged([parked()], [replace(told(left_s=NOON_S + 3000), review=("exit_missed",))])
    assert (found.is_fine, found.in_review) == (True, 1)


def test_who_was_let_out_without_a_known_entry_is_in_review_with_the_stay_that_was_theirs() -> None:
    let_out = replace(told(entered_s=None), review=("entry_unknown",))
    found = judged([parked()], [told(left_s=None), let_out])
    assert (found.is_fine, found.in_review, found.reviewed_for) == (True, 1, {"entry_unknown": 1})
    assert not judged([parked()], [told(left_s=None), replace(let_out, review=())]).is_fine


def test_who_came_back_is_in_review_with_the_visit_before_that_their_reading_was_taken_for_the_exit_of() -> None:
    before, back = parked(left_s=NOON_S + 3600), parked(left_s=None)
    back.entry_reads, back.entered_s = [NOON_S + 7200], NOON_S + 7204
    reads = (Read("A1B2C3D4", "entry", NOON_S - 4), Read("A1B2C3D4", "exit", NOON_S + 7200))
    swallowed = replace(told(left_s=NOON_S + 7200), reads=reads)
    assert not judged([before, back], [swallowed]).is_fine
    found = judged([before, back], [replace(swallowed, review=("lane_not_told",))])
    assert (found.is_fine, found.in_review) == (True, 2)


def test_a_session_nobody_had_differs() -> None:
    found = judged([parked()], [told(), told(entered_s=NOON_S + 9000, left_s=None)])
    assert found.differ == ["lyon A1B2C3D4: a session from 10:30:00, active belongs to no stay"]


def test_a_stay_too_little_was_told_of_agrees_or_is_in_review_all_the_same() -> None:
    stay = parked()
    stay.doubts.add(Doubt.LANE)
    wrong = told(left_s=NOON_S + 3000)
    found = judged([stay], [wrong])
    assert (found.is_fine, found.differ, len(found.neither), found.in_doubt) == (False, [], 1, 1)
    assert judged([stay], [told()]).agree == 1
    found = judged([stay], [replace(wrong, review=("lane_not_told",))])
    assert (found.is_fine, found.in_review) == (True, 1)
    belongs_to_nobody = told(entered_s=NOON_S + 9000, left_s=None)
    assert not judged([stay], [told(), belongs_to_nobody]).is_fine
    ended = replace(belongs_to_nobody, status="closed", closed_as="by_hand", left_s=NOON_S + 9000)
    assert judged([stay], [told(), ended]).is_fine, "a person has seen to it"


def test_a_stay_whose_exit_nothing_told_is_seen_to_once_a_person_has_ended_its_session() -> None:
    unread = replace(parked(), exit_reads=[], doubts={Doubt.UNREAD})
    ended = replace(told(left_s=NOON_S - 4), closed_as="by_hand")
    assert judged([unread], [ended]).is_fine
    unread.told["exit"] = {unread.uid: NOON_S + 3595}
    assert not judged([unread], [ended]).is_fine, "what was told has to be known without them"
    unread.told["entry"] = {"AB123CD": NOON_S - 4}
    assert judged([unread], [ended]).is_fine, "as far as anything links it to the entry"


def test_who_came_by_pin_is_seen_to_with_the_session_of_a_badge_that_a_person_has_ended() -> None:
    stay, session = by_pin(1, NOON_S, NOON_S + 900)
    stay.told["entry"] = stay.told["exit"] = {"PIN": NOON_S}
    ended = replace(session, left_s=NOON_S, keys=("A1B2C3D4", "PIN"), closed_as="by_hand")
    assert judged([stay], [ended]).in_review == 1, "whoever types it at the exit may be another"
    assert not judged([stay], [replace(ended, closed_as="right")]).is_fine


def test_a_stranger_who_slipped_in_is_seen_to_by_the_person_who_lets_them_out() -> None:
    slipped = replace(parked(), plan="unknown", entry_reads=[], stood_s={"exit": NOON_S + 3500}, doubts={Doubt.UNREAD})
    assert slipped.left_s is not None
    for at_s, is_fine in ((slipped.left_s - 5, True), (NOON_S, False)):
        truth = SiteTruth("lyon")
        truth.stays.append(slipped)
        by_hand = Opening("lyon", "barriere", at_s, at_s, lets_out=True)
        assert judge([truth], [], Period(NOON_S, LATER_S), {}, [by_hand]).is_fine is is_fine
        assert not judge([truth], [], Period(NOON_S, LATER_S), {}, [replace(by_hand, lets_out=False)]).is_fine
        truth.stays.append(replace(slipped, uid="B0B00001"))
        assert not judge([truth], [], Period(NOON_S, LATER_S), {}, [by_hand]).is_fine, "one opening is for one"


def test_whoever_was_unread_at_the_entry_is_seen_to_once_a_person_has_ended_what_the_exit_began() -> None:
    unread = replace(parked(), entry_reads=[], was_sensed=True, doubts={Doubt.UNREAD})
    begun = told(entered_s=NOON_S + 3595, left_s=None)
    assert not judged([unread], [begun]).is_fine
    assert judged([unread], [replace(begun, status="closed", left_s=NOON_S + 3595, closed_as="by_hand")]).is_fine


def test_only_a_car_that_no_message_told_of_is_counted_apart() -> None:
    unread = Stay(1, "lyon", "A1B2C3D4", "subscriber", entered_s=NOON_S)
    found = judged([unread], [])
    assert (found.is_fine, found.never_told) == (True, 1)
    for told_of in (replace(unread, was_sensed=True), replace(unread, entry_reads=[NOON_S - 4])):
        found = judged([told_of], [])
        assert (found.is_fine, found.never_told, len(found.differ)) == (False, 0, 1)


def test_who_came_in_by_the_opening_of_another_s_badge_is_in_review_with_the_session_it_began() -> None:
    unread = Stay(2, "lyon", "01020304", "subscriber", entered_s=NOON_S + 600, was_sensed=True)
    unread.stood_s["entry"] = NOON_S + 595
    begun = told(entered_s=NOON_S + 598, left_s=None)
    at_the_exit = parked(left_s=NOON_S + 603)
    was = replace(told(left_s=NOON_S - 4), review=("exit_missed",))
    found = judged([at_the_exit, unread], [was, replace(begun, review=("lane_not_told",))])
    assert (found.is_fine, found.in_review) == (True, 2)
    assert not judged([at_the_exit, unread], [was, begun]).is_fine
    ended = replace(begun, status="closed", closed_as="by_hand", left_s=begun.entered_s)
    assert judged([at_the_exit, unread], [was, ended]).is_fine, "a person has seen that its driver was not in"
    late = replace(unread, entry_reads=[NOON_S + 596], told={"entry": {unread.uid: NOON_S + 596}, "exit": {}})
    assert not judged([at_the_exit, late], [was, ended]).is_fine, "its own badge was to be believed"
    late.dated_from("entry", NOON_S + 560)
    assert judged([at_the_exit, late], [was, ended]).is_fine, "what is told too late opens nothing"
    own = Stay(1, "lyon", "A1B2C3D4", "subscriber", entered_s=NOON_S, exit_reads=[NOON_S + 598], left_s=NOON_S + 603)
    assert judged([own, unread], [ended]).is_fine, "whose own entry nobody saw either"
    next_one = replace(unread, vehicle=3, uid="05060708", entered_s=NOON_S + 640, stood_s={"entry": NOON_S + 630})
    assert not judged([at_the_exit, unread, next_one], [was, ended]).is_fine
    again = replace(ended, reads=tuple(Read("A1B2C3D4", "entry", NOON_S + at_s) for at_s in (598, 636)))
    assert judged([at_the_exit, unread, next_one], [was, again]).is_fine


def test_who_turned_back_was_never_inside_unless_a_person_has_ended_what_was_believed() -> None:
    stay = Stay(1, "lyon", "A1B2C3D4", "subscriber", entry_reads=[NOON_S], turned_back_s=NOON_S + 60)
    stay.doubts |= {Doubt.GAVE_UP, Doubt.LINK}
    believed = told(left_s=None)
    assert not judged([stay], [believed]).is_fine
    for ended in ([], [replace(believed, status="void")], [replace(believed, status="closed", closed_as="by_hand")]):
        assert judged([stay], ended).is_fine


def test_a_stranger_has_no_session() -> None:
    stay = Stay(1, "lyon", "A1B2C3D4", "unknown", entry_reads=[NOON_S], turned_back_s=NOON_S + 20)
    assert judged([stay], []).refused == 1
    assert not judged([stay], [told(left_s=None)]).is_fine


def test_a_driver_who_turned_back_was_not_served_unless_something_explains_it() -> None:
    stay = Stay(1, "lyon", "A1B2C3D4", "subscriber", entry_reads=[NOON_S], turned_back_s=NOON_S + 20)
    stay.doubts.add(Doubt.GAVE_UP)
    found = judged([stay], [])
    assert (found.differ, found.in_doubt, len(found.unserved)) == ([], 1, 1)
    assert not found.is_fine
    assert judged([stay], [], outages=True).is_fine
    stay.doubts.add(Doubt.LINK)
    assert judged([stay], []).is_fine


def test_a_service_that_is_too_slow_for_a_moment_is_told_apart_and_excused() -> None:
    stay = Stay(1, "lyon", "A1B2C3D4", "subscriber", entry_reads=[NOON_S, NOON_S + 15], turned_back_s=NOON_S + 40)
    stay.doubts.add(Doubt.GAVE_UP)
    for late, unserved in (([NOON_S + 15], 0), ([NOON_S - 60, NOON_S + 60], 1), ([], 1)):
        found = judged([stay], [], late=late)
        assert (len(found.unserved), found.served_late) == (unserved, 1 - unserved)
    slow = judged([stay], [], late=[NOON_S])
    assert not slow.is_fine, "all of the stays are no moment"
    slow.stays = 100
    assert slow.is_fine


def test_openings_for_nobody_and_commands_done_twice_are_differences() -> None:
    truth = SiteTruth("lyon")
    for _ in range(2):
        truth.executed("entry", NOON_S, "c-1", None)
    found = judge([truth], [], Period(NOON_S, LATER_S), {})
    assert len(found.unexplained) == 2
    assert found.executed_twice == ["lyon: command c-1 executed again"]
    assert not found.is_fine
    assert "unexplained openings                   2" in found.table()
    assert "lyon entry opened at 08:00:00 for nobody (c-1)" in found.table()


def test_an_opening_for_what_happened_over_ten_seconds_before_is_a_difference() -> None:
    for age_s, past in ((10, 0), (10.1, 1)):
        told_to_open = Opening("lyon", "barriere", NOON_S, NOON_S + age_s)
        found = judge([SiteTruth("lyon")], [], Period(NOON_S, LATER_S), {}, [told_to_open])
        assert (len(found.past_openings), found.is_fine) == (past, not past)
        assert f"openings for the past           {past:>8}" in found.table()


def test_an_opening_that_a_driver_called_for_is_explained_once_also_when_the_car_is_gone() -> None:
    for after_s, unexplained in ((5, 1), (60, 2), (200, 1), (800, 2)):
        truth = SiteTruth("lyon")
        truth.called("exit", NOON_S, Stay(1, "lyon", "A1B2C3D4", "visitor"))
        for number in range(2):
            truth.executed("exit", NOON_S + after_s, f"c-{number}", None)
        assert len(truth.unexplained) == unexplained, after_s


def test_an_opening_that_an_operator_pressed_for_counts_from_then() -> None:
    for pressed_s, unexplained in ((4, 1), (0, 2)):
        truth, stay = SiteTruth("lyon"), Stay(1, "lyon", "A1B2C3D4", "visitor")
        truth.called("exit", NOON_S, stay)
        truth.answered("exit", NOON_S + pressed_s, stay)
        for number in range(2):
            truth.executed("exit", NOON_S + 12, f"c-{number}", None)
        assert len(truth.unexplained) == unexplained, pressed_s


def by_pin(vehicle: int, entered_s: float, left_s: float | None) -> tuple[Stay, Session]:
    stay = Stay(vehicle, "lyon", f"0000000{vehicle}", "pin", entry_reads=[entered_s], entered_s=entered_s + 3)
    if left_s is not None:
        stay.exit_reads, stay.left_s = [left_s - 5], left_s
    return stay, Session("lyon", ("PIN",), "active" if left_s is None else "closed", entered_s, left_s)


def test_of_those_who_came_by_pin_one_may_leave_as_another() -> None:
    (first, as_first), (second, as_second) = by_pin(1, NOON_S, None), by_pin(2, NOON_S + 60, NOON_S + 900)
    assert judged([first, second], [as_first, as_second]).agree == 2
    guessed = [
        replace(as_first, status="closed", left_s=NOON_S + 900, review=("pin_exit_guessed",)),
        replace(as_second, status="active", left_s=None),
    ]
    found = judged([first, second], guessed)
    assert (found.is_fine, found.in_review, found.agree) == (True, 2, 0)


def test_somebody_left_by_pin_when_nobody_did_differs() -> None:
    (first, as_first), (second, as_second) = by_pin(1, NOON_S, None), by_pin(2, NOON_S + 60, NOON_S + 900)
    assert not judged([first, second], [as_first, replace(as_second, left_s=NOON_S + 2000)]).is_fine
    assert not judged([first, second], [replace(as_first, status="closed", left_s=NOON_S + 900), as_second]).is_fine


def test_a_car_let_out_for_the_session_of_another_is_a_wrong_match() -> None:
    came, left = parked(), Stay(2, "lyon", "01020304", "subscriber", "AB123CD", exit_reads=[NOON_S + 3595])
    came.told["entry"] = {"A1B2C3D4": NOON_S - 4}
    left.entry_reads, left.entered_s, left.left_s = [NOON_S - 60], NOON_S - 50, NOON_S + 3600
    left.mistold["exit"] = {"AB128CD": NOON_S + 3595}
    taken = (Read("A1B2C3D4", "entry", NOON_S - 4), Read("AB128CD", "exit", NOON_S + 3595))
    found = judged([came, left], [replace(told(), reads=taken)])
    assert len(found.wrong_matches) == 1
    assert not found.is_fine
    came.mistold["exit"] = dict(left.mistold["exit"])
    assert judged([came, left], [replace(told(), reads=taken)]).wrong_matches == []


def test_nobody_stands_at_an_exit_for_over_three_minutes_after_a_call() -> None:
    stay = parked()
    stay.called_s = NOON_S + 3600 - 201
    found = judged([stay], [told()])
    assert (len(found.held), found.is_fine, found.agree) == (1, False, 1)
    assert judged([stay], [told()], outages=True).is_fine


@pytest.mark.parametrize(("away_s", "back_s", "is_fine"), [(-60, -10, False), (-10, 5, True), (10, 60, True)])
def test_only_who_stood_there_while_the_service_was_away_is_excused_for_not_being_served(
    away_s: float, back_s: float, is_fine: bool
) -> None:
    truth, period = SiteTruth("lyon"), Period(NOON_S, LATER_S)
    stay = Stay(1, "lyon", "A1B2C3D4", "subscriber", entry_reads=[NOON_S], turned_back_s=NOON_S + 20)
    stay.doubts.add(Doubt.GAVE_UP)
    truth.stays.append(stay)
    truth.service_is(NOON_S + away_s, away=True)
    truth.service_is(NOON_S + back_s, away=False)
    found = judge([truth], [], period, {})
    assert (found.is_fine, found.served_by_nobody) == (is_fine, int(is_fine))


def test_whoever_stands_at_an_exit_while_the_service_is_away_is_not_held_by_it() -> None:
    stay = parked()
    stay.called_s = NOON_S + 3600 - 301
    truth = SiteTruth("lyon")
    truth.cut(NOON_S + 3600 - 250)
    truth.service_is(NOON_S + 3600 - 200, away=True)
    truth.mended(NOON_S + 3600 - 170)
    assert truth.held_s(stay) == 51
    truth.service_is(NOON_S + 3600 - 150, away=False)
    assert truth.held_s(stay) == 201


def test_whoever_stands_at_an_exit_whose_line_is_cut_is_not_held_by_the_service() -> None:
    stay = parked()
    stay.called_s = NOON_S + 3600 - 301
    truth, period = SiteTruth("lyon"), Period(NOON_S, LATER_S)
    truth.stays.append(stay)
    truth.cut(NOON_S + 3600 - 200)
    truth.mended(NOON_S + 3600 - 100)
    truth.cut(NOON_S + 3700)
    assert truth.held_s(stay) == 201
    assert len(judge([truth], [told()], period, {}).held) == 1
    truth.mended(NOON_S + 3710)
    truth.cut(NOON_S + 3600 - 1)
    assert truth.held_s(stay) == 200
    assert judge([truth], [told()], period, {}).held == []


@pytest.mark.parametrize(
    ("entry", "leaving", "linked"),
    [
        ({"AB123CD": 0}, {}, True),
        ({"AB123CD": 0}, {"A1B2C3D4": 3600}, False),
        ({"AB123CD": 0}, {"AB123CD": 3595, "A1B2C3D4": 3600}, True),
        ({"AB123CD": 0}, {"AB123CD": 3580, "A1B2C3D4": 3600}, False),
        ({"AB123CD": 0, "A1B2C3D4": 3}, {"A1B2C3D4": 3600}, True),
        ({"A1B2C3D4": 0}, {"AB123CD": 3600}, False),
    ],
)
def test_badge_and_plate_are_of_one_car_when_they_came_together(
    entry: dict[str, float], leaving: dict[str, float], linked: bool
) -> None:
    stay = Stay(1, "lyon", "A1B2C3D4", "subscriber", "AB123CD", told={"entry": entry, "exit": leaving})
    assert stay.is_linked is linked


def test_a_service_killed_just_after_an_opening_may_open_once_more_for_who_drives_under_it() -> None:
    for taken_away_s, unexplained in ((NOON_S - 60, 1), (NOON_S + 1, 0)):
        truth, stay = SiteTruth("lyon"), Stay(1, "lyon", "A1B2C3D4", "subscriber")
        truth.asked("entry", NOON_S, stay)
        truth.service_is(taken_away_s, away=True)
        truth.executed("entry", NOON_S + 2, None, stay)
        truth.executed("entry", NOON_S + 4, None, None, stay)
        assert len(truth.unexplained) == unexplained
