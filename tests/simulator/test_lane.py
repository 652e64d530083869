"""Drivers at a lane: badge, wait, badge again, give up; and what of it is true but cannot be known."""

from ops.simulator.layout import SiteLayout
from ops.simulator.truth import Doubt, Stay
from tests.simulator.field import BEGAN_S, Bench, admit

PLAIN = SiteLayout("default", sensors=frozenset())


def come(bench: Bench, uid: str = "A1B2C3D4", *, lane: str = "entry", known: bool = True) -> Stay:
    stay = bench.site.truth.arrived(1, uid, "subscriber" if known else "unknown")
    bench.site.demand.inside += known
    (bench.site.entry if lane == "entry" else bench.site.exit).come(stay)
    return stay


def reads(bench: Bench) -> list[bytes]:
    return bench.payloads("parking/barriere")


def test_a_car_is_seen_badges_is_let_in_and_is_gone() -> None:
    bench = Bench()
    bench.forget()
    bench.site.bridge.changed_s = float("-inf")
    stay = come(bench)
    bench.pass_time(8)
    assert bench.payloads("parking/sensor_gate/present") == [b"1"]
    assert len(reads(bench)) == 1
    bench.hear("barriere_entree/cmd", "100")
    bench.pass_time(5)
    assert bench.payloads("parking/sensor_gate/present") == [b"1", b"0"]
    assert stay.entered_s is not None
    assert stay.entry_reads[0] < stay.entered_s
    assert not stay.doubts
    assert not bench.site.truth.unexplained


def test_a_driver_who_is_not_let_in_badges_again_and_turns_back() -> None:
    bench = Bench()
    stay = come(bench)
    bench.pass_time(20)
    assert 1 <= len(reads(bench)) <= 2
    bench.pass_time(100)
    assert len(reads(bench)) == 4
    assert stay.turned_back_s is not None
    assert bench.site.entry.front is None
    assert bench.payloads("parking/sensor_gate/present")[-1] == b"0"


def test_a_stranger_gives_up_sooner() -> None:
    bench = Bench()
    stay = come(bench, known=False)
    bench.pass_time(120)
    assert len(reads(bench)) == 2
    assert stay.turned_back_s is not None


def test_nobody_is_kept_in() -> None:
    bench = Bench()
    stay = come(bench, lane="exit")
    bench.pass_time(480)
    assert len(stay.exit_reads) > 25
    assert [call.times for call in bench.site.calls][:3] == [1, 2, 3], "and asks for help"
    assert stay.held_s > 360
    assert stay.left_s is not None
    assert Doubt.BY_HAND in stay.doubts
    assert not bench.site.truth.executions, "an attendant's key is no command"


def test_the_next_car_moves_up_only_when_the_lane_is_free() -> None:
    bench = Bench(answer=admit)
    first, second = (come(bench, uid) for uid in bench.badges.subscribers[:2])
    bench.pass_time(60)
    assert first.entered_s is not None
    assert second.entered_s is not None
    assert first.entered_s < second.entry_reads[0]
    levels = bench.payloads("parking/sensor_gate/present")
    assert levels == [b"0", b"1", b"0", b"1", b"0"]


def test_an_opening_before_the_driver_asks_waves_them_through() -> None:
    bench = Bench()
    stay = come(bench)
    bench.pass_time(2)
    assert not stay.entry_reads
    bench.hear("barriere_entree/cmd", "100")
    bench.pass_time(10)
    assert stay.entered_s is not None
    assert Doubt.UNREAD in stay.doubts
    assert len(bench.site.truth.unexplained) == 1


def test_two_commands_for_one_read_are_one_too_many() -> None:
    bench = Bench()
    come(bench)
    bench.pass_time(8)
    bench.hear("barriere_entree/cmd", "100")
    bench.hear("barriere_entree/cmd", "100")
    assert len(bench.site.truth.executions) == 2
    assert len(bench.site.truth.unexplained) == 1


def test_a_command_for_a_car_long_gone_is_unexplained() -> None:
    bench = Bench()
    come(bench)
    bench.pass_time(130)
    bench.hear("barriere_entree/cmd", "100")
    assert len(bench.site.truth.unexplained) == 1


def test_an_exit_read_without_lane_while_a_car_stands_at_the_entry_is_in_doubt() -> None:
    bench = Bench()
    bench.site.bridge.changed_s = float("-inf")
    leaving, coming = come(bench, "A1B2C3D4", lane="exit"), come(bench, "01020304")
    bench.pass_time(12)
    assert leaving.doubts == {Doubt.LANE}
    assert not coming.doubts
    bench.hear("barriere_entree/cmd", "100")
    assert not bench.site.truth.unexplained


def test_without_a_sensor_at_the_entry_or_with_the_lane_told_nothing_is_in_doubt() -> None:
    for layout in (PLAIN, SiteLayout("lyon", "v2")):
        bench = Bench(layout)
        bench.site.bridge.changed_s = float("-inf")
        leaving = come(bench, "A1B2C3D4", lane="exit")
        come(bench, "01020304")
        bench.pass_time(12)
        assert not leaving.doubts


def test_reads_around_a_cut_are_in_doubt() -> None:
    bench = Bench()
    bench.pass_time(20)
    before = come(bench)
    bench.pass_time(10)
    assert not before.doubts
    bench.site.lost()
    assert before.doubts == {Doubt.LINK}
    bench.pass_time(150)
    bench.site.connected()
    after = come(bench, "01020304")
    bench.pass_time(10)
    assert after.doubts == {Doubt.LINK}
    assert BEGAN_S + bench.now_s == bench.site.agenda.now_s


def test_who_gives_up_while_the_line_is_cut_could_be_served_by_nobody() -> None:
    bench = Bench(SiteLayout("lyon", "v2"))
    bench.pass_time(20)
    served = come(bench)
    bench.pass_time(120)
    assert served.doubts == {Doubt.GAVE_UP}
    bench.site.lost()
    cut_off = come(bench, "01020304")
    bench.pass_time(120)
    assert cut_off.doubts == {Doubt.GAVE_UP, Doubt.LINK}


def test_a_pin_opens_by_itself_and_only_the_right_one_is_told() -> None:
    bench = Bench()
    stay = bench.site.truth.arrived(1, "0A1B2C3D", "pin")
    bench.site.entry.board.pin = ""
    bench.site.entry.come(stay)
    bench.pass_time(12)
    assert reads(bench) == []
    assert not stay.entry_reads
    bench.site.entry.board.pin = "4711"
    bench.pass_time(25)
    assert reads(bench) == [b"PIN_IN"]
    assert stay.entered_s is not None
    assert stay.told["entry"].keys() == {"PIN"}
    assert not stay.doubts
