"""`adapters check`: every rule of the contract, asked; a scorecard, and a page that can be filed."""

from __future__ import annotations

import json as encoding
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from gateway.cli.adapters.beginning import Name
from gateway.cli.options import Json
from gateway.cli.running import terminal
from gateway.errors import BadSettings, Sentence
from gateway.terminal import BAD, GOOD

if TYPE_CHECKING:
    from gateway.kit import Answer, Ruling, Scorecard


def check(
    name: Name,
    *,
    deliveries: Annotated[
        int, typer.Option(min=100, help="Übergaben in Folge, nach denen der Speicher verglichen wird.", metavar="ZAHL")
    ] = 10_000,
    output: Annotated[
        Path | None,
        typer.Option(
            help="Prüfbericht: eine Seite zum Ausdrucken (.html) oder JSON (.json); sonst NAME-pruefbericht.html.",
            metavar="DATEI",
        ),
    ] = None,
    json: Json = False,
) -> int:
    """
    Prüft einen Adapter mit seinem eigenen Simulator gegen jede Regel des Vertrags (docs/spec/adapter.md).

    Zeigt die Stufe, die er erreicht, und legt einen Prüfbericht ab. Exit-Code 1: Eine Regel ist verletzt.
    """
    from gateway import plugins
    from gateway.kit import examine

    file = output or Path(f"{name}-pruefbericht.html")
    if file.suffix not in {".html", ".json"}:
        raise BadSettings(
            "Der Prüfbericht wird eine .html- oder eine .json-Datei.", "The report becomes an .html or a .json file."
        )
    card = examine(
        plugins.load(), name, deliveries=deliveries, day=datetime.now().astimezone().date(), told=_progress()
    )
    _file(card, file)
    if json:
        terminal().hand_out(card.as_json())
    else:
        _show(card, file)
    return GOOD if card.good else BAD


class _progress:  # noqa: N801 - called like a function
    """One sign for each question, on stderr."""

    def __call__(self, rule: str, kept: bool | None) -> None:
        sign, style = {True: ("✓", "good"), False: ("✗", "bad"), None: ("–", "quiet")}[kept]
        terminal().err.print(Text(f"{sign} ", style).append(rule, "quiet"))


def _file(card: Scorecard, file: Path) -> None:
    from gateway.kit.page import page

    written = page(card) if file.suffix == ".html" else encoding.dumps(card.as_json(), ensure_ascii=False, indent=2)
    try:
        file.write_text(written, "utf-8")
    except OSError as error:
        raise BadSettings(
            f"{file} lässt sich nicht schreiben ({error.strerror}).", f"{file} cannot be written ({error.strerror})."
        ) from error


def _show(card: Scorecard, file: Path) -> None:
    words = terminal().words
    head = Text(f"{card.manifest.name} {card.version}  ", "name")
    terminal().show(head.append(words(card.tier.told), "good" if card.good else "bad"))
    terminal().show(_table(card.rulings))
    terminal().tell(Sentence(f"Prüfbericht: {file}", f"Report: {file}"))


def _table(rulings: Iterable[Ruling]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for one in rulings:
        table.add_row(_sign(one.answer), one.rule, terminal().words(one.answer.told), one.because)
    return table


def _sign(answer: Answer) -> Text:
    signs = {"kept": ("✓", "good"), "broken": ("✗", "bad"), "exempt": ("–", "hint"), "stated": ("·", "quiet")}
    return Text(*signs[answer.value])
