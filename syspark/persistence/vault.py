"""Secrets at rest: sealed by data keys that are themselves wrapped by `SYSPARK_SECRET_KEY`.

Changing that setting re-wraps a few keys and touches no secret. Source: architecture.md, "Persistence".
"""

import base64
from collections.abc import Mapping

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from syspark.domain.units import Secret
from syspark.errors import PermanentError
from syspark.persistence import queries
from syspark.persistence.postgres.database import Database
from syspark.persistence.postgres.retry import answered

FIRST_VERSION = 1
PURPOSE = b"syspark data keys"


class UnopenableError(PermanentError):
    """A secret or a data key cannot be opened: `SYSPARK_SECRET_KEY` is not the one it was wrapped by."""


class Vault:
    """The data keys in clear, in memory only; its `repr` shows none of them."""

    def __init__(self, keys: Mapping[int, bytes]) -> None:
        """`keys` by version; the highest seals."""
        self._keys = {version: Fernet(key) for version, key in keys.items()}
        self._newest = max(keys)

    def seal(self, secret: Secret) -> bytes:
        """What may be stored; it names the version of the key that opens it."""
        return b"%d:%b" % (self._newest, self._keys[self._newest].encrypt(secret.encode()))

    def open(self, sealed: bytes) -> Secret:
        """The secret in clear. Raises `UnopenableError`."""
        version, _, token = sealed.partition(b":")
        try:
            return Secret(self._keys[int(version)].decrypt(token).decode())
        except (KeyError, ValueError, InvalidToken) as error:
            raise UnopenableError("a stored secret was sealed by a key this deployment does not have") from error


def wrap(key: bytes, secret_key: Secret) -> bytes:
    """A data key as it is stored."""
    return _wrapper(secret_key).encrypt(key)


def unwrap(wrapped: bytes, secret_key: Secret) -> bytes:
    """A data key in clear. Raises `UnopenableError`."""
    try:
        return _wrapper(secret_key).decrypt(wrapped)
    except InvalidToken as error:
        raise UnopenableError("SYSPARK_SECRET_KEY is not the one this database's keys were wrapped by") from error


async def open_vault(database: Database, secret_key: Secret) -> Vault:
    """The deployment's vault; the first to ask makes its first key. Raises `UnopenableError` and `Unavailable`."""
    sql = queries.load("vault")
    keys = await database.rows(sql["keys"], {})
    if not keys:
        first = {"version": FIRST_VERSION, "wrapped": wrap(Fernet.generate_key(), secret_key)}
        await answered(database.write(sql["add_key"], first))
        keys = await database.rows(sql["keys"], {})
    return Vault({version: unwrap(wrapped, secret_key) for version, wrapped in keys})


async def change_setting(database: Database, former: Secret, secret_key: Secret) -> None:
    """Have `secret_key` open what `former` opened, and a new data key seal from the next `open_vault` on: all or none.

    A new one, so that who had the former setting and an old dump opens nothing that is sealed from then on.
    Raises `UnopenableError` and `Unavailable`.
    """
    sql = queries.load("vault")
    async with database.transaction() as connection:
        cursor = await connection.execute(sql["keys"].encode())
        kept = {version: unwrap(bytes(wrapped), former) for version, wrapped in await cursor.fetchall()}
        for version, key in kept.items():
            await connection.execute(sql["rewrap"].encode(), {"version": version, "wrapped": wrap(key, secret_key)})
        made = {"version": max(kept, default=0) + 1, "wrapped": wrap(Fernet.generate_key(), secret_key)}
        await connection.execute(sql["add_key"].encode(), made)


def _wrapper(secret_key: Secret) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(secret_key.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
