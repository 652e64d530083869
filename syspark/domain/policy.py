"""What a site may set about its own rules. Source: domain.md; every number there is a default here."""

import enum
from typing import Annotated

import msgspec

from syspark.domain.access import Plan, PoolFull, Window
from syspark.domain.identity import WitnessKind
from syspark.domain.units import Lane

PHONE = r"^(\+?[0-9][0-9 .-]*)?$"


class Language(enum.StrEnum):
    """A language of the displays."""

    FRENCH = "fr"
    ENGLISH = "en"


class Passback(enum.StrEnum):
    """What is done with a badge that comes in while it is inside: nothing, admit and raise an alarm, refuse."""

    OFF = "off"
    SOFT = "soft"
    HARD = "hard"


class SitePolicy(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The numbers behind a site's decisions, all in seconds, and what a PIN is worth.

    `*_repeat_s`: the same holder at the same lane within it is the same reading. `badge_after_plate_s` and
    `plate_after_badge_s`: witnesses at a watched lane within them are one arrival (a PIN counts as a badge);
    `one_arrival_unwatched_s` is for a lane without sensor, either way. `still_in_view_s`: how long after leaving a
    plate read at the entry is one that drives off, unless the sensor has seen it for `come_back_presence_s`.
    `plate_waits_s`: how long a plate that was not let through shows that a vehicle waits.
    `one_vehicle_after_opening_s`: how long after a lane was opened well another plate is still of the vehicle it was
    opened for, though the sensor sees no gap. `told_again_after_s`: when a site that has just connected is told again
    what it should show.
    `late_after_s`: an older fact has session effects but opens nothing. `entry_unconfirmed_s`: how long a driver whose
    entry nobody confirmed is taken to be still outside. `same_exit_s`: how long a let-out may be repeated at the exit.
    `longest_stay_s`: a longer stay is one to look at.
    `match_confidence`: how sure a camera must be for a plate to leave as one it may be confused with.
    `freeze_lost_after_s`: how long after its last read at the exit a vehicle keeps the fee of its first one.

    `unread_after_s`: how long after it has come a vehicle of which nothing was read needs a person; where
    `unread_admitted`, the entry opens for it with plate unknown. `longest_stay_s`: how long ago a vehicle at the exit
    may have come in by an entry that stood open. `doubtful_below`: how far a plate must be believed at the entry, by
    the camera's confidence and its format, or a person looks at it. `free_again_s`: how long after a visitor's stay
    began its plate has no free minutes again.

    Access: `opening_hours` refuse entries, never exits, and neither staff nor emergencies; none means always open.
    `reserved` are places kept for the holders of a plan, `at_most` those a plan may take. `passback_reset_hour` is in
    the site's own time. `enrolment_s`: how long a lane waits for the badge to be enrolled. `right_grace_s`: how long
    after the end of a right the stay is free still. `help_unanswered_s`: after which who asked for help is let out;
    `help_costly_s` where over `help_costly_cents` are due. `waiting_amber_s`, `waiting_red_s`: how long somebody waits
    before people are told, and told again. `rear_cameras` are the lanes whose camera reads the rear of a vehicle, where
    it does not say itself. `help_phone`: the number drivers call, on every page of theirs.

    Money: `offer_valid_s` is how long a price that was offered may be paid. Above `two_people_over_cents` a refund
    takes two. `payments_down_s`: how long nobody can pay before vehicles are let out with a debt,
    or a person is called where over `help_costly_cents` are due. `exit_busy_s`: how long one vehicle may take at the
    exit before its time there is credited to those behind, `queue_credit_at_most_s` at most.

    Privacy: pictures are erased `photos_kept_s` after they were taken, plates `plates_kept_s` after their session
    closed, unless something holds them. Of one plate `declared_at_most` arrivals nobody saw are declared in
    `declared_within_days`, and none that is longer ago.
    """

    badge_repeat_s: int = 15
    plate_repeat_s: int = 60
    pin_repeat_s: int = 2
    badge_after_plate_s: int = 15
    plate_after_badge_s: int = 60
    one_arrival_unwatched_s: int = 10
    still_in_view_s: int = 60
    come_back_presence_s: int = 3
    plate_waits_s: int = 60
    one_vehicle_after_opening_s: int = 10
    told_again_after_s: int = 1
    pin_plan: Plan = Plan.SUBSCRIBER
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
    match_confidence: float = 0.90
    weather_expiry_s: int = 10_800
    emergency_free_after_s: int = 1800
    emergency_open_again_s: int = 10
    opening_explained_s: int = 20
    close_clear_s: int = 10
    close_picture_s: int = 2
    display_languages: tuple[Language, ...] = (Language.FRENCH,)
    visitors_admitted: bool = True
    opening_hours: tuple[Window, ...] = ()
    pool_full: PoolFull = PoolFull.VISITOR
    reserved: dict[Plan, int] = {}
    at_most: dict[Plan, int] = {}
    passback: Passback = Passback.SOFT
    passback_reset_hour: int = 4
    enrolment_s: int = 30
    temporary_days: int = 30
    pin_guesses_a_day: int = 3
    right_grace_s: int = 900
    help_unanswered_s: int = 180
    help_costly_s: int = 360
    help_costly_cents: int = 5000
    unread_after_s: int = 8
    unread_admitted: bool = False
    longest_stay_s: int = 86_400
    waiting_amber_s: int = 60
    waiting_red_s: int = 120
    doubtful_below: float = 0.80
    free_again_s: int = 14_400
    help_phone: Annotated[str, msgspec.Meta(max_length=24, pattern=PHONE)] = ""
    offer_valid_s: int = 600
    two_people_over_cents: int = 5000
    payments_down_s: int = 120
    exit_busy_s: int = 180
    queue_credit_at_most_s: int = 1800
    rear_cameras: tuple[Lane, ...] = ()
    photos_kept_s: int = 604_800
    plates_kept_s: int = 2_592_000
    declared_at_most: int = 3
    declared_within_days: int = 90

    def repeat_s(self, kind: WitnessKind) -> int:
        """How long the same holder at the same lane is the same reading."""
        match kind:
            case WitnessKind.BADGE:
                return self.badge_repeat_s
            case WitnessKind.PLATE:
                return self.plate_repeat_s
            case WitnessKind.PIN:
                return self.pin_repeat_s
            case WitnessKind.SENSOR:
                return 0

    @property
    def longest_apart_s(self) -> int:
        """How far apart two readings of one vehicle at one lane may be."""
        return max(
            self.badge_repeat_s,
            self.plate_repeat_s,
            self.pin_repeat_s,
            self.badge_after_plate_s,
            self.plate_after_badge_s,
            self.one_arrival_unwatched_s,
        )
