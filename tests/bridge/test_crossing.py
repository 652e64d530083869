"""Each allowed topic crosses in its direction with its QoS and retain flag, once; what is forbidden reaches nobody."""

import ssl
from collections import Counter

import pytest

from tests.bridge.crossings import DOWN, UP
from tests.bridge.forbidden import CLOUD, MARK, forbidden
from tests.bridge.intruder import Attempt, intrude
from tests.bridge.trial import AUDITOR, PROBE, SITES, SiteBroker, Trial, prefix
from tests.servers.client import Client
from tests.servers.waiting import wait_until

Heard = Counter[tuple[str, str, int]]


def heard(client: Client) -> Heard:
    """What it has heard live, counted, without the bridges' own notifications."""
    return Counter(
        (message.topic, message.payload.decode(), message.qos)
        for message in client.messages
        if not message.topic.endswith("bridge/state")
    )


def everything(trial: Trial, user: str) -> Client:
    client = trial.client(user)
    client.subscribe("#", 2)
    return client


def connected_sites(trial: Trial, auditor: Client) -> list[SiteBroker]:
    """Each site's broker, its bridge there."""
    sites = [trial.site(site) for site in SITES]
    online = [(f"{prefix(site)}bridge/state", "1") for site in SITES]
    assert sorted(auditor.wait_for(2 * len(SITES), 10)) == sorted(online * 2)
    for edge in sites:
        trial.wait_live(edge)
    return sites


@pytest.mark.timeout(30)
def test_each_topic_crosses_once_in_its_direction(trial: Trial) -> None:
    auditor, cloud = everything(trial, AUDITOR), trial.client("cloud")
    sites = connected_sites(trial, auditor)
    devices = {edge.site: trial.device(edge) for edge in sites}
    for device in devices.values():
        device.subscribe("#", 2)
    at_cloud: Heard = Counter()
    on_lan: dict[str, Heard] = {site: Counter() for site in SITES}
    for site, device in devices.items():
        for up in UP:
            payload = f"{up.topic} of {site}"
            device.publish(f"parking/{up.topic}", payload, up.sent_qos, retain=up.retained)
            at_cloud[f"{prefix(site)}{up.topic}", payload, up.qos] += 1
            on_lan[site][f"parking/{up.topic}", payload, up.sent_qos] += 1
        for down in DOWN:
            payload = f"{down.topic} to {site}"
            cloud.publish(f"{prefix(site)}{down.topic}", payload, down.sent_qos, retain=down.retained)
            at_cloud[f"{prefix(site)}{down.topic}", payload, down.sent_qos] += 1
            on_lan[site][f"parking/{down.topic}", payload, down.qos] += 1
    _follow_with_fences(cloud, auditor, devices)
    assert _without_fences(heard(auditor)) == at_cloud
    for site, device in devices.items():
        assert _without_fences(heard(device)) == on_lan[site]
    crossed = {"up": len(UP) * len(sites) + len(sites), "down": len(DOWN) * len(sites)}
    print(f"crossed, each once: {crossed['up']} up (bridge/state with them), {crossed['down']} down")
    _expect_retained(trial, sites)


def _follow_with_fences(cloud: Client, auditor: Client, devices: dict[str, Client]) -> None:
    """A message down and one up again on every bridge, twice: what loops would have come round by then."""
    for turn in (1, 2):
        for site, device in devices.items():
            cloud.publish(f"{prefix(site)}display/text", "fence", 1)
            wait_heard(device, ("parking/display/text", "fence", 1), turn)
            device.publish("parking/sync/req", "echo", 1)
            wait_heard(auditor, (f"{prefix(site)}sync/req", "echo", 1), turn)


def _without_fences(counted: Heard) -> Heard:
    return Counter({key: number for key, number in counted.items() if key[1] not in {"fence", "echo", PROBE}})


def wait_heard(client: Client, what: tuple[str, str, int], times: int = 1) -> None:
    wait_until(lambda: heard(client)[what] >= times, f"{what} is heard {times} times", 10)


def _expect_retained(trial: Trial, sites: list[SiteBroker]) -> None:
    """Whoever comes late is told levels and the weather, on both sides, and no command."""
    expected = {f"{prefix(site)}{up.topic}" for site in SITES for up in UP if up.retained}
    expected |= {f"{prefix(site)}{down.topic}" for site in SITES for down in DOWN if down.retained}
    expected |= {f"{prefix(site)}bridge/state" for site in SITES}
    assert _retained(trial.cloud_client("late", AUDITOR)) == expected
    for edge in sites:
        on_lan = {f"parking/{one.topic}" for one in UP + DOWN if one.retained}
        assert _retained(edge.client("late")) == on_lan | {f"{prefix(edge.site)}bridge/state"}


def _retained(client: Client) -> set[str]:
    with client:
        client.subscribe("#", 1)  # at QoS 2 the last would still be on their way
        client.subscribe("#", 1)  # answered after the retained messages of the first
        return {message.topic for message in client.messages if message.retain}


@pytest.mark.timeout(60)
def test_500_forbidden_publications_reach_nobody(trial: Trial) -> None:
    seed, count = 20261122, 500
    context = ssl.create_default_context(cafile=str(trial.authority.ca_file))
    auditor = everything(trial, AUDITOR)
    sites = {edge.site: edge for edge in connected_sites(trial, auditor)}
    listeners = [auditor, *(everything(trial, user) for user in (*SITES, "cloud"))]
    auditor.subscribe("$SYS/#", 2)
    lans = {site: trial.device(edge) for site, edge in sites.items()}
    for device in lans.values():
        device.subscribe("#", 2)

    outcomes: Counter[tuple[str, str]] = Counter()
    sent = forbidden(seed, count)
    for one in sent:
        at_cloud = one.at == CLOUD
        port = trial.cloud.port if at_cloud else sites[one.at].broker.port
        outcomes[one.kind, intrude(port, one.attempt, context if at_cloud else None)] += 1
    for site in SITES:  # the same words from the right user do get through: what is silent above is not deaf
        for as_will in (False, True):
            topic, payload = f"{prefix(site)}barriere", f"allowed, as a will: {as_will}"
            allowed = Attempt(
                topic.encode(), payload.encode(), site, trial.password(site), retain=False, as_will=as_will
            )
            assert intrude(trial.cloud.port, allowed, context) == "served"
            wait_heard(auditor, (topic, payload, 1))
    _follow_with_fences(listeners[-1], auditor, lans)

    home = {one.attempt.payload: one.at for one in sent}
    arrived = [
        (message.topic, message.payload)
        for place, client in (*((CLOUD, one) for one in listeners), *lans.items())
        for message in client.messages
        if message.payload.startswith(MARK) and (place == CLOUD or home[bytes(message.payload)] != place)
    ]
    with trial.cloud_client("late", AUDITOR) as late:
        late.subscribe("#", 1)
        late.subscribe("$SYS/#", 1)
        kept = [message.topic for message in late.messages if message.payload.startswith(MARK)]
    print(f"seed {seed}: {count} forbidden publications, {len(arrived)} arrived, {len(kept)} kept")
    print("\n".join(f"  {kind}: {number} {outcome}" for (kind, outcome), number in sorted(outcomes.items())))
    assert not arrived
    assert not kept
    assert {outcome for (kind, outcome) in outcomes if kind == "a wrong user"} == {"thrown out"}
