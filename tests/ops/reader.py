"""Somebody at a browser, on the pages of a process of the test."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import unescape

from aiohttp import ClientSession, ClientTimeout, CookieJar, StreamReader

PATIENCE_S = 15.0
"""For a machine that does other things too; what a person is promised is a second."""


class Reader:
    """A browser without scripts: keeps cookies, follows links, and reads event streams."""

    def __init__(self, session: ClientSession, address: str) -> None:
        self._session = session
        self._address = address

    @classmethod
    @asynccontextmanager
    async def at(cls, address: str) -> AsyncIterator["Reader"]:
        """A reader who has come for the first time."""
        jar, patience = CookieJar(unsafe=True), ClientTimeout(total=None, sock_read=PATIENCE_S)
        async with ClientSession(cookie_jar=jar, timeout=patience, headers={"Accept-Language": "en"}) as session:
            yield cls(session, address)

    async def get(self, path: str, status: int = 200) -> str:
        """A page's text as it is read; `path` may be a whole address."""
        async with self._session.get(path if "://" in path else self._address + path) as response:
            text = await response.text()
            assert response.status == status, (response.status, text[:500])
        return words(text)

    async def asked(self, path: str) -> tuple[int, dict[str, str]]:
        """A JSON answer with its status."""
        async with self._session.get(self._address + path) as response:
            return response.status, await response.json()

    async def post(self, address: str, body: str) -> tuple[int, dict[str, str]]:
        """What a gateway is answered."""
        async with self._session.post(address, data=body) as response:
            return response.status, await response.json()

    async def sign_in(self, login: str, password: str, status: int = 303) -> None:
        """Send the form."""
        async with self._session.get(f"{self._address}/login") as response:
            found = re.search(r'name="csrf" value="([^"]+)"', await response.text())
        assert found is not None
        data = {"csrf": found[1], "login": login, "password": password}
        sending = self._session.post(
            f"{self._address}/login", data=data, headers={"Origin": self._address}, allow_redirects=False
        )
        async with sending as response:
            assert response.status == status

    @asynccontextmanager
    async def watching(self, site: str = "default") -> AsyncIterator["Stream"]:
        """A site's page, kept up to date."""
        async with self._session.get(f"{self._address}/live?site={site}") as response:
            assert response.status == 200
            yield Stream(response.content)


class Stream:
    """What a page is told while it is open."""

    def __init__(self, content: StreamReader) -> None:
        self._content = content

    async def until_marked(self, mark: str, patience_s: float = PATIENCE_S) -> None:
        """Return once the page is told that it is `fresh` or `stale`."""
        async with asyncio.timeout(patience_s):
            async for line in self._content:
                if line.strip() == f"event: {mark}".encode():
                    return
        raise AssertionError(f"the stream ended before the page was {mark}")

    async def until(self, text: str, patience_s: float = PATIENCE_S) -> None:
        """Return once a part of the page shows a text."""
        seen = ""
        try:
            async with asyncio.timeout(patience_s):
                async for line in self._content:
                    if line.startswith(b"data:"):
                        seen = words(str(json.loads(line.removeprefix(b"data:")).get("html", "")))
                    if text in seen:
                        return
        except TimeoutError:
            pass
        raise AssertionError(f"the page never showed {text!r}; last it showed {seen!r}")


def words(html: str) -> str:
    """A page without its marks."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())
