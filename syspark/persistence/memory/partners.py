"""Partners, their months and what they validate, in memory."""

from syspark.domain.units import SiteId
from syspark.persistence.memory.tables import Tables, Transaction, require_storable
from syspark.ports import DataRefused
from syspark.rows import PartnersOfSite, Unit


def write_partners(tables: Tables, change: Transaction, unit: Unit) -> None:
    """Keep what a unit changes of them. Raises `DataRefused`."""
    for partner in unit.partners:
        require_storable(partner.name)
        others = (one for one in tables.partners.values() if one.id != partner.id)
        if any((one.scope.site_id, one.name) == (partner.scope.site_id, partner.name) for one in others):
            raise DataRefused(f"a partner {partner.name} is already there")
        change.put(tables.partners, partner.id, partner)
    for month in unit.partner_months:
        if month.partner_id not in tables.partners or min(month.validated, month.held_cents, month.spent_cents) < 0:
            raise DataRefused(f"the month of {month.partner_id} is of nobody, or below zero")
        change.put(tables.partner_months, (month.partner_id, month.month), month)
    for made in unit.validations:
        if made.partner_id not in tables.partners:
            raise DataRefused(f"no partner {made.partner_id}")
        change.put(tables.validations, made.id, made)


def partners_of(tables: Tables, site_id: SiteId, month: str) -> PartnersOfSite:
    """What the actor of a site is restored from."""
    partners = [one for one in tables.partners.values() if one.scope.site_id == site_id]
    months = [one for one in tables.partner_months.values() if one.scope.site_id == site_id]
    live = [one for one in tables.validations.values() if one.scope.site_id == site_id and one.live]
    return PartnersOfSite(
        partners=tuple(sorted(partners, key=lambda one: one.name)),
        months=tuple(
            sorted(
                (one for one in months if one.month == month or one.held_cents > 0),
                key=lambda one: (one.partner_id, one.month),
            )
        ),
        live=tuple(sorted(live, key=lambda one: (one.made_at, one.id))),
    )
