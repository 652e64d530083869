"""What pages say, from what is persisted."""

from tests.web.field import Field, ago
from tests.web.serving import Reader, Served


async def test_an_empty_site_waits_for_nobody(operator: Reader) -> None:
    text = await operator.get("/")
    assert "Nobody waits" in text
    assert "Nothing is known of this site yet" in text
    site = await operator.get("/sites/default")
    assert "Closed: nobody waits." in site
    assert "Nothing in the last 24 h" in site


async def test_the_oldest_waiting_car_comes_first_with_its_reason(operator: Reader, field: Field) -> None:
    field.site("gare", "Gare Saint-Roch", 240)
    field.badge("A1B2C3D4", "Mme Roussel", "visitor", "gare")
    field.session("A1B2C3D4", ago(7200), site="gare")
    ask = {"session_id": "s", "key": "A1B2C3D4", "cycle": 1, "cents": 1250, "currency": "EUR", "duration_s": 7200}
    lane = {"waiting_since": ago(130).isoformat(), "closed_because": "payment-due"}
    field.state({"lanes": {"exit": lane}, "ask": {**ask, "until": ago(-180).isoformat()}}, "gare")
    field.state({"occupancy": 12, "lanes": {"entry": {"present": True, "waiting_since": ago(20).isoformat()}}})
    text = await operator.get("/")
    assert "2 cars wait, the oldest for" in text
    first, second = text.index("Gare Saint-Roch"), text.index("Closed: nothing was read.")
    assert first < second
    assert "Mme Roussel" in text
    assert "Closed: €12.50 due." in text
    assert 'data-level="crit"' in text
    assert "2 h 00 inside" in text


async def test_a_site_tells_its_lanes_devices_and_journal(operator: Reader, field: Field) -> None:
    field.state(
        {
            "occupancy": 7,
            "lanes": {
                "entry": {
                    "present": True,
                    "waiting_since": ago(9).isoformat(),
                    "identity": {"key": "DEADBEEF", "kind": "badge", "at": ago(5).isoformat()},
                    "closed_because": "badge-unknown",
                }
            },
        }
    )
    field.journal("vehicle-arrived", ago(9), lane="entry")
    field.journal("badge-unknown", ago(5), lane="entry", key="DEADBEEF")
    field.twin("bridge", {"reported": {"type": "bridge", "online": True}, "reported_at": ago(60).isoformat()})
    field.seen("sensor_gate", ago(1))
    text = await operator.get("/sites/default")
    assert "Closed: the badge is not known." in text
    assert "Unknown badge ··BEEF refused at Entry" in text
    assert "DEADBEEF" not in text
    assert "connected" in text
    assert "nothing to look at" in text
    assert "43 free places" in text


async def test_a_cut_off_site_says_that_it_works_alone(operator: Reader, field: Field) -> None:
    field.state({"occupancy": 7})
    field.twin("bridge", {"reported": {"type": "bridge", "online": False}, "reported_at": ago(660).isoformat()})
    text = await operator.get("/")
    assert "cut off" in text
    assert "The site works alone; no command is possible." in text
    assert "data-stale" in text


async def test_an_opening_shows_its_fate_author_and_reason(operator: Reader, field: Field) -> None:
    field.state({"occupancy": 7, "lanes": {"entry": {"present": True}}})
    asked = {"lane": "entry", "author": "n.diallo", "reason": "entitled"}
    cause = field.journal("operator-open", ago(3), lane="entry", kind="open-lane", message=asked, commands=1)
    command = field.command(cause, "entry", "sent", ago(2))
    text = await operator.get("/sites/default")
    assert 'data-fate="sent"' in text
    assert "By n.diallo: Entitled" in text
    field.fated(command, "expired")
    waits = {"waiting_since": ago(30).isoformat(), "closed_because": "expired"}
    field.state({"occupancy": 7, "lanes": {"entry": {"present": True, **waits}}})
    text = await operator.get("/sites/default")
    assert 'data-fate="expired"' in text
    assert "Closed: the opening came too late." in text
    assert "Look whether the vehicle still stands there, then open." in text


async def test_what_another_release_writes_does_not_break_a_page(operator: Reader, field: Field) -> None:
    field.state({"occupancy": 7, "lanes": {"entry": {"present": "perhaps"}}, "ask": 3})
    field.twin("bridge", {"reported": []})
    field.run("UPDATE snapshot SET body = '\\x80' WHERE actor_kind = 'device'")
    field.journal("a-rule-of-tomorrow", ago(2), lane="entry")
    for path in ("/", "/sites/default", "/sites"):
        await operator.get(path)
    assert "7 / 50" in await operator.get("/sites/default")


async def test_every_word_is_escaped(operator: Reader, field: Field) -> None:
    field.site("evil", '<script>alert("x")</script>')
    field.badge("A1B2C3D4", "<img src=x onerror=1>{lane}")
    identity = {"key": "A1B2C3D4", "at": ago(1).isoformat()}
    field.state({"lanes": {"entry": {"waiting_since": ago(1).isoformat(), "identity": identity}}})
    field.journal("entry-admitted", ago(1), lane="entry", key="A1B2C3D4")
    for path in ("/", "/sites/default", "/sites/evil", "/sites?q=<script>"):
        text = await operator.get(path)
        assert "<script>alert" not in text
        assert "<img src=x" not in text


async def test_a_vehicle_is_known_by_whatever_was_read_of_it(operator: Reader, field: Field) -> None:
    key = field.subject("AB123CD")
    field.badge("A1B2C3D4", "Mme Roussel")
    session = field.session("A1B2C3D4", ago(7200))
    field.witness(session, key, ago(7190))
    waits = {"waiting_since": ago(20).isoformat(), "closed_because": "plate-unknown"}
    for read in (key, "A1B2C3D4"):
        field.state({"lanes": {"exit": {**waits, "identity": {"key": read, "at": ago(20).isoformat()}}}})
        text = await operator.get("/")
        assert "AB-123-CD" in text
        assert "Mme Roussel" in text
        assert "2 h 00 inside" in text


async def test_another_visit_s_plate_is_not_taken_for_this_one(operator: Reader, field: Field) -> None:
    key = field.subject("AB123CD")
    field.witness(field.session("A1B2C3D4", ago(7200), ago(3600)), key, ago(7190))
    identity = {"key": "A1B2C3D4", "at": ago(20).isoformat()}
    field.state({"lanes": {"exit": {"waiting_since": ago(20).isoformat(), "identity": identity}}})
    text = await operator.get("/")
    assert "··C3D4" in text
    assert "AB-123-CD" not in text


async def test_the_queue_shows_the_picture_that_came_with_the_plate(operator: Reader, field: Field) -> None:
    picture = b"\xff\xd8\xff a picture"
    photo = field.photo(picture, "exit")
    identity = {"key": field.subject("AB123CD"), "kind": "plate", "at": ago(20).isoformat()}
    lane = {"waiting_since": ago(20).isoformat(), "identity": identity, "closed_because": "plate-unknown"}
    field.state({"lanes": {"exit": {**lane, "photo_id": photo, "photo_at": ago(20).isoformat()}}})
    for path in ("/", "/sites/default"):
        text = await operator.get(path)
        assert f'src="/sites/default/photos/{photo}"' in text
        assert "Closed: no open session has this plate." in text
    async with operator.session.get(f"/sites/default/photos/{photo}") as response:
        assert await response.read() == picture
        assert response.headers["Content-Type"] == "image/jpeg"
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["X-Content-Type-Options"] == "nosniff"


async def test_the_feed_tells_plates_and_pins(operator: Reader, field: Field) -> None:
    key = field.subject("AB123CD")
    field.session(key, ago(60))
    field.journal("plate-admitted", ago(60), lane="entry", key=key)
    field.journal("pin-admitted", ago(50), lane="entry", key="pin:01920000-0000-7000-8000-000000000001")
    field.journal("plate-repeated", ago(40), lane="entry", key=key)
    field.journal("plate-unknown", ago(30), lane="exit", key=field.subject("EF456GH"))
    field.journal("plate-admitted", ago(20), lane="entry", key="01920000-0000-7000-8000-000000000009")
    text = await operator.get("/sites/default")
    assert 'Entry opens for <span class="mono num">AB-123-CD</span>' in text
    assert "A PIN let a vehicle in at Entry" in text
    assert '<span class="mono num">EF-456-GH</span> at Exit: no open session has this plate' in text
    assert "Entry opens for a plate" in text


async def test_sites_are_found_by_a_part_of_their_name(operator: Reader, field: Field) -> None:
    for number in range(30):
        field.site(f"site-{number}", f"Parking {number}")
    text = await operator.get("/sites?q=parking 2")
    assert "11 sites found" in text
    assert "No site called" in await operator.get("/sites?q=zzz")


async def test_a_viewer_looks_and_an_operator_of_one_site_sees_one(running: Served, field: Field) -> None:
    field.site("gare", "Gare Saint-Roch")
    field.operator("v.viewer", "viewer")
    field.operator("o.one", "operator", "gare")
    field.operator("p.partner", "partner")
    async with Reader.visiting(running) as viewer:
        await viewer.sign_in("v.viewer")
        assert "Your role looks" in await viewer.get("/sites/default")
        await viewer.post("/sites/default/lanes/entry/open", 403, reason="entitled")
    async with Reader.visiting(running) as one:
        await one.sign_in("o.one")
        assert "default" not in await one.get("/sites")
        await one.get("/sites/default", 404)
        await one.get("/live?site=default", 404)
        await one.post("/sites/default/lanes/entry/open", 404, reason="entitled")
    async with Reader.visiting(running) as partner:
        await partner.get("/login")
        await partner.post("/login", login="p.partner", password="four words nobody uses")
        await partner.get("/", 403)
    assert field.inbox() == []


async def test_pages_speak_french_and_english(operator: Reader) -> None:
    french = await operator.get("/", headers={"Accept-Language": "fr-FR,fr;q=0.9,en;q=0.5"})
    assert '<html lang="fr"' in french
    assert "Personne n'attend" in french.replace("&#39;", "'")
    await operator.post("/preferences", language="fr", to="/sites")
    assert "Ceux à regarder" in await operator.get("/sites")
    await operator.post("/preferences", theme="dark", to="//elsewhere.example")
    assert 'data-theme="dark"' in await operator.get("/")
