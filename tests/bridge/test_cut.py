"""Over a cut of a site's line: what goes up waits and arrives, what comes down waits nowhere."""

import signal

import pytest

from tests.bridge.crossings import DOWN, UP
from tests.bridge.trial import PROBE, SiteBroker, Trial
from tests.servers.client import Client
from tests.servers.waiting import wait_until

UPWARD = {(f"parking/nord/{up.topic}", f"cut {up.topic}") for up in UP if up.sent_qos}
STATE = "parking/nord/bridge/state"
ONLINE, OFFLINE = (STATE, "1"), (STATE, "0")
CLOSE = ("parking/barriere/cmd", "000")


def listening(trial: Trial) -> tuple[SiteBroker, Client, Client]:
    """A site with its bridge there, the cloud's client on all it may read, and a device on all of the LAN."""
    cloud = trial.client("cloud")
    cloud.subscribe("parking/#", 1)
    edge = trial.site("nord")
    assert cloud.wait_for(2, 10) == [ONLINE, ONLINE]
    device = trial.device(edge)
    for down in DOWN:
        device.subscribe(f"parking/{down.topic}", 0)
    return edge, cloud, device


def wait_cut(cloud: Client, timeout_s: float = 5) -> None:
    """Both connections are known to be gone."""
    assert cloud.wait_for(4, timeout_s)[2:] == [OFFLINE, OFFLINE]


def expect_all_up(cloud: Client) -> None:
    """What waited comes once, all of it, and after the word that the bridge is there; the downward one says it too."""
    heard = cloud.wait_for(4 + 2 + len(UPWARD), 20)[4:]
    assert heard[0] == ONLINE
    assert sorted(heard) == sorted([ONLINE, ONLINE, *UPWARD])


def but_state(heard: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """What was heard besides the bridge's own word."""
    return [one for one in heard if one[0] != STATE]


def send_all_down(cloud: Client) -> None:
    """Every command there is; the weather alone may come late."""
    for down in DOWN:
        if not down.retained:
            cloud.publish(f"parking/nord/{down.topic}", "100", down.sent_qos)


def expect_nothing_waited(trial: Trial, edge: SiteBroker, cloud: Client, device: Client) -> None:
    """What is published after the bridge's return is all that its site hears."""
    trial.wait_live(edge)
    cloud.publish("parking/nord/barriere/cmd", "000", 1)
    wait_until(lambda: CLOSE in device.heard(), "a command after the bridge's return", 10)
    assert [one for one in device.heard() if one[1] != PROBE] == [CLOSE]


@pytest.mark.timeout(30)
def test_no_command_waits_and_no_fact_is_lost(trial: Trial) -> None:
    edge, cloud, device = listening(trial)
    edge.line.cut()
    wait_cut(cloud)
    send_all_down(cloud)
    for up in UP:
        device.publish(f"parking/{up.topic}", f"cut {up.topic}", up.sent_qos)
    edge.line.restore()
    expect_all_up(cloud)
    expect_nothing_waited(trial, edge, cloud, device)


@pytest.mark.timeout(30)
def test_a_frozen_line_is_given_up_with_what_was_on_it(trial: Trial) -> None:
    edge, cloud, device = listening(trial)
    connections = edge.line.accepted
    edge.line.freeze()
    send_all_down(cloud)
    # Both ends notice by themselves: the cloud's broker says so, the site's connects anew.
    wait_cut(cloud, 15)
    wait_until(lambda: edge.line.accepted >= connections + 2, "the site's bridge has given the line up", 15)
    edge.line.thaw()
    assert cloud.wait_for(6, 15)[4:] == [ONLINE, ONLINE]
    expect_nothing_waited(trial, edge, cloud, device)


@pytest.mark.timeout(30)
@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_what_waits_at_the_site_outlives_its_brokers_restart(trial: Trial, end: signal.Signals) -> None:
    edge, cloud, _ = listening(trial)
    edge.line.cut()
    wait_cut(cloud)
    with edge.client("before the restart") as device:
        for up in UP:
            device.publish(f"parking/{up.topic}", f"cut {up.topic}", up.sent_qos)
        wait_until(lambda: all(text.encode() in edge.saved() for _, text in UPWARD), "all of it is saved")
    edge.broker.stop(end)
    send_all_down(cloud)
    edge.broker.start()
    with edge.client("after the restart") as device:
        for down in DOWN:
            device.subscribe(f"parking/{down.topic}", 0)
        edge.line.restore()
        expect_all_up(cloud)
        expect_nothing_waited(trial, edge, cloud, device)


@pytest.mark.timeout(30)
def test_the_clouds_broker_keeps_what_a_worker_that_is_away_has_not_heard(trial: Trial) -> None:
    _, cloud, device = listening(trial)
    with trial.cloud_client("worker", "cloud", session=True) as worker:
        worker.subscribe("parking/#", 1)
    for up in UP:
        device.publish(f"parking/{up.topic}", f"cut {up.topic}", up.sent_qos)
    cloud.wait_for(2 + len(UP), 10)
    trial.cloud.stop(signal.SIGTERM)
    trial.cloud.start()
    with trial.cloud_client("worker", "cloud", session=True) as worker:
        assert worker.session_present
        # The bridge's own word may come between them, since its broker was away too.
        wait_until(lambda: sorted(but_state(worker.heard())) == sorted(UPWARD), "all that was kept", 10)


@pytest.mark.timeout(30)
def test_a_message_too_large_for_the_cloud_blocks_nothing(trial: Trial) -> None:
    _, cloud, device = listening(trial)
    device.publish("parking/barriere", b"x" * 65_537, 1)
    device.publish("parking/radio/tx/status", b"y" * 65_536, 1)
    device.publish("parking/barriere", "A1B2C3D4", 1)
    heard = cloud.wait_for(4, 10)
    assert [(topic, len(text)) for topic, text in heard[2:]] == [
        ("parking/nord/radio/tx/status", 65_536),
        ("parking/nord/barriere", 8),
    ]
