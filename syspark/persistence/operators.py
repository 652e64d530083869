"""Who may sign in, as the command line and the first start write it. The web's own role can only read it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from syspark.acts import Act
from syspark.domain.units import SiteId
from syspark.errors import PermanentError
from syspark.persistence import queries
from syspark.persistence.postgres.acts import note
from syspark.persistence.postgres.database import Database, fetch
from syspark.persistence.postgres.web_database import OrganisationDatabase
from syspark.persistence.postgres.web_sessions import PostgresOperators, only_organisation
from syspark.ports import DataRefused
from syspark.web_ports import Operator


class NameTakenError(PermanentError):
    """There is an operator of this name."""


@dataclass(frozen=True, slots=True)
class OperatorLine:
    """An operator, without what they prove themselves by."""

    id: UUID
    login: str
    role: str
    site_id: SiteId | None
    has_second_factor: bool
    disabled: bool


class OperatorRegister:
    """Adds operators and changes their passwords. Every method raises `Unavailable`."""

    def __init__(self, database: Database, organisation_id: UUID) -> None:
        """Give it a database that is opened in the worker's role."""
        self._database = OrganisationDatabase(database, organisation_id)
        self._operators = PostgresOperators(self._database)
        self._sql = queries.load("operators")

    @classmethod
    async def over(cls, database: Database) -> Self:
        """The register of the organisation that a database serves. Raises `Unavailable`."""
        return cls(database, await only_organisation(database))

    async def all(self) -> Sequence[OperatorLine]:
        """Every operator, by name."""
        return [OperatorLine(*row) for row in await self._database.rows(self._sql["all"], {})]

    async def add(self, operator: Operator, act: Act) -> None:
        """Add one. Raises `NameTakenError`."""
        try:
            await self._operators.add(operator, act)
        except DataRefused as error:
            raise NameTakenError(f"there is an operator {operator.login} already") from error

    async def partner(self, site_id: SiteId, name: str) -> UUID | None:
        """The partner of a site that has this name."""
        rows = await self._database.rows(self._sql["partner"], {"site_id": site_id, "name": name})
        return rows[0][0] if rows else None

    async def set_password(self, login: str, password_hash: str, act: Act) -> bool:
        """Give an operator another password and sign them out everywhere; False: there is none of this name."""
        return await self._database.written(self._set_password(login, password_hash, act), "set password")

    async def _set_password(self, login: str, password_hash: str, act: Act) -> bool:
        async with self._database.transaction() as connection:
            words = {"login": login, "password_hash": password_hash}
            found = await (await fetch(connection, self._sql["set_password"], words)).fetchone()
            if found is None:
                return False
            await fetch(connection, self._sql["end_shifts"], {"operator_id": found[0]})
            await note(connection, self._database.organisation_id, act)
            return True
