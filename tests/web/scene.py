"""A lively evening over several sites: what screenshots and the browser test look at."""

from collections.abc import Mapping
from datetime import datetime
from math import sin
from typing import Any
from uuid import UUID

from ops.simulator.picture import jpeg
from tests.web.field import Field, ago

CALM = ("Arsenal, Brest", "Bureaux Vauban, Lyon", "Cathédrale, Reims", "Dôme, Caen", "Forum, Nîmes", "Halles, Tours")


def lively(field: Field) -> None:
    """Cars waiting at several sites for several reasons, a site cut off, one full, others calm."""
    field.operator("c.marchand")
    _busy(field)
    _misread(field)
    _hotel(field)
    _clinic(field)
    for number, title in enumerate(CALM):
        name = field.site(f"calm-{number}", title, 200)
        field.state({"occupancy": 40 + 23 * number, "lanes": {"entry": {}, "exit": {}}}, name)
        field.twin("bridge", _link(ago(9000)), name)
    _cut_off(field)
    field.site("marche", "Marché Couvert", 120)
    field.state({"occupancy": 120, "lanes": {"entry": waits(19, "badge", "0BADCAFE", "site-full")}}, "marche")
    field.twin("bridge", _link(ago(6600)), "marche")
    alarmed(field)


def alarmed(field: Field) -> None:
    """What is wrong at these sites, seen by somebody or not, and what was."""
    field.alarm("vehicle-waiting", ago(102), about="exit", severity="critical")
    field.alarm("device-fault", ago(4000), about="radio", detail="TX_TIMEOUT antenne", times=3)
    field.alarm("site-offline", ago(660), site="rive-gauche", severity="critical", escalated_at=ago(360))
    field.alarm("parking-full", ago(1900), site="marche", severity="info")
    field.alarm("controller-drift", ago(700), about="", detail="-2 +1 / 214")
    field.alarm("resync-difference", ago(500), site="place-royale", detail="1 / 1")
    field.alarm("contract-drift", ago(800), about="retain", detail="not retained: parking/acl/list")
    field.alarm("device-offline", ago(7000), site="calm-2", about="sensor_gate", flapping=True)
    field.alarm("broker-lost", ago(30), site=None, severity="critical")
    seen = {"acknowledged_at": ago(300), "acknowledged_by": "n.diallo", "assigned_to": "maintenance"}
    field.alarm("sensor-fault", ago(900), site="cedres", about="sensor_gate", detail="READ_FAIL", **seen)
    for number in range(5):
        field.alarm(
            "command-expired", ago(9000 + 900 * number), about="entry", cleared_at=ago(8000), cleared_by="c.marchand"
        )


_SAID: Mapping[str, Mapping[str, object]] = {
    "ascenseur": {"type": "floor", "current": 0, "target": 2, "moving": True},
    "barriere": {"type": "barrier", "state": "closed"},
    "meteo": {
        "type": "weather",
        "ville": "Montpellier",
        "description": "pluie faible",
        "temperature": 11.5,
        "humidite": 91,
        "vent": 38.2,
        "vent_dir": "SO",
        "pluie": 0.4,
        "co2": 612,
        "air": "bon",
        "prevision": "éclaircies en fin de journée, vent faiblissant",
    },
}


def waits(seconds: float, kind: str, key: str, because: str, **more: object) -> dict[str, object]:
    """A lane where somebody was read and is kept waiting, as the site's state has it."""
    since = ago(seconds).isoformat()
    identity = {"key": key, "kind": kind, "at": since}
    closed = {"closed_because": because, "closed_at": since}
    return {"present": True, "waiting_since": since, "identity": identity, **closed, **more}


def pictured(field: Field, plate: str, lane: str, site: str, at: datetime) -> Mapping[str, object]:
    """The picture of a plate."""
    return {"photo_id": field.photo(jpeg(plate), lane, site), "photo_at": at.isoformat()}


def _busy(field: Field) -> None:
    """The site that is looked at: a visitor who has not paid, an opening under way, a day's traffic."""
    field.run("UPDATE site SET name = 'Gare Saint-Roch', capacity = 240 WHERE site_id = 'default'")
    field.badge("A1B2C3D4", "M. Lefèvre", "visitor")
    field.badge("0F55AA01", "Ardoise SAS", "subscriber")
    field.badge("77C0FFEE", "Mme Roussel", "subscriber")
    late, renting = field.subject("GH482KV"), field.subject("EK207WB")
    owing = field.session("A1B2C3D4", ago(24_060))
    field.witness(owing, late, ago(24_055))
    entered = field.session("0F55AA01", ago(7))
    field.witness(entered, renting, ago(9))
    for step in range(48):
        for _ in range(int(6 + 5 * sin(step / 5))):
            field.session(f"{step:08X}", ago(86_000 - step * 1800), ago(86_000 - step * 1800 - 1500))
    for step in range(20):
        for number in range(step // 2):
            field.session(f"{step:04X}{number:04X}", ago(36_000 - step * 1800))
    moments: tuple[tuple[str, float, dict[str, Any]], ...] = (
        ("bridge-online", 9000, {}),
        ("entry-admitted", 1260, {"lane": "entry", "key": "77C0FFEE", "commands": 1}),
        ("barrier-confirmed", 1258, {"lane": "entry"}),
        ("vehicle-passed", 1250, {"lane": "entry"}),
        ("exit-asked", 930, {"lane": "exit", "key": "77C0FFEE"}),
        ("exit-right", 929, {"lane": "exit", "key": "77C0FFEE", "kind": "exit-granted", "commands": 1}),
        ("badge-unknown", 610, {"lane": "entry", "key": "DEADBEEF"}),
        ("vehicle-gone", 580, {"lane": "entry"}),
        ("sensor-distrusted", 400, {"lane": "entry"}),
        ("sensor-trusted", 340, {"lane": "entry"}),
        ("exit-asked", 162, {"lane": "exit", "key": "A1B2C3D4"}),
        ("payment-asked", 161, {"lane": "exit", "key": "A1B2C3D4", "kind": "payment-due"}),
        ("plate-admitted", 140, {"lane": "entry", "key": field.subject("BW118RN"), "commands": 1}),
        ("vehicle-passed", 131, {"lane": "entry"}),
        ("vehicle-arrived", 12, {"lane": "entry"}),
        ("badge-ended", 9, {"lane": "entry", "key": "0F55AA01"}),
        ("plate-joined", 8, {"lane": "entry", "key": renting}),
    )
    for rule, seconds, more in moments:
        field.journal(rule, ago(seconds), **more)
    asked = {"lane": "entry", "author": "c.marchand", "reason": "entitled"}
    cause = field.journal("operator-open", ago(4), lane="entry", kind="open-lane", message=asked, commands=1)
    field.command(cause, "entry", "sent", ago(3))
    opened = {"command_id": field.command_id(cause, 0), "waiting_since": ago(12).isoformat()}
    entry = {"identity": {"key": renting, "kind": "plate", "at": ago(8).isoformat()}, "present": True}
    exit_ = waits(162, "badge", "A1B2C3D4", "payment-due", **pictured(field, "GH482KV", "exit", "default", ago(160)))
    field.state(
        {
            "occupancy": 214,
            "lanes": {
                "entry": {
                    **entry,
                    "opening": {**opened, "identity": entry["identity"]},
                    **pictured(field, "EK207WB", "entry", "default", ago(8)),
                },
                "exit": exit_,
            },
            "ask": {
                "session_id": "s",
                "key": "A1B2C3D4",
                "cycle": 1,
                "cents": 1250,
                "currency": "EUR",
                "duration_s": 24_060,
                "until": ago(-139).isoformat(),
            },
            "display": {
                "text": "PAYER 12.50 EUR ..2KV",
                "kind": "payment",
                "lane": "exit",
                "until": ago(-139).isoformat(),
            },
        }
    )
    hotel = field.partner()
    field.validation(hotel, field.subject("BW118RN"), ago(1200))
    field.twin("bridge", _link(ago(9000)))
    present = {"type": "presence", "present": True}
    field.twin("sensor_gate", {"life": "online", "reported": present, "reported_at": ago(12).isoformat()})
    field.twin("radio", {"error": "TX_TIMEOUT antenne", "reported_at": ago(4000).isoformat()})
    for device, told in _SAID.items():
        field.twin(device, {"reported": told, "reported_at": ago(640).isoformat()})
    listed = {"type": "acl-list", "entries": ["0F55AA01", "DEADBEEF"]}
    field.twin("acl", {"reported": listed, "badges": {"count": 2}, "reported_at": ago(310).isoformat()})
    since = ago(700).isoformat()
    heard = {"heard_at": since, "listed_at": ago(310).isoformat(), "managed": True, "desired": 2}
    field.controller({**heard, "missing": 1, "extra": 1, "differs_since": since, "trouble": "not-listed"})
    for seconds, topic, reason in ((40, "parking/barriere", "bad_uid"), (400, "parking/vision", "too_large")):
        field.run(
            "INSERT INTO rejected_message (id, organisation_id, site_id, topic, payload, reason, detail, received_at)"
            " VALUES (gen_random_uuid(), %(organisation)s, 'default', %(topic)s, '', %(reason)s, '', %(at)s)",
            topic=topic,
            reason=reason,
            at=ago(seconds),
        )
    rates = {"entry": {"last": 0.96, "norm": 0.97}, "exit": {"last": 0.78, "norm": 0.95, "is_low": True}}
    field.twin("vision", {"reads": 1840, "doubtful": 31, "read_at": ago(9).isoformat(), "rates": rates})
    for device, seconds in (
        ("bridge", 3),
        ("sensor_gate", 7),
        ("barriere", 12),
        ("barriere_entree", 9),
        ("display", 44),
    ):
        field.seen(device, ago(seconds))


def _misread(field: Field) -> None:
    """A plate that nobody knows stands at the exit, and the entry is held open."""
    name = field.site("grand-place", "Grand'Place", 1400)
    stranger = field.subject("FB217QZ", name)
    lane = waits(94, "plate", stranger, "plate-unknown", **pictured(field, "FB217QZ", "exit", name, ago(94)))
    span = {
        "mode": "held-open",
        "starts_at": ago(400).isoformat(),
        "ends_at": ago(-1400).isoformat(),
        "author": "n.diallo",
    }
    held = {"mode": "held-open", "span": span}
    field.state({"occupancy": 1112, "lanes": {"exit": lane, "entry": held}}, name)
    field.journal("plate-unknown", ago(94), lane="exit", key=stranger, site=name)
    field.twin("bridge", _link(ago(5000)), name)


def _hotel(field: Field) -> None:
    """Nothing was read of whoever stands at the entry; a foreign plate went out well a moment ago."""
    name = field.site("bellerive", "Hôtel Bellerive", 60)
    abroad = field.subject("WXYZ99", name)
    left = field.journal("exit-free", ago(20), lane="exit", key=abroad, kind="exit-granted", site=name, commands=1)
    field.command(left, "exit", "acked", ago(20), name)
    exit_ = pictured(field, "WXYZ99", "exit", name, ago(22))
    entry = {"present": True, "waiting_since": ago(67).isoformat()}
    field.state({"occupancy": 58, "lanes": {"entry": entry, "exit": exit_}}, name)
    field.journal("vehicle-arrived", ago(67), lane="entry", site=name)
    field.twin("bridge", _link(ago(70)), name)


def _clinic(field: Field) -> None:
    """An opening that came too late for a subscriber known by plate."""
    name = field.site("cedres", "Clinique des Cèdres", 90)
    field.badge("77C0FFEE", "Dr Haddad", "staff", name)
    plate = field.subject("CN072DL", name)
    field.witness(field.session("77C0FFEE", ago(41), site=name), plate, ago(40), name)
    cause = field.journal("entry-admitted", ago(41), lane="entry", key="77C0FFEE", site=name, commands=1)
    command = field.command(cause, "entry", "sent", ago(41), name)
    field.fated(command, "expired")
    lane = waits(41, "plate", plate, "expired", **pictured(field, "CN072DL", "entry", name, ago(40)))
    field.state({"occupancy": 31, "lanes": {"entry": lane, "exit": {}}}, name)
    field.twin("bridge", _link(ago(50)), name)


def _cut_off(field: Field) -> None:
    """An operator opened for somebody at a site that works alone: the broker has it, nobody there has heard it."""
    name = field.site("rive-gauche", "Entrepôts Rive Gauche", 150)
    stranger = field.subject("DL318RX", name)
    asked = {"lane": "entry", "author": "c.marchand", "reason": "entitled"}
    opened = field.journal(
        "operator-open", ago(14), lane="entry", kind="open-lane", message=asked, site=name, commands=1
    )
    field.command(opened, "entry", "acked", ago(14), name)
    lane = waits(52, "plate", stranger, "plate-unknown", **pictured(field, "DL318RX", "entry", name, ago(52)))
    field.state({"occupancy": 88, "lanes": {"entry": lane, "exit": {}}}, name)
    field.twin("bridge", _link(ago(660), online=False), name)


def _link(since: object, *, online: bool = True) -> dict[str, object]:
    gone = {} if online else {"cut_at": since}
    return {"reported": {"type": "bridge", "online": online}, "reported_at": since, **gone}


def stays(field: Field) -> Mapping[str, str]:
    """Sessions to look at, and a vehicle at the exit that may be one of those inside; pages that show them."""
    name = field.site("place-royale", "Place Royale", 300)
    field.twin("bridge", _link(ago(9000)), name)
    right, near, read = field.subject("BQ508GZ", name), field.subject("BQ507GZ", name), field.subject("BD508GZ", name)
    inside = field.session(right, ago(14_700), site=name, plan="visitor", confidence=0.97)
    other = field.session(near, ago(3_900), site=name, plan="visitor", confidence=0.95)
    why = {"masked": "..8GZ", "distance": 1.0, "why": "no-confidence"}
    lane = waits(74, "plate", read, "plate-unknown", **pictured(field, "BD508GZ", "exit", name, ago(74)))
    lane["suggestions"] = [
        {"session_id": str(inside), **why},
        {"session_id": str(other), **why, "distance": 2.0, "why": "not-one-confusion"},
    ]
    proof = {"at": ago(500).isoformat(), "only_here": [str(other)], "here": 1, "only_there": ["..7QA"], "there": 1}
    field.state({"occupancy": 213, "lanes": {"exit": lane, "entry": {}}, "proof": proof}, name)
    field.journal("plate-unknown", ago(74), lane="exit", key=read, site=name)
    misread = field.subject("GK061PE", name)
    picture = UUID(field.photo(jpeg("CK061PE"), "entry", name))
    doubtful = field.session(
        misread,
        None,
        ago(900),
        name,
        review=("entry_unknown",),
        cause=picture,
        lane="exit",
        confidence=0.58,
        closed_as="entry-unknown",
        left_at=ago(900).isoformat(),
    )
    twin = field.subject("CK061PE", name)
    field.session(twin, ago(19_000), site=name, confidence=0.97)
    field.session(
        field.subject("DW845VA", name),
        ago(90_000),
        ago(4_000),
        name,
        review=("exit_missed",),
        closed_as="exit_missed",
        left_at=ago(40_000).isoformat(),
    )
    field.session(
        field.subject("FL733NC", name),
        ago(9_000),
        ago(3_000),
        name,
        review=("override",),
        unpaid_cents=450,
        closed_as="override",
        left_at=ago(3_000).isoformat(),
    )
    for number in range(3):
        field.session(field.subject(f"AB{number}00CD", name), ago(200_000 + 40_000 * number), site=name)
    told = _told(field, name)
    return {
        "sessions": "/sessions",
        "sessions-found": "/sessions?q=508",
        "sessions-overlong": "/sessions?show=overlong",
        "sessions-none": "/sessions?q=ZZ99",
        "session": f"/sessions/{told}",
        "session-doubtful": f"/sessions/{doubtful}",
        "session-inside": f"/sessions/{inside}",
        "review": "/review",
        "site-match": f"/sites/{name}",
    }


def _told(field: Field, site: str) -> UUID:
    """A session with a story: in by plate, asked to pay, let out by a person."""
    key = field.subject("EJ767PC", site)
    picture = UUID(field.photo(jpeg("EJ767PC"), "entry", site))
    lines = [{"what": "step", "count": 25, "each_cents": 50, "total_cents": 1250}]
    quote = {"lines": lines, "total_cents": 1250, "currency": "EUR", "duration_s": 24_000}
    made = field.session(
        key,
        ago(26_000),
        ago(600),
        site,
        review=("override",),
        cause=picture,
        confidence=0.97,
        quoted=quote,
        closed_as="override",
        left_at=ago(600).isoformat(),
        plan="visitor",
        unpaid_cents=1250,
    )
    cause = field.journal(
        "plate-admitted",
        ago(26_000),
        lane="entry",
        key=key,
        site=site,
        session=made,
        cause=picture,
        commands=1,
        message={"fact": {"plate": "EJ767PC", "confidence": 0.97, "photo": True}},
        given={"state": {"occupancy": 41}},
        events=[{"type": "visit-begun"}, {"type": "lane-opened", "lane": "entry"}],
    )
    field.command(cause, "entry", "confirmed", ago(26_000), site)
    field.journal("exit-asked", ago(1900), lane="exit", key=key, site=site, session=made)
    field.journal(
        "exit-payment-due",
        ago(1899),
        site=site,
        session=made,
        actor="session",
        kind="exit-requested",
        given={"session": {"status": "active", "plan": "visitor", "opened_at": ago(26_000).isoformat()}},
        events=[{"type": "payment-requested", "quote": quote}],
    )
    field.journal("payment-asked", ago(1898), lane="exit", site=site, session=made, kind="payment-due")
    cause = field.journal(
        "open-lane",
        ago(600),
        lane="exit",
        site=site,
        session=made,
        kind="open-lane",
        commands=1,
        message={"author": "c.marchand", "reason": "cannot-pay", "lane": "exit"},
    )
    field.command(cause, "exit", "acked", ago(600), site)
    field.journal(
        "exit-override",
        ago(599),
        site=site,
        session=made,
        actor="session",
        kind="session-overridden",
        message={"author": "c.marchand", "reason": "cannot-pay"},
        events=[{"type": "session-closed", "closed_as": "override"}],
    )
    return made
