"""A site's rules and its tariff, by what a person says."""

import enum
from datetime import datetime
from typing import Any

from syspark.domain.message import Message
from syspark.domain.tariff import Tariff


class Template(enum.StrEnum):
    """A kind of site, whose rules are set together."""

    HOTEL = "hotel"
    HOSPITAL = "hospital"
    MALL = "mall"
    OFFICE = "office"


class SetPolicy(Message, frozen=True, kw_only=True, tag="set-policy"):
    """Operator to site: change these rules, by their names in `SitePolicy`, after all have been set to a template's."""

    changes: dict[str, Any]
    template: Template | None = None
    author: str


class PublishTariff(Message, frozen=True, kw_only=True, tag="publish-tariff"):
    """Operator to site: stays that begin from `starts_at` on (now without) cost this.

    `after` is the newest version they have seen. `knowing`: they know that the law may forbid it.
    """

    tariff: Tariff
    after: int
    starts_at: datetime | None = None
    knowing: bool = False
    author: str
