"""`syspark misreads`: the claim that a misread plate is hardly ever taken for another, by trial."""

from click.testing import CliRunner

from ops.cli.misreads import misreads
from ops.misreads import Outcome, Trial


def test_with_2000_open_sessions_under_one_exit_in_a_thousand_is_matched_wrongly() -> None:
    told = CliRunner().invoke(misreads, ["--open", "2000", "--exits", "6000"])
    assert told.exit_code == 0, told.output
    assert "taken for another                 0" in told.output


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
