"""Sessions, one session, review: who needs a person comes first, and what a person puts right is a request."""

import asyncio
import re
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from markupsafe import escape

from syspark.domain.review import Review
from tests.servers.waiting import eventually
from tests.web.field import Field, ago
from tests.web.scene import stays
from tests.web.serving import Reader, Served
from web import language, links
from web.reading.reviews import REVIEWS, question

ROYALE = "place-royale"


async def test_those_to_look_at_come_first(operator: Reader, field: Field) -> None:
    stays(field)
    page = await operator.get("/sessions")
    order = [page.index(f'id="h-{name}"') for name in ("review", "unpaid", "overlong", "all")]
    assert order == sorted(order)
    assert "FL-733-NC" in page
    assert "€4.50" in page


@pytest.mark.parametrize(
    ("typed", "found"),
    [("508", "BQ-508-GZ"), ("bq 508-gz", "BQ-508-GZ"), ("GK061PE", "GK-061-PE"), ("BQ5O8G2", "BQ-508-GZ")],
)
async def test_a_session_is_found_by_a_part_of_its_plate_or_one_that_looks_like_it(
    operator: Reader, field: Field, typed: str, found: str
) -> None:
    stays(field)
    assert found in await operator.get("/sessions", params={"q": typed})


async def test_a_session_is_found_by_its_badge(operator: Reader, field: Field) -> None:
    field.session("CAFE0001", ago(60))
    assert "0001" in await operator.get("/sessions?q=cafe0001")


@pytest.mark.parametrize(
    "typed", ["A", "%", "_%", "ZZ99", "<script>", "' OR 1=1", "٣٤٥", "\N{CYRILLIC CAPITAL LETTER A}B"]
)
async def test_what_finds_nothing_says_so(operator: Reader, field: Field, typed: str) -> None:
    stays(field)
    page = await operator.get("/sessions", params={"q": typed})
    assert "No session of" in page
    assert "<script>'" not in page


async def test_pages_of_sessions_follow_one_another_without_a_gap(operator: Reader, field: Field) -> None:
    made = [str(field.session(f"{number:08X}", ago(9000 - number))) for number in range(120)]
    seen: list[str] = []
    path = "/sessions?show=all"
    for _ in range(4):
        page = await operator.get(path)
        seen += list(dict.fromkeys(re.findall(r'href="/sessions/([0-9a-f-]{36})"', page)))
        more = re.search(r'href="(/sessions\?[^"]*before=[^"]*)">[^\n]*Older ones', page)
        if more is None:
            break
        path = more[1].replace("&amp;", "&")
    assert seen == made[::-1]


async def test_days_bound_what_is_listed(operator: Reader, field: Field) -> None:
    made = field.session("CAFE0001", ago(60))
    today = ago(0).date().isoformat()
    assert str(made) in await operator.get(f"/sessions?from={today}")
    assert str(made) not in await operator.get("/sessions?to=2024-01-31")
    assert str(made) in await operator.get("/sessions?from=nonsense&to=9999-99-99")


async def test_the_one_sentence_says_why(operator: Reader, field: Field) -> None:
    page = await operator.get(stays(field)["session"])
    assert re.search(r"Let out at \d\d:\d\d:\d\d by a person\. €12\.50 stay due\.", page)
    assert "The stay has a price that is not paid" in page
    assert "By c.marchand: Cannot pay" in page
    assert "Due: €12.50" in page


async def test_a_plate_is_whole_for_a_day_after_its_session_and_masked_then(operator: Reader, field: Field) -> None:
    fresh = field.session(field.subject("AA123BB"), ago(99_000), ago(80_000), closed_as="free")
    old = field.session(field.subject("CC456DD"), ago(300_000), ago(90_000), closed_as="free")
    assert "AA-123-BB" in await operator.get(f"/sessions/{fresh}")
    page = await operator.get(f"/sessions/{old}")
    assert "CC-456-DD" not in page
    assert "CC456DD" not in page
    assert "··6DD" in page


async def test_a_plate_is_corrected_by_a_request_with_its_reason_and_version(operator: Reader, field: Field) -> None:
    key = field.subject("AB128CD")
    made = field.session(key, ago(900))
    decide = asyncio.create_task(decided(field), name="the site")
    response = await operator.post(
        f"/sessions/{made}/plate", key=key, plate="ab-123-cd", version="1", reason="picture", to="/review"
    )
    row_id = await decide
    assert response.headers["Location"] == f"/review?request={row_id}"
    [(_, kind, recipient, tag, body, _, _)] = field.inbox()
    assert (kind, recipient, tag) == ("site", "default", "correct-plate")
    told = msgspec.json.decode(body)
    assert (told["plate"], told["version"], told["reason"], told["author"]) == ("AB123CD", 1, "picture", "c.marchand")
    assert "It is recorded with your name and the reason." in await operator.get(f"/review?request={row_id}")


@pytest.mark.parametrize(
    ("act", "tag"),
    [("close", "close-by-hand"), ("void", "void-session"), ("flag", "flag-review"), ("clear", "clear-review")],
)
async def test_what_concerns_a_session_alone_goes_to_its_own_mailbox(
    operator: Reader, field: Field, act: str, tag: str
) -> None:
    made = field.session("CAFE0001", ago(900))
    decide = asyncio.create_task(decided(field), name="the session")
    await operator.post(f"/sessions/{made}/{act}", version="1", reason="on-site")
    await decide
    [(_, kind, recipient, found, _, _, _)] = field.inbox()
    assert (kind, recipient, found) == ("session", str(made), tag)


async def test_a_refusal_is_explained_to_who_asked(operator: Reader, field: Field) -> None:
    made = field.session("CAFE0001", ago(900))
    why = '{"rule":"changed-since","refused":"the session has changed since it was shown: look again"}'
    decide = asyncio.create_task(decided(field, "refused", why), name="the session")
    response = await operator.post(f"/sessions/{made}/close", version="1", reason="on-site")
    await decide
    page = await operator.get(response.headers["Location"])
    assert "It has changed since this page was made: nothing was done. Look again." in page
    assert 'role="alert"' in page


async def test_many_ghosts_are_closed_by_one_form(operator: Reader, field: Field) -> None:
    made = [field.session(f"{number:08X}", ago(200_000)) for number in range(3)]
    deciding = asyncio.create_task(all_decided(field, 3), name="the sessions")
    marks: dict[str, Any] = {f"close-{one}": "1" for one in made}
    await operator.post("/sessions/close", reason="on-site", **marks)
    await deciding
    assert {row[2] for row in field.inbox()} == {str(one) for one in made}


async def test_the_count_is_fixed_by_a_signed_difference(operator: Reader, field: Field) -> None:
    decide = asyncio.create_task(decided(field), name="the site")
    await operator.post(
        "/sites/default/count", counted="214", inside="211", seen_at=ago(2).isoformat(), reason="on-site"
    )
    await decide
    [(_, kind, _, tag, body, _, _)] = field.inbox()
    assert (kind, tag, msgspec.json.decode(body)["by"]) == ("site", "fix-count", -3)


async def test_a_count_that_is_unsure_says_so_and_asks_for_one_number(operator: Reader, field: Field) -> None:
    field.state({"occupancy": 214, "count_unsure_since": ago(600).isoformat()})
    page = await operator.get("/sites/default")
    assert "unsure since" in page
    assert "I have counted them" in page
    assert 'value="214" name="inside"' not in page, "who counts types what they have counted"
    field.state({"occupancy": 214})
    page = await operator.get("/sites/default")
    assert "unsure since" not in page
    assert "I have counted them" not in page


async def test_what_was_learned_from_corrections_is_on_the_site_s_page_and_forgotten_by_a_tap(
    operator: Reader, field: Field
) -> None:
    counting = {"pair": "HN", "sessions": ["a", "b", "c"], "at": ago(60).isoformat()}
    field.state({"learned": [counting, {"pair": "38", "sessions": ["d"], "at": ago(5).isoformat()}]})
    page = await operator.get("/sites/default")
    assert "Misreadings learned from corrections: 2" in page
    assert "H / N</b> counts" in page
    assert "2 corrections more and it counts" in page

    decide = asyncio.create_task(decided(field), name="the site")
    await operator.post("/sites/default/confusions/forget", pair="HN")
    await decide
    [(_, kind, _, tag, body, _, _)] = field.inbox()
    assert (kind, tag, msgspec.json.decode(body)["pair"]) == ("site", "forget-confusion", "HN")
    await operator.post("/sites/default/confusions/forget", 400, pair="H")


async def test_a_waiting_vehicle_is_matched_from_the_queue(operator: Reader, field: Field) -> None:
    stays(field)
    page = await operator.get("/")
    assert "It may be one of these, which are inside:" in page
    assert "BQ-508-GZ" in page
    found = re.search(r'name="session" value="([0-9a-f-]{36})"', page)
    assert found is not None
    decide = asyncio.create_task(decided(field), name="the site")
    await operator.post(f"/sites/{ROYALE}/lanes/exit/match", session=found[1], to="/")
    await decide
    [(_, _, recipient, tag, body, _, _)] = field.inbox()
    assert (recipient, tag, msgspec.json.decode(body)["session_id"]) == (ROYALE, "match-vehicle", found[1])


async def test_review_offers_what_may_be_true_and_the_next_one_comes_by_itself(operator: Reader, field: Field) -> None:
    doubtful = stays(field)["session-doubtful"].rpartition("/")[2]
    field.run("UPDATE parking_session SET in_review = false WHERE id <> %(id)s", id=doubtful)
    page = await operator.get("/review")
    assert "Is this plate right?" in page
    assert re.search(r"It is .*CK-061-PE.*, which is inside", page)
    assert f"/sessions/{doubtful}/merge" in page
    field.run("UPDATE parking_session SET in_review = false")
    assert "They wait at the exit: whose are they?" in await operator.get("/review")


async def test_review_says_in_words_why_a_session_is_there_and_asks_what_that_is_about(
    operator: Reader, field: Field
) -> None:
    french = language.words("fr")
    for number, why in enumerate(Review):
        field.session(field.subject(f"AA{number:03}AA"), ago(900), ago(60), review=(why,), unpaid_cents=450)
        page = await operator.get("/review")
        assert escape(question((why,), read=True).id) in page, why
        assert escape(REVIEWS[why].id) in page, why
        assert "Waive it, or have it paid: €4.50" in page
        assert french.text(REVIEWS[why].id) != REVIEWS[why].id


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("plate", {"plate": "A", "version": "1", "reason": "picture"}),
        ("plate", {"plate": "AB123CD", "version": "one", "reason": "picture"}),
        ("plate", {"plate": "AB123CD", "version": "1", "reason": "because"}),
        ("plate", {"plate": "АВ123", "version": "", "reason": "picture"}),
        ("close", {"version": "١", "reason": "picture"}),
        ("close", {}),
    ],
)
async def test_bad_input_is_refused_and_changes_nothing(
    operator: Reader, field: Field, path: str, fields: dict[str, Any]
) -> None:
    made = field.session("CAFE0001", ago(900))
    await operator.get("/sessions")
    await operator.post(f"/sessions/{made}/{path}", 400, **fields)
    assert field.inbox() == []


async def test_a_viewer_sees_and_does_not_act(running: Served, field: Field) -> None:
    made = field.session("CAFE0001", ago(900), review=("flagged",))
    field.operator("looks", "viewer")
    async with Reader.visiting(running) as viewer:
        await viewer.sign_in("looks")
        assert "Your role looks; it does not decide." in await viewer.get("/review")
        assert "Put it right" not in await viewer.get(f"/sessions/{made}")
        for path in (f"/sessions/{made}/close", "/sessions/close", "/sites/default/count"):
            await viewer.post(path, 403, version="1", reason="picture")
    assert field.inbox() == []


async def test_another_site_s_sessions_do_not_exist_for_who_is_bound_to_one(running: Served, field: Field) -> None:
    pages = stays(field)
    field.operator("bound", site="default")
    async with Reader.visiting(running) as bound:
        await bound.sign_in("bound")
        await bound.get(pages["session"], 404)
        await bound.post(f"{pages['session']}/close", 404, version="1", reason="picture")
        for path in ("/sessions", "/sessions?q=508", "/sessions?show=review", "/review"):
            page = await bound.get(path)
            assert "Place Royale" not in page
            assert "508-GZ" not in page


async def test_another_organisation_s_plates_are_not_found(operator: Reader, field: Field) -> None:
    mine, field.organisation_id = field.organisation_id, uuid4()
    field.run("INSERT INTO organisation (organisation_id, name) VALUES (%(organisation)s, 'Others')")
    field.site("theirs", "Their car park")
    made = field.session(field.subject("XY999ZZ", "theirs"), ago(60), site="theirs")
    field.organisation_id = mine
    assert "No session of" in await operator.get("/sessions?q=XY999")
    await operator.get(f"/sessions/{made}", 404)


async def test_a_used_login_link_leads_on_whom_it_has_signed_in(
    operator: Reader, running: Served, field: Field
) -> None:
    made = UUID(str(field.run("SELECT id FROM operator")[0][0]))
    path = links.make(running.wing.secret_key, made, ago(0), "/sites/default")
    for _ in range(2):
        async with operator.session.get(path, allow_redirects=False) as response:
            assert (response.status, response.headers["Location"]) == (303, "/sites/default")


async def decided(field: Field, status: str = "done", outcome: str = '{"rule":"x"}') -> UUID:
    [row_id] = await all_decided(field, 1, status, outcome)
    return row_id


async def all_decided(field: Field, count: int, status: str = "done", outcome: str = '{"rule":"x"}') -> list[UUID]:
    """Decide requests as their actors do, once they are there."""
    done: list[UUID] = []

    def look() -> bool:
        for row in field.inbox():
            if row[6] == "new":
                field.decided(row[0], status, outcome)
                done.append(row[0])
        return len(done) == count

    await eventually(look, "the requests")
    return done


async def test_a_session_says_why_its_evidence_is_held_and_until_when(operator: Reader, field: Field) -> None:
    plate, day_s = field.subject("AB123CD"), 86_400
    paid = field.session(plate, ago(2 * day_s), ago(day_s))
    debt = field.session(plate, ago(2 * day_s), ago(day_s), unpaid_cents=450)
    dispute = {"ref": "du_1", "payment_ref": "pi_1", "amount_cents": 450, "status": "open"}
    contested = field.session(plate, ago(2 * day_s), ago(day_s), money={"disputes": [dispute]}, review=["disputed"])

    page = await operator.get(f"/sessions/{paid}")
    assert "Held" not in page
    assert "Its plates are kept until" in page
    assert "Held because it is not paid." in await operator.get(f"/sessions/{debt}")
    page = await operator.get(f"/sessions/{contested}")
    assert "Held because it waits in review. Held because a payment of it is disputed." in page

    field.run("UPDATE parking_session SET erased_at = now() WHERE id = %(id)s", id=paid)
    page = await operator.get(f"/sessions/{paid}")
    assert "What named its driver was erased on" in page
