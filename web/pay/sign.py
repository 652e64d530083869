"""The sign at the exit: a QR code that leads to the site's page, to print and to put up."""

import io

import segno
from aiohttp import web

from web import client
from web.pay.place import place_of, shown


async def show(request: web.Request) -> web.StreamResponse:
    """The sign, as a page to print."""
    place = await place_of(request)
    return shown(request, "sign", {"address": f"{client.origin(request)}/pay/{place.site.id}"}, place)


async def code(request: web.Request) -> web.StreamResponse:
    """The QR code alone, as SVG; it may be scratched by a quarter and is still read."""
    place = await place_of(request)
    drawn = io.BytesIO()
    made = segno.make(f"{client.origin(request)}/pay/{place.site.id}", error="q", micro=False)
    made.save(drawn, kind="svg", border=4, scale=8, light="#fff", xmldecl=False, nl=False)
    return web.Response(
        body=drawn.getvalue(), content_type="image/svg+xml", headers={"Cache-Control": "public, max-age=3600"}
    )
