"""A Dockerfile as its stages and instructions: as much of the format as ours uses, and no more.

Source: the Dockerfile reference, parser sections ("Format", "Shell and exec form").
"""

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction: `FROM`, `RUN`, ...; `flags` are its `--name=value`, `text` is the rest on one line."""

    name: str
    text: str
    flags: dict[str, str] = field(default_factory=dict)

    @property
    def argv(self) -> list[str] | None:
        """Its words in exec form, a JSON list; None in shell form."""
        try:
            found = json.loads(self.text)
        except ValueError:
            return None
        return [str(word) for word in found] if isinstance(found, list) else None

    @property
    def words(self) -> list[str]:
        """Its words, of either form."""
        return self.argv or shlex.split(self.text)

    @property
    def health_argv(self) -> list[str] | None:
        """What a HEALTHCHECK runs, in exec form; None otherwise."""
        name, _, command = self.text.partition(" ")
        return Instruction(self.name, command.strip()).argv if name == "CMD" else None


@dataclass(frozen=True, slots=True)
class Stage:
    """What begins with a FROM."""

    base: str
    name: str
    instructions: tuple[Instruction, ...]

    def last(self, name: str) -> Instruction | None:
        """The instruction of this name that counts."""
        return next((one for one in reversed(self.instructions) if one.name == name), None)

    def environment(self) -> dict[str, str]:
        """What its ENV instructions set."""
        pairs = (word.partition("=") for one in self.instructions if one.name == "ENV" for word in one.words)
        return {name: value for name, _, value in pairs}


def parse(text: str) -> list[Stage]:
    """The stages of a Dockerfile, in order. What stands before the first FROM is no stage's and is refused."""
    stages: list[Stage] = []
    for one in _instructions(text):
        if one.name == "FROM":
            base, _, name = re.sub(r"\s+[Aa][Ss]\s+", " ", one.text).partition(" ")
            stages.append(Stage(base, name, ()))
        else:
            current = stages.pop()
            stages.append(Stage(current.base, current.name, (*current.instructions, one)))
    return stages


def _instructions(text: str) -> Iterator[Instruction]:
    lines = [line.strip() for line in text.splitlines() if not line.lstrip().startswith("#")]
    for line in re.sub(r"\s*\\\n\s*", " ", "\n".join(lines)).splitlines():
        if not line.strip():
            continue
        name, _, rest = line.partition(" ")
        flags = {}
        while found := re.match(r"\s*--([a-z-]+)=(\S+)\s+", rest):
            flags[found.group(1)] = found.group(2)
            rest = rest[found.end() :]
        yield Instruction(name.upper(), rest.strip(), flags)
