"""The command line, its badges and its clock."""

from collections.abc import Callable

import pytest
from click.testing import CliRunner

from ops.simulator.badges import made_badges, read_badges, written_badges
from ops.simulator.command import simulate
from ops.simulator.disturbance import Disturbance, disturbances
from ops.simulator.layout import SiteLayout, make_layouts
from tests.servers.mosquitto import Mosquitto


def test_the_sites_are_spread_over_both_generations() -> None:
    layouts = make_layouts(20, 50, v2_share=0.5, clocks_off=0.3)
    assert [layout.name for layout in layouts][:3] == ["default", "sim-01", "sim-02"]
    assert layouts[0].speaks == "v1"
    assert sum(layout.speaks == "v2" for layout in layouts) == 10
    assert sum(layout.clock_off_s > 0 for layout in layouts) == 3
    assert [layout.speaks for layout in make_layouts(1, 50, v2_share=1.0)] == ["v1"]


def test_badges_come_from_the_seed_and_are_never_shared() -> None:
    layouts = make_layouts(3, 50)
    badges = made_badges(layouts, 1)
    assert badges == made_badges(layouts, 1)
    assert badges != made_badges(layouts, 2)
    everyone = [uid for own in badges.values() for uid in (*own.subscribers, *own.visitors)]
    assert len(everyone) == len(set(everyone)) == 3 * 125
    assert not [uid for uid in everyone if uid[0] in "0EF"]
    again = read_badges(written_badges(badges).splitlines())
    assert {site: list(own.subscribers) for site, own in again.items()} == {
        site: list(own.subscribers) for site, own in badges.items()
    }


@pytest.mark.parametrize("line", ["default", "default A1B2C3D4 guest", "default A1B2", "default GGGGGGGG", "a b c d"])
def test_a_line_that_is_no_badge_is_named(line: str) -> None:
    with pytest.raises(ValueError, match="line 2:"):
        read_badges(["# badges", line])


def test_print_badges_needs_no_broker() -> None:
    result = CliRunner().invoke(simulate, ["--sites", "2", "--capacity", "2", "--print-badges"])
    assert result.exit_code == 0
    assert len(result.output.splitlines()) == 10
    assert result.output.startswith("default ")


@pytest.mark.parametrize(
    "wrong",
    [
        ["--misread", "2"],
        ["--clock", "soon"],
        ["--badges", "/nowhere"],
        ["--http", "http://127.0.0.1:1", "--token", "t"],
        ["--speed", "0"],
        ["--kills", "1"],
        ["--cloud-away", "3-2", "--in-memory"],
        ["--cloud-away", "noon", "--in-memory"],
        ["--in-memory", "--speed", "10"],
    ],
)
def test_wrong_use_is_told_and_exits_2(wrong: list[str]) -> None:
    result = CliRunner().invoke(simulate, ["--hours", "0.0001", *wrong])
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_a_short_run_against_a_broker(mosquitto: Callable[..., Mosquitto]) -> None:
    broker = mosquitto()
    arguments = ["--port", str(broker.port), "--sites", "2", "--hours", "0.01", "--clock", "60", "--v2-share", "1"]
    result = CliRunner().invoke(simulate, arguments)
    assert result.exit_code == 0, result.output
    assert result.output.startswith("seed 1, clock 60@")
    assert "sites 2/2" in result.output


def test_a_trial_in_memory_needs_nothing_and_says_what_it_found() -> None:
    arguments = ["--in-memory", "--hours", "0.1", "--sites", "2", "--v2-share", "1", "--kills", "1", "--rate", "100"]
    result = CliRunner().invoke(simulate, arguments)
    assert result.exit_code == 0, result.output
    assert "0.10 of 0.1 h  came" in result.output
    assert "stays that differ                      0" in result.output


def test_a_service_is_killed_at_moments_of_the_seed_and_never_while_it_is_away() -> None:
    planned = disturbances(20, (1.0, 3.0), 4.0, seed=1)
    assert planned == disturbances(20, (1.0, 3.0), 4.0, seed=1)
    assert Disturbance(3600.0, 7200.0) in planned
    kills = [one.after_s for one in planned if not one.lasts_s]
    assert kills
    assert not [after_s for after_s in kills if 3600 <= after_s <= 10_800]


def test_layouts_hide_their_secret() -> None:
    assert "s3cret" not in repr(SiteLayout("default", secret="s3cret"))
