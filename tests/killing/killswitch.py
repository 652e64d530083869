"""Ports that kill their own process: the product runs unchanged between them.

The places are those where a fact or a command is neither here nor there.
"""

import asyncio
import dataclasses
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from syspark.ports import (
    Broker,
    BrokerConnection,
    Delivery,
    InboxStore,
    LinkEvents,
    OutboxStore,
    Stores,
    UnitStore,
)
from syspark.rows import Fate, OutboxRow

PLACES = (
    "delivered",  # a fact has just come: nothing of it is stored
    "inserting",  # its insert is about to begin
    "inserted",  # it is durable, not acknowledged
    "acknowledging",  # others of its batch are acknowledged
    "acknowledged",  # its acknowledgement is in a buffer of ours
    "committing",  # its decision is about to be written
    "committed",  # a command is decided, not published
    "publishing",  # the same, its deadline has been checked
    "published",  # the command is in a buffer of ours
    "answered",  # the broker has it, its fate is not recorded
    "recording",  # its fate is about to be written
    "recorded",  # its fate is written, nobody was told
)
NAMED = ("inserted", "committed", "published", "answered", "recording")
"""The places the promises name: before PUBACK, before the publication, before the fate."""


@dataclass(slots=True)
class Switch:
    """Kills when `place` is reached for the `count`th time; an empty place is never reached."""

    place: str = ""
    count: int = 1

    def reached(self, place: str) -> None:
        """The process is at a place; it may be its end."""
        if place != self.place:
            return
        self.count -= 1
        if self.count <= 0:
            sys.stderr.write(f"killed at: {place}\n")
            sys.stderr.flush()
            os.kill(os.getpid(), signal.SIGKILL)


class _Around:
    """Passes everything on that is not overridden."""

    def __init__(self, inner: Any, switch: Switch) -> None:
        self._inner = inner
        self._switch = switch

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class _Inbox(_Around):
    async def insert(self, fences: Any, rows: Sequence[Any], *more: Any, **named: Any) -> Any:
        if not rows:
            return await self._inner.insert(fences, rows, *more, **named)
        self._switch.reached("inserting")
        inserted = await self._inner.insert(fences, rows, *more, **named)
        self._switch.reached("inserted")
        return inserted


class _Units(_Around):
    async def commit(self, fences: Any, units: Sequence[Any]) -> Any:
        opens = any(_opens(row) for unit in units for row in unit.outbox)
        if opens:
            self._switch.reached("committing")
        landed = await self._inner.commit(fences, units)
        if opens:
            self._switch.reached("committed")
        return landed


class _Outbox(_Around):
    async def record(self, fences: Any, fates: Sequence[Any]) -> Any:
        sent = any(record.fate in {Fate.SENT, Fate.ACKED} for record in fates)
        if sent:
            self._switch.reached("recording")
        told = await self._inner.record(fences, fates)
        if sent:
            self._switch.reached("recorded")
        return told


class _Connection(_Around):
    def ack(self, delivery: Delivery) -> None:
        self._switch.reached("acknowledging")
        self._inner.ack(delivery)
        self._switch.reached("acknowledged")

    def publish(self, topic: str, payload: bytes, **named: Any) -> "asyncio.Future[None]":
        if not topic.endswith("/cmd"):
            return cast("asyncio.Future[None]", self._inner.publish(topic, payload, **named))
        self._switch.reached("publishing")
        sent: asyncio.Future[None] = self._inner.publish(topic, payload, **named)
        self._switch.reached("published")
        sent.add_done_callback(lambda _: self._switch.reached("answered"))
        return sent

    @property
    def session_present(self) -> bool:
        return bool(self._inner.session_present)


@dataclass(frozen=True, slots=True)
class _Events:
    inner: LinkEvents
    switch: Switch

    def delivered(self, delivery: Delivery) -> None:
        self.inner.delivered(delivery)
        if delivery.topic.endswith("/barriere"):
            self.switch.reached("delivered")

    def lost(self, reason: str) -> None:
        self.inner.lost(reason)


@dataclass(frozen=True, slots=True)
class KillingBroker:
    """A `Broker` whose connections may end the process."""

    inner: Broker
    switch: Switch

    async def connect(self, client_id: str, events: LinkEvents, *, lasting: bool = True) -> BrokerConnection:
        """Connect, with everything told through the switch."""
        connection = await self.inner.connect(client_id, _Events(events, self.switch), lasting=lasting)
        return cast("BrokerConnection", _Connection(connection, self.switch))


def killing_stores(stores: Stores, switch: Switch) -> Stores:
    """The same stores, which may end the process."""
    return dataclasses.replace(
        stores,
        inbox=cast("InboxStore", _Inbox(stores.inbox, switch)),
        units=cast("UnitStore", _Units(stores.units, switch)),
        outbox=cast("OutboxStore", _Outbox(stores.outbox, switch)),
    )


def _opens(row: OutboxRow) -> bool:
    return row.order_kind == "barrier" and row.fate is Fate.QUEUED
