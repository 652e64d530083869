"""The settings as a table for the documentation."""

from syspark.settings.coherence import Settings


def settings_table() -> str:
    """A Markdown table of every variable: name, meaning, what happens without it, whether it is secret."""
    lines = ["| name | meaning | without it | secret |", "|---|---|---|---|"]
    for variable in Settings.variables():
        cells = (f"`{variable.name}`", variable.meaning, variable.default, "yes" if variable.secret else "")
        lines.append(f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |".replace("  |", " |"))
    return "\n".join(lines) + "\n"
