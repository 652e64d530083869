"""What is told to equipment, and to a whole site, that has just connected. Source: domain.md, "Offline sites" and
"ACL sync"; contract.md, `sync/req`.
"""

from msgspec.structs import replace

from syspark.domain.decision import Decision, HandOver, Moment, Timer, ToController, ToDevice, later
from syspark.domain.facts import SyncRequested
from syspark.domain.messages import Reported
from syspark.domain.site import display, proof
from syspark.domain.site.events import ControllerHeard, LineChanged, PassbackReset, ProofTaken, SiteEvent
from syspark.domain.site.help import heard_again
from syspark.domain.site.state import Known, SiteSetup, SiteState


def synced(
    state: SiteState, reported: Reported, fact: SyncRequested, known: Known, setup: SiteSetup, at: Moment
) -> Decision[SiteEvent]:
    """Tell equipment that has connected what it should show and hold; compare who it says is inside, if it does."""
    # Who is inside is nobody else's to keep.
    passed_on = replace(reported, fact=replace(fact, held=None))
    told: tuple[HandOver, ...] = (ToDevice(reported.device, passed_on),)
    # A banner has no list of badges.
    told = told if fact.boot else (*told, ToController(passed_on))
    shown = display.due(state, setup, at)
    heard = () if fact.boot or state.controllers else (ControllerHeard(),)
    if known.compared is None:
        return Decision(rule="sync-requested", events=heard, commands=(shown,), handovers=told)
    taken = proof.proof_of(state.proof, known.compared, at)
    rule = "resync-identical" if taken.since is not None else "resync-differs"
    told = (*told, *proof.told(state.proof, taken))
    return Decision(rule=rule, events=(*heard, ProofTaken(proof=taken)), commands=(shown,), handovers=told)


def bridge(state: SiteState, reported: Reported, setup: SiteSetup, at: Moment, *, online: bool) -> Decision[SiteEvent]:
    """Tell a site that has just connected what it should show.

    Mosquitto's bridge says that it is there some milliseconds before it subscribes, so that it may miss the first word.
    """
    twin = ToDevice(reported.device, reported)
    if not online:
        cut = LineChanged(cut_since=state.cut_since or at.fact_at)
        return Decision(rule="bridge-offline", events=(cut,), handovers=(twin,))
    shown = display.due(state, setup, at)
    again = Timer(key=display.DISPLAY_TIMER, at=later(at.now, setup.policy.told_again_after_s))
    return Decision(
        rule="bridge-online",
        events=(PassbackReset(at=at.now), LineChanged(cut_since=None)),
        commands=(shown,),
        handovers=(twin, ToController(reported)),
        timers=(again, *heard_again(state, setup, at)),
    )
