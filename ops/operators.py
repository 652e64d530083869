"""The first operator, and passwords that are made for people."""

import contextlib
import secrets
from uuid import UUID

from syspark.acts import act
from syspark.clock import SystemClock
from syspark.domain.messages import ActKind
from syspark.domain.units import SiteId
from syspark.ids import IdSource
from syspark.persistence.operators import NameTakenError, OperatorRegister
from syspark.settings import Settings
from syspark.web_ports import Operator
from web.passwords import Passwords

ROLES = ("viewer", "operator", "manager", "admin", "partner")


def made_password() -> str:
    """96 random bits, short enough to be typed once."""
    return secrets.token_urlsafe(12)


async def hashed(password: str) -> str:
    """What is stored of a password."""
    passwords = Passwords()
    try:
        return await passwords.hash(password)
    finally:
        passwords.close()


async def add_operator(
    register: OperatorRegister,
    login: str,
    password: str,
    role: str,
    site_id: SiteId | None = None,
    *,
    author: str,
    partner_id: UUID | None = None,
) -> None:
    """Let somebody sign in. Raises `NameTakenError` and `Unavailable`."""
    made = IdSource(SystemClock()).new()
    added = act(ActKind.OPERATOR_ADDED, author, login, f"{role} of {site_id or 'all sites'}")
    operator = Operator(made, login, await hashed(password), role, site_id, partner_id=partner_id)
    await register.add(operator, added)


class FirstOperator:
    """The operator of the settings, created when there is none; `password` is shown when it had to be made."""

    def __init__(self, settings: Settings) -> None:
        given = settings.admin_password
        self._id = IdSource(SystemClock()).new()
        self._login = settings.admin_user
        self._password = given.get_secret_value() if given is not None else made_password()
        self._is_made = given is None

    async def ensure(self, register: OperatorRegister) -> str | None:
        """Create them unless there is anybody; the password that must be shown. May be repeated after `Unavailable`."""
        operators = await register.all()
        if not operators:
            with contextlib.suppress(NameTakenError):  # another process was quicker: its password counts
                added = act(ActKind.OPERATOR_ADDED, "the first start", self._login, "admin of all sites")
                await register.add(Operator(self._id, self._login, await hashed(self._password), "admin"), added)
            operators = await register.all()
        # Found by its id: the answer to an earlier try may have been lost, and with it the only sight of the password.
        return self._password if self._is_made and any(one.id == self._id for one in operators) else None
