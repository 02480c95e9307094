"""`explain`: one document, in prose: which schema, what verdict, which route and why."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.text import Text

from gateway.cli.files import read_file
from gateway.cli.findings import show_findings
from gateway.cli.judging import judged
from gateway.cli.options import Config, Data, JournalUrl, Json, settings_from
from gateway.cli.responsibility import day_of
from gateway.cli.routes import as_json, show
from gateway.cli.running import carry_out, terminal
from gateway.cli.tables import TablesFolder, tables_of
from gateway.errors import NotReadable, Sentence, TooLarge
from gateway.terminal import BAD, GOOD

if TYPE_CHECKING:
    from gateway.routing import Explanation, Tables
    from gateway.settings import Settings
    from gateway.validation import Schemas


def explain(
    file: Annotated[Path, typer.Argument(help="XML-Dokument.", metavar="DATEI")],
    *,
    leistung: Annotated[
        str | None, typer.Option(help="Leistungsschlüssel, wie im Aufruf.", metavar="SCHLÜSSEL")
    ] = None,
    ars: Annotated[str | None, typer.Option(help="Ort, wie im Aufruf.", metavar="ARS")] = None,
    tables: TablesFolder = None,
    config: Config = None,
    data: Data = None,
    journal: JournalUrl = None,
    json: Json = False,
) -> int:
    """
    Erklärt ein Dokument: welches Schema, welches Urteil, welche Behörde und warum. Sendet nichts.

    Exit-Code 0: es würde angenommen. 1: es würde zurückgewiesen. 2: die Datei ist nicht lesbar.
    """
    settings = settings_from(config, data=data, journal=journal)
    return carry_out(_explain(settings, file, _Said(leistung, ars), tables, json=json))


class _Said:
    """What is said beside the document."""

    def __init__(self, leistung: str | None, ars: str | None) -> None:
        self.leistung = leistung
        self.ars = ars


_ABOUT_CASES: Final = Sentence(
    "Die Nachricht bezieht sich auf eine frühere (referenzUUID). Hat das Gateway jene von demselben Portal angenommen, "
    "bleibt der Vorgang bei deren Behörde, wohin der Ort auch führt; hier entscheidet nur der Ort.",
    "The message refers to an earlier one (referenzUUID). If the gateway accepted that from the same portal, the case "
    "stays with its authority, wherever the place leads; here only the place decides.",
)


async def _explain(settings: Settings, file: Path, said: _Said, folder: Path | None, *, json: bool) -> int:
    from gateway.validation import Schemas

    document = read_file(file)
    schemas = Schemas.load(*settings.schema_folders)
    verdict = judged(document, schemas, settings.max_document)
    explained, refers = _routed(document, schemas, settings.max_document, said, await tables_of(settings, folder))
    good = bool(verdict["valid"] and explained and explained.is_open)
    if refers:
        terminal().tell(_ABOUT_CASES, "hint")
    if json:
        route = as_json(explained, said.leistung or "", settings) if explained else None
        terminal().hand_out({"file": str(file), "verdict": verdict, "route": route})
    else:
        _show(file, document, verdict, schemas, explained)
    return GOOD if good else BAD


def _routed(
    document: bytes, schemas: Schemas, most: int, said: _Said, tables: Tables
) -> tuple[Explanation | None, bool]:
    """Where it would go, and whether it refers to an earlier one; None where it is not valid: then nobody looks."""
    from gateway.drivers.clock import clock
    from gateway.routing import Question, explain
    from gateway.validation import Valid

    try:
        verdict = schemas.judge(document, most=most)
    except (NotReadable, TooLarge):
        return None, False
    if not isinstance(verdict, Valid):
        return None, False
    place = verdict.document.text
    question = Question.about(verdict.reading, day_of(None), place=place, leistung=said.leistung, ars=said.ars)
    return explain(tables, question, clock()), verdict.reading.reference_uuid is not None


def _show(file: Path, document: bytes, verdict: Any, schemas: Schemas, explained: Explanation | None) -> None:
    words = terminal().words
    terminal().show(Text(str(file), "name"))
    terminal().show(words(_schema(verdict, schemas)))
    if verdict["valid"]:
        terminal().show(Text("✓ ", "good").append(words(Sentence("Es ist gültig.", "It is valid.")), "default"))
    else:
        terminal().show(Text("✗ ", "bad").append(words(_invalid(len(verdict["findings"]))), "default"))
    show_findings(verdict["findings"], document)
    if explained:
        show(explained)


def _schema(verdict: Any, schemas: Schemas) -> Sentence:
    """Which package knows the root, and what the message is called there."""
    root, namespace = verdict["root"], verdict["namespace"]
    if not root:
        return Sentence("Es ist kein lesbares XML-Dokument.", "It is no readable XML document.")
    if not verdict["standard"]:
        return Sentence(
            f"Das Wurzelelement {root} im Namensraum {namespace or '(keinem)'} kennt kein installiertes Schemapaket.",
            f"No installed schema package knows the root element {root} in namespace {namespace or '(none)'}.",
        )
    titles = (one.roots.get(root, "") for one in schemas.packages if one.namespace == namespace and root in one.roots)
    title = next(titles, "")
    standard = f"{verdict['standard']} {verdict['version']}".strip()
    return Sentence(
        f"Es ist eine Nachricht {root}{f' („{title}“)' if title else ''}; maßgeblich ist das Schemapaket {standard}.",
        f"It is a message {root}{f' (“{title}”)' if title else ''}; the schema package {standard} decides.",
    )


def _invalid(findings: int) -> Sentence:
    return Sentence(
        f"Es ist nicht gültig und würde zurückgewiesen. Befunde: {findings}. Eine Behörde wird dann nicht gesucht.",
        f"It is not valid and would be rejected. Findings: {findings}. No authority is looked for then.",
    )
