"""
The tables in use: what the files say, together with the connections as the journal has them.

Both change while the gateway serves. Whoever asks gets one whole set of tables and keeps it for as long as their
question takes; a new one takes its place in one step, so that no answer is made of two.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from gateway.adapter import Endpoint
from gateway.connection import Connection
from gateway.journal import Lane, Limits
from gateway.routing.tables import Tables
from gateway.submission import SECOND, Micros

_MINUTE: Final = 60 * SECOND
"""windows of maintenance begin and end at full minutes"""


class Board:
    """Where the tables in use hang. `now` is read for each question; the others put a new set there."""

    def __init__(self, tables: Tables) -> None:
        self.now = tables
        self._looked: tuple[Tables, int] | None = None
        self._resting: frozenset[str] = frozenset()

    def connect(self, connections: Iterable[Connection]) -> None:
        """These are the connections from now on, whatever the files say."""
        self.now = self.now.connected_by(connections)

    def lay(self, tables: Tables) -> None:
        """These tables hold from now on; the connections stay as they are."""
        self.now = tables.connected_by(self.now.connections)

    def limits(self, lane: Lane) -> Limits:
        """How much the lane's destination bears, by the tables in use."""
        return self.now.limits(lane)

    def resting(self, moment: Micros) -> frozenset[str]:
        """The destinations that are in maintenance at that moment, by the tables in use."""
        tables, minute = self.now, moment // _MINUTE
        if (tables, minute) != self._looked:
            self._looked, self._resting = (tables, minute), tables.resting(moment)
        return self._resting

    def endpoint(self, name: str, test: bool) -> Endpoint:  # noqa: FBT001 - as the lane has it: live or test
        """Where a destination is reached, by the tables in use; raises as `Tables.endpoint`."""
        return self.now.endpoint(name, test)
