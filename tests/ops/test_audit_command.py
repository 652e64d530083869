"""`syspark audit`: what a service has decided is proven, explained, and decided again."""

import json
import re

import pytest

from tests.ops.service import Service
from tests.servers.waiting import wait_until

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
def history(service: Service) -> Service:
    """A service that has let a car in, and has stopped."""
    worker = service.start()
    service.know("CAFE0001")
    service.publish("parking/barriere", "CAFE0001")
    service.wait_for_sessions(1)
    worker.terminate()
    return service


def test_a_journal_is_proven_and_compared_with_heads_told_before(history: Service) -> None:
    sound = history.ask("audit", "verify")
    assert sound.exit_code == 0, sound.output
    heads = re.findall(r"head (site:default=\d+:[0-9a-f]{64})", sound.output)
    assert len(heads) == 1
    assert history.ask("audit", "verify", "--head", heads[0]).exit_code == 0
    rows = int(heads[0].split("=")[1].split(":")[0])
    further = heads[0].replace(f"={rows}:", f"={rows + 5}:")
    cut = history.ask("audit", "verify", "--head", further)
    assert cut.exit_code == 1
    assert f"BAD   chain site:default, row {rows + 1}: is missing: the chain is known to have had" in cut.output
    assert history.ask("audit", "verify", "--head", "site:default").exit_code == 2

    history.query("UPDATE journal SET rule = 'other' WHERE seq = 2")
    altered = history.ask("audit", "verify")
    assert altered.exit_code == 1
    assert "BAD   chain site:default, row 2: was altered" in altered.output
    raised = history.query("SELECT body FROM inbox WHERE recipient_kind = 'alarms' AND kind = 'alarm-raised'")
    assert any(b"chain-broken" in bytes(body) for (body,) in raised)


def test_a_session_is_explained_and_its_decisions_come_out_the_same_again(history: Service) -> None:
    [(session,)] = history.query("SELECT id::text FROM parking_session")
    told = history.ask("audit", "explain", session)
    assert told.exit_code == 0, told.output
    assert "The badge may enter, and a place is free\n    rule entry-admitted, by the site" in told.output
    assert "    from  Badge: CAFE0001\n" in told.output
    assert "    to    entry is asked to open\n" in told.output
    assert history.ask("audit", "explain", session.replace(session[0:8], "00000000")).exit_code == 2

    again = history.ask("audit", "rerun", "--site", "default")
    assert again.exit_code == 0, again.output
    assert re.fullmatch(r"[1-9]\d* decisions come out the same again, 0 differ\n", again.output)

    history.query("UPDATE journal SET rule = 'entry-again' WHERE rule = 'entry-admitted'")
    differs = history.ask("audit", "rerun")
    assert differs.exit_code == 1
    assert "entry-again by the site: rule: now entry-admitted" in differs.output


def test_who_may_sign_in_and_what_is_done_by_hand_is_in_the_organisation_s_journal(service: Service) -> None:
    service.ask("migrate")
    service.ask("operator", "add", "marie", "--role", "manager")
    service.ask("operator", "passwd", "marie")
    service.ask("site", "token", "default")
    service.ask("seller", "default", "--siren", "552100554")
    worker = service.start()
    wait_until(lambda: len(acts(service)) == 4, "the acts are journalled", 10)
    assert acts(service) == [
        ("operator-added", "marie"),
        ("password-changed", "marie"),
        ("token-replaced", "default"),
        ("seller-changed", "default"),
    ]
    assert service.ask("audit", "verify").exit_code == 0
    assert service.ask("audit", "rerun").exit_code == 0
    worker.terminate()


def acts(service: Service) -> list[tuple[str, str]]:
    rows = service.query("SELECT rule, inputs FROM journal WHERE kind = 'act-done' ORDER BY chain, seq")
    return [(rule, json.loads(bytes(inputs))["message"]["about"]) for rule, inputs in rows]
