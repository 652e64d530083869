"""Language and light: kept in cookies by a small form on every page, so that both switches work without JavaScript."""

from aiohttp import web

from web import cookies, csrf, forms
from web.language import LANGUAGES

THEMES = ("system", "light", "dark")


@csrf.form
async def switch(request: web.Request) -> web.StreamResponse:
    """Remember what was chosen and go back."""
    fields = request[csrf.FIELDS]
    response = web.Response(status=303, headers={"Location": forms.local_path(fields.get("to"))})
    if fields.get("language") in LANGUAGES:
        cookies.write(request, response, cookies.LANGUAGE, fields["language"], cookies.A_YEAR)
    if fields.get("theme") in THEMES:
        cookies.write(request, response, cookies.THEME, fields["theme"], cookies.A_YEAR)
    return response


def theme(request: web.Request) -> str:
    """The light that was chosen; `system` follows the reader's machine."""
    chosen = cookies.read(request, cookies.THEME)
    return chosen if chosen in THEMES else "system"
