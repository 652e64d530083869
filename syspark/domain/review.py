"""Why a person should look at a session. What each says on the pages stands in `web/reading/reviews.py`."""

import enum


class Review(enum.StrEnum):
    """A doubt that stays with a session until a person has looked at it, whatever its state.

    It is kept with the session and in the journal: a name is not changed any more.
    """

    ENTRY_UNKNOWN = "entry_unknown"
    ENTRY_UNREAD = "entry_unread"
    PLATE_DOUBTFUL = "plate_doubtful"
    PAIRED_WITH_UNREAD = "paired_with_unread"
    ARRIVAL_DOUBTFUL = "arrival_doubtful"
    STAY_IN_DOUBT = "stay-in-doubt"
    STAY_OVERLONG = "stay_overlong"
    PIN_EXIT_GUESSED = "pin_exit_guessed"
    PIN_EXIT_WITHOUT_PIN_ENTRY = "pin_exit_without_pin_entry"
    EXIT_MISSED = "exit_missed"
    LEFT_UNPAID = "left_unpaid"
    OVERRIDE = "override"
    OWES_AGAIN = "owes_again"
    DISPUTED = "disputed"
    REPLAY_CONFLICT = "replay_conflict"
    NOT_LET_IN = "not_let_in"
    LANE_NOT_TOLD = "lane_not_told"
    TIME_NOT_TOLD = "time_not_told"
    FLAGGED = "flagged"
