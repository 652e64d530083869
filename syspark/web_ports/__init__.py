"""What the web needs from the outside world, as protocols: its operators and sessions, reads for pages, requests.

Everything here belongs to one organisation, the one its stores were opened for; row-level policies are the second
net. Every method raises `syspark.errors.Unavailable` while the database is away.
"""

from syspark.web_ports.access import AccessReads, CredentialLine, PoolLine
from syspark.web_ports.edge import EdgeSite, EdgeStore
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
from syspark.web_ports.requests import Request, RequestStore
from syspark.web_ports.stores import WebStores
from syspark.web_ports.tariffs import EndedLine, TariffLine, TariffReads
from syspark.web_ports.words import Hints, WordReads

__all__ = [
    "AccessReads",
    "AlarmCount",
    "AlarmLine",
    "BadgeLine",
    "CredentialLine",
    "DeviceLine",
    "EdgeSite",
    "EdgeStore",
    "EndedLine",
    "EvacuatedLine",
    "FlowLine",
    "Hints",
    "InsideLine",
    "JournalLine",
    "LaneLine",
    "Operator",
    "OperatorStore",
    "PageReads",
    "PartnerLine",
    "PartnerReads",
    "PersonLine",
    "Photo",
    "PoolLine",
    "RefusedLine",
    "Request",
    "RequestStore",
    "SiteLine",
    "TariffLine",
    "TariffReads",
    "ValidationLine",
    "WebSession",
    "WebSessionStore",
    "WebStores",
    "WordReads",
]
