"""Builds and runs a Dockerfile without a container engine: a folder is the image's root, this machine its base image.

Paths of the image's own (`/build`, `/opt`, `/tmp`) become paths under the root, in commands and in the environment;
other absolute paths are the base image's and stay. A build sees only what was copied, a run only the environment of the
image and of the run, as an account that owns no file. Isolation is the engine's part, and not tested here.
"""

import fnmatch
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.image.dockerfile import Instruction, Stage, parse

OWN = re.compile(r"(?<![\w./-])/(build|opt|tmp)(?=[/\s:\"]|$)")
STEP_S = 110


class Engine:
    """A build of the Dockerfile in `context`, with `root` standing for the image's `/`."""

    def __init__(self, context: Path, root: Path) -> None:
        self._context = context
        self.root = root
        self._folder = root
        self._others: dict[str, Path] = {}
        ignored = (context / ".dockerignore").read_text().splitlines()
        self._ignored = [line for line in ignored if line and not line.startswith("#")]
        self.stages = parse((context / "Dockerfile").read_text())

    @property
    def image(self) -> Stage:
        """The last stage: what the image is."""
        return self.stages[-1]

    def build(self) -> None:
        """Do every instruction that leaves something behind. Raises AssertionError with a failed step's output."""
        for stage in self.stages:
            self._begin()
            for one in stage.instructions:
                if one.name == "WORKDIR":
                    self._folder = self._located(one.text)
                    self._folder.mkdir(parents=True, exist_ok=True)
                elif one.name == "COPY":
                    self._copy(one)
                elif one.name == "RUN":
                    self._run(one.text)
            if stage is not self.image:
                self._others[stage.name] = self.root.rename(self.root.with_name(stage.name))

    def command(self, argv: list[str], environ: Mapping[str, str]) -> list[str]:
        """What starts `argv` in the image, as its USER and with nothing of this process's environment."""
        given = {name: self._mapped(value) for name, value in self.image.environment().items()} | dict(environ)
        words = [self._mapped(word) for word in argv]
        return [*self._account(), "/usr/bin/env", "-i", *(f"{name}={value}" for name, value in given.items()), *words]

    def entry(self, command: list[str] | None = None) -> list[str]:
        """What the entry point is called with: `command`, or that of the image."""
        entry, default = self.image.last("ENTRYPOINT"), self.image.last("CMD")
        assert entry is not None
        assert default is not None
        return [*entry.words, *(command or default.words)]

    def health(self) -> list[str]:
        """What the HEALTHCHECK runs."""
        check = self.image.last("HEALTHCHECK")
        assert check is not None
        assert check.health_argv is not None
        return check.health_argv

    def _account(self) -> list[str]:
        user = self.image.last("USER")
        assert user is not None
        number, _, group = user.text.partition(":")
        if os.geteuid() != 0:
            return []  # already an account that is not root
        return ["setpriv", f"--reuid={number}", f"--regid={group}", "--clear-groups", "--no-new-privs"]

    def _begin(self) -> None:
        self.root.mkdir()
        (self.root / "tmp").mkdir()
        (self.root / "tmp").chmod(0o1777)
        self._folder = self.root

    def _run(self, text: str) -> None:
        programs = self.root.with_name("base")
        _stand_in_for_python(programs, self._account())
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL"))}
        done = subprocess.run(
            ["/bin/sh", "-euc", self._mapped(text)],
            check=False,
            cwd=self._folder,
            env=inherited | {"PATH": f"{programs}:/usr/bin:/bin"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=STEP_S,
        )
        assert done.returncode == 0, f"RUN {text}\n{done.stdout}"

    def _copy(self, one: Instruction) -> None:
        *sources, target = one.words
        into = self._folder / self._mapped(target)
        for source in sources:
            if "from" in one.flags:
                shutil.copytree(self._others[one.flags["from"]] / source.lstrip("/"), into, symlinks=True)
            elif (self._context / source).is_dir():
                for name in self._sent(source):
                    (into / name).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(self._context / source / name, into / name)
            else:
                assert not self._is_ignored(source), f"{source} is not sent to the engine"
                shutil.copyfile(self._context / source, into / source)

    def _sent(self, folder: str) -> Iterator[Path]:
        """The files under a folder that the engine gets to see."""
        for path in sorted((self._context / folder).rglob("*")):
            if path.is_file() and not self._is_ignored(str(path.relative_to(self._context))):
                yield path.relative_to(self._context / folder)

    def _is_ignored(self, name: str) -> bool:
        """The last line of .dockerignore that fits the file, or a folder it is in, decides."""
        parts = name.split("/")
        above = ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
        ignored = False
        for line in self._ignored:
            pattern = line.removeprefix("!")
            if any(_fits(pattern, one) for one in above):
                ignored = not line.startswith("!")
        return ignored

    def _located(self, path: str) -> Path:
        return self.root / path.lstrip("/")

    def _mapped(self, text: str) -> str:
        return OWN.sub(lambda found: f"{self.root}/{found.group(1)}", text)


def _fits(pattern: str, name: str) -> bool:
    if pattern.startswith("**/"):
        return fnmatch.fnmatchcase(name.rpartition("/")[2], pattern.removeprefix("**/"))
    return fnmatch.fnmatchcase(name, pattern) and name.count("/") == pattern.count("/")


def _stand_in_for_python(programs: Path, as_account: list[str]) -> None:
    """Put a `python` where the build looks for one: an interpreter that the image's account may run, too."""
    if programs.exists():
        return
    ours = Path(sys.base_prefix, "bin", f"python{sys.version_info.major}.{sys.version_info.minor}")
    for candidate in (ours, Path("/usr/local/bin", ours.name), Path("/usr/bin", ours.name)):
        # Through env: the first program that setpriv starts is still found with root's rights.
        command = [*as_account, "/usr/bin/env", str(candidate), "-c", "import ensurepip, venv"]
        if not candidate.exists():
            continue
        if subprocess.run(command, check=False, capture_output=True, timeout=20).returncode == 0:
            programs.mkdir()
            (programs / "python").write_text(f'#!/bin/sh\nexec {candidate} "$@"\n')
            (programs / "python").chmod(0o755)
            return
    raise AssertionError(f"no {ours.name} with venv that any account may run (Debian package python3-venv)")
