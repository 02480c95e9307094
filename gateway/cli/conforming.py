"""`sites examine`: every turn of the pickup door, played against somebody's own client."""

from __future__ import annotations

import json as encoding
import shlex
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.table import Table
from rich.text import Text

from gateway.cli.options import Config, Json, settings_from
from gateway.cli.running import carry_out, terminal
from gateway.errors import BadSettings, Sentence
from gateway.terminal import BAD, GOOD

if TYPE_CHECKING:
    from gateway.kit.sites import Examination, Report, Ruling, Wish
    from gateway.settings import Settings

_GOOD: Final = ("✓", "good")
_BAD: Final = ("✗", "bad")
_HINT: Final = ("!", "hint")
_UNTRIED: Final = ("–", "quiet")


def examine(
    *,
    command: Annotated[
        str,
        typer.Option(
            help="Startet den Client; {url}, {site} und {token} werden eingesetzt und stehen auch in SITE_URL, "
            "SITE_NAME und SITE_TOKEN. Ohne diese Angabe wird er von Hand gestartet.",
            metavar="BEFEHL",
        ),
    ] = "",
    adapter: Annotated[
        str, typer.Option(help="Adapter, den die Briefe nennen; sonst der aus den Tabellen.", metavar="NAME")
    ] = "",
    service: Annotated[
        str, typer.Option(help="Leistung, aus deren Beispielen die Anträge sind; sonst irgendeine.", metavar="NAME")
    ] = "",
    setting: Annotated[
        list[str] | None,
        typer.Option(help="Einstellung des Zustellpunkts statt der aus den Tabellen; mehrfach.", metavar="NAME=WERT"),
    ] = None,
    booked: Annotated[
        Path | None,
        typer.Option(
            help="Bestand des Test-Fachverfahrens: ein Ordner mit einem Eintrag oder eine Datei mit einer Zeile je "
            "submissionId. So zeigt sich, ob etwas doppelt ankommt.",
            metavar="PFAD",
        ),
    ] = None,
    patience: Annotated[
        float, typer.Option(min=1, help="Sekunden, die der Client für einen Brief hat.", metavar="SEKUNDEN")
    ] = 60.0,
    output: Annotated[
        Path,
        typer.Option(help="Prüfbericht: eine Seite zum Ausdrucken (.html) oder JSON (.json).", metavar="DATEI"),
    ] = Path("abholung-pruefbericht.html"),
    config: Config = None,
    json: Json = False,
) -> int:
    """
    Prüft einen eigenen Abhol-Client an der Tür einer Sandbox, die jede gute und jede böse Wendung spielt.

    Die Regeln stehen in docs/spec/pickup.md. Der Client spricht nur mit dieser Sandbox auf demselben Rechner. Exit-Code
    1: Eine Pflicht ist verletzt.
    """
    if output.suffix not in {".html", ".json"}:
        raise BadSettings(
            "Der Prüfbericht wird eine .html- oder eine .json-Datei.", "The report becomes an .html or a .json file."
        )
    from gateway.kit.sites import Pace, Wish

    words = shlex.split(command)
    wish = Wish(service=service, adapter=adapter, settings=_pairs(setting or ()))
    what = replace(_prepared(settings_from(config), wish), command=words, booked=booked, pace=Pace(patience=patience))
    return carry_out(_examine(what, output, json=json))


async def _examine(what: Examination, output: Path, *, json: bool) -> int:
    from gateway.kit.sites import examine as play

    report = await play(what, opened=_Opened(by_hand=not what.command), told=_told)
    _file(report, output)
    if json:
        terminal().hand_out(report.as_json())
    else:
        _show(report, output)
    return GOOD if report.good else BAD


def _prepared(settings: Settings, wish: Wish) -> Examination:
    from gateway.kit.sites import Examination, read_sample
    from gateway.routing import Tables
    from gateway.validation import Schemas

    schemas = Schemas.load(settings.xsd)
    data = settings.data.resolve()
    return Examination(
        schemas=schemas,
        sample=read_sample(schemas, settings.xsd, Tables.load(settings.routing, data), wish),
        facts={"routing": settings.routing, "replies": settings.xsd / "replies", "data": data},
        day=datetime.now().astimezone().date(),
    )


def _pairs(said: Sequence[str]) -> dict[str, str]:
    pairs = [one.partition("=") for one in said]
    if wrong := [name for name, sign, _ in pairs if not name or not sign]:
        raise BadSettings(
            f"Eine Einstellung hat die Form NAME=WERT: {', '.join(wrong)}.",
            f"A setting has the form NAME=VALUE: {', '.join(wrong)}.",
        )
    return {name: value for name, _, value in pairs}


class _Opened:
    """Says where the door is; whoever starts the client by hand needs the token too."""

    def __init__(self, *, by_hand: bool) -> None:
        self._by_hand = by_hand

    def __call__(self, url: str, site: str, token: str) -> None:
        if not self._by_hand:
            return
        terminal().err.print(Text(f"SITE_URL={url}\nSITE_NAME={site}\nSITE_TOKEN={token}"))
        terminal().tell(
            Sentence(
                "Bitte den Client jetzt mit dieser Adresse und diesem Token starten.",
                "Please start the client now, with this address and this token.",
            ),
            "hint",
        )


def _told(turn: str, seen: Sequence[Ruling]) -> None:
    """One line for each turn, on stderr."""
    worst = min((_sign(one) for one in seen), key=[_BAD, _HINT, _GOOD, _UNTRIED].index, default=_UNTRIED)
    terminal().err.print(Text(f"{worst[0]} ", worst[1]).append(turn, "quiet"))


def _sign(one: Ruling) -> tuple[str, str]:
    if one.bad:
        return _BAD
    return {"kept": _GOOD, "broken": _HINT, "not-tried": _UNTRIED}[one.answer.value]


def _file(report: Report, file: Path) -> None:
    from gateway.kit.sites import page

    written = page(report) if file.suffix == ".html" else encoding.dumps(report.as_json(), ensure_ascii=False, indent=2)
    try:
        file.write_text(written, "utf-8")
    except OSError as error:
        raise BadSettings(
            f"{file} lässt sich nicht schreiben ({error.strerror}).", f"{file} cannot be written ({error.strerror})."
        ) from error


def _show(report: Report, file: Path) -> None:
    words = terminal().words
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for one in report.rulings:
        table.add_row(Text(*_sign(one)), one.rule, words(one.told), words(one.evidence))
    terminal().show(table)
    verdict = (
        Sentence("Keine Pflicht ist verletzt.", "No MUST is broken.")
        if report.good
        else Sentence("Nicht bestanden: Eine Pflicht ist verletzt.", "Failed: a MUST is broken.")
    )
    terminal().tell(verdict)
    if report.untried:
        terminal().tell(
            Sentence(f"Nicht geprüft: {report.untried} Pflichten.", f"Not tried: {report.untried} MUSTs."), "hint"
        )
    terminal().tell(Sentence(f"Prüfbericht: {file}", f"Report: {file}"))
