"""What the payment provider tells: proven to be its own, kept in the session's mailbox, and only then answered.

200 also says that nothing here is concerned: whatever is answered otherwise is sent again for days. Source:
interface.md, "HTTP"; domain.md, "Exit and payment".
"""

from aiohttp import web

from syspark import logs, strayed
from syspark.errors import Unavailable
from syspark.mailbox import row_of
from syspark.payment_ports import PaymentWord, ProviderWord, SignatureRefused
from syspark.rows import Address, InboxRow
from web import forms
from web.wing import WING, Wing

log = logs.get_logger(__name__)

LONGEST_EVENT = 256 * 1024


async def told(request: web.Request) -> web.StreamResponse:
    """Take one event. Who it concerns decides what it means: nothing is believed here but the signature."""
    wing = request.app[WING]
    if wing.payments is None:
        raise Unavailable("payments", because="nobody takes payments in this process")
    body = await forms.body(request, LONGEST_EVENT)
    try:
        word = wing.payments.read_event(body, request.headers.get("Stripe-Signature", ""), wing.clock.now())
    except SignatureRefused as error:
        log.warning("webhook refused", because=str(error))
        return web.json_response({"status": "error", "reason": "not proven to be the provider's"}, status=400)
    row = None if word is None else await _row(wing, word)
    if row is None:
        return web.json_response({"status": "ignored"})
    await wing.stores.requests.put(row)
    return web.json_response({"status": "ok"})


async def _row(wing: Wing, word: ProviderWord | PaymentWord) -> InboxRow | None:
    """The row of a session's mailbox, or of the alarms where the word contradicts what we know; None: not ours.

    It is a fact of now, when the provider has told it: a car that waits meanwhile is let out by it.
    """
    words = wing.stores.words
    if isinstance(word, PaymentWord):
        session_id = await words.session_of(word.payment_ref)
    else:
        session_id = word.session_id if word.organisation_id == wing.stores.organisation_id else None
    scope = None if session_id is None else await words.scope_of(session_id)
    if session_id is None or scope is None:
        log.info("webhook of nobody's session here", event_id=word.event_id)
        return None
    if isinstance(word, ProviderWord) and word.site_id != scope.site_id:
        log.error("webhook of another site's session", event_id=word.event_id, session=session_id)
        return strayed.alarm_of(wing.ids.new(), scope, word, wing.clock.now())
    whose = Address("session", session_id)
    return row_of(wing.ids.new(), scope, whose, word.message, wing.clock.now(), event_id=word.event_id)
