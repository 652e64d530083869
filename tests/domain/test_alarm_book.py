"""Alarms: once each, seen by somebody, cleared, escalated; one root cause is one alarm; what flaps is one."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syspark.domain import alarms
from syspark.domain.alarm_book import STANDING_AT_MOST, Alarm, AlarmSet, Book, News, decide, evolve, seen_by
from syspark.domain.alarm_kind import TRAITS, AlarmKind, Severity
from syspark.domain.decision import Decision, Moment
from syspark.domain.messages import AlarmAct, AlarmMessage, DeadlineReached, HandleAlarm

NOON = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
SENSOR = "sensor_gate"


class Site:
    """A site's alarms, and what people were told of them."""

    def __init__(self) -> None:
        self.book = Book()
        self.now = NOON
        self.timers: dict[str, datetime] = {}
        self.told: list[tuple[AlarmKind, News]] = []
        self._number = 0

    def tell(self, message: AlarmMessage) -> Decision[AlarmSet]:
        self._number += 1
        cause = uuid5(UUID(int=0), str(self._number))
        at = Moment(now=self.now, fact_at=self.now, cause=cause)
        decision = decide(seen_by(message, self.book), message, at)
        for event in decision.events:
            self.book = evolve(self.book, event)
            self.told += [(event.alarm.kind, event.news)] if event.news else []
        for timer in decision.timers:
            self.timers.pop(timer.key, None)
            if timer.at is not None:
                self.timers[timer.key] = timer.at
        return decision

    def raised(self, kind: AlarmKind, about: str = "", detail: str = "", severity: Severity | None = None) -> None:
        self.tell(alarms.raised(kind, about, detail, severity).message)

    def cleared(self, kind: AlarmKind, about: str = "") -> None:
        self.tell(alarms.cleared(kind, about).message)

    def pass_time(self, **by: float) -> None:
        """Let time pass from deadline to deadline."""
        until = self.now + timedelta(**by)
        while due := sorted((at, key) for key, at in self.timers.items() if at <= until):
            self.now, key = max(self.now, due[0][0]), due[0][1]
            self.timers.pop(key)
            self.tell(DeadlineReached(key=key, due_at=due[0][0]))
        self.now = until

    def handle(self, act: AlarmAct, assignee: str | None = None) -> Decision[AlarmSet]:
        """Somebody does something with the only alarm."""
        return self.tell(HandleAlarm(alarm_id=self.only.id, act=act, author="Ada", assignee=assignee))

    @property
    def only(self) -> Alarm:
        """The only alarm that stands."""
        (alarm,) = self.book.standing.values()
        return alarm


def test_every_kind_has_its_traits() -> None:
    assert set(TRAITS) == set(AlarmKind)


def test_what_is_raised_again_is_the_same_alarm_and_told_once() -> None:
    site = Site()
    site.raised(AlarmKind.SENSOR_FAULT, SENSOR, "READ_FAIL")
    site.raised(AlarmKind.SENSOR_FAULT, SENSOR, "READ_FAIL")
    site.raised(AlarmKind.SENSOR_FAULT, SENSOR, "NO_ECHO")

    assert (site.only.detail, site.only.raised_at) == ("NO_ECHO", NOON)
    assert site.told == [(AlarmKind.SENSOR_FAULT, News.RAISED)]


def test_what_is_cleared_is_told_and_what_never_stood_changes_nothing() -> None:
    site = Site()
    site.cleared(AlarmKind.SENSOR_FAULT, SENSOR)
    assert site.told == []

    site.raised(AlarmKind.SENSOR_FAULT, SENSOR)
    site.cleared(AlarmKind.SENSOR_FAULT, SENSOR)

    assert site.book.standing == {}
    assert site.told[-1] == (AlarmKind.SENSOR_FAULT, News.CLEARED)


def test_a_critical_alarm_nobody_acknowledges_is_escalated_once_after_5_minutes() -> None:
    site = Site()
    site.raised(AlarmKind.HELP_ASKED, "exit")
    site.pass_time(minutes=4, seconds=59)
    assert site.only.escalated_at is None

    site.pass_time(seconds=1)
    site.pass_time(hours=2)

    assert site.told == [(AlarmKind.HELP_ASKED, News.RAISED), (AlarmKind.HELP_ASKED, News.ESCALATED)]


def test_who_acknowledges_in_time_is_named_and_nothing_is_escalated() -> None:
    site = Site()
    site.raised(AlarmKind.HELP_ASKED, "exit")
    site.handle(AlarmAct.ACKNOWLEDGE)
    site.pass_time(hours=1)

    assert site.only.acknowledged_by == "Ada"
    assert site.told == [(AlarmKind.HELP_ASKED, News.RAISED)]


def test_a_vehicle_that_waits_longer_is_told_again_and_needs_another_look() -> None:
    site = Site()
    site.raised(AlarmKind.VEHICLE_WAITING, "exit")
    site.handle(AlarmAct.ACKNOWLEDGE)
    site.raised(AlarmKind.VEHICLE_WAITING, "exit", severity=Severity.CRITICAL)
    assert (site.only.severity, site.only.acknowledged_at) == (Severity.CRITICAL, None)

    site.pass_time(minutes=5)

    assert [news for _, news in site.told] == [News.RAISED, News.WORSE, News.ESCALATED]


def test_what_only_happened_is_over_when_somebody_has_seen_it_or_after_a_day_without_another() -> None:
    site = Site()
    site.raised(AlarmKind.PASSBACK, "s-1")
    site.handle(AlarmAct.ACKNOWLEDGE)
    assert site.book.standing == {}

    site.raised(AlarmKind.PASSBACK, "s-1")
    site.pass_time(hours=23)
    site.raised(AlarmKind.PASSBACK, "s-1")
    site.pass_time(hours=23)
    assert site.only.times == 2
    site.pass_time(hours=1)
    assert site.book.standing == {}


def test_a_dead_bridge_is_one_alarm_and_not_twenty_dead_devices() -> None:
    site = Site()
    for number in range(20):
        site.raised(AlarmKind.DEVICE_STALE, f"sensor-{number}")
    site.raised(AlarmKind.SITE_OFFLINE)
    for number in range(20):
        site.cleared(AlarmKind.DEVICE_STALE, f"sensor-{number}")
        site.raised(AlarmKind.DEVICE_OFFLINE, f"sensor-{number}")

    counts = [alarm for alarm in site.book.standing.values() if alarm.under is None]
    assert [alarm.kind for alarm in counts] == [AlarmKind.SITE_OFFLINE]
    assert not [kind for kind, _ in site.told if kind is AlarmKind.DEVICE_OFFLINE]


def test_what_is_still_wrong_a_minute_after_its_root_cause_is_over_is_told() -> None:
    site = Site()
    site.raised(AlarmKind.SITE_OFFLINE)
    site.raised(AlarmKind.DEVICE_OFFLINE, "sensor-1")
    site.raised(AlarmKind.DEVICE_OFFLINE, "sensor-2")
    site.cleared(AlarmKind.SITE_OFFLINE)
    site.cleared(AlarmKind.DEVICE_OFFLINE, "sensor-1")
    site.pass_time(minutes=2)

    assert (site.only.about, site.only.under) == ("sensor-2", None)
    assert site.told[-1] == (AlarmKind.DEVICE_OFFLINE, News.RAISED)
    assert len(site.told) == 3, "of sensor 1 nobody ever hears"


def test_a_root_cause_closed_by_hand_no_longer_hides_what_it_explained() -> None:
    site = Site()
    site.raised(AlarmKind.SITE_OFFLINE)
    root = site.only
    site.raised(AlarmKind.DEVICE_OFFLINE, "sensor-1")
    site.tell(HandleAlarm(alarm_id=root.id, act=AlarmAct.CLOSE, author="Ada"))
    site.pass_time(minutes=1)
    assert site.only.under is None


def test_what_comes_and_goes_over_5_times_in_10_minutes_is_one_alarm_until_it_is_steady() -> None:
    site = Site()
    for _ in range(10):
        site.raised(AlarmKind.DEVICE_OFFLINE, SENSOR)
        site.pass_time(seconds=10)
        site.cleared(AlarmKind.DEVICE_OFFLINE, SENSOR)
        site.pass_time(seconds=10)

    assert site.only.flapping
    news = [one for _, one in site.told]
    assert news.count(News.FLAPPING) == 1
    assert len(news) == 6, "two that came and went, one that came, and then: it flaps"

    site.pass_time(minutes=10)
    assert site.book.standing == {}
    assert site.told[-1] == (AlarmKind.DEVICE_OFFLINE, News.CLEARED)


def test_an_owner_is_named_and_an_alarm_may_be_escalated_by_hand() -> None:
    site = Site()
    site.raised(AlarmKind.DEVICE_FAULT, "acl", "SD_WRITE")
    site.handle(AlarmAct.ASSIGN, "Grace")
    site.handle(AlarmAct.ESCALATE)
    assert site.only.assigned_to == "Grace"
    assert site.told[-1] == (AlarmKind.DEVICE_FAULT, News.ESCALATED)


def test_an_alarm_that_is_over_can_no_longer_be_acknowledged() -> None:
    decision = Site().tell(HandleAlarm(alarm_id="gone", act=AlarmAct.ACKNOWLEDGE, author="Ada"))
    assert decision.refused == "the alarm is over"


def test_beyond_500_alarms_one_more_is_refused_and_said() -> None:
    site = Site()
    for number in range(STANDING_AT_MOST + 1):
        site.raised(AlarmKind.PASSBACK, f"s-{number}")
    assert len(site.book.standing) == STANDING_AT_MOST


_acts = st.lists(
    st.tuples(
        st.sampled_from(["raise", "clear", "wait", "acknowledge"]),
        st.sampled_from(AlarmKind),
        st.sampled_from(["", "a"]),
    ),
    max_size=60,
)


@given(_acts)
def test_whatever_happens_people_are_told_of_an_end_only_after_a_beginning_and_nothing_stays_hidden(
    acts: list[tuple[str, AlarmKind, str]],
) -> None:
    site = Site()
    for act, kind, about in acts:
        match act:
            case "raise":
                site.raised(kind, about)
            case "clear":
                site.cleared(kind, about)
            case "acknowledge" if site.book.standing:
                first = next(iter(site.book.standing.values()))
                site.tell(HandleAlarm(alarm_id=first.id, act=AlarmAct.ACKNOWLEDGE, author="Ada"))
            case _:
                site.pass_time(seconds=45)
    for kind in AlarmKind:
        ends = site.told.count((kind, News.CLEARED))
        begun = sum(1 for one, news in site.told if one is kind and news in {News.RAISED, News.FLAPPING, News.WORSE})
        assert ends <= begun, kind

    site.cleared(AlarmKind.SITE_OFFLINE, "")
    site.cleared(AlarmKind.SITE_OFFLINE, "a")
    site.pass_time(days=2)
    assert all(alarm.under is None for alarm in site.book.standing.values())
    assert not [alarm for alarm in site.book.standing.values() if TRAITS[alarm.kind].happened or alarm.flapping]


@pytest.mark.parametrize("kind", AlarmKind)
def test_an_alarm_is_of_its_kinds_own_severity_unless_said_otherwise(kind: AlarmKind) -> None:
    site = Site()
    site.raised(kind)
    assert site.only.severity is TRAITS[kind].severity
