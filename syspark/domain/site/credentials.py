"""What an operator says of badges, plates and their holders. Source: domain.md, "Access"."""

from uuid import uuid5

from msgspec.structs import replace

from syspark.domain.access import Credential, CredentialKind
from syspark.domain.decision import Decision, Moment, later
from syspark.domain.messages import AddCredential, AddHolder, ReplaceBadge
from syspark.domain.policy import SitePolicy
from syspark.domain.site.events import CredentialChanged, HolderChanged, SiteEvent, SubjectMet
from syspark.domain.site.state import Known, SiteSetup
from syspark.domain.units import HolderKey

DAY_S = 86_400


def add_credential(asked: AddCredential, known: Known, setup: SiteSetup, at: Moment) -> Decision[SiteEvent]:
    """Know a badge or a plate, instead of what was known of it. A plate gets a subject, which alone holds it."""
    if (asked.uid is None) == (asked.plate is None):
        return Decision(rule="credential-unnamed", refused="name a badge or a plate, and one of them only")
    wrong = _wrong_dates(asked, setup.policy, at)
    if wrong is not None:
        return Decision(rule="credential-dates", refused=wrong)
    met: tuple[SiteEvent, ...] = ()
    subject = known.subject or at.subject_id
    if asked.plate is not None and known.subject is None:
        met = (SubjectMet(subject=subject, plate=asked.plate),)
    credential = Credential(
        uid=HolderKey(subject if asked.uid is None else asked.uid),
        holder=asked.holder,
        plan=asked.plan,
        valid_from=asked.valid_from,
        valid_until=asked.valid_until,
        blocked=asked.blocked,
        kind=CredentialKind.PLATE if asked.uid is None else CredentialKind.BADGE,
        windows=asked.windows,
        lane=asked.lane,
        temporary=asked.temporary,
    )
    changed = CredentialChanged(credential=credential, author=asked.author)
    return Decision(rule="credential-changed", events=(*met, changed))


def _wrong_dates(asked: AddCredential, policy: SitePolicy, at: Moment) -> str | None:
    if asked.valid_from and asked.valid_until and asked.valid_until <= asked.valid_from:
        return "it would end before it begins"
    if not asked.temporary:
        return None
    if asked.valid_until is None:
        return "what is temporary needs an end"
    if asked.valid_until > later(asked.valid_from or at.now, policy.temporary_days * DAY_S):
        return f"what is temporary ends within {policy.temporary_days} days"
    return None


def replace_badge(asked: ReplaceBadge, known: Known) -> Decision[SiteEvent]:
    """Block a lost badge and give its holder another one with the same right, in one act."""
    if known.right is None:
        return Decision(rule="badge-to-replace-unknown", refused="the site does not know the badge that is lost")
    lost = known.right.credential
    if known.other is not None and known.other.credential.holder != lost.holder:
        return Decision(rule="badge-of-another", refused="the new badge belongs to another holder")
    if asked.uid == asked.lost_uid:
        return Decision(rule="badge-replaces-itself", refused="a badge cannot replace itself")
    blocked = CredentialChanged(credential=replace(lost, blocked=True), author=asked.author)
    new = CredentialChanged(credential=replace(lost, uid=HolderKey(asked.uid), blocked=False), author=asked.author)
    return Decision(rule="badge-replaced", events=(blocked, new))


def add_holder(asked: AddHolder, at: Moment) -> Decision[SiteEvent]:
    """Know a holder, or how many places a company shares."""
    if asked.places is not None and asked.places < 0:
        return Decision(rule="holder-places", refused="there is no negative number of places")
    changed = HolderChanged(
        holder_id=str(uuid5(at.cause, "holder")),
        holder=asked.holder,
        holder_kind=asked.holder_kind,
        places=asked.places,
        author=asked.author,
    )
    return Decision(rule="holder-changed", events=(changed,))
