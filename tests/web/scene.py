"""A lively evening over several sites: what screenshots and the browser test look at."""

import base64
from datetime import timedelta
from math import sin
from typing import Any

from tests.web.field import Field, ago

CALM = ("Arsenal, Brest", "Bureaux Vauban, Lyon", "Cathédrale, Reims", "Dôme, Caen", "Forum, Nîmes", "Halles, Tours")
_PIXEL = base64.b64decode(
    "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////"
    "////////wAALCAABAAEBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAA//EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AN//Z"
)


def lively(field: Field) -> None:
    """Cars waiting at three sites, a site cut off, one full, others calm."""
    field.operator("c.marchand")
    _busy(field)
    _misread(field)
    for number, title in enumerate(CALM):
        name = field.site(f"calm-{number}", title, 200)
        field.state({"occupancy": 40 + 23 * number, "lanes": {"entry": {}, "exit": {}}}, name)
        field.twin("bridge", _link(ago(9000)), name)
    field.site("rive-gauche", "Entrepôts Rive Gauche", 150)
    field.state({"occupancy": 88}, "rive-gauche")
    field.twin("bridge", _link(ago(660), online=False), "rive-gauche")
    field.site("marche", "Marché Couvert", 120)
    field.state({"occupancy": 120}, "marche")
    field.twin("bridge", _link(ago(6600)), "marche")


def _busy(field: Field) -> None:
    """The site that is looked at: a visitor who has not paid, an opening under way, a day's traffic."""
    field.run("UPDATE site SET name = 'Gare Saint-Roch', capacity = 240 WHERE site_id = 'default'")
    field.badge("A1B2C3D4", "M. Lefèvre", "visitor")
    field.badge("0F55AA01", "Ardoise SAS", "subscriber")
    field.badge("77C0FFEE", "Mme Roussel", "subscriber")
    field.session("A1B2C3D4", ago(24_060))
    for step in range(48):
        for _ in range(int(6 + 5 * sin(step / 5))):
            field.session(f"{step:08X}", ago(86_000 - step * 1800), ago(86_000 - step * 1800 - 1500))
    for step in range(20):
        for number in range(step // 2):
            field.session(f"{step:04X}{number:04X}", ago(36_000 - step * 1800))
    moments: tuple[tuple[str, float, dict[str, Any]], ...] = (
        ("bridge-online", 9000, {}),
        ("entry-admitted", 1260, {"lane": "entry", "uid": "77C0FFEE", "commands": 1}),
        ("barrier-confirmed", 1258, {"lane": "entry"}),
        ("vehicle-passed", 1250, {"lane": "entry"}),
        ("exit-asked", 930, {"lane": "exit", "uid": "77C0FFEE"}),
        ("exit-right", 929, {"lane": "exit", "uid": "77C0FFEE", "kind": "exit-granted", "commands": 1}),
        ("badge-unknown", 610, {"lane": "entry", "uid": "DEADBEEF"}),
        ("vehicle-gone", 580, {"lane": "entry"}),
        ("sensor-distrusted", 400, {"lane": "entry"}),
        ("sensor-trusted", 340, {"lane": "entry"}),
        ("exit-asked", 162, {"lane": "exit", "uid": "A1B2C3D4"}),
        ("payment-asked", 161, {"lane": "exit", "uid": "A1B2C3D4", "kind": "payment-due"}),
        ("vehicle-arrived", 12, {"lane": "entry"}),
        ("badge-ended", 9, {"lane": "entry", "uid": "0F55AA01"}),
    )
    for rule, seconds, more in moments:
        field.journal(rule, ago(seconds), **more)
    asked = {"lane": "entry", "author": "c.marchand", "reason": "entitled"}
    cause = field.journal("operator-open", ago(4), lane="entry", kind="open-lane", message=asked, commands=1)
    field.command(cause, "entry", "sent", ago(3))
    field.state(
        {
            "occupancy": 214,
            "lanes": {
                "entry": {"present": True, "cycle": 9, "identity": {"uid": "0F55AA01", "at": ago(9).isoformat()}},
                "exit": {"identity": {"uid": "A1B2C3D4", "at": ago(162).isoformat()}},
            },
            "ask": {
                "session_id": "s",
                "uid": "A1B2C3D4",
                "cycle": 1,
                "cents": 1250,
                "currency": "EUR",
                "duration_s": 24_060,
                "until": (ago(-139)).isoformat(),
            },
            "display": {"text": "PAYER 12.50 EUR", "kind": "payment", "lane": "exit", "until": ago(-139).isoformat()},
        }
    )
    field.twin("bridge", _link(ago(9000)))
    field.twin("sensor_gate", {"reported": {"type": "presence", "present": True}, "reported_at": ago(12).isoformat()})
    field.twin("radio", {"error": "TX_TIMEOUT antenne", "reported_at": ago(4000).isoformat()})
    for device, seconds in (
        ("bridge", 3),
        ("sensor_gate", 7),
        ("barriere", 12),
        ("barriere_entree", 9),
        ("display", 44),
    ):
        field.seen(device, ago(seconds))


def _misread(field: Field) -> None:
    """A site that already writes the fields wanted: a plate, since when somebody waits, a picture."""
    field.site("grand-place", "Grand'Place", 1400)
    photo = field.ids.new()
    field.run(
        "INSERT INTO photo (id, organisation_id, site_id, lane, content_type, body, taken_at)"
        " VALUES (%(id)s, %(organisation)s, 'grand-place', 'exit', 'image/jpeg', %(body)s, now())",
        id=photo,
        body=_PIXEL,
    )
    since = ago(94)
    field.state(
        {
            "occupancy": 1112,
            "lanes": {
                "exit": {
                    "present": True,
                    "waiting_since": since.isoformat(),
                    "plate": "FB-217-QZ",
                    "photo_id": str(photo),
                    "photo_at": (since + timedelta(seconds=1)).isoformat(),
                },
                "entry": {"mode": "held-open", "mode_until": ago(-1400).isoformat(), "mode_by": "n.diallo"},
            },
        },
        "grand-place",
    )
    field.twin("bridge", _link(ago(5000)), "grand-place")


def _link(since: object, *, online: bool = True) -> dict[str, object]:
    return {"reported": {"type": "bridge", "online": online}, "reported_at": since}
