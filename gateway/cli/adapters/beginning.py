"""`adapters new`: an adapter of one's own, that works before the first line is changed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from gateway.cli.running import terminal
from gateway.errors import BadSettings, Sentence
from gateway.terminal import GOOD

Name = Annotated[
    str, typer.Argument(help="Name des Adapters: kleine Buchstaben, Ziffern, Unterstriche.", metavar="NAME")
]


def new(
    name: Name,
    *,
    transport: Annotated[str, typer.Option(help="Der Weg zum Fachverfahren: dir oder rest.", metavar="WEG")],
    into: Annotated[
        Path, typer.Option(help="Hier entsteht der Ordner des Adapters; sonst im aktuellen.", metavar="ORDNER")
    ] = Path(),
) -> int:
    """
    Schreibt einen vollständigen Adapter samt Simulator und Tests in einen eigenen Ordner und macht ihn hier bekannt.

    Er besteht die Prüfung (`gateway adapters check NAME`), bevor eine Zeile geändert ist.
    """
    from gateway.kit import WAYS, introduce, make

    if transport not in WAYS:
        known = "; ".join(f"{way}: {says}" for way, says in WAYS.items())
        raise BadSettings(
            f"Diesen Weg gibt es nicht als Muster. Es gibt: {known}.",
            f"There is no pattern for this way. There are: {', '.join(WAYS)}.",
        )
    folder = make(name, transport, into)
    introduce(folder)
    terminal().show(Text("✓ ", "good").append(str(folder), "name"))
    terminal().tell(
        Sentence(
            f"Nächste Schritte: `gateway adapters check {name}` prüft ihn; README.md, mapping.py und manifest.toml in "
            f"{folder}/src/{name} beschreiben ein ausgedachtes Fachverfahren und wollen ersetzt werden.",
            f"Next: `gateway adapters check {name}` examines it; README.md, mapping.py and manifest.toml in "
            f"{folder}/src/{name} describe an invented Fachverfahren and want to be replaced.",
        ),
        "hint",
    )
    return GOOD
