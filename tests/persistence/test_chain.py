"""The hash chain: its bytes are fixed for ever, and it names what was tampered with."""

from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from syspark.domain.units import SiteId
from syspark.persistence import chain
from syspark.rows import Address, ChainedEntry, JournalEntry

AT = datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=UTC)
ENTRY = JournalEntry(
    chain="site:default",
    organisation_id=UUID(int=1),
    site_id=SiteId("default"),
    at=AT,
    fact_at=AT - timedelta(seconds=1),
    actor=Address("site", "default"),
    kind="entry-admitted",
    rule="badge known",
    inputs=b'{"capacity":50}',
    cause=UUID(int=2),
    personal={"uid": "A1B2C3D4", "plate": "AA123BB"},
)
CANONICAL = (
    "01"
    "0000000c736974653a64656661756c74"
    "000000080000000000000001"
    "0000001000000000000000000000000000000001"
    "0000000764656661756c74"
    "00000008"
    + (int(AT.timestamp()) * 10**6 + 123456).to_bytes(8, "big").hex()
    + "00000008"
    + (int(AT.timestamp()) * 10**6 - 876544).to_bytes(8, "big").hex()
    + "0000000473697465"
    "0000000764656661756c74"
    "0000000e656e7472792d61646d6974746564"
    "0000000b6261646765206b6e6f776e"
    "0000000f7b226361706163697479223a35307d"
    "0000001000000000000000000000000000000002"
    "00000003756964" + "00000002" + b"ab".hex()
)


def counted_salts() -> "count[int]":
    """Numbers for salts."""
    return count(1)


def linked(number: int) -> list[ChainedEntry]:
    """A sound chain."""
    salts = counted_salts()
    head, rows = chain.Head(), []
    for index in range(number):
        link = chain.link(head, replace(ENTRY, kind=f"kind-{index}"), lambda: next(salts).to_bytes(16, "big"))
        rows.append(link.chained)
        head = link.head
    return rows


def test_the_canonical_bytes_are_these() -> None:
    assert chain.canonical(ENTRY, 1, {"uid": "ab"}).hex() == CANONICAL


def test_an_entry_of_an_organisation_differs_from_one_of_an_empty_site() -> None:
    nowhere = chain.canonical(replace(ENTRY, site_id=None), 1, {})
    assert nowhere != chain.canonical(replace(ENTRY, site_id=SiteId("")), 1, {})


def test_the_first_digests_are_these() -> None:
    assert [row.digest.hex() for row in linked(2)] == [
        "4d0b010752764442957334d37a8a7eab719a49af817d3b075c8f6a68640d7464",
        "aff3035a3372a3b82ec31811f40f91a93ca331d35eaa76090cb8a32197c98a20",
    ]


def test_a_commitment_is_the_hash_of_salt_and_value() -> None:
    # printf '0123456789abcdefA1B2C3D4' | sha256sum
    expected = "43b6f81cd693aed04298c38486df0c503571c9d9ed401a1ee75d71cdc1269f68"
    assert chain.commitment(b"0123456789abcdef", "A1B2C3D4") == expected


def test_a_salt_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        chain.commitment(b"short", "A1B2C3D4")


def test_a_sound_chain_verifies_up_to_its_head() -> None:
    rows = linked(5)
    assert chain.verify("site:default", rows, chain.Head(5, rows[-1].digest)) is None
    assert chain.verify("site:default", [], chain.Head()) is None


@given(st.integers(0, 4), st.sampled_from(["kind", "rule", "inputs", "fact_at", "cause", "actor"]))
def test_an_altered_row_is_named(index: int, what: str) -> None:
    other = {
        "kind": "other",
        "rule": "other",
        "inputs": b"{}",
        "fact_at": AT,
        "cause": UUID(int=9),
        "actor": Address("session", "default"),
    }
    rows = linked(5)
    rows[index] = replace(rows[index], entry=replace(rows[index].entry, **{what: other[what]}))
    assert chain.verify("site:default", rows) == chain.Fault("site:default", index + 1, "was altered")


def test_a_row_altered_with_its_digest_is_found_at_the_next_one() -> None:
    rows = linked(3)
    forged = chain.link(chain.Head(1, rows[0].digest), replace(ENTRY, kind="forged"), lambda: bytes(16)).chained
    rows[1] = forged
    fault = chain.verify("site:default", rows)
    assert fault == chain.Fault("site:default", 3, "does not follow the row before it")


def test_a_removed_a_repeated_and_a_foreign_row_are_named() -> None:
    rows = linked(3)
    assert chain.verify("site:default", [rows[0], rows[2]]) == chain.Fault("site:default", 2, "is missing")
    assert chain.verify("site:default", [rows[0], rows[0]]) == chain.Fault("site:default", 1, "stands twice")
    assert chain.verify("site:other", rows) == chain.Fault("site:other", 1, "belongs to the chain site:default")


def test_rows_cut_off_the_end_are_noticed_by_the_stored_head() -> None:
    rows = linked(3)
    cut = chain.verify("site:default", rows[:2], chain.Head(3, rows[2].digest))
    assert cut == chain.Fault("site:default", 3, "is missing: the stored head is further")
    forged = chain.verify("site:default", rows, chain.Head(3, bytes(32)))
    assert forged == chain.Fault("site:default", 3, "is not the stored head")


def test_an_altered_personal_value_is_named_and_an_erased_one_is_not() -> None:
    link = chain.link(chain.Head(), ENTRY, lambda: bytes(16))
    assert chain.Follower("site:default").follow(link.chained, link.salts) is None
    erased = replace(link.chained, entry=replace(ENTRY, personal={}))
    assert chain.Follower("site:default").follow(erased) is None
    forged = replace(link.chained, entry=replace(ENTRY, personal={"uid": "A1B2C3D4", "plate": "ZZ999ZZ"}))
    fault = chain.Follower("site:default").follow(forged, link.salts)
    assert fault == chain.Fault("site:default", 1, "has an altered personal value: plate")
