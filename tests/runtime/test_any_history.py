"""Whatever happens in whatever order: each message told is handled once, in order, or its loss has a reason."""

from __future__ import annotations

import asyncio
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from pykka import ActorDeadError, ActorRegistry

from actors.runtime import AsyncioActor, MailboxFull

ACTORS = 3
LIMIT = 4

Step = tuple[str, int]

steps = st.lists(
    st.tuples(
        st.sampled_from(["tell", "tell", "tell waiting", "ask", "ask failing", "crash", "stop", "turn", "turn"]),
        st.integers(0, ACTORS - 1),
    ),
    max_size=60,
)


class Subject(AsyncioActor):
    """Notes the number of each message; never handles two at a time."""

    mailbox_limit = LIMIT

    def __init__(self) -> None:
        super().__init__()
        self.handled: list[int] = []
        self.inside = False

    def on_receive(self, message: tuple[str, int]) -> Any:
        assert not self.inside
        verb, number = message
        self.handled.append(number)
        if "waiting" in verb:
            return self.wait(number)
        if verb in {"crash", "ask failing"}:
            raise ValueError(verb)
        return number

    async def wait(self, number: int) -> int:
        self.inside = True
        await asyncio.sleep(0)
        self.inside = False
        return number


class Model:
    """One actor and what must become of it: all taken messages up to its end, nothing after."""

    def __init__(self) -> None:
        self.actor = Subject()
        self.ref = self.actor.launch()
        self.taken: list[int] = []
        self.ended = False
        self.asked: list[tuple[str, int, bool, Any]] = []

    def do(self, verb: str, number: int) -> None:
        try:
            if verb == "stop":
                self.asked.append((verb, number, self.ended, self.ref.stop(block=False)))
                self.ended = True
            elif verb.startswith("ask"):
                self.asked.append((verb, number, self.ended, self.ref.ask((verb, number), block=False)))
                self.take(number)
            else:
                self.ref.tell((verb, number))
                self.take(number)
                self.ended = self.ended or verb == "crash"
        except MailboxFull:
            assert len(self.actor.actor_inbox) >= LIMIT
        except ActorDeadError:
            assert self.ended

    def take(self, number: int) -> None:
        if not self.ended:
            self.taken.append(number)

    async def check(self) -> None:
        assert self.actor.handled == self.taken
        for verb, number, too_late, reply in self.asked:
            try:
                answer = await reply
            except ActorDeadError:
                assert too_late
            except ValueError:
                assert verb == "ask failing"
            else:
                assert (answer or too_late) if verb == "stop" else answer == number


async def play(history: list[Step]) -> None:
    models = [Model() for _ in range(ACTORS)]
    for number, (verb, which) in enumerate(history):
        if verb == "turn":
            await asyncio.sleep(0)
        else:
            models[which].do(verb, number)
    for model in models:
        await model.ref.stop(block=False)
    for _ in range(3):
        await asyncio.sleep(0)
    for model in models:
        await model.check()
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert ActorRegistry.get_all() == []


@settings(max_examples=200)
@given(steps)
def test_each_message_is_handled_once_and_in_order(history: list[Step]) -> None:
    asyncio.run(play(history))
