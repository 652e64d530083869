"""The shared secret of a site, compared without telling by the time taken how much of it was right.

Source: contract.md, "Security of the contract".
"""

import hmac

from syspark.contract.reasons import Reason, UnreadableError


def check_secret(given: object, valid: tuple[str, ...]) -> None:
    """Compare with every valid secret (two while it is changed); an empty one is never valid.

    Raises `UnreadableError` (`bad_secret`), also when the site has none: what needs a secret is then never accepted.
    """
    if not any(valid):
        raise UnreadableError(Reason.BAD_SECRET, "the site has no secret, so nothing that needs one is accepted")
    if not isinstance(given, str):
        raise UnreadableError(Reason.BAD_SECRET, "the secret is missing")
    tried = given.encode()
    matches = [bool(secret) and hmac.compare_digest(tried, secret.encode()) for secret in valid]
    if not any(matches):
        raise UnreadableError(Reason.BAD_SECRET, "the secret is wrong")
