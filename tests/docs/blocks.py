"""The blocks of our pages: what is to be pasted, and what is only to be looked at."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
BLOCK = re.compile(
    r"^```(?P<kind>\w*)\n(?P<fenced>[\s\S]*?)^```$|(?<=\n\n)(?P<indented>(?:    .*\n)(?:(?:    .*)?\n)*)",
    re.MULTILINE,
)
LINES_OF_DRAWINGS = re.compile("[─│═▼▲┌└]")


@dataclass(frozen=True, slots=True)
class Block:
    """One block. `kind` is the word after its fence; an indented one is `sh`, or `text` when it is a drawing."""

    kind: str
    text: str

    @property
    def is_illustration(self) -> bool:
        """Whether it is marked as something to look at: a drawing, or fenced as `text`."""
        return self.kind == "text"


def blocks(page: Path) -> list[Block]:
    """The blocks of a page in their order."""
    found = []
    for match in BLOCK.finditer(page.read_text(encoding="utf-8")):
        if match["indented"] is None:
            found.append(Block(match["kind"], match["fenced"]))
            continue
        text = re.sub(r"^    ", "", match["indented"], flags=re.MULTILINE).rstrip() + "\n"
        found.append(Block("text" if LINES_OF_DRAWINGS.search(text) or _is_folders(text) else "sh", text))
    return found


def _is_folders(text: str) -> bool:
    return all(re.match(r"[a-z/]+/ ", line) for line in text.splitlines())
