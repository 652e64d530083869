"""What the pages prepare before they are served, and not on the loop."""

import threading

from argon2 import PasswordHasher

from tests.web.field import Field
from tests.web.serving import served_on
from web import rendering
from web.passwords import Passwords


class Watched(PasswordHasher):
    """A hasher that remembers in which threads it worked."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.threads: list[threading.Thread] = []

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        """Hash, and remember where."""
        self.threads.append(threading.current_thread())
        return super().hash(password, salt=salt)


async def test_passwords_are_never_hashed_on_the_loop() -> None:
    hasher = Watched()
    passwords = Passwords(hasher)
    try:
        assert not await passwords.matches(None, "a guess")
        assert not await passwords.matches(await passwords.hash("right"), "wrong")
    finally:
        passwords.close()
    assert len(hasher.threads) == 2
    assert threading.main_thread() not in hasher.threads


async def test_every_template_is_compiled_before_the_first_page_is_asked_for(field: Field) -> None:
    rendering.environment.cache_clear()
    async with served_on(field.url):
        cached = rendering.environment().cache
        assert cached is not None
        assert {name for _, name in cached} == set(rendering.environment().list_templates())
