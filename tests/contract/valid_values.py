"""What every valid fact looks like, whoever sent it: the judge of hostile payloads."""

import re
from datetime import UTC, datetime

from syspark.contract.parse import Reading
from syspark.contract.reasons import Reason, Rejection
from syspark.domain import facts

_UID = re.compile(r"[0-9A-F]{8}")
_PLATE = re.compile(r"[A-Z0-9]{2,15}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def check_answer(answer: Reading | Rejection, secrets: tuple[str, ...]) -> None:
    """Assert that an answer of `parse` is one the inside may trust."""
    if isinstance(answer, Rejection):
        assert not any(secret in answer.detail for secret in secrets)
        assert isinstance(answer.reason, Reason)
        assert len(answer.detail) < 200
        return
    assert answer.ts is None or answer.ts.utcoffset() == datetime.now(UTC).utcoffset()
    assert answer.src is None or (len(answer.src) <= 64 and not _CONTROL.search(answer.src))
    assert answer.event_id is None or (1 <= len(answer.event_id) <= 128 and answer.event_id.isascii())
    check_fact(answer.fact)
    if isinstance(answer.fact, facts.SensorErrorReported | facts.RadioReported):  # texts that are shown as they came
        assert not any(secret in repr(answer.fact) for secret in secrets)


def check_fact(fact: facts.Told) -> None:
    """Assert that a fact holds only valid values."""
    match fact:
        case facts.Replayed(fact=inner, happened_at=happened_at):
            assert happened_at.tzinfo is UTC
            check_fact(inner)
        case facts.BadgeRead(uid=uid):
            assert _UID.fullmatch(uid)
        case facts.AclReported(entries=entries):
            assert all(_UID.fullmatch(uid) for uid in entries)
        case facts.PlateRead(plate=plate, confidence=confidence):
            assert _PLATE.fullmatch(plate)
            assert confidence is None or 0 <= confidence <= 1
        case facts.SensorErrorReported(code=code, detail=text) | facts.RadioReported(code=code, text=text):
            assert len(text) <= 500
            assert not _CONTROL.search(text)
            assert code is None or len(code) <= 64
        case facts.FloorReported(current=current, target=target):
            assert -9 <= current <= 99
            assert target is None or -9 <= target <= 99
        case facts.HeartbeatReported(beat_at=beat_at):
            assert beat_at.tzinfo is UTC
        case facts.PresenceReported(present=present):
            assert isinstance(present, bool)
        case _:
            assert isinstance(fact, facts.Fact)
