"""The page of the commands names each of them."""

import re
from pathlib import Path

import click

from ops.cli.root import cli

PAGE = Path(__file__).parents[2] / "docs" / "commands.md"


def test_every_command_is_on_the_page_and_nothing_else(all_commands: list[tuple[str, ...]]) -> None:
    rows = re.findall(r"^\| `syspark ([a-z -]+?)(?: [A-Z\[-].*?)?` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    groups = {words for words in all_commands if isinstance(_command(words), click.Group)} - {("rejected",)}
    assert {tuple(row.split()) for row in rows} == set(all_commands) - groups


def _command(words: tuple[str, ...]) -> click.Command:
    found: click.Command = cli
    for word in words:
        assert isinstance(found, click.Group)
        below = found.get_command(click.Context(found), word)
        assert below is not None
        found = below
    return found
