"""The image's lock file: what was tested, with hashes, without what only tests and embedded mode need."""

import re
from configparser import ConfigParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PIN = re.compile(r"^([a-z0-9.-]+)==(\S+)((?: \\\n    --hash=sha256:[0-9a-f]{64})+)$", re.MULTILINE)


def pins(name: str) -> dict[str, tuple[str, str]]:
    """Version and hashes by package; every pin has hashes."""
    text = (ROOT / name).read_text()
    found = {package: (version, hashes) for package, version, hashes in PIN.findall(text)}
    assert len(found) == text.count("==")
    return found


def requirements(option: str, section: str) -> set[str]:
    """The names of the packages that setup.cfg asks for."""
    config = ConfigParser(interpolation=None)
    config.read(ROOT / "setup.cfg")
    lines = config[section][option].split("\n")
    return {re.split(r"[ \[<>=]", line)[0].lower() for line in lines if line and not line.startswith("%")}


def test_the_image_runs_on_the_versions_that_were_tested() -> None:
    tested, image = pins("requirements.lock"), pins("requirements.image.lock")
    assert image
    assert {name: pin for name, pin in image.items() if tested.get(name) != pin} == {}


def test_what_the_product_needs_is_in_the_image() -> None:
    assert requirements("install_requires", "options") <= set(pins("requirements.image.lock"))


@pytest.mark.parametrize("extra", ["test", "embedded"])
def test_what_it_does_not_need_is_not(extra: str) -> None:
    left_out = requirements(extra, "options.extras_require")
    assert left_out
    assert not left_out & set(pins("requirements.image.lock"))
