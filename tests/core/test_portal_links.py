"""A driver's links: what they say, and that nobody else can make one."""

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syspark.domain.units import SessionId
from syspark.portal_links import PortalLink, exit_code, path_of, read

KEY = "a key of this deployment"
SESSION = SessionId(str(uuid4()))


@pytest.mark.parametrize(
    "link",
    [
        PortalLink(SESSION),
        PortalLink(SESSION, proven=True),
        PortalLink(SESSION, offer_id=str(uuid4())),
        PortalLink(SESSION, proven=True, offer_id=str(uuid4())),
        PortalLink(SESSION, offer_id=str(uuid4()), payer=True),
    ],
)
def test_a_link_says_what_its_bearer_may_see(link: PortalLink) -> None:
    path = path_of(KEY, link)
    assert path.startswith("/pay/s/")
    assert read(KEY, path.removeprefix("/pay/s/")) == link


def test_what_is_known_by_the_plate_alone_is_not_made_a_proof() -> None:
    token = path_of(KEY, PortalLink(SESSION)).removeprefix("/pay/s/")
    proven = path_of(KEY, PortalLink(SESSION, proven=True)).removeprefix("/pay/s/")
    assert read(KEY, proven.split(".")[0] + "." + token.split(".")[1]) is None


@given(st.text(max_size=200))
def test_nobody_else_can_make_one(text: str) -> None:
    assert read(KEY, text) is None


def test_another_deployment_knows_neither_our_links_nor_our_codes() -> None:
    token = path_of(KEY, PortalLink(SESSION)).removeprefix("/pay/s/")
    assert read("another key", token) is None
    codes = {exit_code(key, SESSION) for key in (KEY, "another key", "a third", "a fourth")}
    assert len(codes) > 1


def test_the_exit_code_is_four_digits_and_a_session_keeps_it() -> None:
    code = exit_code(KEY, SESSION)
    assert len(code) == 4
    assert code.isdecimal()
    assert exit_code(KEY, SESSION) == code
    assert len({exit_code(KEY, SessionId(str(uuid4()))) for _ in range(50)}) > 40
