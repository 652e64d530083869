"""Why a session is in review, in words. Each tells what is in doubt, so that its reader knows what to look for."""

from collections.abc import Mapping, Sequence

from syspark.domain.review import Review
from web.sentence import Sentence, said

REVIEWS: Mapping[str, Sentence] = {
    Review.ENTRY_UNKNOWN: said("Nobody saw it enter."),
    Review.ENTRY_UNREAD: said("Nothing was read at its entry."),
    Review.PLATE_DOUBTFUL: said("Its camera was not sure of the plate it came in by."),
    Review.PAIRED_WITH_UNREAD: said(
        "Its plate was taken for that of the one vehicle inside of which nothing was read."
    ),
    Review.ARRIVAL_DOUBTFUL: said("The arrival its driver has declared is doubtful."),
    Review.STAY_IN_DOUBT: said("It may have left and come back unread while lanes stood open."),
    Review.STAY_OVERLONG: said("It stayed longer than anybody does at this site: its exit may have been missed."),
    Review.PIN_EXIT_GUESSED: said("A PIN let somebody out: whose it was is guessed."),
    Review.PIN_EXIT_WITHOUT_PIN_ENTRY: said("A PIN let it out, but it had not come in by PIN."),
    Review.EXIT_MISSED: said("Seen entering again: its exit was missed."),
    Review.LEFT_UNPAID: said("It left without paying."),
    Review.OVERRIDE: said("Let out by a person."),
    Review.OWES_AGAIN: said("It has left without paying before, and has not settled it."),
    Review.DISPUTED: said("A payment of it is or was disputed."),
    Review.REPLAY_CONFLICT: said("What its site told after being cut off contradicts what is known of it."),
    Review.NOT_LET_IN: said("Nothing opened for it while its site was cut off: it may have turned back."),
    Review.LANE_NOT_TOLD: said(
        "Its badge did not tell its lane: it may have been read at the exit, and another one may have come in, or none."
    ),
    Review.TIME_NOT_TOLD: said(
        "Its PIN was told without a time once its site was back: when it came, and whether it has left, is not sure."
    ),
    Review.FLAGGED: said("Flagged by an operator."),
}

TOLD_BY_THE_END = frozenset({Review.OVERRIDE, Review.EXIT_MISSED, Review.ENTRY_UNKNOWN, Review.LEFT_UNPAID})
"""Those that the sentence about how the session ended has told already."""

_OWES = said("Does it owe what is due?")
_LEFT = said("Has it left like this?")
_INSIDE = said("Is it inside?")
_BY_PIN = said("Was it this vehicle?")
_RIGHT = said("Is this session right?")

QUESTIONS: Mapping[str, Sentence] = {
    Review.OVERRIDE: _OWES,
    Review.LEFT_UNPAID: _OWES,
    Review.OWES_AGAIN: _OWES,
    Review.DISPUTED: _OWES,
    Review.EXIT_MISSED: _LEFT,
    Review.STAY_OVERLONG: _LEFT,
    Review.STAY_IN_DOUBT: _LEFT,
    Review.PIN_EXIT_GUESSED: _BY_PIN,
    Review.PIN_EXIT_WITHOUT_PIN_ENTRY: _BY_PIN,
    Review.NOT_LET_IN: _INSIDE,
    Review.TIME_NOT_TOLD: _INSIDE,
    Review.ARRIVAL_DOUBTFUL: said("Did it come when its driver says?"),
    Review.REPLAY_CONFLICT: _RIGHT,
    Review.FLAGGED: _RIGHT,
}
"""What a person is asked; of the others, whether the plate is right."""


def question(reasons: Sequence[str], *, read: bool) -> Sentence:
    """What is asked about a session that is in review for these reasons; `read`: a plate was read of it."""
    asked = next((QUESTIONS[why] for why in reasons if why in QUESTIONS), None)
    if asked is not None:
        return asked
    return said("Is this plate right?") if read else said("What was this?")
