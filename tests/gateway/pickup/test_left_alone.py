"""A gateway that asks to be left alone for a while is."""

import httpx2
import pytest

from gateway.drivers.pickup import Door, Way
from gateway.drivers.pickup.door import GatewayAway, Refusal
from gateway.site import Heartbeat

WAY = Way(url="https://gateway.example/v1/sites/muster", token="ags_x")


@pytest.mark.parametrize(
    ("status", "wait", "waited", "raised"),
    [
        (503, "7", [7.0], GatewayAway),
        (429, "2", [2.0], Refusal),
        (503, "86400", [60.0], GatewayAway),
        (503, "soon", [], GatewayAway),
        (409, "7", [], Refusal),
    ],
)
async def test_retry_after_is_waited_for(status: int, wait: str, waited: list[float], raised: type[Exception]) -> None:
    """Before anybody here hears of the refusal, and never for longer than a minute."""
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    answer = httpx2.Response(status, headers={"Retry-After": wait}, json={"code": "too-many-requests"})
    async with Door(WAY, 1, transport=httpx2.MockTransport(lambda _: answer), pause=pause) as door:
        with pytest.raises(raised):
            await door.heartbeat(Heartbeat(site="muster", worker="bote", version="1"))

    assert pauses == waited
