"""A trial on virtual time: the product whole, with stores and broker in memory, under a simulated field.

Nothing waits, so that days pass in minutes, and a run is the same each time it is repeated. What a real database, a
real broker and a busy machine do to it, only a trial against them can show.
"""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from secrets import token_hex
from types import TracebackType
from typing import Self
from uuid import UUID

from msgspec import structs

from actors.testing.car_park import NOON, READY_WITHIN_S, CarPark
from ops.simulator.agenda import Agenda
from ops.simulator.attendant import OpenSession, hear
from ops.simulator.comparison import Comparison, Period
from ops.simulator.disturbance import Disturbance
from ops.simulator.judgement import judge
from ops.simulator.layout import Badges, SiteLayout
from ops.simulator.run import Run, Tell
from ops.simulator.sessions import Opening, Read, Session, opening_of, session_of
from ops.simulator.site import Conditions, SiteField
from ops.simulator.truth import PIN
from syspark.domain.corrections import CloseByHand
from syspark.domain.messages import AskHelp, MatchVehicle, OpenLane
from syspark.domain.units import CommandId, SessionId, SiteId
from syspark.persistence.memory import default_site
from syspark.rows import Address, CredentialRow, Fate, SessionRow, SiteRow, WitnessRow

SLICE_S = 0.5
"""How often the field hears what the product has sent."""

A_DAY = 24.0
HISTORY = timedelta(hours=1)
"""How much of what is done a trial of days keeps."""
PUBLISHED = frozenset({Fate.SENT, Fate.ACKED, Fate.CONFIRMED, Fate.UNKNOWN})
TURNS = 60
"""Of the loop: what the worker needs to store a message, decide it, send and tell what became of that."""
CLOCK_S = 1e-5  # more than the clock's grain: a step that is less never ends


@dataclass(slots=True)
class _Line:
    """A site and its line to the broker, cut until `back_s`."""

    field: SiteField
    back_s: float | None = None

    def changes(self, now_s: float) -> bool:
        """Whether it is time to cut it, or to mend it."""
        return bool(self.field.cuts_wanted) if self.back_s is None else self.back_s <= now_s


class VirtualTrial:
    """Sites in front of the product, during the `async with`. Badges are known from the start."""

    def __init__(
        self,
        layouts: Sequence[SiteLayout],
        badges: Mapping[str, Badges],
        conditions: Conditions,
        *,
        secret: str = "",
        staffed: bool = True,
        back_after_s: float = 0.0,
    ) -> None:
        """`secret` is that of every site. `staffed`: an operator helps whoever calls from an exit.

        `back_after_s`: when a killed worker's successor begins.
        """
        self._agenda = Agenda(NOON.timestamp())
        self._lines = [
            _Line(SiteField(replace(layout, secret=secret), badges[layout.name], conditions, self._agenda))
            for layout in layouts
        ]
        self._hearing = {topic: site for site in self.sites for topic, _ in site.bridge.subscriptions}
        self._staffed = staffed
        self._back_after_s = back_after_s
        self._killed_after: int | None = None
        self._opened: dict[CommandId, Opening] = {}
        self.park = CarPark(
            sites=[site_row(layout) for layout in layouts],
            badges=[row for layout in layouts for row in credential_rows(layout, badges[layout.name])],
            secrets=(secret,),
        )

    async def __aenter__(self) -> Self:
        await self.park.__aenter__()
        for line in self._lines:
            line.field.start()
            line.field.connected()
        await self._hand_up()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.park.__aexit__(kind, error, trace)

    @property
    def sites(self) -> Sequence[SiteField]:
        """The sites, with their truth."""
        return [line.field for line in self._lines]

    @property
    def now_s(self) -> float:
        """The field's time, in Unix seconds."""
        return self.park.clock.now().timestamp()

    async def live(self, hours: float) -> None:
        """Let hours pass, in slices: what the product sends reaches the field within one."""
        end_s = self.now_s + hours * 3600
        while self.now_s < end_s:
            due_s = self._agenda.next_s or end_s
            step_s = min(SLICE_S, max(CLOCK_S, due_s - self.now_s))
            await self.park.pass_time(step_s)
            await self._hand_down(self.now_s)

    def kill(self, turns: int) -> None:
        """Have the worker killed so many turns of its loop after the field has said something more, and replaced."""
        self._killed_after = turns

    async def _kill(self, turns: int) -> None:
        for _ in range(turns):
            await asyncio.sleep(0)
        self._service_is(away=True)
        await self.park.kill()
        await self.live(self._back_after_s / 3600)
        await self.park.start()
        await self.park.pass_time(READY_WITHIN_S)
        self._service_is(away=False)

    async def be_away(self, hours: float) -> None:
        """Stop the worker and cut every line; the sites live on alone, and tell afterwards what they have kept."""
        self._service_is(away=True)
        for line in self._lines:
            await self._cut(line, float("inf"))
        await self.park.stop()
        await self.live(hours)
        await self.park.start()
        for line in self._lines:
            line.back_s = self.now_s
        self._service_is(away=False)

    def _service_is(self, *, away: bool) -> None:
        for site in self.sites:
            site.advance(self.now_s)
            site.service_is(away=away)

    def figures(self) -> str:
        """How many cars there were so far, in words."""
        stays = [stay for site in self.sites for stay in site.truth.stays]
        entered, left = (
            sum(stay.entered_s is not None for stay in stays),
            sum(stay.left_s is not None for stay in stays),
        )
        return f"came {len(stays)}  entered {entered}  left {left}"

    async def compared(self) -> Comparison:
        """The truth against what is stored."""
        sessions = [session for site in self.sites for session in await self._sessions(site.layout.name)]
        self._note_openings()
        period = Period(NOON.timestamp(), self.now_s)
        return judge([site.truth for site in self.sites], sessions, period, {}, self._opened.values())

    def forget_done(self) -> None:
        """Let go of what a trial of days could not hold."""
        self._note_openings()
        self.park.stores.forget_done(self.park.clock.now() - HISTORY)

    def _note_openings(self) -> None:
        """Keep what barriers were told, as `opened.sql` reads it."""
        self._opened |= {
            row.id: opening_of(row.scope.site_id, row.device, row.fact_at, row.created_at, row.order)
            for row in self.park.stores.commands()
            if row.order_kind == "barrier" and row.fate in PUBLISHED
        }

    async def open_session(self, site: str, keys: Collection[str]) -> OpenSession | None:
        """The latest open session for which one of these badges and plates was read."""
        wanted = frozenset(keys)
        theirs = [row for row in self.park.stores.open_sessions(SiteId(site)) if not wanted.isdisjoint(_keys(row))]
        return OpenSession(theirs[-1].id, theirs[-1].version) if theirs else None

    async def ask(self, site: str, message: AskHelp | MatchVehicle | OpenLane) -> None:
        """Send a site a request."""
        await self.park.request(Address("site", site), message, site=site)

    async def close(self, site: str, session: SessionId, message: CloseByHand) -> None:
        """Send a session that it is over."""
        await self.park.request(Address("session", session), message, site=site)

    async def _sessions(self, site: str) -> Sequence[Session]:
        rows = await self.park.stores.another().stores.state.sessions_of(SiteId(site), NOON - timedelta(days=1))
        reads: dict[SessionId, list[WitnessRow]] = defaultdict(list)
        for witness in self.park.stores.witnesses():
            reads[witness.session_id].append(witness)
        return [_session(row, sorted(reads[row.id], key=lambda witness: witness.read_at)) for row in rows]

    async def _hand_down(self, now_s: float) -> None:
        seen = self.park.seen
        self.park.forget()
        for message in seen:
            if (site := self._hearing.get(message.topic)) is not None:
                site.advance(message.at.timestamp())
                site.hear(message.topic, message.payload)
        self._agenda.advance(now_s)
        for line in self._lines:
            if line.changes(now_s):
                await self._cut_or_mend(line)
            for call in line.field.heard_calls():
                await hear(call, line.field.layout.name, self, staffed=self._staffed)
        await self._hand_up()

    async def _cut_or_mend(self, line: _Line) -> None:
        """Cut a line as its field wants it, or mend one that is cut."""
        if line.back_s is None:
            await self._cut(line, self.now_s + line.field.cuts_wanted.popleft())
        else:
            line.back_s = None
            line.field.connected()

    async def _cut(self, line: _Line, back_s: float) -> None:
        was_cut, line.back_s = line.back_s is not None, back_s
        if was_cut:
            return  # the broker tells of the end of a connection once
        line.field.lost()
        will = line.field.bridge.will
        await self.park.when(will.topic, will.payload, qos=will.qos, retain=will.retain)

    async def _hand_up(self) -> None:
        for line in self._lines:
            outgoing = line.field.bridge.outgoing
            while outgoing:
                one = outgoing.popleft()
                if self._killed_after is not None:
                    turns, self._killed_after = self._killed_after, None
                    self.park.broker.publish(one.topic, one.payload, qos=one.qos, retain=one.retain)
                    await self._kill(turns)
                    continue
                await self.park.when(one.topic, one.payload, qos=one.qos, retain=one.retain)


def _keys(row: SessionRow) -> Iterable[str]:
    """The badges and plates that were read for a session."""
    plates = dict(row.subjects)
    return (plates.get(key, key) for key in row.holder_keys)


def _session(row: SessionRow, witnesses: Iterable[WitnessRow]) -> Session:
    """A session as `comparison.sql` reads it."""
    plates = dict(row.subjects)
    reads = (
        Read(
            PIN if witness.kind == "pin" else plates.get(witness.holder_key, witness.holder_key),
            witness.lane,
            witness.read_at.timestamp(),
        )
        for witness in witnesses
    )
    return session_of(str(row.scope.site_id), UUID(row.id), reads, row.status, row.body)


def credential_rows(layout: SiteLayout, badges: Badges) -> Sequence[CredentialRow]:
    """The badges of a site's drivers, as `enrol` makes them known."""
    site = SiteId(layout.name)
    return [
        *(CredentialRow(uid, site, "driver", "subscriber") for uid in badges.subscribers),
        *(CredentialRow(uid, site, "driver", "visitor") for uid in badges.visitors),
    ]


def site_row(layout: SiteLayout) -> SiteRow:
    """A site with its equipment, as `enrol` opens it."""
    row = default_site(layout.name)
    devices = tuple(structs.replace(device, speaks=layout.speaks) for device in row.devices)
    lanes = tuple(structs.replace(lane, has_sensor=lane.lane in layout.sensors) for lane in row.lanes)
    return structs.replace(row, capacity=layout.capacity, devices=devices, lanes=lanes)


async def drive_virtually(run: Run, planned: Sequence[Disturbance], tell: Tell) -> bool:
    """Live the hours of a run, a day of them if it has no end, and compare; whether truth and product agree."""
    hours = run.hours or A_DAY
    async with VirtualTrial(
        run.layouts,
        run.badges,
        run.conditions,
        secret=token_hex(8),
        staffed=run.staffed,
        back_after_s=run.back_after_s,
    ) as trial:
        began_s = trial.now_s
        ends = [*(one.after_s for one in planned), hours * 3600]
        for end_s, one in zip(ends, [*planned, None], strict=True):
            while (left_s := began_s + end_s - trial.now_s) > CLOCK_S:
                await trial.live(min(left_s / 3600, 1.0))
                trial.forget_done()
                tell(f"{(trial.now_s - began_s) / 3600:7.2f} of {hours:g} h  {trial.figures()}")
            if one is not None and one.lasts_s:
                await trial.be_away(one.lasts_s / 3600)
            elif one is not None:
                trial.kill(round(TURNS * one.strikes))
        found = await trial.compared()
    tell(found.table())
    return found.is_fine
