"""Which partitions a worker takes and gives back, whatever the others do."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.share import LYING_FREE, Moves, Self, moves
from syspark.rows import Standing

A, B, C = "worker-a", "worker-b", "worker-c"


def own(name: str = A, held: object = (), *, stranded: bool = False, heir: bool = False) -> Self:
    """A worker."""
    return Self(name, frozenset(held), is_stranded=stranded, is_heir=heir)  # type: ignore[call-overload]


def standing(*names: str, free: object = (), ours: object = (), without_broker: tuple[str, ...] = ()) -> Standing:
    """What the database answers."""
    workers = {name: name not in without_broker for name in names}
    return Standing(workers, tuple(free), tuple(ours))  # type: ignore[arg-type]


def test_alone_it_takes_everything() -> None:
    todo = moves(own(), standing(A, free=range(64)), 64)
    assert sorted(todo.take) == list(range(64))
    assert not todo.give_back
    assert moves(own(held=range(64)), standing(A), 64) == Moves(is_settled=True)


def test_of_two_the_first_gives_back_what_prefers_the_second_a_few_at_a_time() -> None:
    todo = moves(own(held=range(64)), standing(A, B), 64)
    assert len(todo.give_back) == LYING_FREE
    wanted = moves(own(B), standing(A, B, free=range(64)), 64).take
    assert len(set(todo.give_back) & set(wanted)) >= LYING_FREE - 1
    free = todo.give_back
    assert moves(own(held=set(range(64)) - set(free)), standing(A, B, free=free), 64).give_back == ()
    assert set(moves(own(B), standing(A, B, free=free), 64).take) == set(free)


def test_two_that_begin_at_once_hardly_want_the_same() -> None:
    of_a, of_b = (set(moves(own(name), standing(A, B, free=range(64)), 64).take) for name in (A, B))
    assert len(of_a) == len(of_b) == 32
    assert len(of_a & of_b) < 8


def test_nothing_moves_for_preference_alone() -> None:
    assert moves(own(held=range(32)), standing(A, B), 64) == Moves(is_settled=True)
    assert moves(own(B, held=range(32, 64)), standing(A, B), 64) == Moves(is_settled=True)


def test_a_dead_predecessor_s_are_taken_back_by_its_heir_alone() -> None:
    assert moves(own(), standing(A, ours=range(4)), 4).take == ()
    assert sorted(moves(own(heir=True), standing(A, ours=range(4)), 4).take) == [0, 1, 2, 3]


def test_who_does_not_reach_the_broker_does_not_count_where_others_do() -> None:
    assert len(moves(own(), standing(A, B, free=range(64), without_broker=(B,)), 64).take) == 64
    assert len(moves(own(), standing(A, B, free=range(64), without_broker=(A, B)), 64).take) == 32


def test_a_stranded_worker_gives_everything_to_those_who_are_not_and_takes_nothing() -> None:
    stranded = own(held=range(32), stranded=True)
    assert moves(stranded, standing(A, B, without_broker=(A,)), 64).give_back == tuple(range(32))
    assert moves(own(stranded=True), standing(A, B, free=range(64), without_broker=(A,)), 64) == Moves()
    assert moves(stranded, standing(A, B, without_broker=(A, B)), 64) == Moves(is_settled=True)


@pytest.mark.parametrize("partitions", [1, 7, 64])
@given(data=st.data())
def test_whoever_comes_and_goes_all_are_held_in_fair_shares(partitions: int, data: st.DataObject) -> None:
    held: dict[str, set[int]] = {}
    for living in data.draw(st.lists(st.sets(st.sampled_from("abcde"), min_size=1), min_size=1, max_size=4)):
        held = {name: held.get(name, set()) for name in living}
        settle(held, partitions)
        share = -(-partitions // len(living))
        assert set().union(*held.values()) == set(range(partitions))
        assert all(len(one) <= share for one in held.values())


def settle(held: Mapping[str, set[int]], partitions: int) -> None:
    """Everybody does what they should, one after the other, until nobody has anything to do."""
    for _ in range(4 * partitions):
        busy = False
        for name in held:
            free = set(range(partitions)).difference(*held.values())
            todo = moves(own(name, held[name]), standing(*held, free=sorted(free), ours=sorted(held[name])), partitions)
            held[name].difference_update(todo.give_back)
            held[name].update(todo.take)
            busy = busy or bool(todo.take or todo.give_back)
        if not busy:
            return
    raise AssertionError("they never settle")
