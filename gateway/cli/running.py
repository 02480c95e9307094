"""How a command runs: whom it speaks to, where its journal is, and what stops it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gateway.errors import BadSettings, Sentence
from gateway.terminal import Terminal

if TYPE_CHECKING:
    from gateway.drivers.sql.journal import SqlJournal
    from gateway.settings import Settings


@dataclass
class _Call:
    """What holds for one call of the command line."""

    terminal: Terminal
    debug: bool
    logs: bool = False
    """whether events are written anywhere"""


_CALL: Final[ContextVar[_Call]] = ContextVar("call")


@contextmanager
def speaking(to: Terminal, *, debug: bool) -> Iterator[Terminal]:
    """Commands speak to this terminal while the context is open."""
    before = _CALL.set(_Call(to, debug))
    try:
        yield to
    finally:
        _CALL.reset(before)


def terminal() -> Terminal:
    """Whom the running command speaks to."""
    return _CALL.get().terminal


def carry_out(work: Coroutine[Any, Any, int]) -> int:
    """The exit code of a command's work. The command says itself what happened: events are for `--debug`."""
    log_from("debug" if _CALL.get().debug else "critical")
    return asyncio.run(work)


def log_from(least: str) -> None:
    """Events go to stderr as JSON, from this level up."""
    import logging

    from gateway.events import write_log

    write_log(level=logging.getLevelNamesMapping()[least.upper()])
    _CALL.get().logs = True


def tell_bug(error: Exception, command: Sequence[str]) -> None:
    """Tell the log, where this command has one, which bug of ours ended it."""
    from gateway.events import CommandFailed, frames_of

    if _CALL.get().logs:
        CommandFailed(command=" ".join(command), error=type(error).__name__, frames=frames_of(error)).tell()


@asynccontextmanager
async def journal_of(settings: Settings, *, begin: bool = False) -> AsyncIterator[SqlJournal]:
    """
    The gateway's journal, beside a process that may be serving from it. `begin` makes one where there is none yet.

    Raises:
        BadSettings: there is no journal at that place.
        WrongJournal, JournalUnavailable: as `open_journal`.
    """
    from gateway.drivers.clock import clock
    from gateway.drivers.sql.journal import open_journal
    from gateway.drivers.sql.schema import is_postgres, sqlite_file
    from gateway.journal import Limits

    url = settings.journal_url
    if not begin and not is_postgres(url) and not sqlite_file(url).is_file():
        raise BadSettings(
            f"Es gibt noch kein Journal {sqlite_file(url)}. Bitte mit --data den Ordner nennen, in den das Gateway "
            "schreibt; ein neues Journal legt `gateway serve` an.",
            f"There is no journal {sqlite_file(url)} yet. Name the folder the gateway writes to with --data; "
            "`gateway serve` makes a new journal.",
        )
    async with open_journal(url, limits=lambda _: Limits(), clock=clock, kind=None) as journal:
        yield journal


async def asked_to_stop(stopping: Callable[[], None]) -> None:
    """
    Wait for SIGTERM or SIGINT, and call `stopping` then.

    After the first, signals have their usual effect again: the second one ends the process at once, which loses
    nothing, for the journal survives that as it does a power cut.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def first() -> None:
        for number in _STOPPING:
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_DFL)
        stop.set()
        stopping()

    for number in _STOPPING:
        loop.add_signal_handler(number, first)
    await stop.wait()


def farewell() -> None:
    """What somebody at the keyboard is told when the first signal has come."""
    if terminal().err.is_terminal:
        terminal().tell(
            Sentence(
                "Wird beendet: Begonnenes wird fertig. Noch einmal Strg-C beendet sofort.",
                "Stopping: what has begun is finished. Ctrl-C again ends it at once.",
            )
        )


_STOPPING: Final = (signal.SIGTERM, signal.SIGINT)
