"""One serving process per SQLite journal."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.errors import JournalInUse


@contextmanager
def alone(journal: Path) -> Iterator[None]:
    """
    Hold the journal's lock file while the context is open; the system lets go of it when the process dies.

    Raises:
        JournalInUse: another process serves from this journal.
    """
    journal.parent.mkdir(parents=True, exist_ok=True)
    with journal.with_suffix(".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise JournalInUse(
                f"Ein anderer Prozess bedient das Journal {journal} schon. Bitte diesen beenden, "
                "oder mit --data einen anderen Ordner nehmen. Mehrere Prozesse nebeneinander brauchen PostgreSQL.",
                f"Another process serves from the journal {journal} already. Stop it, or choose another folder with "
                "--data. Several processes side by side need PostgreSQL.",
            ) from None
        yield
