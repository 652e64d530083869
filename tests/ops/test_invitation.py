"""What the demo invites to: somebody who came in two hours ago, to pay for."""

import json
import shlex

from actors.testing import CarPark
from ops.invitation import PAYER, Invitation
from ops.welcome import BrokerAddress


async def test_the_car_that_came_in_two_hours_ago_has_to_pay() -> None:
    async with CarPark() as park:
        invitation = Invitation(
            address="http://127.0.0.1:8080",
            link=None,
            login="admin",
            password=None,
            broker=BrokerAddress("127.0.0.1", 1883),
            root="parking",
            token="a-token",
            second_site="demo-2",
            at=park.clock.now(),
        )
        lines = invitation.lines([])
        [told] = [shlex.split(line) for line in lines if "replay/event" in line]
        await park.given(told[told.index("-t") + 1], json.loads(told[told.index("-m") + 1]))
        assert park.opened == []
        [left] = [json.loads(shlex.split(line)[3]) for line in lines if line.startswith("curl") and PAYER in line]
        await park.when("parking/exit/vision/plate", {"plate": left["plate"]})
        assert park.asked == [300]
