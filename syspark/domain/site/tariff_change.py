"""What an operator changes of a site's prices: a new version of its tariff. Source: domain.md, "Tariffs"."""

from datetime import timedelta

from syspark.domain.decision import Decision, Moment
from syspark.domain.messages import PublishTariff
from syspark.domain.site.events import SiteEvent, TariffPublished
from syspark.domain.site.state import SiteSetup
from syspark.domain.tariff import TariffVersion, in_force
from syspark.domain.tariff.lint import lint
from syspark.domain.tariff.problem import problems

WAITING_AT_MOST = 4
FURTHEST = timedelta(days=730)


def publish_tariff(asked: PublishTariff, setup: SiteSetup, at: Moment) -> Decision[SiteEvent]:
    """Have stays that begin from then on cost this; who is inside keeps the tariff they came in by."""
    if wrong := problems(asked.tariff):
        return Decision(rule="tariff-nonsense", refused="; ".join(map(str, wrong)))
    if asked.tariff.currency != setup.tariff.currency:
        return Decision(rule="tariff-currency", refused=f"the site is paid in {setup.tariff.currency}")
    starts_at = asked.starts_at or at.now
    if starts_at < at.fact_at or starts_at > at.now + FURTHEST:
        return Decision(rule="tariff-date", refused="a tariff starts now or in the next two years")
    newest = max((setup.tariff_version, *(one.version for one in setup.tariffs)))
    if asked.after != newest:
        return Decision(rule="tariff-changed-since", refused="somebody has published another tariff: look again")
    coming = {one.starts_at for one in setup.tariffs if one.starts_at > at.now} | {starts_at}
    if len(coming) > WAITING_AT_MOST:
        return Decision(rule="tariffs-waiting", refused=f"{WAITING_AT_MOST} tariffs are waiting for their date already")
    if not asked.knowing and any(one.finding.is_law for one in lint(asked.tariff)):
        return Decision(rule="tariff-against-the-law", refused="the law may forbid it: confirm that you know")
    present, _ = setup.tariff_at(starts_at)
    if present == asked.tariff:
        return Decision(rule="tariff-unchanged")
    version = TariffVersion(version=newest + 1, starts_at=starts_at, tariff=asked.tariff)
    now = in_force((*setup.tariffs, version), at.now)
    event = TariffPublished(version=version, author=asked.author, now=now is not None and now.version == newest + 1)
    return Decision(rule="tariff-published", events=(event,))
