"""Signing in and out. A wrong name, password or code gets one answer, in one time, and slows the next try down."""

from typing import NoReturn

from aiohttp import web

from syspark import logs
from syspark.acts import act
from syspark.domain.messages import ActKind
from syspark.web_ports import Operator
from web import client, cookies, csrf, forms, links, sessions, totp
from web.live.service import LIVE
from web.passwords import PASSWORDS, TooBusyError
from web.rendering import page
from web.sentence import Sentence, said
from web.sessions import SESSION
from web.throttle import Slowdown
from web.wing import WING

log = logs.get_logger(__name__)
SLOWDOWN = web.AppKey("slowdown", Slowdown)
LONGEST_LOGIN = 128


async def show(request: web.Request) -> web.StreamResponse:
    """The form; somebody signed in is sent on."""
    if SESSION in request:
        raise web.HTTPSeeOther(forms.local_path(request.query.get("to")))
    return _form(request, request.query.get("to"))


@csrf.form
async def sign_in(request: web.Request) -> web.StreamResponse:
    """Check name, password and code."""
    fields = request[csrf.FIELDS]
    login, to = fields.get("login", "").strip()[:LONGEST_LOGIN], fields.get("to")
    slowdown, wing = request.app[SLOWDOWN], request.app[WING]
    keys = (f"account {login.casefold()}", f"address {client.group(request)}")
    wait_s = slowdown.wait_s(*keys)
    if wait_s > 0:
        return _slow(request, to, login, wait_s)
    operator = await wing.stores.operators.by_login(login) if login.isprintable() else None
    usable = operator if operator is not None and not operator.disabled else None
    try:
        matches = await request.app[PASSWORDS].matches(
            usable.password_hash if usable else None, fields.get("password", "")
        )
    except TooBusyError:
        return _slow(request, to, login, 5)
    if usable is None or not matches or not await second_factor(request, usable, fields.get("code", "")):
        slowdown.failed(*keys)
        if operator is not None:  # of nobody's name nothing is kept: people type their password into that field
            refused = act(ActKind.SIGN_IN_REFUSED, "somebody", operator.login, clock=wing.clock)
            await wing.stores.sessions.note(refused)
        log.warning("login refused", address=str(client.address(request)))
        return _form(request, to, said("Name, password or code is wrong. Nothing was opened."), login, status=401)
    slowdown.succeeded(keys[0])
    return await _welcome(request, usable, forms.local_path(to))


async def follow_link(request: web.Request) -> web.StreamResponse:
    """Sign in by a link that works once."""
    wing, now = request.app[WING], request.app[WING].clock.now()
    link = links.read(wing.secret_key, request.match_info["token"], now)
    if link is None or not await wing.stores.sessions.use_once(sessions.hashed(f"link {link.nonce}"), now, link.until):
        if SESSION in request:
            # Pressed twice, or kept in the browser's history: who is signed in already goes on.
            raise web.HTTPSeeOther(forms.local_path(link.to if link is not None else None))
        return _form(request, "/", said("This link has been used, or its 15 minutes are over."), status=401)
    operator = await wing.stores.operators.by_id(link.operator_id)
    if operator is None or operator.disabled:
        return _form(request, "/", said("This link has been used, or its 15 minutes are over."), status=401)
    return await _welcome(request, operator, forms.local_path(link.to))


@csrf.form
async def sign_out(request: web.Request) -> web.StreamResponse:
    """End the shift at once, its streams too."""
    session = request.get(SESSION)
    response = web.HTTPSeeOther("/login")
    if session is not None:
        wing, login = request.app[WING], session.operator.login
        await wing.stores.sessions.close(session.id_hash, act(ActKind.SIGNED_OUT, login, login, clock=wing.clock))
        request.app[LIVE].end(session.id_hash)
        log.info("shift ended", operator=session.operator.login)
    cookies.forget(request, response, cookies.SHIFT)
    _leave(response)


async def _welcome(request: web.Request, operator: Operator, to: str) -> web.StreamResponse:
    response = web.Response(status=303, headers={"Location": to})
    await sessions.begin(request, response, operator)
    log.info("shift begun", operator=operator.login)
    return response


async def second_factor(request: web.Request, operator: Operator, code: str) -> bool:
    """Whether the code is right, for an operator who has a second factor; each code counts once."""
    if operator.totp is None:
        return True
    wing = request.app[WING]
    now = wing.clock.now()
    step = totp.step_of(wing.unseal(operator.totp), code.strip(), now) if wing.unseal else None
    if step is None:
        return False
    key = sessions.hashed(f"totp {operator.id} {step}")
    return await wing.stores.sessions.use_once(key, now, now + links.LASTS)


def _slow(request: web.Request, to: str | None, login: str, wait_s: float) -> web.Response:
    problem = said("Too many tries. The next one is looked at in {n} s.", n=int(wait_s) + 1)
    response = _form(request, to, problem, login, status=429)
    response.headers["Retry-After"] = str(int(wait_s) + 1)
    return response


def _form(
    request: web.Request, to: str | None, problem: Sentence | None = None, login: str = "", status: int = 200
) -> web.Response:
    shown = {"to": forms.local_path(to), "problem": problem, "login": login}
    return page(request, "login.html", shown, status=status)


def _leave(response: web.HTTPException) -> NoReturn:
    raise response
