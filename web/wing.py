"""What the web is given to work with, and where a handler finds it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network

from aiohttp import web

from syspark.clock import Clock
from syspark.ids import IdSource
from syspark.metrics import Metrics
from syspark.payment_ports import PaymentProvider
from syspark.web_ports import WebStores

Readiness = Callable[[], Awaitable[Mapping[str, str | None]]]
"""Answers, per thing this process depends on, what is wrong with it; None: nothing."""

Unseal = Callable[[bytes], bytes]
"""Opens an operator's second factor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """What every process that listens tells, and to whom, with pages or without.

    `public_url` is where browsers reach the service; without it the request's own host counts. `metrics_token` None:
    only private addresses may scrape.
    """

    metrics: Metrics
    readiness: Readiness
    public_url: str | None = None
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    metrics_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wing(Listener):
    """The surroundings of the pages, wired by `ops`. `secret_key` signs login links, forms before a login and
    drivers' links. `payments` None: nobody can pay here.
    """

    stores: WebStores
    clock: Clock
    ids: IdSource
    secret_key: str = field(repr=False)
    unseal: Unseal | None = None
    payments: PaymentProvider | None = None


LISTENER = web.AppKey("listener", Listener)
WING = web.AppKey("wing", Wing)
