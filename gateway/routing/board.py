"""
The tables in use: what the files say, together with the connections as the journal has them.

Both change while the gateway serves. Whoever asks gets one whole set of tables and keeps it for as long as their
question takes; a new one takes its place in one step, so that no answer is made of two.
"""

from __future__ import annotations

from collections.abc import Iterable

from gateway.connection import Connection
from gateway.routing.tables import Tables


class Board:
    """Where the tables in use hang. `now` is read for each question; the others put a new set there."""

    def __init__(self, tables: Tables) -> None:
        self.now = tables

    def connect(self, connections: Iterable[Connection]) -> None:
        """These are the connections from now on, whatever the files say."""
        self.now = self.now.connected_by(connections)

    def lay(self, tables: Tables) -> None:
        """These tables hold from now on; the connections stay as they are."""
        self.now = tables.connected_by(self.now.connections)
