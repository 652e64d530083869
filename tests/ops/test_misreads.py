"""`syspark misreads`: the claim that a misread plate is hardly ever taken for another, by trial."""

import shlex

from click.testing import CliRunner

from ops.cli.misreads import misreads
from ops.cli.root import COMMANDS
from ops.misreads import Outcome, Trial
from tests.docs.blocks import ROOT, blocks

IDENTITY = ROOT / "docs" / "identity.md"


def test_its_page_asks_for_a_trial_that_passes() -> None:
    [asked] = (block.text for block in blocks(IDENTITY) if not block.is_illustration)
    program, command, *options = shlex.split(asked)
    assert (program, command in COMMANDS) == ("syspark", True)
    # A tenth of the exits, so that nobody waits: still enough to be sure.
    fewer = [str(int(option) // 10) if option == "100000" else option for option in options]
    told = CliRunner().invoke(misreads, fewer)
    assert told.exit_code == 0, told.output


def test_with_2000_open_sessions_under_one_exit_in_a_thousand_is_matched_wrongly() -> None:
    told = CliRunner().invoke(misreads, ["--open", "2000", "--exits", "6000"])
    assert told.exit_code == 0, told.output
    assert "taken for another                 0" in told.output


def test_what_a_site_has_learned_keeps_it_under_that() -> None:
    learned = [option for pair in ("HN", "MN", "38", "14", "VY") for option in ("--learned", pair)]
    told = CliRunner().invoke(misreads, ["--open", "2000", "--exits", "6000", *learned])
    assert told.exit_code == 0, told.output
    assert "taken for another                 0" in told.output


def test_what_is_not_two_characters_of_a_plate_is_refused() -> None:
    for pair in ("H", "HH", "H-", "HNM", "hn"):
        told = CliRunner().invoke(misreads, ["--learned", pair])
        assert told.exit_code == 2
        assert "such as HN" in told.output


def test_a_share_that_may_be_higher_fails() -> None:
    told = CliRunner().invoke(misreads, ["--open", "50", "--exits", "100"])
    assert told.exit_code == 1, "a hundred exits prove nothing"


def test_every_exit_has_one_outcome_and_most_of_the_misread_are_suggested_or_themselves() -> None:
    outcome = Trial(200, 1.0, 3).exits(1_000)
    assert outcome.exits == outcome.right + outcome.wrong + outcome.suggested + outcome.unknown == 1_000
    assert outcome.suggested > outcome.unknown
    assert outcome.right > 0


def test_the_interval_holds_the_share_and_narrows_with_more_exits() -> None:
    few, many = Outcome(exits=100, wrong=1), Outcome(exits=10_000, wrong=100)
    for outcome in (few, many):
        low, high = outcome.interval
        assert low < 0.01 < high
    assert many.interval[1] < few.interval[1]
    assert Outcome(exits=1_000).interval[0] == 0
