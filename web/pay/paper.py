"""What stands on a receipt, or on the note before payment."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Paper:
    """Texts as their reader's language has them. `rows` are labels and values, `lines` the bill's."""

    language: str
    ribbon: str
    title: str
    seller: tuple[str, ...]
    code: tuple[str, str] | None
    rows: tuple[tuple[str, str], ...]
    lines: tuple[tuple[str, str], ...]
    totals: tuple[tuple[str, str], ...]
    foot: str
