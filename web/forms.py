"""Bodies from strangers, read with bounds: nothing is kept of one that is too long, and no other form is understood."""

from urllib.parse import parse_qsl

from aiohttp import web

LONGEST_FORM = 16 * 1024
MOST_FIELDS = 128


async def body(request: web.Request, longest: int) -> bytes:
    """The whole body. Raises `HTTPRequestEntityTooLarge` as soon as it is longer than `longest` bytes."""
    announced = request.content_length
    if announced is not None and announced > longest:
        raise web.HTTPRequestEntityTooLarge(longest, announced)
    kept = bytearray()
    async for chunk in request.content.iter_any():
        kept += chunk
        if len(kept) > longest:
            raise web.HTTPRequestEntityTooLarge(longest, len(kept))
    return bytes(kept)


async def fields(request: web.Request) -> dict[str, str]:
    """The fields of a form, the first of each name. Raises `HTTPBadRequest`, `HTTPUnsupportedMediaType`."""
    if request.content_type != "application/x-www-form-urlencoded":
        raise web.HTTPUnsupportedMediaType
    try:
        text = (await body(request, LONGEST_FORM)).decode()
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise web.HTTPBadRequest from error
    found: dict[str, str] = {}
    for name, value in pairs:
        if "\0" in value:
            raise web.HTTPBadRequest
        found.setdefault(name, value)
    return found


def local_path(text: str | None, otherwise: str = "/") -> str:
    """A path of our own to go back to: anything that could lead elsewhere becomes `otherwise`."""
    if not text or not text.startswith("/") or text.startswith(("//", "/\\")) or len(text) > 300:
        return otherwise
    return text if text.isprintable() and "\\" not in text else otherwise
