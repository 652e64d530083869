"""Writes the documents that repeat what code says: run it after changing settings, topics or metrics."""

from pathlib import Path

import click

from syspark.contract.document import topics_markdown
from syspark.metrics import Metrics, metrics_table
from syspark.settings import settings_table
from web.measures import Measures

FOLDER = Path(__file__).parent.parent / "docs"


def documents() -> dict[str, str]:
    """The text of each generated document, by its name in docs/."""
    return {
        "settings.md": _page(
            "Settings",
            "Read from the environment; each secret also from the file that NAME_FILE names. A wrong one stops the "
            "start with a sentence. Those of OpenWeather are checked and not used yet.",
            settings_table(),
        ),
        "topics.md": _page(
            "Topics",
            "The MQTT contract: v1 as below the root, v2 with the site's name in between. `up` is from a site, `down` "
            "to it.",
            topics_markdown(),
        ),
        "metrics.md": _page("Metrics", "What the wings count and measure.", metrics_table(_every_metric())),
    }


def _every_metric() -> Metrics:
    metrics = Metrics()
    Measures(metrics)
    return metrics


def _page(title: str, lead: str, table: str) -> str:
    return f"# {title}\n\n{lead} Written by `python -m ops.documents`.\n\n{table.strip()}\n"


def write(folder: Path = FOLDER) -> None:
    """Write every generated document."""
    for name, text in documents().items():
        (folder / name).write_text(text)
        click.echo(f"wrote {folder / name}")


if __name__ == "__main__":
    write()
