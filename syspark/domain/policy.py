"""What a site may set about its own rules. Source: domain.md; every number there is a default here."""

import msgspec


class SitePolicy(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The numbers behind a site's decisions, all in seconds.

    `late_after_s`: an older fact has session effects but opens nothing. `entry_unconfirmed_s`: how long a driver whose
    entry nobody confirmed is taken to be still outside. `same_exit_s`: how long a let-out may be repeated at the exit.
    `freeze_lost_after_s`: how long after its last read at the exit a vehicle keeps the fee of its first one.
    """

    badge_repeat_s: int = 15
    exit_after_s: int = 60
    entry_unconfirmed_s: int = 600
    late_after_s: int = 10
    barrier_expiry_s: int = 10
    same_exit_s: int = 300
    freeze_lost_after_s: int = 600
    read_fresh_s: int = 120
    payment_repeat_s: int = 12
    payment_repeat_for_s: int = 300
    notice_s: int = 5
    display_expiry_s: int = 3600
    decide_again_after_s: int = 3
