"""When a lane will open by itself for who waits there: help that nobody gives, payments that do not work.

Source: domain.md, "Timed release"; the rules are `syspark.domain.site.help` and `syspark.domain.site.payment`.
"""

from datetime import timedelta

import msgspec

from syspark.domain.policy import SitePolicy
from web.reading.snapshot import Ask, LaneSeen, SiteSeen
from web.sentence import Sentence, said

_POLICY = msgspec.json.Decoder(SitePolicy)


def comes(seen: LaneSeen, ask: Ask | None, state: SiteSeen, rules: bytes) -> tuple[Sentence, ...]:
    """What is going to happen at a lane if nobody does anything; `ask` is the payment asked there."""
    down_since = state.payments_down_since if ask is not None else None
    called_at = None if seen.help_unseen else seen.help_since
    if called_at is None and down_since is None:
        return ()
    try:
        policy = _POLICY.decode(rules)
    except msgspec.DecodeError:
        policy = SitePolicy()
    costly = ask is not None and ask.cents > policy.help_costly_cents
    if called_at is not None:
        at = called_at + timedelta(seconds=policy.help_costly_s if costly else policy.help_unanswered_s)
        return (said("Unanswered, it opens by itself at {at}; what is due stays due.", at=at),)
    assert down_since is not None
    at = down_since + timedelta(seconds=policy.payments_down_s)
    if costly:
        return (said("Payments do not work: you are called at {at}, since so much is due.", at=at),)
    return (said("Payments do not work: it opens by itself at {at}, and what is due stays due.", at=at),)
