"""Links between our documents lead somewhere, and from README.md to each of them."""

import re
from pathlib import Path

import pytest

from tests.docs.blocks import PAGES, ROOT

LINK = re.compile(r"\]\(([^)#\s]*)(?:#([^)]*))?\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def links(page: Path) -> list[tuple[Path, str]]:
    """The files a page links to, and where in them; addresses elsewhere are left out."""
    found = LINK.findall(page.read_text(encoding="utf-8"))
    return [
        ((page.parent / target).resolve() if target else page, place) for target, place in found if "://" not in target
    ]


def places(page: Path) -> set[str]:
    """The headings of a page as a link names them."""
    headings = HEADING.findall(page.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    missing = [target for target, _ in links(page) if not target.exists()]
    assert not missing
    nowhere = [(target.name, place) for target, place in links(page) if place and place not in places(target)]
    assert not nowhere


def test_every_page_can_be_reached_from_the_first() -> None:
    reached, found = set(), {ROOT / "README.md"}
    while found:
        reached |= found
        found = {target for page in found for target, _ in links(page) if target.suffix == ".md"} - reached
        found = {page for page in found if page.exists()}
    assert not [page.name for page in PAGES if page not in reached and page.parent != ROOT]
