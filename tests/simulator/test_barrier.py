"""Barriers: what opens them, what a newer one refuses, and that every opening is accounted for."""

import json

import pytest

from ops.simulator.layout import SiteLayout
from tests.simulator.field import BEGAN_S, Bench

NEWER = SiteLayout("lyon", "v2")


def command(command_id: str, expires_in_s: float, cmd: str = "open") -> str:
    expires_ms = int((BEGAN_S + expires_in_s) * 1000)
    return json.dumps({"ts": 0, "src": "cloud", "command_id": command_id, "expires_ts": expires_ms, "cmd": cmd})


def states(bench: Bench, family: str) -> list[tuple[str, str | None]]:
    forms = [json.loads(payload) for payload in bench.payloads(f"parking/lyon/{family}/state")]
    return [(form["state"], form.get("command_id")) for form in forms]


def test_it_opens_for_some_seconds() -> None:
    bench = Bench()
    bench.hear("barriere_entree/cmd", "100")
    seen = [bench.site.entry.barrier.is_open]
    assert not bench.site.exit.barrier.is_open
    for seconds in (5.9, 0.2):
        bench.pass_time(seconds)
        seen.append(bench.site.entry.barrier.is_open)
    assert seen == [True, True, False]
    assert not [topic for _, topic in bench.published if topic.topic.endswith("/state") and "barriere" in topic.topic]


def test_000_closes() -> None:
    bench = Bench()
    bench.hear("barriere/cmd", "100")
    bench.hear("barriere/cmd", "000")
    assert not bench.site.exit.barrier.is_open


@pytest.mark.parametrize("payload", ["", "1", "open", "100 ", '{"cmd":"open"}', '{"cmd"', "\0"])
def test_v1_understands_its_two_words_only(payload: str) -> None:
    bench = Bench()
    bench.hear("barriere/cmd", payload)
    assert not bench.site.exit.barrier.is_open
    assert bench.site.exit.barrier.not_understood == 1


def test_v2_tells_its_state_with_the_command() -> None:
    bench = Bench(NEWER)
    bench.hear("barriere_entree/cmd", command("c-1", 10))
    bench.pass_time(10)
    assert states(bench, "barriere_entree") == [("open", "c-1"), ("closed", None)]


def test_v2_refuses_an_expired_command_and_a_repeated_one() -> None:
    bench = Bench(NEWER)
    bench.pass_time(10.1)
    bench.hear("barriere/cmd", command("c-1", 10))
    assert not bench.site.exit.barrier.is_open
    assert bench.site.exit.barrier.expired_refused == 1
    bench.hear("barriere/cmd", command("c-2", 20))
    bench.hear("barriere/cmd", command("c-2", 20))
    assert bench.site.exit.barrier.repeats_refused == 1
    assert [execution.command_id for execution in bench.site.truth.executions] == ["c-2"]


def test_an_opening_nobody_asked_for_is_unexplained() -> None:
    bench = Bench(NEWER)
    bench.hear("barriere/cmd", command("c-1", 10))
    assert [(one.lane, one.command_id) for one in bench.site.truth.unexplained] == [("exit", "c-1")]
