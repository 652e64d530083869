"""The rows that a site's events make, besides its snapshot and those of partners."""

from typing import Any
from uuid import UUID

import msgspec

from actors.rights import credential_row
from actors.stays import session_row, witness_row
from syspark.domain.site.events import (
    CommandEnded,
    CredentialChanged,
    HolderChanged,
    OpeningSeen,
    PlatesForgotten,
    PolicyChanged,
    SiteEvent,
    SubjectMet,
    TariffPublished,
    VisitBegun,
    VisitFound,
    WitnessWithdrawn,
    witness_kept,
)
from syspark.domain.units import SiteId
from syspark.rows import (
    Fate,
    HolderRow,
    OpeningRow,
    PolicyRow,
    Scope,
    SubjectRow,
    TariffChange,
    TariffRow,
    Unit,
    Withdrawal,
)


def registered(unit: Unit, events: tuple[SiteEvent, ...], scope: Scope, site_id: SiteId) -> dict[str, Any]:
    """The rows, as fields of the unit; most events make none."""
    made: dict[str, Any] = {}

    def add(field: str, *rows: object) -> None:
        made[field] = (*made.get(field, ()), *rows)

    for event in events:
        if (kept := witness_kept(event)) is not None:
            add("witnesses", witness_row(*kept, scope))
        match event:
            case VisitBegun(session=session) | VisitFound(session=session):
                add("sessions", session_row(session, 1, scope))
            case CommandEnded(command_id=command_id, fate=Fate.CONFIRMED):
                add("confirmed", command_id)
            case CredentialChanged(credential=credential):
                add("credentials", credential_row(credential, site_id))
            case HolderChanged(holder_id=holder_id, holder=name, holder_kind=kind, places=places):
                add("holders", HolderRow(UUID(holder_id), site_id, name, kind, places))
            case PolicyChanged():
                made["policy"] = setup_row(event, site_id)
            case TariffPublished():
                made["tariff"] = setup_row(event, site_id)
            case SubjectMet(subject=subject, plate=plate):
                add("subjects", SubjectRow(UUID(subject), scope, plate))
            case OpeningSeen(lane=lane, at=at, because=because):
                add("openings", OpeningRow(unit.row.id, scope, lane, at, because))
            case WitnessWithdrawn(session_id=session_id, key=key):
                add("withdrawn", Withdrawal(session_id, key, unit.journal[0].at))
            case PlatesForgotten(subjects=subjects):
                add("forgotten", *(UUID(subject) for subject in subjects))
            case _:
                pass
    return made


def setup_row(event: PolicyChanged | TariffPublished, site_id: SiteId) -> PolicyRow | TariffChange:
    """A new policy or tariff as it is stored."""
    if isinstance(event, PolicyChanged):
        return PolicyRow(site_id, event.version, msgspec.json.encode(event.policy), event.author)
    version = event.version
    row = TariffRow(version.version, version.starts_at, msgspec.json.encode(version.tariff))
    return TariffChange(site_id, row, event.author, event.now)
