"""Text and graphics can be told from what is behind them, in both lights. Source: WCAG 2.2, 1.4.3 and 1.4.11."""

import re
from importlib import resources

import pytest

TEXT, GRAPHIC = 4.5, 3.0
PAIRS = [
    *((ink, ground, TEXT) for ink in ("ink", "ink-2", "ink-3") for ground in ("surface", "bg", "sunken")),
    *((name, "surface", TEXT) for name in ("act", "crit", "warn", "ok", "doubt")),
    *((name, f"{name}-soft", TEXT) for name in ("act", "crit", "warn", "ok", "doubt")),
    ("on-act", "act", TEXT),
    ("on-crit", "crit-fill", TEXT),
    ("bezel-ink", "bezel", TEXT),
    ("bezel-ink-2", "bezel", TEXT),
    ("plate-ink", "plate", TEXT),
    ("led-ink", "led", TEXT),
    ("led-dim", "led", TEXT),
    ("edge", "surface", GRAPHIC),
    ("focus", "surface", GRAPHIC),
    ("warn-bar", "surface", GRAPHIC),
    ("ink-3", "well", GRAPHIC),
]


def tokens() -> tuple[dict[str, str], dict[str, str]]:
    """The colours by name, light and dark."""
    css = resources.files("web").joinpath("static", "syspark.css").read_text(encoding="utf-8")
    blocks = re.findall(r":root(\[data-theme=\"dark\"\])? \{(.*?)\n\}", css, re.DOTALL)
    light, dark = (dict(re.findall(r"--([\w-]+): +(#[0-9a-f]{6})", block)) for _, block in blocks[:2])
    return light, {**light, **dark}


def luminance(colour: str) -> float:
    """Relative luminance, as WCAG defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("front", "back", "least"), PAIRS)
def test_contrast(theme: int, front: str, back: str, least: float) -> None:
    colours = tokens()[theme]
    high, low = sorted((luminance(colours[front]), luminance(colours[back])), reverse=True)
    assert (high + 0.05) / (low + 0.05) >= least
