"""What operators are told: lines and metrics, and a log that stops nobody."""

import io
import sys
from collections.abc import Iterator

import pytest

from gateway.events import LOST_LINES, BrokerLost, watched, write_log


@pytest.fixture(autouse=True)
def _log_as_before() -> Iterator[None]:
    yield
    write_log()


class Full(io.StringIO):
    """A log on a disk that has no room left."""

    def write(self, text: str, /) -> int:
        raise OSError(28, "No space left on device")


def closed() -> io.StringIO:
    """A log that somebody has closed."""
    stream = io.StringIO()
    stream.close()
    return stream


@pytest.mark.parametrize("stream", [Full(), closed()], ids=["full", "closed"])
def test_a_log_that_cannot_be_written_stops_nobody(stream: io.StringIO) -> None:
    """The event is told to everybody else, nothing is raised, and a metric counts the lost line."""
    write_log(stream)
    before = LOST_LINES()._value.get()
    seen: list[object] = []

    with watched(seen.append):
        BrokerLost(error="refused").tell()

    assert [type(event) for event in seen] == [BrokerLost]
    assert LOST_LINES()._value.get() == before + 1


def test_the_log_goes_where_stderr_is_now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stderr may be replaced after the log was set up: lines follow it."""
    write_log()
    now = io.StringIO()
    monkeypatch.setattr(sys, "stderr", now)

    BrokerLost(error="refused").tell()

    assert '"event": "broker.lost"' in now.getvalue()
