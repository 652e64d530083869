"""What a site's controllers hold follows what they should: with few messages, over any line."""

from datetime import timedelta
from itertools import cycle

from hypothesis import given, settings
from hypothesis import strategies as st

from syspark.domain.access import Plan
from syspark.domain.alarm_kind import AlarmKind
from syspark.domain.messages import AlarmCleared, AlarmRaised, SendAgain
from syspark.domain.orders import AddBadge, ListBadges, RemoveBadge, ReplaceBadges, SetPin
from syspark.domain.units import Lane, Uid
from tests.domain.controllers import FITS, NOON, Board, Site, uid, uids

MINUTE_S = 60
HOUR_S = 3600


def in_step(site: Site) -> bool:
    wanted = {one for one, known in site.credentials.items() if not known.blocked}
    return all(board.held == wanted for board in site.boards) and site.state.in_step_since is not None


def site_with(desired: list[Uid], held: list[Uid]) -> Site:
    site = Site(boards=[Board(set(held)), Board(set(held))])
    site.desire(desired)
    return site


def test_controllers_nobody_ever_heard_are_sent_nothing() -> None:
    site = Site()
    site.desire(uids(range(3)))
    site.bridge_back()
    site.pass_time(HOUR_S)
    assert site.sent == []


def test_controllers_of_a_site_that_knows_no_badge_keep_what_they_hold() -> None:
    """Whoever begins with the service has people inside: none is locked out before somebody makes badges known."""
    site = site_with([], uids(range(9)))
    site.connect_all()
    site.tell(SendAgain(author="Ana"))
    site.pass_time(HOUR_S)
    assert site.sent == []
    assert site.alarms == []
    site.desire([uid(1)])
    site.pass_time(MINUTE_S)
    assert in_step(site)


def test_the_last_badge_that_is_blocked_leaves_the_list_too() -> None:
    site = site_with([uid(1)], [uid(1)])
    site.connect_all()
    site.pass_time(MINUTE_S)
    site.block(uid(1))
    site.pass_time(MINUTE_S)
    assert [board.held for board in site.boards] == [set(), set()]


def test_controllers_that_hold_the_right_list_are_sent_nothing() -> None:
    site = site_with(uids(range(9)), uids(range(9)))
    site.connect_all()
    site.pass_time(HOUR_S)
    assert site.changes == []
    assert site.questions == 0


def test_a_new_badge_is_one_message_and_is_confirmed_by_the_next_list() -> None:
    site = site_with(uids(range(9)), uids(range(9)))
    site.connect_all()
    site.pass_time(MINUTE_S)
    site.desire([uid(99)])
    site.pass_time(MINUTE_S)
    assert in_step(site)
    assert site.changes == [AddBadge(uid=uid(99), version=site.state.version)]
    assert site.questions == 2, "what they hold before, and what they hold then"


def test_what_may_no_longer_open_goes_first() -> None:
    site = site_with(uids(range(2, 62)), uids(range(1, 60)))
    site.connect_all()
    site.pass_time(MINUTE_S)
    assert in_step(site)
    assert [type(order) for order in site.changes] == [RemoveBadge, AddBadge, AddBadge]


def test_a_list_that_has_little_in_common_is_replaced_as_far_as_one_message_holds() -> None:
    site = site_with(uids(range(60)), uids(range(100, 140)))
    site.connect_all()
    site.pass_time(10 * MINUTE_S)
    assert in_step(site)
    assert [type(order) for order in site.changes] == [ReplaceBadges, *[AddBadge] * (60 - FITS)]


def test_blocked_badges_and_those_that_have_to_pay_are_on_no_list() -> None:
    """A controller opens by itself, at the exit too: who pays must not get out by it."""
    site = site_with(uids([1, 2]), uids([1, 2]))
    site.desire([uid(3)], plan=Plan.VISITOR)
    site.block(uid(2))
    site.connect_all()
    site.pass_time(MINUTE_S)
    assert [board.held for board in site.boards] == [{uid(1)}, {uid(1)}]


def test_a_right_that_ends_leaves_the_list_when_it_ends() -> None:
    site = site_with([uid(1)], [uid(1), uid(2)])
    site.desire([uid(2)], until=NOON + timedelta(hours=1))
    site.connect_all()
    site.pass_time(HOUR_S - 1)
    assert site.changes == []
    site.pass_time(MINUTE_S)
    assert site.changes == [RemoveBadge(uid=uid(2), version=site.state.version)]
    assert in_step(site) or site.boards[0].held == {uid(1)}


def test_one_message_is_in_flight_and_a_silent_one_is_sent_again_ever_later() -> None:
    site = site_with(uids(range(3)), [])
    site.connect_all()
    site.cut = True
    site.pass_time(HOUR_S)
    assert len(site.sent) <= 8 + HOUR_S / 300, "in the end a question every five minutes"
    assert isinstance(site.sent[-1], ListBadges)
    site.cut = False
    site.connect(0)
    site.pass_time(MINUTE_S)
    assert in_step(site), "whoever speaks again is served at once"


def test_a_board_that_restarts_half_way_is_served_to_the_end() -> None:
    site = site_with(uids(range(30)), [])
    site.connect_all()
    site.pass_time(5)
    site.boards[1].held.clear()
    site.connect(1)
    site.pass_time(5 * MINUTE_S)
    assert in_step(site)


def test_the_cloud_restarts_half_way_and_goes_on_from_what_they_list() -> None:
    site = site_with(uids(range(30)), [])
    site.connect_all()
    site.pass_time(5)
    site.restart_cloud()
    site.pass_time(5 * MINUTE_S)
    assert in_step(site)
    assert len(site.changes) <= 30 + 1
    assert site.questions <= 3


def test_a_single_board_is_not_asked_for_the_other_one_for_ever() -> None:
    site = Site(boards=[Board()])
    site.desire(uids(range(3)))
    site.connect(0)
    site.pass_time(MINUTE_S)
    assert in_step(site)
    site.pass_time(HOUR_S)
    asked = site.questions
    assert asked <= 10
    site.desire([uid(9)])
    site.pass_time(MINUTE_S)
    assert in_step(site)
    assert site.questions == asked + 1


def test_a_board_that_cannot_say_all_it_holds_is_left_alone_after_a_few_tries() -> None:
    site = Site(boards=[Board(says_at_most=20), Board(says_at_most=20)])
    site.desire(uids(range(30)))
    site.connect_all()
    site.pass_time(30 * MINUTE_S)
    assert len(site.changes) <= 30 + 4 * 10
    assert site.state.trouble == "not-listed"
    assert [alarm.kind for alarm in site.alarms] == [AlarmKind.CONTROLLER_DRIFT]


def test_a_card_that_cannot_be_written_is_tried_ever_later_and_alarms() -> None:
    site = Site(boards=[Board(fails=True), Board(fails=True)])
    site.desire([uid(1)])
    site.connect_all()
    site.pass_time(30 * MINUTE_S)
    assert site.state.trouble == "card"
    assert len(site.sent) < 40
    assert len(site.alarms) == 1


def test_a_difference_of_five_minutes_is_an_alarm_until_it_is_gone() -> None:
    site = site_with(uids(range(3)), uids(range(3)))
    site.connect_all()
    site.pass_time(MINUTE_S)
    site.cut = True
    site.block(uid(1))
    site.pass_time(5 * MINUTE_S - 1)
    assert site.alarms == []
    site.pass_time(1)
    assert [type(alarm) for alarm in site.alarms] == [AlarmRaised]
    site.cut = False
    site.pass_time(10 * MINUTE_S)
    assert in_step(site)
    assert [type(alarm) for alarm in site.alarms] == [AlarmRaised, AlarmCleared]


def test_a_bridge_that_is_back_is_asked_and_given_the_pins() -> None:
    site = site_with(uids(range(3)), uids(range(3)))
    site.pins = (Lane.ENTRY, Lane.EXIT)
    site.connect_all()
    site.pass_time(MINUTE_S)
    site.sent.clear()
    site.bridge_back()
    site.pass_time(MINUTE_S)
    assert site.sent == [SetPin(lane=Lane.ENTRY), SetPin(lane=Lane.EXIT), ListBadges()]


def test_who_connects_gets_the_pins() -> None:
    site = site_with([], [])
    site.pins = (Lane.ENTRY,)
    site.connect(0)
    site.pass_time(MINUTE_S)
    assert site.sent.count(SetPin(lane=Lane.ENTRY)) == 1


def test_an_operator_has_the_lists_compared_now() -> None:
    site = site_with(uids(range(3)), uids(range(3)))
    assert site.tell(SendAgain(author="Ana")).refused is not None, "nobody is there"
    site.connect_all()
    site.pass_time(MINUTE_S)
    site.boards[0].held.add(uid(66))
    site.tell(SendAgain(author="Ana"))
    site.pass_time(MINUTE_S)
    assert in_step(site)
    assert site.changes == [RemoveBadge(uid=uid(66), version=site.state.version)]


NUMBERS = st.sets(st.integers(0, 70), max_size=70)
DESIRED = st.sets(st.integers(0, 70), min_size=1, max_size=70)
BITS = st.lists(st.booleans(), max_size=60)


def fewest(desired: set[int], held: set[int]) -> int:
    return min(len(desired ^ held), 1 + max(0, len(desired) - FITS))


@settings(max_examples=150)
@given(desired=DESIRED, held=NUMBERS, lost=BITS, repeated=BITS)
def test_any_list_becomes_the_desired_one_over_any_line(
    desired: set[int], held: set[int], lost: list[bool], repeated: list[bool]
) -> None:
    """Of a line that fails both boards alike each failure costs two changes and two questions at most."""
    site = site_with(uids(desired), uids(held))
    site.lost, site.repeated = iter(lost), iter(repeated)
    site.connect_all()
    site.pass_time(10 * HOUR_S)
    if not site.losses:
        assert len(site.changes) == fewest(desired, held) or site.repeats
    assert len(site.changes) <= fewest(desired, held) + 2 * (site.losses + site.repeats)
    assert site.questions <= 3 + 2 * (site.losses + site.repeats)
    if site.state.heard_at is not None:
        assert in_step(site)


@settings(max_examples=150)
@given(desired=DESIRED, one=NUMBERS, other=NUMBERS, deaf=BITS)
def test_two_boards_that_hold_different_lists_and_miss_different_messages_end_alike(
    desired: set[int], one: set[int], other: set[int], deaf: list[bool]
) -> None:
    site = Site(boards=[Board(set(uids(one))), Board(set(uids(other)))], deaf=iter(deaf))
    site.desire(uids(desired))
    site.connect_all()
    site.pass_time((30 + 24 * sum(deaf)) * HOUR_S)
    assert in_step(site), "a board that answered nothing is found with a later day's question"
    most = len((desired - (one & other)) | ((one | other) - desired))
    once = min(most, 1 + max(0, len(desired) - FITS))
    assert len(site.changes) <= once + (once + 2) * site.losses, (
        "one that missed the list that replaces all gets all again"
    )


def test_300_badges_reach_controllers_that_hold_120_others_over_a_line_that_loses_every_fifth() -> None:
    site = site_with(uids(range(300)), uids(range(1000, 1120)))
    site.lost = cycle([False, False, False, False, True])
    site.connect_all()
    site.pass_time(HOUR_S)
    assert in_step(site)
