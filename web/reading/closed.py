"""Why a barrier stays closed, in words, and what the operator does next. The site's state says which rule it is."""

from collections.abc import Mapping
from dataclasses import dataclass

from web.sentence import Sentence, said

FATES = frozenset({"expired", "withheld", "unheard", "missed", "unknown", "failed", "refused"})
"""What a vehicle is kept waiting by when its opening went wrong.

`unheard`: the broker has it, its site is cut off; `missed`: it was cut off then.
"""


@dataclass(frozen=True, slots=True)
class Closed:
    """A reason and the next act, None while there is nothing to do; `to_open`: opening is that act."""

    why: Sentence
    act: Sentence | None = None
    to_open: bool = False


_LOOK = said("Look whether the vehicle still stands there, then open.")

UNREAD = Closed(
    said("Closed: nothing was read."),
    said("Have the driver badge again, or open after a look."),
    to_open=True,
)

BECAUSE: Mapping[str, Closed] = {
    "badge-unknown": Closed(
        said("Closed: the badge is not known."), said("Ask who it is: open for an entitled driver, or turn them back.")
    ),
    "badge-blocked": Closed(
        said("Closed: the badge is blocked."), said("Somebody blocked it: ask why before anything else.")
    ),
    "badge-not-yet-valid": Closed(
        said("Closed: the badge is not valid yet."), said("Check its first day with the holder.")
    ),
    "badge-ended": Closed(said("Closed: the badge has expired."), said("Renew the right, or turn the driver back.")),
    "site-full": Closed(said("Closed: the car park is full."), said("Wait for a place, or open for whom one is kept.")),
    "plate-unknown": Closed(
        said("Closed: no open session has this plate."),
        said("Compare it with the picture; open when it was misread."),
        to_open=True,
    ),
    "badge-of-another-lane": Closed(
        said("Closed: the badge is for another lane."), said("Send the driver to their lane, or open.")
    ),
    "pool-full": Closed(
        said("Closed: all places of the company are taken."),
        said("Ask the company, or open: the stay is then a visitor's."),
    ),
    "no-visitors": Closed(
        said("Closed: visitors are not admitted here."),
        said("Ask who it is: open for an entitled driver, or turn them back."),
    ),
    "site-closed": Closed(
        said("Closed: the car park is closed at this hour."),
        said("Open for whom it is meant to be open, or turn them back."),
    ),
    "lane-closed": Closed(
        said("Closed: the lane is out of service."),
        said("Send the driver to another lane."),
    ),
    "badge-passed-back": Closed(
        said("Closed: this badge is inside already."),
        said("Compare driver and picture: open when their exit was missed."),
    ),
    "nothing-read": UNREAD,
    "payment-due": Closed(
        said("Closed: a payment is due."), said("The driver pays at the exit. If that fails, open: the debt stays.")
    ),
    "expired": Closed(said("Closed: the opening came too late."), _LOOK, to_open=True),
    "withheld": Closed(said("Closed: the read was too old to open."), _LOOK, to_open=True),
    "unheard": Closed(
        said("Closed: the site is cut off and did not hear the opening."),
        said("Call somebody at the site: nothing can be opened from here until the link is back."),
    ),
    "missed": Closed(said("Closed: the site was cut off and did not hear the opening."), _LOOK, to_open=True),
    "unknown": Closed(said("Nobody knows whether it opened."), _LOOK, to_open=True),
    "failed": Closed(
        said("Closed: the opening failed."),
        said("Open again. If it fails again, somebody has to go there."),
        to_open=True,
    ),
    "refused": Closed(said("Closed: the site refused the opening."), said("Ask the site why before opening again.")),
}
"""Per rule or fate that keeps a lane closed."""

JUST_CAME = Closed(said("Closed: a vehicle has just come."))
JUST_READ = Closed(said("Closed: read, being decided."))
UNDECIDED = Closed(said("Closed: read, not let through yet."), _LOOK, to_open=True)
