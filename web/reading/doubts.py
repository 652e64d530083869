"""What a person decides in review: what is true of a doubtful session, and whose a waiting vehicle is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from syspark.domain import plates
from syspark.domain.units import Plate
from syspark.web_ports import Asked, EvidenceLine, PageReads, SessionLine, SessionReads, SiteLine
from web.reading.model import Waiting
from web.reading.plates import spaced
from web.reading.reviews import question
from web.reading.search import NEAR_FROM, alike
from web.reading.sites import overview
from web.reading.stays import Stay, stay
from web.sentence import PlateText, Sentence, said

MOST = 3
"""So many plates are offered: who finds none of them types the right one."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One decision: what it says, what speaks for it, and the form that sends it."""

    title: Sentence
    because: Sentence
    action: str
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Doubt:
    """A session in review: what is asked, its latest picture, its plate character by character, what may be decided."""

    stay: Stay
    question: Sentence
    reading: EvidenceLine | None
    characters: tuple[tuple[str, bool], ...]
    confusable: int
    photo: EvidenceLine | None
    choices: tuple[Choice, ...]


async def doubt_about(reads: SessionReads, line: SessionLine, now: datetime) -> Doubt:
    """Everything to decide about one session."""
    shown = stay(line, now)
    evidence = [one for one in await reads.evidence(line.id) if one.withdrawn_at is None]
    read = [one for one in evidence if one.plate is not None]
    reading = read[-1] if read else None
    plate = reading.plate if reading is not None and reading.plate is not None else None
    characters = tuple((one, _is_confusable(one)) for one in spaced(plate)) if plate and shown.whole else ()
    pictures = [one for one in evidence if one.has_photo]
    choices = [_as_it_is(shown)]
    if plate is not None and reading is not None and len(plate) >= NEAR_FROM:
        choices += await _lookalikes(reads, shown, line, plate, reading)
    return Doubt(
        stay=shown,
        question=question(shown.reasons, read=reading is not None),
        reading=reading,
        characters=characters,
        confusable=sum(doubtful for _, doubtful in characters),
        photo=pictures[-1] if pictures else None,
        choices=tuple(choices),
    )


async def vehicles_to_match(pages: PageReads, lines: Sequence[SiteLine], now: datetime) -> tuple[Waiting, ...]:
    """Who waits at an exit and may be one of these vehicles."""
    return tuple(row for row in (await overview(pages, lines, now)).queue if row.card.suggestions)


def _is_confusable(character: str) -> bool:
    return any(character in group for group in plates.CONFUSED)


def _as_it_is(shown: Stay) -> Choice:
    fields = {"version": str(shown.version), "reason": "picture"}
    return Choice(
        said("It is right as it is"),
        said("It leaves the list; nothing else changes."),
        f"/sessions/{shown.id}/clear",
        fields,
    )


async def _lookalikes(
    reads: SessionReads, shown: Stay, line: SessionLine, plate: str, reading: EvidenceLine
) -> list[Choice]:
    """Plates of this site that look like the one read: another session of theirs is the other half, or it is theirs."""
    near = [row for row in await alike(reads, plate) if row[0] == line.site_id][:MOST]
    choices = []
    for site, key, other in near:
        theirs = await reads.found(Asked(keys=[(site, key)], limit=1))
        inside = next((one for one in theirs if one.id != line.id and one.closed_at is None), None)
        again = sum(one != two for one, two in zip(plate, other, strict=False)) if len(plate) == len(other) else 0
        text = PlateText(spaced(other) if shown.whole else f"··{other[-3:]}")
        if inside is not None and plates.edits(Plate(plate), Plate(other)) <= plates.NEAR_EDITS:
            choices.append(
                Choice(
                    said("It is {plate}, which is inside", plate=text),
                    said("Inside since {at}; {n} characters differ. The two become one.", at=inside.opened_at, n=again)
                    if inside.opened_at is not None
                    else said("The two become one."),
                    f"/sessions/{shown.id}/merge",
                    {
                        "version": str(shown.version),
                        "into": str(inside.id),
                        "into_version": str(inside.version),
                        "reason": "picture",
                    },
                )
            )
        else:
            choices.append(
                Choice(
                    said("It is {plate}", plate=text),
                    said("Known at this site; {n} characters differ.", n=again),
                    f"/sessions/{shown.id}/plate",
                    {"version": str(shown.version), "key": reading.key, "plate": other, "reason": "picture"},
                )
            )
    return choices
