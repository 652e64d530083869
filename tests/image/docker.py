"""What stands in for `docker` when a test runs the commands of the documentation: `build`, `run` and `stop`, no more.

The image is the one that was built already, at the path in IMAGE_ROOT. A published port becomes PORT, since nothing
maps ports here, on loopback; a volume's path in a value or a word becomes that of the folder it stands for.
"""

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import psutil

from tests.image.engine import Engine

ROOT = Path(__file__).parents[2]


def main(words: Sequence[str]) -> int:
    """Do what docker would; the exit code is the command's."""
    parser = argparse.ArgumentParser(prog="docker", allow_abbrev=False)
    verbs = parser.add_subparsers(dest="verb", required=True)
    build = verbs.add_parser("build")
    build.add_argument("--tag", required=True, choices=["syspark"])
    build.add_argument("context", choices=["."])
    stop = verbs.add_parser("stop")
    stop.add_argument("name")
    run = verbs.add_parser("run")
    for flag in ("--rm", "--detach", "--read-only"):
        run.add_argument(flag, action="store_true")
    for option in ("--name", "--tmpfs", "--stop-timeout", "--publish", "--env-file", "--volume"):
        run.add_argument(option)
    run.add_argument("--env", action="append", default=[])
    run.add_argument("image", choices=["syspark"])
    run.add_argument("command", nargs=argparse.REMAINDER)
    asked = parser.parse_args(words)
    if asked.verb == "run":
        return _run(asked)
    return _stop(asked.name) if asked.verb == "stop" else 0


def _run(asked: argparse.Namespace) -> int:
    engine = Engine(ROOT, Path(os.environ["IMAGE_ROOT"]))
    folder, inside, _ = asked.volume.split(":")
    made = engine.command(engine.entry(asked.command), _environment(asked))
    argv = [word.replace(inside, folder) for word in made]
    if not asked.detach:
        return subprocess.run(argv, cwd="/", check=False).returncode
    with Path(f"{asked.name}.log").open("wb") as log:
        child = subprocess.Popen(
            argv, cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    Path(f"{asked.name}.pid").write_text(str(child.pid))
    Path(f"{asked.name}.patience").write_text(asked.stop_timeout)
    return 0


def _environment(asked: argparse.Namespace) -> dict[str, str]:
    pairs = (line.partition("=") for line in Path(asked.env_file).read_text().splitlines())
    given = {name: value for name, _, value in pairs}
    given |= dict(one.split("=", maxsplit=1) for one in asked.env)
    if asked.publish:
        given["PORT"] = asked.publish.partition(":")[0]
    return given | {"HOST": "127.0.0.1"}


def _stop(name: str) -> int:
    """SIGTERM, and after the time it was given SIGKILL, which no command of the documentation may come to."""
    process = psutil.Process(int(Path(f"{name}.pid").read_text()))
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=float(Path(f"{name}.patience").read_text()))
    except psutil.TimeoutExpired:
        process.kill()
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
