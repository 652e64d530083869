"""Templates into pages. What a page holds of a shift (its form token) is filled in last: parts can be shared."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping
from functools import cache
from importlib import resources
from typing import Any

import jinja2
from aiohttp import web
from markupsafe import Markup, escape

import syspark
from web import csrf, language, preferences
from web.icons import gate, icon
from web.language import Words
from web.reading.alarms import detail_words, words_of
from web.reading.feed import REASONS
from web.reading.grounds import GROUNDS
from web.reading.plates import is_french, spaced
from web.reading.refused import why_refused
from web.sessions import MAY_OPEN, SESSION
from web.wing import WING

DEVICES = frozenset(
    {
        "acl",
        "ascenseur",
        "barriere",
        "barriere_entree",
        "bridge",
        "camera",
        "config",
        "display",
        "entry",
        "exit",
        "meteo",
        "payment",
        "radio",
        "sensor_gate",
        "sync",
        "vision",
    }
)
"""Families of devices that have a name of their own."""

TOKEN = "csrf-token-of-the-reader"  # noqa: S105 - stands for the token until a page is sent


@cache
def environment() -> jinja2.Environment:
    """The templates of this package."""
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("web", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(
        icon=icon,
        gate=gate,
        csrf=TOKEN,
        static=static_address,
        version=syspark.__version__,
        since=language.seconds_since,
        is_french=is_french,
        spaced=spaced,
        reasons=REASONS,
        grounds=GROUNDS,
        known_devices=DEVICES,
        alarm_words=words_of,
        alarm_detail=detail_words,
        why_refused=why_refused,
    )
    return made


async def compiled(_app: web.Application) -> AsyncIterator[None]:
    """Compile every template before the first page is asked for, and not on the loop: it takes a third of a second."""
    await asyncio.to_thread(_compile)
    yield


def _compile() -> None:
    made = environment()
    for name in made.list_templates():
        made.get_template(name)


@cache
def static_address(name: str) -> str:
    """Where a file of ours is served, with its hash: it may then be kept for ever."""
    content = resources.files("web").joinpath("static", name).read_bytes()
    return f"/static/{name}?v={hashlib.sha256(content).hexdigest()[:12]}"


def part(name: str, words: Words, values: Mapping[str, Any]) -> str:
    """One part of a page, the same for all its readers."""
    return environment().get_template(f"parts/{name}.html").render(**values, **spoken(words))


def spoken(words: Words) -> dict[str, Any]:
    """What every template says things with."""
    return {"w": words, "_": words.text, "say": words.say}


def page(request: web.Request, template: str, values: Mapping[str, Any], status: int = 200) -> web.Response:
    """A whole page for one reader."""
    words, session = language.chosen(request), request.get(SESSION)
    payments = request.app[WING].payments
    shown = {
        **spoken(words),
        "session": session,
        "may_open": session is not None and session.operator.role in MAY_OPEN,
        "theme": preferences.theme(request),
        "now": request.app[WING].clock.now(),
        "counts": (),
        "sandbox": payments is not None and not payments.live,
        "here": request.path_qs if request.method == "GET" else "/",
        **values,
    }
    text = filled(environment().get_template(template).render(shown), csrf.token(request))
    response = web.Response(text=text, content_type="text/html", charset="utf-8", status=status)
    response.headers["Content-Language"] = words.language
    response.headers["Vary"] = "Accept-Language, Cookie"
    csrf.remember(request, response)
    return response


def filled(text: str, token: str) -> str:
    """Parts with the reader's form token."""
    return text.replace(TOKEN, str(escape(token)))


def markup(text: str) -> Markup:
    """Text that `part` has made."""
    return Markup(text)  # noqa: S704 - every part escapes what it shows
