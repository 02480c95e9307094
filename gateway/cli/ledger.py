"""`ledger`: the two books, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from gateway.cli.options import Config, Data, JournalUrl, Json, settings_from
from gateway.cli.running import carry_out, journal_of, terminal
from gateway.errors import Sentence
from gateway.terminal import BAD, GOOD

if TYPE_CHECKING:
    from gateway.journal import Ledger
    from gateway.settings import Settings


def ledger(*, config: Config = None, data: Data = None, journal: JournalUrl = None, json: Json = False) -> int:
    """
    Vergleicht beide Bücher: was geschah, und was ist.

    Empfangen = zurückgewiesen + unterwegs + Klärfälle + abgeschlossen. Eine Differenz heißt, dass etwas verloren ging
    oder am Journal vorbei geändert wurde; dann ist der Exit-Code 1.
    """
    return carry_out(_ledger(settings_from(config, data=data, journal=journal), json=json))


async def _ledger(settings: Settings, *, json: bool) -> int:
    async with journal_of(settings) as journal:
        books = await journal.ledger()
    if json:
        terminal().hand_out(as_json(books))
    else:
        terminal().show(_table(books))
        terminal().show(_verdict(books))
    return BAD if books.imbalance else GOOD


def as_json(books: Ledger) -> dict[str, int]:
    """What `ledger --json` prints."""
    return {
        "received": books.received,
        "rejected": books.rejected,
        "inFlight": books.in_flight,
        "parked": books.parked,
        "concluded": books.concluded,
        "imbalance": books.imbalance,
    }


def _table(books: Ledger) -> Table:
    lines = (
        (Sentence("empfangen", "received"), books.received),
        (Sentence("  zurückgewiesen", "  rejected"), books.rejected),
        (Sentence("  unterwegs", "  in flight"), books.in_flight),
        (Sentence("  Klärfälle", "  parked"), books.parked),
        (Sentence("  abgeschlossen", "  concluded"), books.concluded),
    )
    table = Table.grid(padding=(0, 2))
    table.add_column()
    table.add_column(justify="right")
    for name, count in lines:
        table.add_row(terminal().words(name), str(count))
    return table


def _verdict(books: Ledger) -> Sentence:
    if books.imbalance:
        return Sentence(
            f"✗ Die Bücher weichen um {books.imbalance} voneinander ab. Das Journal wurde von außen verändert oder "
            "beschädigt: bitte sichern, nichts löschen, und die Betriebsanleitung zu Rate ziehen.",
            f"✗ The books differ by {books.imbalance}. The journal was changed from outside or damaged: "
            "back it up, delete nothing, and consult the operations guide.",
        )
    return Sentence("✓ Die Bücher stimmen überein.", "✓ The books agree.")
