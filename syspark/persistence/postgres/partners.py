"""Partners, their months and what they validate, as units write them, on PostgreSQL."""

from collections.abc import Iterator, Sequence

from syspark.persistence.postgres.arrays import blobs, booleans, instants, integers, texts, uuids
from syspark.persistence.postgres.database import Parameters
from syspark.rows import Unit


def writes(units: Sequence[Unit]) -> Iterator[tuple[str, Parameters]]:
    """The statements of `unit.sql` that keep them: of each row the last one of the batch."""
    partners = list({row.id: row for unit in units for row in unit.partners}.values())
    if partners:
        yield (
            "partners",
            {
                "id": uuids([row.id for row in partners]),
                "organisation_id": uuids([row.scope.organisation_id for row in partners]),
                "site_id": texts([row.scope.site_id for row in partners]),
                "partition": integers([row.scope.partition for row in partners]),
                "name": texts([row.name for row in partners]),
                "body": blobs([row.body for row in partners]),
            },
        )
    months = list({(row.partner_id, row.month): row for unit in units for row in unit.partner_months}.values())
    if months:
        yield (
            "partner_months",
            {
                "partner_id": uuids([row.partner_id for row in months]),
                "month": texts([row.month for row in months]),
                "organisation_id": uuids([row.scope.organisation_id for row in months]),
                "site_id": texts([row.scope.site_id for row in months]),
                "validated": integers([row.validated for row in months]),
                "held_cents": integers([row.held_cents for row in months]),
                "spent_cents": integers([row.spent_cents for row in months]),
            },
        )
    made = list({row.id: row for unit in units for row in unit.validations}.values())
    if made:
        yield (
            "validations",
            {
                "id": uuids([row.id for row in made]),
                "organisation_id": uuids([row.scope.organisation_id for row in made]),
                "site_id": texts([row.scope.site_id for row in made]),
                "partner_id": uuids([row.partner_id for row in made]),
                "subject": uuids([row.subject for row in made]),
                "month": texts([row.month for row in made]),
                "made_at": instants([row.made_at for row in made]),
                "live": booleans([row.live for row in made]),
                "body": blobs([row.body for row in made]),
            },
        )
