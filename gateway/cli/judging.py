"""`check`: documents judged offline, with the packages that are installed here."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.text import Text

from gateway.cli.files import because
from gateway.cli.findings import show_findings
from gateway.cli.options import Config, Json, settings_from
from gateway.cli.running import terminal
from gateway.errors import Sentence
from gateway.submission import Severity
from gateway.terminal import BAD, CANNOT, GOOD

if TYPE_CHECKING:
    from gateway.validation import Schemas


def check(
    files: Annotated[list[Path], typer.Argument(help="XML-Dokumente.", metavar="DATEI")],
    *,
    config: Config = None,
    xsd: Annotated[Path | None, typer.Option(help="Ordner der Schemapakete.", metavar="ORDNER")] = None,
    store: Annotated[
        Path | None,
        typer.Option(help="Nur mit den Paketen dieses Ordners prüfen, ohne alle anderen.", metavar="ORDNER"),
    ] = None,
    json: Json = False,
) -> int:
    """
    Prüft Dokumente, wie das Gateway es täte; ohne Gateway, und ohne etwas zu senden.

    Exit-Code 0: alle gültig. 1: mindestens eines ist es nicht oder hat einen Befund der Schwere „error“. 2: mindestens
    eines ließ sich nicht prüfen, oder eine Datei nicht lesen.
    """
    from gateway.validation import Schemas

    settings = settings_from(config, xsd=xsd)
    schemas = Schemas.load(*((store,) if store else settings.schema_folders), tables=settings.xsd)
    return max(_check(file, schemas, settings.max_document, json=json) for file in files)


def _check(file: Path, schemas: Schemas, most: int, *, json: bool) -> int:
    try:
        document = file.read_bytes()
    except OSError as error:
        why = because(error)
        terminal().tell(Sentence(f"✗ {file} ist nicht lesbar: {why.de}.", f"✗ {file} cannot be read: {why.en}."))
        return CANNOT
    verdict = judged(document, schemas, most)
    if json:
        terminal().hand_out({"file": str(file), **verdict})
    else:
        _show(file, verdict, document)
    if verdict["valid"] is None:
        return CANNOT
    return GOOD if verdict["valid"] and not _objectionable(verdict) else BAD


def judged(document: bytes, schemas: Schemas, most: int) -> Mapping[str, Any]:
    """The verdict in the shape that `POST /v1/validations` answers; not readable is not valid."""
    from gateway import receipt

    return receipt.verdict(schemas.examine(document, most=most), terminal().language, sandbox=False)


def _objectionable(verdict: Mapping[str, Any]) -> bool:
    return any(finding["severity"] == Severity.ERROR for finding in verdict["findings"])


def _show(file: Path, verdict: Mapping[str, Any], document: bytes) -> None:
    words = terminal().words
    standard = f"{verdict['standard']} {verdict['version']}".strip()
    beside = f" ({standard})" if standard else ""
    match verdict["valid"], _objectionable(verdict):
        case True, False:
            told = Text("✓ ", "good").append(f"{file}: {words(_VALID)} {standard}", "default")
        case True, True:
            told = Text("✗ ", "bad").append(f"{file}: {words(_VALID)} {standard}, {words(_OBJECTED)}", "default")
        case False, _:
            told = Text("✗ ", "bad").append(f"{file}: {words(_NOT_VALID)}{beside}", "default")
        case _:
            told = Text("? ", "hint").append(f"{file}: {words(_NOT_CHECKED)}{beside}", "default")
    terminal().show(told)
    show_findings(verdict["findings"], document)


_VALID: Final = Sentence("gültig nach", "valid by")
_OBJECTED: Final = Sentence("aber nicht annehmbar", "but not acceptable")
_NOT_VALID: Final = Sentence("nicht gültig", "not valid")
_NOT_CHECKED: Final = Sentence("nicht geprüft", "not checked")
