"""The contract table as Markdown, for `syspark contract topics` and the documentation."""

from syspark.contract.table import PACING_MS, ROWS, Row

_HEAD = (
    "topic (v1)",
    "topic (v2)",
    "way",
    "kind",
    "QoS",
    "retained",
    "device",
    "lane",
    "secret",
    "paced",
    "expires",
    "carries",
)


def topics_markdown(root: str = "parking") -> str:
    """Render the table, one line a topic, ending with a line feed."""
    lines = [_HEAD, ("---",) * len(_HEAD), *(_cells(row, root) for row in ROWS)]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _cells(row: Row, root: str) -> tuple[str, ...]:
    return (
        f"`{root}/{row.topic}`",
        f"`{root}/<site>/{row.topic}`" if row.kind or row.carries else "",
        row.way,
        row.kind or "",
        str(row.qos),
        row.retain,
        row.twin,
        row.lane or "",
        "yes" if row.secret else "",
        f"{PACING_MS} ms" if row.paced else "",
        "" if row.expires_s is None else f"{row.expires_s} s",
        ", ".join(form.__name__ for form in row.carries),
    )
