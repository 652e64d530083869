"""The page of alarms: what needs a human now, what to do, and who has taken it up; live, by role, in both languages."""

import re
from uuid import uuid4

import msgspec
import pytest
from markupsafe import escape

from syspark.contract.reasons import Reason
from syspark.domain.alarm_details import LISTS_APART
from syspark.domain.alarm_kind import AlarmKind
from syspark.domain.alarm_words import ENGLISH
from tests.web.field import Field, ago
from tests.web.serving import Reader
from web import asking
from web.reading.alarms import WAYS


async def test_what_nobody_has_seen_comes_first_the_gravest_on_top(operator: Reader, field: Field) -> None:
    field.alarm("parking-full", ago(500), severity="info")
    field.alarm("site-offline", ago(20), severity="critical")
    field.alarm("sensor-fault", ago(900), about="sensor_gate", acknowledged_at=ago(5), acknowledged_by="n.diallo")
    field.alarm("device-offline", ago(30), about="acl", under="site-offline")

    page = await operator.get("/alarms")
    order = [page.index(text) for text in ("Site offline", "Car park full", "Sensor at fault")]
    assert order == sorted(order)
    assert "2 alarms need somebody" in page
    assert "Check its internet box" in page
    assert "Device silent" not in page, "the cut site explains it"


async def test_the_head_of_every_page_counts_the_alarms_and_says_how_grave(operator: Reader, field: Field) -> None:
    field.alarm("site-offline", ago(20), severity="critical")
    field.alarm("broker-lost", ago(20), site=None, severity="critical")
    for address in ("/", "/sites", "/sites/default", "/alarms"):
        assert '<span class="n" data-level="crit">2</span>' in await operator.get(address), address


async def test_an_alarm_is_taken_up_by_a_request_with_its_author(
    operator: Reader, field: Field, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "WAIT_S", 0.3)
    alarm = field.alarm("sensor-fault", ago(9), about="sensor_gate")
    await operator.get("/alarms")
    await operator.post(f"/alarms/{alarm}", 303, act="acknowledge")
    await operator.post(f"/alarms/{alarm}", 303, act="assign", to="/sites/default")
    await operator.post(f"/alarms/{alarm}", 303, act="leave")

    rows = field.inbox()
    assert {(kind, name, message) for _, kind, name, message, *_ in rows} == {("alarms", "default", "handle-alarm")}
    told = [msgspec.json.decode(row[4]) for row in rows]
    assert [(one["act"], one.get("assignee")) for one in told] == [
        ("acknowledge", None),
        ("assign", "c.marchand"),
        ("assign", None),
    ]
    assert {one["author"] for one in told} == {"c.marchand"}
    assert {one["alarm_id"] for one in told} == {str(alarm)}


async def test_what_nobody_may_do_and_what_is_not_there_is_refused(operator: Reader, field: Field) -> None:
    alarm = field.alarm("sensor-fault", ago(9))
    await operator.get("/alarms")
    await operator.post(f"/alarms/{alarm}", 400, act="delete")
    await operator.post(f"/alarms/{uuid4()}", 404, act="close")
    assert field.inbox() == []


async def test_a_viewer_looks_and_does_nothing(reader: Reader, field: Field) -> None:
    alarm = field.alarm("sensor-fault", ago(9))
    field.operator("viewer", role="viewer")
    await reader.sign_in("viewer")
    assert "I take it" not in await reader.get("/alarms")
    await reader.post(f"/alarms/{alarm}", 403, act="acknowledge")


async def test_who_is_bound_to_a_site_sees_its_alarms_only(reader: Reader, field: Field) -> None:
    field.site("other", "Elsewhere")
    theirs = field.alarm("site-offline", ago(9), site="other", severity="critical")
    field.alarm("broker-lost", ago(9), site=None)
    field.alarm("sensor-fault", ago(9))
    field.operator("bound", site="default")
    await reader.sign_in("bound")

    page = await reader.get("/alarms")
    assert "1 alarm needs somebody" in page
    assert "Elsewhere" not in page
    assert '<span class="n">1</span>' in page
    await reader.post(f"/alarms/{theirs}", 404, act="close")


async def test_a_site_shows_its_alarms_and_the_overview_its_trouble(operator: Reader, field: Field) -> None:
    field.site("calm", "Calm place")
    field.alarm("device-offline", ago(9), about="sensor_gate")
    assert "Device silent" in await operator.get("/sites/default")
    assert "Device silent" not in await operator.get("/sites/calm")
    assert "1 alarm" in await operator.get("/")


async def test_in_french_it_is_french(operator: Reader, field: Field) -> None:
    field.alarm("vehicle-waiting", ago(70), about="exit")
    operator.session.headers["Accept-Language"] = "fr"
    page = await operator.get("/alarms")
    assert "Un véhicule attend" in page
    assert "Prendre en charge" in page
    assert "Sortie" in page


async def test_a_kind_of_a_newer_worker_is_called_by_its_name(operator: Reader, field: Field) -> None:
    field.alarm("quantum-flux", ago(9))
    assert "quantum-flux" in await operator.get("/alarms")


async def test_an_alarm_about_a_session_leads_to_it(operator: Reader, field: Field) -> None:
    session = field.session("CAFE0001", ago(60))
    field.alarm("passback", ago(9), about=str(session))
    assert f'<a href="/sessions/{session}">' in await operator.get("/alarms")


async def test_every_kind_says_what_to_do_and_leads_to_where_it_is_done(operator: Reader, field: Field) -> None:
    for kind in AlarmKind:
        field.alarm(kind, ago(60), about="exit" if kind is AlarmKind.VEHICLE_WAITING else "")
    page = await operator.get("/alarms")
    assert [kind for kind in AlarmKind if escape(ENGLISH[kind].todo) not in page] == []
    ways = set(re.findall(r'<p class="next with-ico">.*? <a href="([^"]+)"', page))
    assert len(ways) == len({path for path, _ in WAYS.values()})
    for way in ways:
        await operator.get(way.partition("#")[0])


async def test_what_site_and_server_do_not_share_is_listed_with_the_session_to_decide(
    operator: Reader, field: Field
) -> None:
    inside = field.session(field.subject("AB123CD"), ago(4000))
    gone = field.session(field.subject("ZZ999ZZ"), ago(4000), ago(30))
    differs = {"at": ago(40).isoformat(), "here": 2, "only_here": [str(inside), str(gone)]}
    field.state({"occupancy": 2, "proof": {**differs, "there": 1, "only_there": ["..3BB"]}})
    page = await operator.get("/sites/default")
    assert f'href="/sessions/{inside}#fix"' in page
    assert "AB-123-CD" in page
    assert str(gone) not in page, "who has left since is decided"
    assert "..3BB" in page
    assert 'href="#differences"' in page


async def test_a_detail_of_ours_is_said_in_words_and_a_device_s_own_as_it_is(operator: Reader, field: Field) -> None:
    field.alarm("controller-drift", ago(9), detail=LISTS_APART.written(missing=3, extra=1, desired=300))
    field.alarm("camera-misreads", ago(9), about="vision", detail="exit rear 78% / 96%")
    field.alarm("rejected-burst", ago(9), detail=Reason.BAD_UID)
    field.alarm("device-fault", ago(9), about="acl", detail="TX_TIMEOUT <antenne>")
    page = await operator.get("/alarms")
    assert "3 missing, 1 too many, of 300" in page
    assert "at the exit, rear: 78% of the last 50 vehicles read, 96% over 7 days" in page
    assert "A badge number does not have 8 or 10 hexadecimal digits." in page
    assert "TX_TIMEOUT &lt;antenne&gt;" in page
