"""Drivers whose barrier did not open, or nobody knows whether it did, hold their badge to the reader once more."""

import random
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from tests.killing.edge import Edge, Execution
from tests.killing.evidence import Evidence
from tests.killing.field import BADGE_EXPIRY_S, Event, Site
from tests.killing.generator import Generator, Publication
from tests.servers.waiting import eventually

RECENT_S = 500.0  # a driver still counts as outside for ten minutes


class Drivers:
    """One driver a site at a time, so that an opening on its lane is theirs."""

    def __init__(self, generator: Generator, edges: Sequence[Edge], chance: random.Random) -> None:
        self._generator = generator
        self._edges = edges
        self._chance = chance

    async def badge_again(self, evidence: Evidence, most: int) -> dict[Publication, bool]:
        """Whether each of at most `most` drivers was let in at the entry."""
        chosen = self._choose(evidence, most)
        tries = [self._generator.publish(event, follow_up=fate) for event, fate in chosen]
        with suppress(AssertionError):  # told by the answer
            await eventually(lambda: all(self._let_in(one) for one in tries), "all are in", BADGE_EXPIRY_S)
        return {publication: self._let_in(publication) for publication in tries if publication is not None}

    def _choose(self, evidence: Evidence, most: int) -> list[tuple[Event, str]]:
        latest = {command.session_id: command for command in sorted(evidence.commands, key=lambda one: one.created_at)}
        newest = max((command.created_at for command in evidence.commands), default=0.0)
        first = {publication.event.uid: publication.event for publication in self._generator.publications}
        chosen: list[tuple[Event, str]] = []
        sites: set[Site] = set()
        for fate, share in (("unknown", most // 2), ("withheld", most)):
            for session in evidence.sessions:
                command = latest.get(session.id)
                event = first.get(session.uid)
                if command is None or event is None or event.site in sites or len(chosen) >= share:
                    continue
                if command.fate == fate and newest - command.created_at < RECENT_S:
                    sites.add(event.site)
                    other_form = event.uid.lower() if event.payload == event.uid.encode() else event.uid
                    chosen.append((replace(event, payload=other_form.encode()), fate))
        return chosen

    def _let_in(self, publication: Publication | None) -> bool:
        return publication is None or any(
            _lets_in(execution, publication) for edge in self._edges for execution in edge.executions
        )


def _lets_in(execution: Execution, publication: Publication) -> bool:
    return (
        execution.site == publication.event.site.name
        and execution.lane == "entry"
        and execution.at >= publication.sent_at
    )
