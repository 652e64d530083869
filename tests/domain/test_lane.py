"""Which lane a badge was held to. Source: contract.md, "Rule for a badge without lane"."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest

from syspark.domain.decision import Moment
from syspark.domain.site.lane import lane_of_read
from syspark.domain.site.state import Answer, LaneState, SiteState, Visit
from syspark.domain.units import HolderKey, Lane, SessionId
from tests.domain.park import ALICE, ENTRY, EXIT, NOON, setup_of

BOTH = frozenset({ENTRY, EXIT})
NOTHING_SEEN = SiteState()


def seen(*lanes: Lane, trusted: bool = True) -> SiteState:
    return SiteState(lanes={lane: LaneState(present=True, trusted=trusted) for lane in lanes})


def visit(
    *,
    entered_s: float | None = 3600,
    tried_s: float | None = None,
    answer: Answer = Answer.GOOD,
    confirmed: bool = True,
    left_s: float | None = None,
    lane: Lane = ENTRY,
) -> Visit:
    """A visit as it stands at noon; seconds are ago."""

    def ago(seconds: float | None) -> timedelta:
        return timedelta(seconds=seconds or 0)

    tried = tried_s if tried_s is not None else entered_s
    return Visit(
        session_id=SessionId("s"),
        keys=(HolderKey(ALICE),),
        opened_at=None if entered_s is None else NOON - ago(entered_s),
        read_at=NOON - ago(tried),
        tried_at=NOON - ago(tried),
        lane=lane,
        answer=answer,
        confirmed=confirmed,
        left_at=None if left_s is None else NOON - ago(left_s),
    )


@dataclass
class Row:
    told: Lane
    rule: str
    visit: Visit | None = None
    said: Lane | None = None
    state: SiteState = NOTHING_SEEN
    sensors: frozenset[Lane] = BOTH
    age_s: float = 0


UNSURE = {"answer": Answer.PENDING, "confirmed": False}
LET_OUT = {"lane": EXIT, "entered_s": 3600}

TABLE = {
    "the reader says it, whatever else is known": Row(ENTRY, "lane-said", visit=visit(), said=ENTRY, state=seen(EXIT)),
    "the reader says it, even of a badge without session": Row(EXIT, "lane-said", said=EXIT),
    "a vehicle waits at the entry only": Row(ENTRY, "lane-vehicle-waits", visit=visit(), state=seen(ENTRY)),
    "a vehicle waits at the exit only": Row(EXIT, "lane-vehicle-waits", state=seen(EXIT)),
    "vehicles wait at both: the session tells": Row(EXIT, "lane-open-session", visit=visit(), state=seen(ENTRY, EXIT)),
    "a sensor that is not believed tells nothing": Row(
        EXIT, "lane-open-session", visit=visit(), state=seen(ENTRY, trusted=False)
    ),
    "a lane without sensor tells nothing": Row(
        EXIT, "lane-open-session", visit=visit(), state=seen(ENTRY), sensors=frozenset({EXIT})
    ),
    "no session": Row(ENTRY, "lane-no-session"),
    "open for 61 s": Row(EXIT, "lane-open-session", visit=visit(entered_s=61)),
    "open for 60 s": Row(ENTRY, "lane-just-entered", visit=visit(entered_s=60)),
    "open for a day": Row(EXIT, "lane-open-session", visit=visit(entered_s=86_400)),
    "entry not known": Row(EXIT, "lane-open-session", visit=visit(entered_s=None, lane=EXIT)),
    "unconfirmed, 599 s after the last try": Row(
        ENTRY, "lane-still-outside", visit=visit(entered_s=599, answer=Answer.BAD, confirmed=False)
    ),
    "unconfirmed, 600 s after the last try": Row(
        EXIT, "lane-open-session", visit=visit(entered_s=600, answer=Answer.BAD, confirmed=False)
    ),
    "asked for an hour ago, decided a minute ago after an outage": Row(
        ENTRY, "lane-still-outside", visit=visit(entered_s=3600, tried_s=61, answer=Answer.BAD, confirmed=False)
    ),
    "let in 30 s ago, long after it was asked for": Row(
        ENTRY, "lane-just-entered", visit=visit(entered_s=3600, tried_s=30)
    ),
    "unconfirmed, another old fact ten minutes younger": Row(
        EXIT,
        "lane-open-session",
        visit=visit(entered_s=3600, tried_s=1, answer=Answer.BAD, confirmed=False),
        age_s=-1,
    ),
    "let out with an opening that went wrong, 299 s ago": Row(
        EXIT, "lane-same-exit", visit=visit(lane=EXIT, answer=Answer.BAD, left_s=299)
    ),
    "let out with an opening nobody knows of yet": Row(
        EXIT, "lane-same-exit", visit=visit(lane=EXIT, answer=Answer.PENDING, left_s=20)
    ),
    "let out with an opening that went wrong, 300 s ago": Row(
        ENTRY, "lane-no-session", visit=visit(lane=EXIT, answer=Answer.BAD, left_s=300)
    ),
    "let out well": Row(ENTRY, "lane-no-session", visit=visit(lane=EXIT, left_s=20)),
}


@pytest.mark.parametrize("row", TABLE.values(), ids=TABLE.keys())
def test_the_lane_of_a_badge(row: Row) -> None:
    fact_at = NOON
    known = row.visit
    if row.age_s < 0:
        # An old fact, asked for ten minutes after the visit's last read and decided with it after an outage.
        assert known is not None
        known = visit(entered_s=3600, tried_s=3600, answer=Answer.BAD, confirmed=False)
        fact_at = NOON - timedelta(seconds=3000)
    at = Moment(now=NOON, fact_at=fact_at, cause=UUID(int=1))
    assert lane_of_read(row.said, row.state, known, setup_of(sensors=row.sensors), at) == (row.told, row.rule)
