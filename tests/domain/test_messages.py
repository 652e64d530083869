"""What mailbox rows hold, as bytes and back; and that the unions are whole."""

import inspect
from datetime import UTC
from types import ModuleType
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syspark.domain import corrections, device, facts, messages, orders, partner_messages, session
from syspark.domain.decision import Event
from syspark.domain.message import Message
from syspark.domain.messages import AnyMessage, decode, encode, kind_of
from syspark.domain.payment import messages as money
from syspark.domain.site import events

TIMES = st.datetimes(timezones=st.just(UTC))
FINITE = st.floats(allow_nan=False, allow_infinity=False)
TEXT = st.text(max_size=12)
JSON = st.recursive(st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT, st.lists, max_leaves=4)


def built(kind: type[Any]) -> st.SearchStrategy[Any]:
    """Any value of a struct, by the types of its fields."""
    return st.builds(kind, **{field.name: valued(field.type) for field in msgspec.structs.fields(kind)})


def bounded(kind: Any, meta: msgspec.Meta) -> st.SearchStrategy[Any]:
    """Any value that is taken back where bounds are set."""
    if meta.pattern is not None:
        return st.from_regex(meta.pattern, fullmatch=True)
    if meta.max_length is not None or meta.min_length is not None:
        return st.text(min_size=meta.min_length or 0, max_size=meta.max_length or 12)
    return st.integers(None if meta.ge is None else int(meta.ge), None if meta.le is None else int(meta.le))


def valued(kind: Any) -> st.SearchStrategy[Any]:
    name = getattr(kind, "__name__", "")
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return built(kind)
    if hasattr(kind, "__metadata__"):
        return bounded(kind.__origin__, kind.__metadata__[0])
    if hasattr(kind, "__supertype__"):
        return valued(kind.__supertype__)
    if name == "datetime":
        return TIMES
    if name == "float":
        return FINITE
    if getattr(kind, "__origin__", None) is tuple:
        return st.lists(valued(get_args(kind)[0]), max_size=3).map(tuple)
    if getattr(kind, "__origin__", None) is dict:
        return st.dictionaries(TEXT, JSON, max_size=3)
    if get_args(kind):
        return st.one_of([valued(one) for one in get_args(kind)])
    return {
        str: TEXT,
        int: st.integers(-(2**62), 2**62),
        bool: st.booleans(),
        bytes: st.binary(max_size=8),
        type(None): st.none(),
    }.get(kind, st.from_type(kind))


@given(st.one_of([built(member) for member in get_args(AnyMessage)]))
def test_a_message_is_read_back_as_it_was_written(message: AnyMessage) -> None:
    assert decode(encode(message)) == message
    assert msgspec.json.decode(encode(message))["type"] == kind_of(message)


@pytest.mark.parametrize("body", [b"", b"{}", b'{"type":"of-tomorrow"}', b'{"type":"exit-requested"}'])
def test_what_is_not_known_is_refused(body: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode(body)


def of(modules: tuple[ModuleType, ...], base: type[msgspec.Struct]) -> set[type[msgspec.Struct]]:
    return {
        kind
        for module in modules
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, base)
        and f"{kind.__module__}.".startswith(f"{module.__name__}.")
        and kind.__struct_config__.tag is not None
    }


@pytest.mark.parametrize(
    ("modules", "base", "union"),
    [
        ((facts,), facts._Fact, facts.Told),
        ((orders,), orders._Order, orders.Order),
        ((messages, corrections, money, partner_messages), Message, AnyMessage),
        ((events,), Event, events.SiteEvent),
        ((session.events,), Event, session.SessionEvent),
        ((device,), Event, device.DeviceEvent),
    ],
    ids=["facts", "orders", "messages", "site events", "session events", "device events"],
)
def test_a_union_has_every_member_its_module_defines_each_under_a_tag_of_its_own(
    modules: tuple[ModuleType, ...], base: type[msgspec.Struct], union: Any
) -> None:
    members = get_args(union)
    assert of(modules, base) == set(members)
    assert len({member.__struct_config__.tag for member in members}) == len(members)
