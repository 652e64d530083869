"""What a first look needs: two badges that are known, and lines to paste that show what they do."""

import shlex
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ops.requests import RefusedError, Requests, author
from syspark.contract.topics import DEFAULT_SITE
from syspark.domain.access import Plan
from syspark.domain.messages import AddCredential
from syspark.domain.units import Uid
from syspark.persistence.admin import Administration
from syspark.rows import CredentialRow

Tell = Callable[[str], None]

DEMO_BADGES = (
    (Uid("A1B2C3D4"), "Demo subscriber", Plan.SUBSCRIBER),
    (Uid("B2C3D4E5"), "Demo visitor", Plan.VISITOR),
)
STRANGER = Uid("0BADCAFE")

_WATCH = "what the site is told, to be watched in a second terminal"
_SUBSCRIBER = (
    "a subscriber's badge: 100 (open) on {root}/barriere_entree/cmd; again within 15 s nothing; "
    "after a minute 100 on {root}/barriere/cmd, the exit"
)
_VISITOR = "a visitor's badge: the same; the exit asks for payment once 30 minutes are over"
_STRANGER = "an unknown badge: BADGE INCONNU on the display, and no 100"
_GARBAGE = "garbage: changes nothing, and `syspark rejected` says why"


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Where sites connect."""

    host: str
    port: int
    tls: bool = False
    username: str | None = None

    def __str__(self) -> str:
        return f"{self.host} port {self.port}{', with TLS' if self.tls else ''}"

    @property
    def options(self) -> str:
        """The options of mosquitto_pub and mosquitto_sub."""
        words = ["-h", self.host, "-p", str(self.port)]
        words += ["--tls-use-os-certs"] if self.tls else []
        words += ["-u", self.username, "-P", "THE-PASSWORD"] if self.username is not None else []
        return shlex.join(words)


async def make_known(administration: Administration, requests: Requests, tell: Tell) -> None:
    """Have the default site know two badges, unless it knows any. Raises `Unavailable`."""
    if await administration.credentials(DEFAULT_SITE):
        return
    site = next((site for site in await administration.sites() if site.id == DEFAULT_SITE), None)
    if site is None:
        return
    tell("making two badges known, one of a subscriber and one of a visitor")
    for uid, holder, plan in DEMO_BADGES:
        try:
            await requests.ask_site(site, AddCredential(uid=uid, holder=holder, plan=plan, author=author()))
        except RefusedError as error:
            tell(f"the badge {uid} could not be made known: {error}")


def lines(broker: BrokerAddress, root: str, badges: Sequence[CredentialRow]) -> list[str]:
    """The broker's address, badges that are known, and what to try."""
    subscriber = _first(badges, parks_free=True)
    visitor = _first(badges, parks_free=False)
    watch = f"mosquitto_sub {broker.options} -v -t '{root}/+/cmd' -t {root}/display/text -t {root}/payment/req"
    tries = [(_WATCH, watch)]
    if subscriber is not None:
        tries.append((_SUBSCRIBER.format(root=root), _publish(broker, root, subscriber.uid)))
    if visitor is not None:
        tries.append((_VISITOR, _publish(broker, root, visitor.uid)))
    tries += [(_STRANGER, _publish(broker, root, STRANGER)), (_GARBAGE, _publish(broker, root, "hello"))]
    known = ", ".join(f"{badge.uid} ({badge.plan})" for badge in (subscriber, visitor) if badge is not None)
    shown = ["", f"broker        {broker}", f"known badges  {known or 'none yet: syspark credential add --help'}", ""]
    for what, command in tries:
        shown += [f"# {what}", command, ""]
    if shutil.which("mosquitto_pub") is None:
        shown += ["(mosquitto_pub and mosquitto_sub are in the Debian package mosquitto-clients)", ""]
    return [*shown, "Ctrl-C stops it."]


def _first(badges: Sequence[CredentialRow], *, parks_free: bool) -> CredentialRow | None:
    own = {uid for uid, _, _ in DEMO_BADGES}
    ours_first = sorted(badges, key=lambda badge: badge.uid not in own)
    return next(
        (badge for badge in ours_first if Plan(badge.plan).parks_free is parks_free and not badge.blocked), None
    )


def _publish(broker: BrokerAddress, root: str, payload: str) -> str:
    return f"mosquitto_pub {broker.options} -q 1 -t {root}/barriere -m {payload}"
