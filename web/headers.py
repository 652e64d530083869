"""The headers every answer carries. Source: quality.md, "Security"; OWASP ASVS 5.0, chapter 3."""

from aiohttp import web

from web import client

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
# `same-origin` and not `no-referrer`: with the latter a form posts `Origin: null`, which the Origin check refuses.
_ALWAYS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
HSTS = "max-age=31536000; includeSubDomains"


async def secure(request: web.Request, response: web.StreamResponse) -> None:
    """Add what protects the page; what does not say how long it may be kept is not kept at all."""
    response.headers.update(_ALWAYS)
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers["Server"] = "SysPark"
    if client.is_secure(request):
        response.headers["Strict-Transport-Security"] = HSTS
