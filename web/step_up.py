"""Proof that who acts is still the person who signed in: the password or a code again, and where two must agree, a
colleague's too. Source: quality.md, "Security"; domain.md, "Exit and payment" (the two-person rule).
"""

from collections.abc import Mapping

from aiohttp import web

from syspark.web_ports import Operator
from web.login import SLOWDOWN, second_factor
from web.passwords import PASSWORDS, TooBusyError
from web.sessions import MAY_OPEN, SESSION
from web.wing import WING


async def is_proven(request: web.Request, fields: Mapping[str, str]) -> bool:
    """Whether the form holds the password of who is signed in, or a code of their second factor."""
    return await _proves(request, request[SESSION].operator, fields.get("password", ""), fields.get("code", ""))


async def colleague(request: web.Request, fields: Mapping[str, str]) -> str | None:
    """Another operator who may act here and has typed their own name and password; None: nobody has."""
    me = request[SESSION].operator
    name = fields.get("second_login", "").strip()
    other = await request.app[WING].stores.operators.by_login(name) if name.isprintable() and name else None
    if other is None or other.disabled or other.id == me.id or other.role not in MAY_OPEN:
        return None
    if other.site_id is not None and other.site_id != me.site_id:
        return None
    return other.login if await _proves(request, other, fields.get("second_password", ""), "") else None


async def _proves(request: web.Request, operator: Operator, password: str, code: str) -> bool:
    slowdown, key = request.app[SLOWDOWN], f"step-up {operator.id}"
    if slowdown.wait_s(key):
        return False
    try:
        by_code = bool(code.strip()) and operator.totp is not None and await second_factor(request, operator, code)
        proven = by_code or await request.app[PASSWORDS].matches(operator.password_hash, password)
    except TooBusyError:
        return False
    if proven:
        slowdown.succeeded(key)
    else:
        slowdown.failed(key)
    return proven
