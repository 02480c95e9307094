"""`responsibility`: the table of who is responsible, generated from rules, compared with the directory, given away."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final
from zoneinfo import ZoneInfo

import typer
from rich.table import Table

from gateway.cli.files import write_files
from gateway.cli.german import Commands
from gateway.cli.options import Config, Json
from gateway.cli.running import terminal
from gateway.cli.tables import TablesFolder, folder_of
from gateway.errors import BadSettings, Sentence
from gateway.terminal import BAD, GOOD

if TYPE_CHECKING:
    from gateway.routing.completeness import Completeness
    from gateway.routing.rules import Generated, Rules

responsibility = Commands(help="Zuständigkeiten: aus den Regeln erzeugen, mit dem Verzeichnis vergleichen, ausgeben.")

_BERLIN: Final = ZoneInfo("Europe/Berlin")
_SHOWN: Final = 20

DryRun = Annotated[bool, typer.Option("--dry-run", help="Nur zeigen, was sich ändert.")]
Day = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], help="An diesem Tag; sonst heute.", metavar="JJJJ-MM-TT"),
]


def day_of(said: datetime | None) -> date:
    """The day meant: the one said, or today in Berlin."""
    return said.date() if said else datetime.now(UTC).astimezone(_BERLIN).date()


# ── generate ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@responsibility.command("generate")
def write(*, dry_run: DryRun = False, tables: TablesFolder = None, config: Config = None, json: Json = False) -> int:
    """
    Schreibt authorities.csv und responsibility.csv aus rules.toml und regions.csv.

    Kennungen, die in authorities.csv stehen, bleiben. Mit --dry-run: Exit-Code 1, wenn sich etwas ändern würde.
    """
    folder = folder_of(config, tables)
    generated = _generated(folder)
    changed = _changed(folder, generated)
    if changed and not dry_run:
        write_files(folder, generated.files)
    if json:
        terminal().hand_out(
            {
                "authorities": len(generated.authorities),
                "rows": len(generated.responsibilities),
                "changed": changed,
                "written": bool(changed) and not dry_run,
            }
        )
    else:
        terminal().show(
            Sentence(
                f"{len(generated.authorities)} Behörden, {len(generated.responsibilities)} Zeilen Zuständigkeit.",
                f"{len(generated.authorities)} authorities, {len(generated.responsibilities)} rows of responsibility.",
            )
        )
        terminal().tell(_written(folder, changed, dry_run=dry_run))
    return BAD if changed and dry_run else GOOD


def _generated(folder: Path) -> Generated:
    from gateway.routing.directory import read_directory
    from gateway.routing.rules import generate, read_kennungen, read_rules

    return generate(read_rules(folder), read_directory(folder), read_kennungen(folder))


def differing(folder: Path) -> list[str]:
    """The tables in a folder that are not what its rules say, by name."""
    return _changed(folder, _generated(folder))


def _changed(folder: Path, generated: Generated) -> list[str]:
    return [
        name
        for name, content in generated.files.items()
        if not (folder / name).is_file() or (folder / name).read_bytes() != content
    ]


def _written(folder: Path, changed: list[str], *, dry_run: bool) -> Sentence:
    names = ", ".join(changed)
    if not changed:
        return Sentence("✓ Die Tabellen entsprechen den Regeln.", "✓ The tables are what the rules say.")
    if dry_run:
        return Sentence(
            f"Anders wäre: {names}. Nichts wurde geschrieben (--dry-run).",
            f"Different would be: {names}. Nothing was written (--dry-run).",
        )
    return Sentence(f"✓ In {folder} geschrieben: {names}.", f"✓ Written in {folder}: {names}.")


# ── check ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@responsibility.command("check")
def check(*, day: Day = None, tables: TablesFolder = None, config: Config = None, json: Json = False) -> int:
    """
    Vergleicht Zuständigkeiten und Gemeindeverzeichnis.

    Jede Gemeinde muss für jede Leistung genau eine Behörde haben oder als offen bekannt sein (rules.toml), und die
    Tabellen müssen den Regeln entsprechen. Sonst ist der Exit-Code 1.
    """
    from gateway.routing import Tables
    from gateway.routing.completeness import compare
    from gateway.routing.rules import read_rules

    folder = folder_of(config, tables)
    rules = read_rules(folder)
    found = compare(Tables.load(folder, folder), rules, day_of(day))
    stale = differing(folder)
    if json:
        terminal().hand_out(_check_as_json(found, rules, stale))
    else:
        _show_check(found, rules, stale)
    return GOOD if found.good and not stale else BAD


def _show_check(found: Completeness, rules: Rules, stale: list[str]) -> None:
    show, words = terminal().show, terminal().words
    table = Table(box=None, padding=(0, 2), pad_edge=False, header_style="name")
    table.add_column(words(Sentence("Leistung oder Nachricht", "service or message")))
    table.add_column(words(Sentence("Behörden", "authorities")), justify="right")
    table.add_column(words(Sentence("Gemeinden ohne, bekannt", "places without, known")), justify="right")
    table.add_column(words(Sentence("ohne, unbekannt", "without, unknown")), justify="right")
    for subject, authorities in found.pairs.items():
        known = sum(gap.admitted for gap in found.gaps if gap.subject == subject)
        unknown = sum(not gap.admitted for gap in found.gaps if gap.subject == subject)
        table.add_row(subject, str(authorities), str(known), str(unknown))
    show(table)
    _some(
        Sentence("Niemand ist eingetragen", "Nobody is listed"),
        [f"{gap.subject}: {gap.region} ({gap.region.ars})" for gap in found.gaps if not gap.admitted],
    )
    _some(
        Sentence("Zuständig außerhalb des eigenen Gebiets", "Responsible outside their own area"),
        [f"{it.row.subject}: {it.row.authority} → {it.row.ars}" for it in found.strays],
    )
    if rules.open:
        show(Sentence("Offene Fragen:", "Open questions:"))
    for question in rules.open:
        show(f"  {question.subject}: {question.says}")
    for name in stale:
        show(
            Sentence(
                f"✗ {name} ist nicht, was die Regeln sagen: `gateway responsibility generate` schreibt es neu.",
                f"✗ {name} is not what the rules say: `gateway responsibility generate` writes it anew.",
            )
        )
    if found.good and not stale:
        show(
            Sentence(
                f"✓ {found.questions} Fragen am {found.day}: jede hat genau eine Antwort oder ist als offen bekannt.",
                f"✓ {found.questions} questions on {found.day}: each has one answer or is known to be open.",
            )
        )


def _some(about: Sentence, lines: list[str]) -> None:
    if not lines:
        return
    terminal().show(f"✗ {terminal().words(about)} ({len(lines)}):")
    for line in lines[:_SHOWN]:
        terminal().show(f"  {line}")
    if len(lines) > _SHOWN:
        terminal().show("  …")


def _check_as_json(found: Completeness, rules: Rules, stale: list[str]) -> dict[str, Any]:
    return {
        "good": found.good and not stale,
        "day": found.day.isoformat(),
        "questions": found.questions,
        "authorities": found.pairs,
        "gaps": [
            {"subject": gap.subject, "ars": gap.region.ars, "name": gap.region.name, "known": gap.admitted}
            for gap in found.gaps
        ],
        "outsideTheirArea": [
            {"subject": it.row.subject, "ars": it.row.ars, "authority": it.row.authority.ars} for it in found.strays
        ],
        "open": [{"subject": it.subject, "says": it.says} for it in rules.open],
        "differing": stale,
    }


# ── export ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@responsibility.command("export")
def export(
    file: Annotated[
        Path | None, typer.Argument(help="Zieldatei, .csv oder .json; sonst die Standardausgabe.", metavar="DATEI")
    ] = None,
    *,
    tables: TablesFolder = None,
    config: Config = None,
    json: Json = False,
) -> int:
    """
    Gibt die Zuständigkeiten als offene Daten aus, mit Namen, Rechtsgrundlage, Stand und Quelle.

    CSV, oder JSON mit --json beziehungsweise der Endung .json.
    """
    from gateway.routing import Tables
    from gateway.routing.open_data import as_csv, as_json

    if file is not None and file.suffix not in (".csv", ".json"):
        raise BadSettings("Die Zieldatei endet auf .csv oder .json.", "The file's name ends in .csv or .json.")
    folder = folder_of(config, tables)
    known = Tables.load(folder, folder)
    content = as_json(known) if json or (file and file.suffix == ".json") else as_csv(known)
    if file is None:
        terminal().out.file.write(content.decode())
    else:
        write_files(file.absolute().parent, {file.name: content})
        terminal().tell(Sentence(f"✓ {file} geschrieben.", f"✓ {file} written."))
    return GOOD
