"""`check`: documents judged offline, with the packages that are installed here."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from gateway.cli.findings import show_findings
from gateway.cli.options import Config, Json, settings_from
from gateway.cli.running import terminal
from gateway.errors import NotReadable, Sentence, TooLarge
from gateway.submission import Finding, Severity
from gateway.terminal import BAD, CANNOT, GOOD

if TYPE_CHECKING:
    from gateway.validation import Schemas


def check(
    files: Annotated[list[Path], typer.Argument(help="XML-Dokumente.", metavar="DATEI")],
    *,
    config: Config = None,
    xsd: Annotated[Path | None, typer.Option(help="Ordner der Schemapakete.", metavar="ORDNER")] = None,
    json: Json = False,
) -> int:
    """
    Prüft Dokumente, wie das Gateway es täte; ohne Gateway, und ohne etwas zu senden.

    Exit-Code 0: alle gültig. 1: mindestens eines nicht. 2: eine Datei ist nicht lesbar.
    """
    from gateway.validation import Schemas

    settings = settings_from(config, xsd=xsd)
    schemas = Schemas.load(settings.xsd)
    return max(_check(file, schemas, settings.max_document, json=json) for file in files)


def _check(file: Path, schemas: Schemas, most: int, *, json: bool) -> int:
    try:
        document = file.read_bytes()
    except OSError as error:
        terminal().tell(
            Sentence(f"✗ {file} ist nicht lesbar ({error.strerror}).", f"✗ {file} cannot be read ({error.strerror}).")
        )
        return CANNOT
    verdict = judged(document, schemas, most)
    if json:
        terminal().hand_out({"file": str(file), **verdict})
    else:
        _show(file, verdict)
    return GOOD if verdict["valid"] else BAD


def judged(document: bytes, schemas: Schemas, most: int) -> Mapping[str, Any]:
    """The verdict in the shape that `POST /v1/validations` answers; not readable is not valid."""
    from gateway import receipt
    from gateway.submission import Reading
    from gateway.validation import Valid

    language = terminal().language
    try:
        verdict = schemas.judge(document, most=most)
    except (NotReadable, TooLarge) as error:
        found = (Finding(error.code, error.detail, Severity.ERROR, xoev="X000"),)
        return receipt.verdict(Reading(root="", namespace=""), found, language, valid=False, sandbox=False)
    valid = isinstance(verdict, Valid)
    return receipt.verdict(verdict.reading, verdict.findings, language, valid=valid, sandbox=False)


def _show(file: Path, verdict: Mapping[str, Any]) -> None:
    words = terminal().words
    standard = f"{verdict['standard']} {verdict['version']}".strip()
    if verdict["valid"]:
        told = words(Sentence("gültig nach", "valid by")) + f" {standard}"
        terminal().show(Text("✓ ", "good").append(f"{file}: {told}", "default"))
    else:
        told = words(Sentence("nicht gültig", "not valid")) + (f" ({standard})" if standard else "")
        terminal().show(Text("✗ ", "bad").append(f"{file}: {told}", "default"))
    show_findings(verdict["findings"])
