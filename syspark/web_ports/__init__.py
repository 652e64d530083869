"""What the web needs from the outside world, as protocols: its operators and sessions, reads for pages, requests.

Everything here belongs to one organisation, the one its stores were opened for; row-level policies are the second
net. Every method raises `syspark.errors.Unavailable` while the database is away.
"""

from syspark.web_ports.access import AccessReads, CredentialLine, PoolLine
from syspark.web_ports.edge import EdgeSite, EdgeStore
from syspark.web_ports.money import (
    ClosingLine,
    ComparedLine,
    DayLine,
    MoneyReads,
    OrderLine,
    PaymentLine,
    SellerLine,
    Shown,
)
from syspark.web_ports.operators import Operator, OperatorStore, WebSession, WebSessionStore
from syspark.web_ports.pages import (
    AlarmCount,
    AlarmLine,
    BadgeLine,
    DeviceLine,
    EvacuatedLine,
    FlowLine,
    InsideLine,
    JournalLine,
    LaneLine,
    PageReads,
    PersonLine,
    Photo,
    RefusedLine,
    SiteLine,
)
from syspark.web_ports.partners import PartnerLine, PartnerReads, ValidationLine
from syspark.web_ports.portal import PortalName, PortalPayment, PortalReads, PortalSession, PortalSite
from syspark.web_ports.requests import Request, RequestStore
from syspark.web_ports.sessions import NEWEST, OLDEST, Asked, CommandLine, EvidenceLine, Kind, SessionLine, SessionReads
from syspark.web_ports.stores import WebStores
from syspark.web_ports.tariffs import EndedLine, TariffLine, TariffReads
from syspark.web_ports.tries import Limit, Tries
from syspark.web_ports.words import Hints, WordReads

__all__ = [
    "NEWEST",
    "OLDEST",
    "AccessReads",
    "AlarmCount",
    "AlarmLine",
    "Asked",
    "BadgeLine",
    "ClosingLine",
    "CommandLine",
    "ComparedLine",
    "CredentialLine",
    "DayLine",
    "DeviceLine",
    "EdgeSite",
    "EdgeStore",
    "EndedLine",
    "EvacuatedLine",
    "EvidenceLine",
    "FlowLine",
    "Hints",
    "InsideLine",
    "JournalLine",
    "Kind",
    "LaneLine",
    "Limit",
    "MoneyReads",
    "Operator",
    "OperatorStore",
    "OrderLine",
    "PageReads",
    "PartnerLine",
    "PartnerReads",
    "PaymentLine",
    "PersonLine",
    "Photo",
    "PoolLine",
    "PortalName",
    "PortalPayment",
    "PortalReads",
    "PortalSession",
    "PortalSite",
    "RefusedLine",
    "Request",
    "RequestStore",
    "SellerLine",
    "SessionLine",
    "SessionReads",
    "Shown",
    "SiteLine",
    "TariffLine",
    "TariffReads",
    "Tries",
    "ValidationLine",
    "WebSession",
    "WebSessionStore",
    "WebStores",
    "WordReads",
]
