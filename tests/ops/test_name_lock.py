"""A worker's name: held by one process, and proof of its predecessor's death only where the same file was held."""

from pathlib import Path

import pytest

from ops.name_lock import NameLock, NameTakenError, holders


def test_a_name_is_held_once_and_says_where(tmp_path: Path) -> None:
    first, second = NameLock(tmp_path, "a"), NameLock(tmp_path, "a")
    first.acquire()
    first.note(broker="127.0.0.1 port 1883")
    with pytest.raises(NameTakenError, match=r"named a already runs .* its broker is at 127.0.0.1 port 1883"):
        second.acquire()
    assert second.owner != first.owner
    [holder] = holders(tmp_path)
    assert (holder.name, holder.notes["broker"]) == ("a", "127.0.0.1 port 1883")
    first.release()
    assert list(holders(tmp_path)) == []
    second.acquire()
    assert second.proven
    second.release()


def test_the_owner_stays_the_same_on_one_folder_and_differs_on_another(tmp_path: Path) -> None:
    owners = []
    for home in (tmp_path / "one", tmp_path / "one", tmp_path / "two"):
        lock = NameLock(home, "a")
        lock.acquire()
        owners.append(lock.owner)
        lock.release()
    assert owners[0] == owners[1] != owners[2]
    assert {owner.partition("@")[0] for owner in owners} == {"a"}


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b'{"id": 5}'])
def test_a_damaged_file_loses_the_proof_and_nothing_else(tmp_path: Path, content: bytes) -> None:
    before = NameLock(tmp_path, "a")
    before.acquire()
    before.release()
    (tmp_path / "worker-a.lock").write_bytes(content)
    after = NameLock(tmp_path, "a")
    after.acquire()
    assert after.owner != before.owner
    after.release()


def test_names_do_not_disturb_each_other(tmp_path: Path) -> None:
    locks = [NameLock(tmp_path, name) for name in ("a", "b")]
    for lock in locks:
        lock.acquire()
    assert [holder.name for holder in holders(tmp_path)] == ["a", "b"]
    for lock in locks:
        lock.release()
