"""Sites in a line, and the queue across them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from syspark.domain.units import SiteId
from syspark.web_ports import AlarmCount, CommandLine, JournalLine, PageReads, PersonLine, SiteLine
from web.reading.alarms import LEVELS
from web.reading.journal import Entry, unfolded
from web.reading.lanes import IN_FLIGHT, Surroundings, lane_card, waiting_since
from web.reading.model import LaneCard, Level, Overview, SiteCard, Waiting, level_of_wait
from web.reading.snapshot import SiteSeen, site_seen
from web.reading.twin import link_of
from web.sentence import LaneName, Sentence, said

JOURNAL_BACK = timedelta(days=1)
OPENINGS_BACK = timedelta(minutes=10)
LEAVES_WITHIN = timedelta(minutes=5)
"""How long a vehicle that was let out is shown as that of its session still."""
QUEUE_JOURNAL = 30
_LEVELS: tuple[Level, ...] = ("none", "act", "warn", "crit")
_NOTHING = SiteSeen()


async def overview(
    reads: PageReads, lines: Sequence[SiteLine], now: datetime, alarms: Sequence[AlarmCount] = ()
) -> Overview:
    """All sites; the journal is read only of those where somebody may be waiting."""
    seen = {line.id: site_seen(line.state) or _NOTHING for line in lines}
    recent = await reads.openings([line.id for line in lines], now - OPENINGS_BACK)
    busy = {command.site_id for command in recent if command.fate in IN_FLIGHT}
    busy |= {line.id for line in lines if _somebody_waits(line, seen[line.id], now)}
    journal = await reads.journal(sorted(busy), now - JOURNAL_BACK, QUEUE_JOURNAL)
    around = await surroundings(reads, [line for line in lines if line.id in busy], journal, recent, now)
    counted = {count.site_id: count for count in alarms}
    queue: list[Waiting] = []
    cards: list[SiteCard] = []
    for line in lines:
        lanes = [lane_card(lane.lane, around[line.id]) for lane in line.lanes] if line.id in busy else []
        waiting = [card for card in lanes if card.calls]
        queue += [Waiting(line.id, line.name, line.zone, card) for card in waiting]
        cards.append(site_card(line, waiting, now, counted.get(line.id)))
    queue.sort(key=lambda row: (row.card.waiting_since or now, row.site_name, row.card.lane))
    troubled = [card for card in cards if card.level != "none" or card.troubles]
    troubled.sort(key=lambda card: (-_LEVELS.index(card.level), card.oldest or now, card.name))
    calm = tuple(card for card in cards if card.level == "none" and not card.troubles)
    return Overview(tuple(queue), tuple(troubled), calm)


async def surroundings(
    reads: PageReads,
    lines: Sequence[SiteLine],
    journal: Sequence[JournalLine],
    commands: Sequence[CommandLine],
    now: datetime,
) -> Mapping[SiteId, Surroundings]:
    """What lane cards are made from, per site."""
    entries: dict[SiteId, list[Entry]] = defaultdict(list)
    for entry in unfolded(journal):
        entries[entry.line.site_id].append(entry)
    states = {line.id: site_seen(line.state) or _NOTHING for line in lines}
    keys = {(site, key) for site, own in entries.items() for entry in own if (key := entry.key)}
    for site, state in states.items():
        keys |= {(site, lane.identity.key) for lane in state.lanes.values() if lane.identity}
        keys |= {(site, state.ask.key)} if state.ask else set()
    suggested = {
        one.session_id for state in states.values() for lane in state.lanes.values() for one in lane.suggestions
    }
    inside = {one.session_id: one for one in await reads.inside(sorted(suggested))}
    people: dict[SiteId, dict[str, PersonLine]] = defaultdict(dict)
    for person in await reads.people(sorted(keys), now - LEAVES_WITHIN):
        people[person.site_id][person.key] = person
    return {
        line.id: Surroundings(
            site=line,
            seen=states[line.id],
            entries=entries[line.id],
            commands=[command for command in commands if command.site_id == line.id],
            people=people[line.id],
            now=now,
            inside=inside,
        )
        for line in lines
    }


def site_card(line: SiteLine, waiting: Sequence[LaneCard], now: datetime, alarms: AlarmCount | None = None) -> SiteCard:
    """A site in a line, with what is wrong with it."""
    seen = site_seen(line.state)
    link = link_of(line.bridge)
    oldest = min((card.waiting_since for card in waiting if card.waiting_since), default=None)
    level: Level = level_of_wait(oldest, now) if oldest else "none"
    if oldest and level == "none":
        level = "act"
    troubles: list[Sentence] = []
    if link.online is False:
        troubles.append(said("The site works alone; no command is possible. It resumes when the link is back."))
    if seen is None:
        troubles.append(said("Nothing is known of this site yet."))
    else:
        troubles += [
            said("The sensor of {lane} cannot be believed.", lane=LaneName(name))
            for name, lane in seen.lanes.items()
            if not lane.trusted
        ]
        if seen.count_unsure_since is not None:
            troubles.append(said("The count of vehicles may be wrong since the site was cut off: count them."))
        if seen.occupancy >= line.capacity:
            troubles.append(said("Full."))
    if troubles and level in {"none", "act"}:
        level = "warn" if seen is not None else "none"
    if alarms is not None:
        level = max(level, LEVELS.get(alarms.severity, "warn"), key=_LEVELS.index)
    return SiteCard(
        id=line.id,
        name=line.name,
        zone=line.zone,
        currency=line.currency,
        capacity=line.capacity,
        occupancy=max(0, seen.occupancy) if seen else None,
        reserved=seen.reserved if seen else 0,
        link=link,
        as_of=line.state_at,
        level=level,
        troubles=tuple(troubles),
        waiting=len(waiting),
        oldest=oldest,
        match_risk=seen.match_risk if seen else 0.0,
        evacuated=seen is not None and any(one.ended_at is None for one in seen.emergencies),
        proof=seen.proof if seen else None,
        unsure_since=seen.count_unsure_since if seen else None,
        alarms=alarms.standing if alarms is not None else 0,
    )


def _somebody_waits(line: SiteLine, state: SiteSeen, now: datetime) -> bool:
    return any(waiting_since(lane, line, state, now) is not None for lane in state.lanes)
