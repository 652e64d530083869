"""Chained entries of the journal, as a batch of units writes them."""

from collections.abc import Iterator, Sequence

import msgspec

from syspark.persistence import chain
from syspark.persistence.postgres import columns
from syspark.persistence.postgres.arrays import bigints, blobs, instants, texts, uuids
from syspark.persistence.postgres.columns import as_uuid
from syspark.persistence.postgres.together import Write


def writes(linked: Sequence[chain.Linked]) -> Iterator[Write]:
    """The statements that append entries, with their personal values, and move their chains on."""
    rows = [link.chained for link in linked]
    entries = [row.entry for row in rows]
    yield Write(
        "journal",
        {
            "chain": texts([entry.chain for entry in entries]),
            "seq": bigints([row.seq for row in rows]),
            "organisation_id": uuids([entry.organisation_id for entry in entries]),
            "site_id": texts([entry.site_id for entry in entries]),
            "at": instants([entry.at for entry in entries]),
            "fact_at": instants([entry.fact_at for entry in entries]),
            **columns.addresses([entry.actor for entry in entries]),
            "kind": texts([entry.kind for entry in entries]),
            "rule": texts([entry.rule for entry in entries]),
            "inputs": blobs([entry.inputs for entry in entries]),
            "cause": uuids([entry.cause for entry in entries]),
            "encoding": chain.ENCODING,
            "commitments": texts([msgspec.json.encode(row.commitments).decode() for row in rows]),
            "previous": blobs([row.previous for row in rows]),
            "digest": blobs([row.digest for row in rows]),
            "session_id": uuids([as_uuid(entry.session_id) if entry.session_id else None for entry in entries]),
        },
    )
    yield _personal(linked)
    yield _heads(linked)


def _personal(linked: Sequence[chain.Linked]) -> Write:
    kept = [(link.chained, name, salt) for link in linked for name, salt in link.salts.items()]
    return Write(
        "journal_personal",
        {
            "chain": texts([row.entry.chain for row, _, _ in kept]),
            "seq": bigints([row.seq for row, _, _ in kept]),
            "name": texts([name for _, name, _ in kept]),
            "organisation_id": uuids([row.entry.organisation_id for row, _, _ in kept]),
            "site_id": texts([row.entry.site_id for row, _, _ in kept]),
            "salt": blobs([salt for _, _, salt in kept]),
            "value": texts([row.entry.personal[name] for row, name, _ in kept]),
        },
    )


def _heads(linked: Sequence[chain.Linked]) -> Write:
    first: dict[str, int] = {}
    last: dict[str, chain.Linked] = {}
    for link in linked:
        first.setdefault(link.chained.entry.chain, link.chained.seq)
        last[link.chained.entry.chain] = link
    ends = [link.chained for link in last.values()]
    return Write(
        "advance_heads",
        {
            "chain": texts(last),
            "organisation_id": uuids([row.entry.organisation_id for row in ends]),
            "site_id": texts([row.entry.site_id for row in ends]),
            "previous_seq": bigints([first[name] - 1 for name in last]),
            "seq": bigints([row.seq for row in ends]),
            "digest": blobs([row.digest for row in ends]),
        },
        exactly=len(last),
    )
