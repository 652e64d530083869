"""Whose vehicle stands at the exit, by a plate that is nobody's: certain, or only suggested.

Source: domain.md, "Identity and fusion": one confusion, confidence given and high enough, no other open session within
two edits; everything else is a suggestion.
"""

from syspark.domain.policy import SitePolicy
from syspark.domain.risk import is_news
from syspark.domain.site.events import MatchRiskChanged
from syspark.domain.site.state import Doubt, Known, Near, SiteState, Suggestion, Visit


def certain(known: Known, confidence: float | None, policy: SitePolicy) -> Visit | None:
    """The open visit the plate is taken for, None when a person has to decide."""
    return next((near.visit for near in known.near if _doubt(near, confidence, policy) is None), None)


def suggestions(known: Known, confidence: float | None, policy: SitePolicy) -> tuple[Suggestion, ...]:
    """The open sessions that a person may choose from, the nearest plate first, and what is doubtful of each."""
    return tuple(
        Suggestion(session_id=near.visit.session_id, masked=near.masked, distance=near.distance, why=why)
        for near in known.near
        if (why := _doubt(near, confidence, policy)) is not None
    )


def risk_told(state: SiteState, known: Known) -> tuple[MatchRiskChanged, ...]:
    """How easily those inside are confused, where that has changed since it was told."""
    changed = is_news(known.match_risk, state.match_risk)
    return (MatchRiskChanged(risk=known.match_risk),) if changed else ()


def _doubt(near: Near, confidence: float | None, policy: SitePolicy) -> Doubt | None:
    if not near.confusion:
        return Doubt.NOT_ONE_CONFUSION
    if confidence is None:
        return Doubt.NO_CONFIDENCE
    if confidence < policy.match_confidence:
        return Doubt.LOW_CONFIDENCE
    return None if near.alone else Doubt.NEIGHBOURS
