"""Notices that the files of a routing folder changed, and reads them once they lie still."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from pathlib import Path

from gateway.connection import Connection
from gateway.errors import BadTables, MissingSecret, OperatorsFault
from gateway.routing.loading import FILES
from gateway.routing.secrets import Vault
from gateway.routing.tables import Tables

_Marks = tuple[tuple[int, int, int] | None, ...]
"""Of each file: its inode, size and time of change; None where it is missing."""


class Watch:
    """
    Looks at a folder again and again.

    `read` reads and checks the whole set; what it refuses is refused once, until a file changes again. A set is read
    when two looks in a row found the same: whoever saves six files one after the other is waited for.
    """

    def __init__(self, folder: Path, read: Callable[[], Tables], using: Tables) -> None:
        self._folder = folder
        self._read = read
        self._digest = using.digest
        self._known: _Marks | None = None
        self._refused = False
        self._before = self._marks()

    def look(self) -> Tables | OperatorsFault | None:
        """
        A new set to use, why the changed files cannot be used, or None where there is nothing new.

        After a refusal the earlier set, put back as it was, counts as new: the refusal is over.
        """
        marks, before = self._marks(), self._before
        self._before = marks
        if marks == self._known or marks != before:
            return None
        try:
            tables = self._read()
        except OperatorsFault as fault:
            return self._seen(marks, fault)
        if tables.digest == self._digest and not self._refused:
            return self._seen(marks, None)
        return self._seen(marks, tables)

    def _seen(self, marks: _Marks, found: Tables | OperatorsFault | None) -> Tables | OperatorsFault | None:
        """What was found, unless the files changed while they were read."""
        if self._marks() != marks:
            return None
        self._known = marks
        self._refused = isinstance(found, OperatorsFault)
        if isinstance(found, Tables):
            self._digest = found.digest
        return found

    def _marks(self) -> _Marks:
        return tuple(_mark(self._folder / name) for name in FILES)


def _mark(file: Path) -> tuple[int, int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def insist_on_destinations(tables: Tables, connections: Iterable[Connection]) -> None:
    """
    Refuse tables that lack the destination of a connection: what is on its way there could not arrive.

    Raises:
        BadTables: names destination and connection.
    """
    there = {destination.name for destination in tables.destinations}
    for connection in connections:
        if connection.state.takes(test=True) and connection.destination not in there:
            raise BadTables(
                f"destinations.toml: der Zustellpunkt „{connection.destination}“ fehlt, aber die Anbindung "
                f"{connection.id} führt dorthin.",
                f"destinations.toml: destination “{connection.destination}” is missing, but the connection "
                f"{connection.id} leads there.",
            )


def insist_on_secrets(tables: Tables, vault: Vault, adapters: Container[str]) -> None:
    """
    Refuse tables whose destinations refer to secrets that are not there, as far as these adapters deliver to them.

    Raises:
        MissingSecret: names destination and secret.
    """
    for destination in tables.destinations:
        if destination.adapter not in adapters or destination.site:  # a site has its own
            continue
        for reference in sorted(destination.secrets, key=lambda one: one.name):
            try:
                reference.put_in(vault)
            except MissingSecret as missing:
                de, en = missing.detail.de, missing.detail.en
                raise MissingSecret(
                    f"destinations.toml: der Zustellpunkt „{destination.name}“ braucht ein Geheimnis. {de}",
                    f"destinations.toml: destination “{destination.name}” needs a secret. {en}",
                ) from None
