"""One credential a site, and a cloud that proves who it is: what is wrong is refused, and carries nothing."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bridge.authority import Authority
from tests.bridge.trial import AUDITOR, Trial
from tests.servers.client import Client
from tests.servers.waiting import wait_until


def listening(trial: Trial) -> Client:
    auditor = trial.client(AUDITOR)
    auditor.subscribe("#", 1)
    return auditor


def expect_nothing_crosses(trial: Trial, auditor: Client, refused: Callable[[], bool], edge_log: str) -> None:
    """Both sides have met at least twice, and no word of the site has come up."""
    wait_until(refused, f"refused; the site's broker said:\n{edge_log}", 15)
    with trial.cloud_client("a site that is in order", "lyon") as lyon:
        lyon.publish("parking/lyon/barriere", "fence", 1)
    assert auditor.wait_for(1) == [("parking/lyon/barriere", "fence")]


@pytest.mark.timeout(30)
def test_a_wrong_password_is_refused(trial: Trial, tmp_path: Path) -> None:
    auditor = listening(trial)
    wrong = tmp_path / "wrong"
    wrong.write_text("password-of-lyon\n")  # that of another site: right for nobody else
    edge = trial.site("nord", password_file=wrong)
    with edge.client("device") as device:
        device.publish("parking/barriere", "A1B2C3D4", 1)
    expect_nothing_crosses(trial, auditor, lambda: trial.cloud.log.count("not authorised") >= 2, edge.broker.log)


@pytest.mark.timeout(30)
def test_a_broker_of_another_authority_is_refused_by_the_site(trial: Trial, tmp_path: Path) -> None:
    auditor = listening(trial)
    other = Authority(tmp_path / "other", "somebody else's authority")
    edge = trial.site("nord", ca_file=other.ca_file)
    with edge.client("device") as device:
        device.publish("parking/barriere", "A1B2C3D4", 1)
    expect_nothing_crosses(
        trial, auditor, lambda: edge.broker.log.count("certificate verify failed") >= 2, edge.broker.log
    )


@pytest.mark.timeout(30)
def test_a_broker_under_another_name_is_refused_by_the_site(trial: Trial) -> None:
    auditor = listening(trial)
    edge = trial.site("nord", host="localhost")  # where it answers, but not what its certificate says
    with edge.client("device") as device:
        device.publish("parking/barriere", "A1B2C3D4", 1)
    expect_nothing_crosses(
        trial, auditor, lambda: edge.broker.log.count("host name verification failed") >= 2, edge.broker.log
    )


@pytest.mark.timeout(30)
def test_a_site_is_let_in_without_a_restart(trial: Trial) -> None:
    auditor = listening(trial)
    edge = trial.site("neuville")
    wait_until(lambda: trial.cloud.log.count("not authorised") >= 2, "refused while nobody knows it", 15)
    trial.let_in("neuville")
    online = ("parking/neuville/bridge/state", "1")
    assert auditor.wait_for(2, 25) == [online, online], edge.broker.log
    assert not auditor._lost.is_set(), "those who are there stay"
