"""Sentences that are told apart from their words: the page says them in its reader's language and time zone."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in the minor unit of its currency."""

    cents: int
    currency: str


@dataclass(frozen=True, slots=True)
class PlateText:
    """A number plate, whose characters must be told apart."""

    text: str


@dataclass(frozen=True, slots=True)
class LaneName:
    """A lane, by the site's name for it."""

    lane: str


@dataclass(frozen=True, slots=True)
class Seconds:
    """A duration."""

    seconds: int


@dataclass(frozen=True, slots=True)
class Word:
    """A word that is translated itself."""

    id: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """An English sentence with named places, which is also its key in the catalogues."""

    id: str
    values: tuple[tuple[str, object], ...] = ()


def said(text: str, /, **values: object) -> Sentence:
    """A sentence with its values."""
    return Sentence(text, tuple(values.items()))


def word(text: str) -> Word:
    """A word to be translated."""
    return Word(text)
