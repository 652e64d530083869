"""A lane's card: who waits since when, why it is closed in words, and what to do next."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from syspark.domain.device import ReportTaken, Twin, evolve
from syspark.domain.facts import BridgeReported
from syspark.domain.units import SiteId
from syspark.web_ports import CommandLine, LaneLine, PersonLine, SiteLine
from web import language
from web.reading.closed import BECAUSE
from web.reading.lanes import Surroundings, lane_card
from web.reading.model import LaneCard
from web.reading.plates import is_french, masked, plate_of, spaced, with_dots
from web.reading.snapshot import site_seen
from web.sentence import Money

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SUBJECT = "01920000-0000-7000-8000-000000000001"
STANDING = {"present": True, "waiting_since": NOON.isoformat()}


def at(second: float) -> datetime:
    """A moment counted from noon."""
    return NOON + timedelta(seconds=second)


def plate(second: float = 0, key: str = SUBJECT) -> dict[str, Any]:
    """An identity as the site stores a plate's."""
    return {"key": key, "kind": "plate", "at": at(second).isoformat(), "masked": "..3CD"}


def known(plate: str | None = "AB123CD", key: str = SUBJECT, **more: Any) -> PersonLine:
    """Whom a key stands for, with a session that lasts."""
    own = {"holder": None, "plan": None, "session_id": "s", "opened_at": at(-7200), "closed_at": None, **more}
    return PersonLine(SiteId("default"), key, plate=plate, **own)


def around(
    second: float, state: Mapping[str, object], *people: PersonLine, commands: tuple[CommandLine, ...] = ()
) -> Surroundings:
    """A site whose entry has a sensor and whose exit has none, as pages find it so many seconds after noon."""
    lanes = (LaneLine("entry", has_sensor=True), LaneLine("exit", has_sensor=False))
    body = msgspec.json.encode(state)
    site = SiteLine(SiteId("default"), "Gare", "UTC", "EUR", 50, 0, lanes, body, NOON, None, None)
    seen = site_seen(body)
    assert seen is not None
    return Surroundings(site, seen, (), commands, {person.key: person for person in people}, at(second))


def card(second: float, lane: str, state: Mapping[str, object], *people: PersonLine, **more: Any) -> LaneCard:
    """The card of one lane in that state."""
    return lane_card(lane, around(second, {"lanes": {lane: state}, **more.pop("site", {})}, *people, **more))


def opening(fate: str, second: float, lane: str = "entry") -> CommandLine:
    """A barrier command of that second, with its fate a second later."""
    order = msgspec.json.encode({"type": "barrier", "lane": lane})
    return CommandLine("c-1", SiteId("default"), order, "rule", fate, at(second + 1), at(second), at(second + 10))


def bridge_told(cut_at: float, back_at: float | None = None) -> bytes:
    """A bridge's twin, gone at that second, and perhaps back."""
    twin = evolve(Twin(), ReportTaken(fact=BridgeReported(online=False), at=at(cut_at)))
    if back_at is not None:
        for second in (back_at, back_at + 4):
            twin = evolve(twin, ReportTaken(fact=BridgeReported(online=True), at=at(second)))
    return msgspec.json.encode(twin)


def test_what_the_broker_took_for_a_site_that_is_cut_off_has_opened_nothing() -> None:
    bridge = bridge_told(cut_at=5)
    here = around(20, {"lanes": {"entry": STANDING}}, commands=(opening("acked", 10),))
    cut_off = replace(here, site=replace(here.site, bridge=bridge))
    assert lane_card("entry", here).barrier == "opening"
    shown = lane_card("entry", cut_off)
    assert (shown.headline, shown.barrier) == (BECAUSE["unheard"].why, "closed")
    cut_since = replace(here, site=replace(here.site, bridge=bridge_told(cut_at=15)))
    assert lane_card("entry", cut_since).barrier == "opening", "it was connected then"


def test_what_a_site_missed_while_it_was_cut_off_it_has_not_heard_when_it_is_back_either() -> None:
    here = around(20, {"lanes": {"entry": STANDING}}, commands=(opening("acked", 10),))
    back = replace(here, site=replace(here.site, bridge=bridge_told(cut_at=5, back_at=15)))
    shown = lane_card("entry", back)
    assert (shown.headline, shown.barrier, shown.to_open) == (BECAUSE["missed"].why, "closed", True)
    heard = replace(here, site=replace(here.site, bridge=bridge_told(cut_at=2, back_at=8)))
    assert lane_card("entry", heard).barrier == "opening", "it was there again"


@pytest.mark.parametrize("rule", sorted(BECAUSE))
def test_every_reason_is_said_with_what_to_do_in_both_languages(rule: str) -> None:
    shown = card(70, "entry", {**STANDING, "identity": plate(2), "closed_because": rule}, known())
    assert (shown.waiting_since, shown.level) == (NOON, "warn")
    assert shown.headline == BECAUSE[rule].why
    assert shown.next_act is not None
    for sentence in (shown.headline, shown.next_act):
        english, french = (str(language.words(name).say(sentence)) for name in ("en", "fr"))
        assert english != french


def test_a_reason_of_tomorrow_is_still_a_closed_barrier() -> None:
    shown = card(9, "entry", {**STANDING, "identity": plate(), "closed_because": "a-rule-of-tomorrow"})
    assert shown.headline.id == "Closed: read, not let through yet."


def test_a_vehicle_of_which_nothing_was_read_is_for_a_person_to_open() -> None:
    shown = card(9, "entry", STANDING)
    assert (shown.headline.id, shown.to_open) == ("Closed: nothing was read.", True)
    assert shown.vehicle is not None
    assert shown.vehicle.plate is None


def test_a_vehicle_that_has_just_come_calls_nobody() -> None:
    came, read = card(7, "entry", STANDING), card(7, "entry", {**STANDING, "identity": plate()})
    for shown in (came, read):
        assert shown.waits
        assert not shown.calls
        assert shown.next_act is None
    assert came.headline.id == "Closed: a vehicle has just come."
    assert read.headline.id == "Closed: read, being decided."
    assert card(8, "entry", STANDING).calls
    assert card(1, "entry", {**STANDING, "identity": plate(), "closed_because": "site-full"}).calls


def test_the_plate_is_shown_with_what_else_is_known_of_the_visit() -> None:
    state = {"waiting_since": NOON.isoformat(), "identity": plate()}
    shown = card(5, "exit", state, known(holder="Mme Roussel", plan="subscriber"))
    assert shown.vehicle is not None
    assert (shown.vehicle.plate, shown.vehicle.holder) == ("AB-123-CD", "Mme Roussel")
    assert shown.vehicle.opened_at == at(-7200)


def test_who_stands_at_the_entry_is_not_inside() -> None:
    shown = card(5, "entry", {**STANDING, "identity": plate()}, known())
    assert shown.vehicle is not None
    assert shown.vehicle.opened_at is None


def test_of_a_plate_that_is_erased_only_what_everybody_may_see_is_left() -> None:
    shown = card(5, "entry", {**STANDING, "identity": plate()})
    assert shown.vehicle is not None
    assert shown.vehicle.plate == "··3CD"


def test_the_stay_of_a_session_that_is_over_is_not_told() -> None:
    shown = card(5, "exit", {"waiting_since": NOON.isoformat(), "identity": plate()}, known(closed_at=at(2)))
    assert shown.vehicle is not None
    assert shown.vehicle.opened_at is None


@pytest.mark.parametrize(("second", "waits"), [(119, True), (121, False)])
def test_whom_no_sensor_sees_has_gone_after_two_minutes_without_news(second: float, *, waits: bool) -> None:
    state = {"waiting_since": NOON.isoformat(), "identity": plate(), "closed_because": "plate-unknown"}
    assert card(second, "exit", state).waits is waits
    read_again = {**state, "identity": plate(100)}
    assert card(second + 100, "exit", read_again).waits is waits


def test_whom_a_sensor_sees_waits_however_long() -> None:
    state = {**STANDING, "identity": plate(), "closed_because": "badge-unknown"}
    assert card(3600, "entry", state).level == "crit"
    assert not card(3600, "entry", {**state, "trusted": False}).waits
    assert not card(3600, "entry", {**state, "present": False}).waits


def test_who_is_asked_to_pay_waits_as_long_as_it_is_asked() -> None:
    ask = {"session_id": "s", "key": SUBJECT, "cycle": 0, "cents": 1250, "currency": "EUR", "duration_s": 7200}
    state = {"waiting_since": NOON.isoformat(), "identity": plate(), "closed_because": "payment-due"}
    shown = card(290, "exit", state, known(), site={"ask": {**ask, "until": at(300).isoformat()}})
    assert shown.waiting_since == NOON
    assert str(language.words("en").say(shown.headline)) == "Closed: €12.50 due."
    assert shown.amount is not None
    assert not shown.to_open


def test_a_row_keeps_its_time_while_the_opening_is_under_way() -> None:
    kept = {"command_id": "c-1", "waiting_since": NOON.isoformat(), "identity": plate()}
    state = {"present": True, "identity": plate(), "opening": kept}
    for fate, waits in (("queued", True), ("sent", True), ("expired", True), ("acked", False)):
        shown = card(31, "entry", state, known(), commands=(opening(fate, 30),))
        assert (shown.waits, shown.waiting_since) == (waits, NOON if waits else None)
        assert shown.vehicle is not None
        assert shown.vehicle.plate == "AB-123-CD"


def test_an_opening_that_failed_says_so_while_its_vehicle_waits() -> None:
    kept = {"command_id": "c-1", "answer": "bad", "waiting_since": NOON.isoformat(), "identity": plate()}
    state = {**STANDING, "identity": plate(), "opening": kept, "closed_because": "expired"}
    shown = card(41, "entry", state, known(), commands=(opening("expired", 30),))
    assert shown.headline.id == "Closed: the opening came too late."
    assert shown.to_open
    assert shown.opening is not None
    gone = {"present": False, "opening": kept}
    assert not card(41, "entry", gone, commands=(opening("expired", 30),)).waits


def test_the_fate_of_an_opening_is_not_shown_beside_the_next_car() -> None:
    state = {"present": True, "waiting_since": at(50).isoformat()}
    assert card(60, "entry", state, commands=(opening("acked", 30),)).opening is None
    assert card(60, "entry", state, commands=(opening("expired", 30),)).opening is None


def test_a_picture_stays_while_it_says_something() -> None:
    state = {"photo_id": SUBJECT, "photo_at": NOON.isoformat()}
    assert card(599, "entry", state).photo is not None
    assert card(601, "entry", state).photo is None
    assert card(601, "entry", {**state, **STANDING}).photo is not None


def test_a_display_whose_time_is_over_is_not_shown() -> None:
    display = {"text": "BADGE INCONNU", "kind": "prompt", "lane": "entry", "until": at(5).isoformat()}
    assert card(4, "entry", {}, site={"display": display}).display is not None
    assert card(6, "entry", {}, site={"display": display}).display is None


def test_a_plate_is_in_full_while_it_is_fresh_and_masked_after() -> None:
    gone = known(session_id=None, opened_at=None)
    assert plate_of(gone, at(0), at(86_399)) == "AB-123-CD"
    assert plate_of(gone, at(0), at(86_401)) == "··3CD"
    assert plate_of(known(), at(0), at(200_000)) == "AB-123-CD"
    assert plate_of(known(plate=None), at(0), at(0)) is None
    assert plate_of(None, at(0), at(0)) is None


def test_plates_are_written_as_on_the_vehicle() -> None:
    assert [spaced(text) for text in ("AB123CD", "123ABC75", "12AB2A", "WXYZ99")] == [
        "AB-123-CD",
        "123-ABC-75",
        "12-AB-2A",
        "WXYZ99",
    ]
    assert is_french("AB-123-CD")
    assert not is_french("WXYZ99")
    assert (masked("AB123CD"), masked("A1"), with_dots("..3CD")) == ("··3CD", "··1", "··3CD")


ASK = {"session_id": "s", "key": SUBJECT, "cycle": 1, "currency": "EUR", "duration_s": 5400}


@pytest.mark.parametrize(
    ("cents", "lane", "site", "told"),
    [
        (1250, {"help_since": at(10).isoformat()}, {}, "Unanswered, it opens by itself at 12:03:10"),
        (5001, {"help_since": at(10).isoformat()}, {}, "Unanswered, it opens by itself at 12:06:10"),
        (1250, {"help_since": at(10).isoformat(), "help_unseen": True}, {}, None),
        (1250, {}, {"payments_down_since": at(0).isoformat()}, "Payments do not work: it opens by itself at 12:02:00"),
        (5001, {}, {"payments_down_since": at(0).isoformat()}, "Payments do not work: you are called at 12:02:00"),
        (1250, {}, {}, None),
    ],
)
def test_who_waits_to_pay_is_shown_with_what_is_due_and_what_will_happen(
    cents: int, lane: dict[str, object], site: dict[str, object], told: str | None
) -> None:
    ask = {**ASK, "cents": cents, "until": at(300).isoformat()}
    shown = card(30, "exit", {**STANDING, "identity": plate(2), **lane}, known(), site={"ask": ask, **site})
    assert shown.amount == Money(cents, "EUR")
    said = " ".join(str(language.words("en").say(one)) for one in shown.details)
    assert (told or "") in said
    assert ("opens by itself" in said or "you are called" in said) == (told is not None)
