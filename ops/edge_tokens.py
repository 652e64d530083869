"""The edge tokens of the demo: kept in its folder, because the database knows their hashes only."""

import hashlib
import os
import secrets
from pathlib import Path

from syspark.acts import act
from syspark.domain.messages import ActKind
from syspark.domain.units import SiteId
from syspark.persistence.admin import Administration
from syspark.web_ports import EdgeStore


class EdgeTokens:
    """Tokens in `SYSPARK_HOME/secrets`, one a site, readable by us alone."""

    def __init__(self, home: Path, administration: Administration, edge: EdgeStore) -> None:
        self._folder = home / "secrets"
        self._administration = administration
        self._edge = edge

    async def of(self, site_id: SiteId) -> str | None:
        """A site's token, made when it has none; None when it has one that was made elsewhere, which must not end.

        Raises `Unavailable`.
        """
        path = self._folder / f"edge_token_{site_id}"
        kept = path.read_text(encoding="ascii").strip() if path.exists() else ""
        if kept:
            found = await self._edge.site_of(_hashed(kept))
            if found is not None and found.id == site_id:
                return kept
        if await self._administration.has_token(site_id):
            return None
        made = secrets.token_urlsafe(24)
        # Written first: of a token that only the database knows nobody could make any use.
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(made + "\n")
        done = act(ActKind.TOKEN_REPLACED, "the demo", site_id)
        await self._administration.replace_token(site_id, _hashed(made), done)
        return made


def _hashed(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
