"""Hypothesis strategies for orders and facts that the contract can say."""

from datetime import UTC, datetime

from hypothesis import strategies as st

from syspark.domain import facts, orders
from syspark.domain.units import Cents, Lane, Plate, SessionId, Uid

UIDS = st.text("0123456789ABCDEF", min_size=8, max_size=8).map(Uid)
PLATES = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=2, max_size=15).map(Plate)
VERSIONS = st.none() | st.integers(0, 2**31)
WORDS = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", min_size=1, max_size=20)
IDS = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=36)
LANES = st.sampled_from(Lane)
TEXTS = (
    st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), min_size=1, max_size=60)
    .map(str.strip)
    .filter(bool)
)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000)
)

ORDERS: st.SearchStrategy[orders.Order] = st.one_of(
    st.builds(orders.MoveBarrier, lane=LANES, action=st.sampled_from(orders.BarrierAction)),
    st.builds(orders.ShowText, text=WORDS, lane=st.none() | LANES, ttl_s=VERSIONS, priority=VERSIONS),
    st.builds(
        orders.RequestPayment,
        session_id=IDS.map(SessionId),
        masked_plate=st.text("ABC123.", max_size=15),
        amount=st.integers(0, 99_999_999).map(Cents),
        currency=st.just("EUR"),
        cause=TEXTS,
        label=TEXTS,
        duration_s=VERSIONS,
    ),
    st.builds(orders.RefuseEntry, cause=TEXTS, masked_plate=st.text("ABC123.", max_size=15)),
    st.builds(
        orders.ConfirmPayment,
        session_id=IDS.map(SessionId),
        provider_ref=IDS,
        amount=st.integers(0, 10**9).map(Cents),
        currency=st.just("EUR"),
    ),
    st.builds(orders.AddBadge, uid=UIDS, version=VERSIONS),
    st.builds(orders.RemoveBadge, uid=UIDS, version=VERSIONS),
    st.builds(orders.ReplaceBadges, uids=st.lists(UIDS, max_size=46).map(tuple), version=VERSIONS),
    st.builds(orders.StartEnrolment, ttl_s=VERSIONS),
    st.builds(orders.ListBadges),
    st.builds(orders.SetPin, lane=LANES),
    st.builds(orders.MoveCamera, camera=st.integers(1, 2), move=st.sampled_from(orders.CameraMove)),
    st.builds(orders.SendElevator, floor=st.integers(0, 2)),
    st.builds(orders.AskElevator),
    st.builds(orders.SendRadio, text=WORDS),
    st.builds(orders.TuneRadio, text=WORDS),
    st.builds(
        orders.ShowWeather,
        ville=TEXTS,
        description=TEXTS,
        temperature=st.floats(-50, 50),
        humidite=st.floats(0, 100),
        vent=st.floats(0, 200),
        air=st.none() | TEXTS,
    ),
)

_FLOORS = st.integers(-9, 99)

FACTS: st.SearchStrategy[facts.Fact] = st.one_of(
    st.builds(facts.PresenceReported, present=st.booleans()),
    st.builds(facts.HeartbeatReported, beat_at=MOMENTS, state=st.none() | WORDS),
    st.builds(facts.SensorErrorReported, code=WORDS.filter(lambda code: code.strip("_")), detail=TEXTS),
    st.builds(facts.BadgeRead, uid=UIDS, lane=st.none() | LANES),
    st.builds(facts.PinAccepted, lane=LANES),
    st.builds(
        facts.BarrierReported,
        lane=LANES,
        state=st.sampled_from(["open", "closed", "opening", "closing", "fault"]),
        command_id=st.none() | IDS,
        code=st.none() | WORDS,
    ),
    st.builds(
        facts.PlateRead,
        plate=PLATES,
        lane=st.none() | LANES,
        confidence=st.none() | st.floats(0, 1),
        valid=st.booleans(),
        frame_id=st.none() | IDS,
    ),
    st.builds(facts.FloorReported, current=_FLOORS, target=st.none() | _FLOORS, moving=st.none() | st.booleans()),
    st.builds(facts.AclReported, entries=st.lists(UIDS, max_size=60).map(tuple), version=VERSIONS),
    st.builds(facts.AclWritten, ok=st.booleans(), version=VERSIONS),
    st.builds(facts.SyncRequested),
    st.builds(facts.BridgeReported, online=st.booleans()),
)
"""Facts the richer form says completely; a radio's text is its whole message and does not come back the same."""
