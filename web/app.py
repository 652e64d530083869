"""The web application, put together from what `ops` gives it."""

from importlib import resources

from aiohttp import web
from argon2 import PasswordHasher

from web import (
    access,
    alarms,
    asking,
    charging,
    correcting,
    edge,
    equipment,
    errors,
    evacuation,
    headers,
    lane_mode,
    login,
    measures,
    opening,
    pages,
    parking,
    partners,
    passwords,
    payments,
    preferences,
    probes,
    rendering,
    review,
    sessions,
    tariffs,
    webhook,
)
from web.live import parts, service, stream
from web.passwords import PASSWORDS, Passwords
from web.pay import declaring, finding, guard, helping, paying, receipt, sign
from web.throttle import Rate, Slowdown
from web.wing import LISTENER, WING, Wing

SITE = "{site:[a-z0-9][a-z0-9-]{1,31}}"
LANE = "{lane:[a-z0-9-]{1,32}}"
DEVICE = "{device:[a-z0-9_-]{1,64}}"
DAY = r"{day:\d{4}-\d{2}-\d{2}}"
SESSION_ID = "{session:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}}"
LINK = "{token:[A-Za-z0-9_.-]{1,128}}"
SERVED = {"syspark.css": "text/css", "syspark.js": "text/javascript", "icon.svg": "image/svg+xml"}


def make_app(wing: Wing, *, hasher: PasswordHasher | None = None) -> web.Application:
    """The application: run it with `web.AppRunner(app, handler_cancellation=True, access_log=None)`.

    The access log of aiohttp would write paths, and with them tokens: requests are counted instead.
    """
    app = web.Application(
        middlewares=[measures.measured, errors.explained, sessions.known], client_max_size=edge.LONGEST_PLATE_BODY
    )
    app[LISTENER] = app[WING] = wing
    app[measures.MEASURES] = measures.Measures(wing.metrics)
    app[PASSWORDS] = Passwords(hasher)
    app[login.SLOWDOWN] = Slowdown(wing.clock)
    app[edge.STRANGERS] = Slowdown(wing.clock, allowed=20, window_s=600)
    app[edge.RATE] = Rate(wing.clock, per_s=edge.FACTS_PER_S, burst=edge.FACTS_AT_ONCE)
    app[guard.GUARD] = guard.Guard(wing.clock)
    app[helping.CALLS] = Slowdown(wing.clock, allowed=5, window_s=3600, longest_s=240)
    app[opening.RECENT] = opening.known(wing)
    app[parts.PARTS] = parts.Parts()
    app[service.LIVE] = service.Live(wing.stores, wing.clock, app[measures.MEASURES])
    app.on_response_prepare.append(headers.secure)
    app.on_shutdown.append(service.ending)
    app.cleanup_ctx.append(rendering.compiled)
    app.cleanup_ctx.append(service.running)
    app.cleanup_ctx.append(service.listening)
    app.cleanup_ctx.append(passwords.kept)
    app.add_routes(routes())
    return app


def routes() -> list[web.RouteDef]:
    """Every address this application answers."""
    return [*_of_everybody(), *_of_all_sites(), *_of_one_site(), *_of_sessions(), *_of_drivers(), *_of_machines()]


def _of_everybody() -> list[web.RouteDef]:
    """Signing in and out, and what every page is made of."""
    return [
        web.get("/requests/{request:[0-9a-f-]{36}}", asking.show_request),
        web.get("/live", stream.stream),
        web.get("/login", login.show),
        web.post("/login", login.sign_in),
        # Without HEAD: whatever only looks at a link must not use it up.
        web.get("/login/link/{token}", login.follow_link, allow_head=False),
        web.post("/logout", login.sign_out),
        web.post("/preferences", preferences.switch),
        web.get("/static/{name}", _static),
        web.get("/favicon.ico", _favicon),
        *probes.routes(),
    ]


def _of_all_sites() -> list[web.RouteDef]:
    """What operators and partners look at first."""
    return [
        web.get("/", pages.show_overview),
        web.get("/alarms", pages.show_alarms),
        web.post("/alarms/{alarm:[0-9a-f-]{36}}", alarms.handle),
        web.get("/access", access.find),
        web.get("/partner", partners.show_own),
        web.post("/partner/{act:validate|back}", partners.act_own),
        web.get("/partners", partners.find),
    ]


def _of_one_site() -> list[web.RouteDef]:
    """A site's lanes, rights, tariffs and equipment."""
    return [
        web.get("/sites", pages.list_sites),
        web.get(f"/sites/{SITE}", pages.show_site),
        web.get(f"/sites/{SITE}/photos/{{photo:[0-9a-f-]{{36}}}}", pages.show_photo),
        web.post(f"/sites/{SITE}/lanes/{LANE}/open", opening.open_lane),
        web.post(f"/sites/{SITE}/lanes/{LANE}/mode", lane_mode.set_mode),
        web.post(f"/sites/{SITE}/lanes/{LANE}/answer", lane_mode.answer_help),
        web.get(f"/sites/{SITE}/access", access.show),
        web.post(f"/sites/{SITE}/access/{{act:[a-z]+}}", access.act),
        web.get(f"/sites/{SITE}/equipment", equipment.show),
        web.get(f"/sites/{SITE}/partners", partners.show),
        web.post(f"/sites/{SITE}/partners/{{act:validate|back|set}}", partners.act),
        web.get(f"/sites/{SITE}/partners.csv", partners.download),
        web.get(f"/sites/{SITE}/tariffs", tariffs.show),
        web.get(f"/sites/{SITE}/tariffs/board", tariffs.show_board),
        web.get(f"/sites/{SITE}/tariffs/new", tariffs.edit),
        web.post(f"/sites/{SITE}/tariffs/new", tariffs.publish),
        web.post(f"/sites/{SITE}/controllers/again", equipment.send_again),
        web.post(f"/sites/{SITE}/devices/{DEVICE}", equipment.instruct),
        web.post(f"/sites/{SITE}/lanes/{LANE}/match", opening.match_vehicle),
        web.post(f"/sites/{SITE}/count", correcting.fix_count),
        web.post(f"/sites/{SITE}/confusions/forget", correcting.forget_confusion),
        web.get(f"/sites/{SITE}/evacuation", evacuation.show),
        web.post(f"/sites/{SITE}/evacuation", evacuation.declare),
        web.post(f"/sites/{SITE}/evacuation/end", evacuation.end),
    ]


def _of_sessions() -> list[web.RouteDef]:
    """Sessions, and the money that came for them."""
    return [
        web.get("/sessions", parking.list_sessions),
        web.post("/sessions/close", correcting.close_many),
        web.get(f"/sessions/{SESSION_ID}", parking.show_session),
        web.post(f"/sessions/{SESSION_ID}/{{act:plate|merge|split|close|void|flag|clear}}", correcting.correct),
        web.post(f"/sessions/{SESSION_ID}/money/{{act:waive|later|refund|on-site|move}}", charging.act),
        web.get("/review", review.show_next),
        web.get("/payments", payments.show),
        web.get(f"/payments/days/{SITE}/{DAY}", payments.show_day),
        web.get(f"/payments/days/{SITE}/{DAY}.csv", payments.day_csv),
        web.get(f"/payments/closings/{SITE}.csv", payments.closings_csv),
        web.get(f"/payments/closings/{SITE}/{{seq:[0-9]{{1,9}}}}", payments.show_closing),
    ]


def _of_drivers() -> list[web.RouteDef]:
    """The portal: nobody signs in there."""
    return [
        web.get("/pay", finding.choose_site),
        web.get(f"/pay/{SITE}", finding.ask_plate),
        web.post(f"/pay/{SITE}", finding.find),
        web.get(f"/pay/{SITE}/help", helping.show_at_site),
        web.post(f"/pay/{SITE}/help", helping.ask_at_site),
        web.get(f"/pay/{SITE}/rescue", helping.rescue),
        web.get(f"/pay/{SITE}/arrival", declaring.show),
        web.post(f"/pay/{SITE}/arrival", declaring.declare),
        web.get(f"/pay/{SITE}/sign", sign.show),
        web.get(f"/pay/{SITE}/code.svg", sign.code),
        web.get(f"/pay/s/{LINK}", paying.show),
        web.post(f"/pay/s/{LINK}", paying.act),
        web.get(f"/pay/s/{LINK}/help", helping.show_at_stay),
        web.post(f"/pay/s/{LINK}/help", helping.ask_at_stay),
        web.post(f"/pay/s/{LINK}/receipt.pdf", receipt.download),
    ]


def _of_machines() -> list[web.RouteDef]:
    """Gateways, which show a token, and the payment provider, which signs."""
    return [
        web.post("/edge/{token}/api/plate_event", edge.plate_event),
        web.post("/edge/{token}/api/meteo", edge.meteo),
        web.post("/api/plate_event", edge.plate_event),
        web.post("/api/meteo", edge.meteo),
        web.post("/api/stripe_webhook", webhook.told),
    ]


async def _static(request: web.Request) -> web.StreamResponse:
    name = request.match_info["name"]
    if name not in SERVED:
        raise web.HTTPNotFound
    kept = "public, max-age=31536000, immutable" if "v" in request.query else "no-cache"
    body = resources.files("web").joinpath("static", name).read_bytes()
    return web.Response(body=body, content_type=SERVED[name], charset="utf-8", headers={"Cache-Control": kept})


async def _favicon(_request: web.Request) -> web.StreamResponse:
    raise web.HTTPMovedPermanently("/static/icon.svg")
