"""The figures as a table on the terminal and as the page `docs/performance.md`."""

from collections.abc import Sequence

from ops.bench.figures import Figure
from ops.bench.machine import Machine

HEAD = ("part", "what", "service", "floor", "ratio", "target", "")
NOTHING = "-"

PAGE = """# Performance

Measured by `syspark bench`, which wrote this page: `make bench`, or `syspark bench --write` to write it again. Service,
broker, database, load and floor share the machine's cores, so only ratios within one run mean anything: rounds of
service and floor take turns, and each ratio is the median of its rounds'.

{machine}

{table}

## What a floor is

| part | floor |
|---|---|
| end to end | a bare program, described below |
| workers | one worker that holds both partitions |
| growth | the same service on an empty site |
| ingest | paho on the loop with manual acknowledgement, up to 32 packets read per wake-up |
| actors | pykka's own message loop, scheduled when the mailbox fills |
| start | the same service on an empty database |
| pages | aiohttp that answers with the same bytes; and one that writes an event to as many streams |
| idle | the bare program |

The bare program (`ops/bench/floor.py`) has paho on the loop, makes facts durable in batches and then acknowledges them,
has one unit per site in flight, writes the service's rows by the service's own statements, an exit as its three
transactions, publishes the commands and stores their fates. It has no rules and no actors. The service writes the same
rows of an exit in one transaction ([decision 25](decisions/0025-an-exit-is-one-transaction.md)).

A second worker brings what free cores there are: the database, the broker and the load need theirs. Two workers are
held against 1.6 times one on 6 cores and more; on fewer the processor time of each entry tells what a second one costs.

Latency is counted from the write of an event to the arrival of its command, at random times of a seeded load; a
round's p99 is of 1,000 events at least. At half of its own maximum each program is as busy as the other: there the
ratio is that of their work, and not of how close to its end one of them is, and has no target. The broker keeps its
sessions over a stop, and saves them every second. PostgreSQL has the segments of its write-ahead log already, as after
some hours of service: a new one holds up every commit for some 60 ms while it is filled with zeros.

## What stands between

An entry costs the service over twice the floor's processor time. About a sixth is the rules. The rest makes them
explainable and safe: every decision recorded with its inputs, a mailbox row and a turn of its actor for each hand-over.
On 2 cores that database, broker and load share, 300 entries a second are a third of what the service can do at most,
and much less of what the floor can: from there on, latency is waiting for a turn and a commit. Fates, for which nobody
waits, let facts and decisions pass for up to 25 ms and are stored together, as each commit is a flush that the others
wait for; that the broker has an opening takes no decision
([decision 34](decisions/0034-an-opening-that-arrives-is-noted.md)). At half of what each can do, the service's p99 is
within twice the floor's.
"""


def table(figures: Sequence[Figure]) -> str:
    """The figures in columns."""
    rows = [HEAD, *map(_cells, figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def page(figures: Sequence[Figure], machine: Machine) -> str:
    """The page."""
    lines = ["| part | what | service | floor | ratio | target | met |", "|---|---|---|---|---|---|---|"]
    lines += ["| " + " | ".join(_cells(figure)) + " |" for figure in figures]
    return PAGE.format(machine=machine.sentence, table="\n".join(lines).replace("  ", " "))


def _cells(figure: Figure) -> tuple[str, ...]:
    met = {True: "yes", False: "no", None: ""}[figure.is_met]
    return (
        figure.part,
        figure.what,
        figure.note or _number(figure.service, figure.unit),
        _number(figure.floor, figure.unit),
        NOTHING if figure.ratio is None else f"{figure.ratio:.2f}",
        NOTHING if figure.target is None else str(figure.target),
        met,
    )


def _number(value: float | None, unit: str) -> str:
    if value is None:
        return NOTHING
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f} {unit}".rstrip()
