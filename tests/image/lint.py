"""What must hold of a Dockerfile: each rule in a sentence, and the sentence is what is found wrong."""

import re
from collections.abc import Iterator

from tests.image.dockerfile import Stage, parse

PINNED = re.compile(r"[a-z0-9./-]+:\d+\.\d+\.\d+-slim-[a-z]+(@sha256:[0-9a-f]{64})?")
SECRET = re.compile(r"(SECRET|PASSWORD|TOKEN|API_KEY|SECRET_KEY|DATABASE_URL)\b", re.IGNORECASE)
OUTSIDE = re.compile(r"\b(curl|wget|git|apt-get|apt|apk)\b")
PIP_INSTALL = re.compile(r"pip install ([^&;|]*)")


def faults(text: str) -> list[str]:
    """What is wrong with a Dockerfile; nothing when it is as it should be."""
    stages = parse(text)
    found = [fault for stage in stages for fault in (*_of_stage(stage), *_of_downloads(stage))]
    if len(stages) != 2:
        found.append(f"two stages are wanted, there are {len(stages)}")
    return [*found, *_of_what_runs(stages[-1])]


def _of_stage(stage: Stage) -> Iterator[str]:
    if not PINNED.fullmatch(stage.base):
        yield f"FROM {stage.base} is no slim image pinned to a patch release"
    for one in stage.instructions:
        if one.name == "ADD":
            yield f"ADD {one.text}: it may fetch and unpack; COPY copies"
        if one.name == "COPY" and "from" not in one.flags and {".", "./"} & set(one.words[:-1]):
            yield f"COPY {one.text} takes whatever lies there"
        if one.name in {"ENV", "ARG", "LABEL"} and SECRET.search(one.text):
            yield f"{one.name} {one.text} would bake a secret in"


def _of_downloads(stage: Stage) -> Iterator[str]:
    for one in stage.instructions:
        if one.name != "RUN":
            continue
        if OUTSIDE.search(one.text):
            yield f"RUN {one.text} fetches what no lock file names"
        for options in PIP_INSTALL.findall(one.text):
            if "--require-hashes" not in options and "--no-deps" not in options:
                yield f"pip install {options.strip()} takes packages without hashes"


def _of_what_runs(stage: Stage) -> Iterator[str]:
    user = stage.last("USER")
    if user is None or not re.fullmatch(r"[1-9]\d*:[1-9]\d*", user.text):
        yield "USER is not the number of an account and a group that are not root's"
    for name in ("ENTRYPOINT", "CMD"):
        one = stage.last(name)
        if one is None or not one.argv:
            yield f"{name} is not in exec form: a shell would keep SIGTERM for itself"
    health = stage.last("HEALTHCHECK")
    if health is None or not health.health_argv:
        yield "HEALTHCHECK is missing or not in exec form"
    if any(one.name == "RUN" for one in stage.instructions):
        yield "the last stage runs something: what it takes to build must stay in the first"
