"""Who is at the other end of a request, and by what address they reach us; proxies are believed only when trusted."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from aiohttp import web

from web.wing import LISTENER, Listener

Address = IPv4Address | IPv6Address
_FORWARDING = frozenset({"x-forwarded-for", "x-forwarded-host", "x-real-ip", "forwarded", "via"})
NOWHERE = ip_address("0.0.0.0")  # noqa: S104 - a value that is no client, not a listener


def address(request: web.Request) -> Address:
    """The client's address: the first one, from the right of `X-Forwarded-For`, that is no trusted proxy."""
    seen = _parsed(request.remote or "")
    listener = request.app[LISTENER]
    if seen is None:
        return NOWHERE
    if not _trusted(listener, seen):
        return seen
    for text in reversed(",".join(request.headers.getall("X-Forwarded-For", [])).split(",")):
        said = _parsed(text.strip())
        if said is None:
            break
        seen = said
        if not _trusted(listener, seen):
            break
    return seen


def group(request: web.Request) -> str:
    """What counts as one client for limits: an address, or for IPv6 the /64 a household has."""
    seen = address(request)
    return str(seen) if isinstance(seen, IPv4Address) else str(ip_network((seen, 64), strict=False))


def is_private(request: web.Request) -> bool:
    """Whether the client is on this machine or a private network.

    What a proxy that is not trusted passes on may come from anywhere, however private the proxy's own address is.
    """
    proxy = _parsed(request.remote or "")
    passed_on = not _FORWARDING.isdisjoint(name.lower() for name in request.headers)
    if passed_on and (proxy is None or not _trusted(request.app[LISTENER], proxy)):
        return False
    seen = address(request)
    return seen != NOWHERE and (seen.is_private or seen.is_loopback)


def origin(request: web.Request) -> str:
    """The origin our pages are served from, as browsers write it."""
    listener = request.app[LISTENER]
    if listener.public_url is not None:
        parts = urlsplit(listener.public_url)
        return f"{parts.scheme}://{parts.netloc}".lower()
    scheme, host = request.scheme, request.host
    proxy = _parsed(request.remote or "")
    if proxy is not None and _trusted(listener, proxy):
        scheme = request.headers.get("X-Forwarded-Proto", scheme)
        host = request.headers.get("X-Forwarded-Host", host)
    return f"{scheme}://{host}".lower()


def is_secure(request: web.Request) -> bool:
    """Whether browsers reach us by https."""
    return origin(request).startswith("https://")


def _trusted(listener: Listener, seen: Address) -> bool:
    return any(seen.version == network.version and seen in network for network in listener.trusted_proxies)


def _parsed(text: str) -> Address | None:
    try:
        found = ip_address(text.split("%", maxsplit=1)[0])
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found
