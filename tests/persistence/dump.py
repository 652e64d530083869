"""Writes `schema.sql`, what the migrations amount to, for people to read: `python -m tests.persistence.dump`."""

import subprocess
from importlib import resources
from pathlib import Path

from ops.embedded.binaries import installed_binaries
from syspark.persistence import schema
from tests.servers.postgres import PostgresServer, server_home

COMMITTED = Path(str(resources.files("syspark.persistence").joinpath("schema.sql")))
MADE_AHEAD = "(journal|rejected_message|photo)_2*"
NOISE = (
    "SET ",
    "SELECT pg_catalog.set_config",
    "\\restrict",
    "\\unrestrict",
    "-- Dumped",
    "-- PostgreSQL database dump",
)


def readable_schema(url: str) -> str:
    """The schema of a database without what depends on its owner, its version or the date."""
    dump = subprocess.run(
        [
            installed_binaries().program("pg_dump"),
            "--schema-only",
            "--no-owner",
            f"--exclude-table={MADE_AHEAD}",
            f"--dbname={url}",
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    ).stdout
    lines = [line for line in dump.splitlines() if not line.startswith(NOISE) and line != "--"]
    paragraphs = "\n".join(lines).split("\n\n")
    kept = [paragraph.strip() for paragraph in paragraphs if not paragraph.strip().startswith("-- Name:")]
    return "\n\n".join(paragraph for paragraph in kept if paragraph) + "\n"


if __name__ == "__main__":
    with server_home() as folder:
        server = PostgresServer(folder).start()
        try:
            schema.migrate(server.url)
            COMMITTED.write_text(readable_schema(server.url), encoding="utf-8")
        finally:
            server.close()
