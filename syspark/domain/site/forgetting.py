"""Plates that are over their time. Source: domain.md, "Audit and privacy".

The site forgets them itself, between two readings: erased behind its back, a plate that is read again at that moment
would belong to a subject that is gone.
"""

from syspark.domain.decision import Decision
from syspark.domain.messages import ForgetPlates
from syspark.domain.site.events import PlatesForgotten, SiteEvent


def forget_plates(asked: ForgetPlates) -> Decision[SiteEvent]:
    """Forget them; one that speaks for a session or a right again is kept, as the store sees at that moment."""
    return Decision(rule="plates-forgotten", events=(PlatesForgotten(subjects=asked.subjects),))
