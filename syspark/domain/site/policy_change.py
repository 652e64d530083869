"""What an operator changes of a site's rules: a new version of its policy. Source: domain.md, its first paragraph."""

from collections.abc import Mapping
from typing import Any

import msgspec

from syspark.domain.decision import Decision
from syspark.domain.messages import SetPolicy, Template
from syspark.domain.policy import Passback, SitePolicy
from syspark.domain.site.events import PolicyChanged, SiteEvent
from syspark.domain.site.state import SiteSetup

DAY_S = 86_400

TEMPLATES: Mapping[Template, Mapping[str, Any]] = {
    Template.HOTEL: {"longest_stay_s": 14 * DAY_S, "passback": Passback.OFF},
    Template.HOSPITAL: {"longest_stay_s": 7 * DAY_S, "help_unanswered_s": 60, "unread_admitted": True},
    Template.MALL: {"longest_stay_s": DAY_S},
    Template.OFFICE: {"longest_stay_s": 7 * DAY_S, "visitors_admitted": False},
}
"""What each kind of site sets together; all else keeps its default."""


def set_policy(asked: SetPolicy, setup: SiteSetup) -> Decision[SiteEvent]:
    """Change some rules, or all together to a template's. Refused as a whole when one of them makes no sense."""
    unknown = sorted(set(asked.changes) - {field.name for field in msgspec.structs.fields(SitePolicy)})
    if unknown:
        return Decision(rule="policy-unknown", refused=f"there is no rule called {', '.join(unknown)}")
    present = TEMPLATES[asked.template] if asked.template is not None else msgspec.to_builtins(setup.policy)
    try:
        policy = msgspec.convert({**present, **asked.changes}, SitePolicy)
    except msgspec.ValidationError as error:
        return Decision(rule="policy-not-understood", refused=str(error))
    negative = sorted(name for name in asked.changes if _is_negative(getattr(policy, name)))
    if negative:
        return Decision(rule="policy-negative", refused=f"{', '.join(negative)} cannot be negative")
    if policy == setup.policy:
        return Decision(rule="policy-unchanged")
    changed = PolicyChanged(policy=policy, version=setup.policy_version + 1, author=asked.author)
    return Decision(rule="policy-changed", events=(changed,))


def _is_negative(value: object) -> bool:
    values = value.values() if isinstance(value, dict) else (value,)
    return any(isinstance(one, int | float) and one < 0 for one in values)
