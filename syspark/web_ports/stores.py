"""All that the web is served with, together."""

from dataclasses import dataclass
from uuid import UUID

from syspark.web_ports.access import AccessReads
from syspark.web_ports.edge import EdgeStore
from syspark.web_ports.money import MoneyReads
from syspark.web_ports.operators import OperatorStore, WebSessionStore
from syspark.web_ports.pages import PageReads
from syspark.web_ports.partners import PartnerReads
from syspark.web_ports.portal import PortalReads
from syspark.web_ports.requests import RequestStore
from syspark.web_ports.sessions import SessionReads
from syspark.web_ports.tariffs import TariffReads
from syspark.web_ports.tries import Tries
from syspark.web_ports.words import Hints, WordReads


@dataclass(frozen=True, slots=True)
class WebStores:
    """The persistence of the web wing, for one organisation."""

    organisation_id: UUID
    operators: OperatorStore
    sessions: WebSessionStore
    pages: PageReads
    requests: RequestStore
    edge: EdgeStore
    access: AccessReads
    hints: Hints
    parking: SessionReads
    portal: PortalReads
    tries: Tries
    words: WordReads
    money: MoneyReads
    tariffs: TariffReads
    partners: PartnerReads
