"""`regions`: the municipality directory, taken over from the official file, and looked up."""

from __future__ import annotations

import asyncio
import re
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.table import Table

from gateway.cli.files import read_file, write_files
from gateway.cli.german import Commands
from gateway.cli.options import Config, Data, JournalUrl, Json, settings_from
from gateway.cli.running import journal_of, terminal
from gateway.cli.tables import TablesFolder, folder_of, has_journal
from gateway.errors import BadSettings, Sentence
from gateway.terminal import BAD, GOOD

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gateway.connection import Connection
    from gateway.routing.changes import Broken, Changes, Gone
    from gateway.routing.directory import Directory
    from gateway.routing.regions import Region, Regions
    from gateway.routing.search import Found
    from gateway.settings import Settings

regions = Commands(help="Gemeindeverzeichnis: übernehmen und nachschlagen.")

_SHOWN: Final = 20
"""Changes of one kind that are listed at a terminal; --json lists all."""


_POSTCODE: Final = re.compile(r"\d{5}", re.ASCII)


@regions.command("import")
def take_over(
    file: Annotated[Path, typer.Argument(help="GV100AD-Textdatei oder Tabelle von Destatis.", metavar="DATEI")],
    *,
    land: Annotated[
        list[str] | None,
        typer.Option(
            help="Nur dieses Land, zweistellig; mehrfach möglich. Sonst die des bisherigen Verzeichnisses.",
            metavar="LAND",
        ),
    ] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Gebietsstand, wo die Datei ihn nicht nennt.", metavar="JJJJ-MM-TT"),
    ] = None,
    source: Annotated[
        str, typer.Option(help="Quelle, wo die Datei sie nicht nennt, wie sie anzugeben ist.", metavar="TEXT")
    ] = "",
    successor: Annotated[
        list[str] | None,
        typer.Option(
            help="Ein aufgelöstes Gebiet ist in einem anderen aufgegangen; mehrfach möglich.", metavar="ALT=NEU"
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Nur zeigen, was sich ändert.")] = False,
    tables: TablesFolder = None,
    config: Config = None,
    data: Data = None,
    journal: JournalUrl = None,
    json: Json = False,
) -> int:
    """
    Übernimmt das amtliche Gemeindeverzeichnis in regions.csv und zeigt, was sich gegenüber dem letzten ändert.

    Schlüssel, die es nicht mehr gibt, stehen danach in former.csv. Welche Anbindungen das trifft, sagt das Journal, mit
    --tables die connections.csv in diesem Ordner. Exit-Code 1, wenn eine Behörde oder Anbindung ihr Gebiet verliert.
    """
    from gateway.routing import changes as directory_changes
    from gateway.routing.directory import written
    from gateway.routing.official import read_official

    folder = folder_of(config, tables)
    old = _kept(folder)
    wanted = _wanted(land or (), old)
    day = as_of.date() if as_of else None
    new = read_official(file.name, read_file(file), laender=wanted, source=source.strip(), as_of=day)
    before = old or _nothing(new)
    _insist_on_newer(before, new)
    found = directory_changes.changes(before, new, _pairs(successor or ()))
    settings = settings_from(config, routing=tables, data=data, journal=journal)
    hurt = _hurt(settings, found, asks_journal=tables is None or bool(data or journal))
    after = directory_changes.succeeded(before, new, found)
    if not dry_run:
        write_files(folder, written(after))
    if json:
        terminal().hand_out(_as_json(new, found, hurt, written=not dry_run))
    else:
        _show(new, found, hurt, first=old is None)
        terminal().tell(_told(folder, found, dry_run=dry_run))
    return BAD if hurt.authorities or hurt.connections else GOOD


def _kept(folder: Path) -> Directory | None:
    from gateway.routing.directory import REGIONS, read_directory

    return read_directory(folder) if (folder / REGIONS).is_file() else None


def _wanted(land: Iterable[str], old: Directory | None) -> frozenset[str]:
    """The Länder to take over: those said, else those there are, else all."""
    there = old.laender if old else frozenset()
    wanted = frozenset(land) or there
    if dropped := ", ".join(sorted(there - wanted)):
        raise BadSettings(
            f"Das bisherige Verzeichnis enthält auch Land {dropped}; bitte mit --land alle nennen.",
            f"The present directory holds Land {dropped} as well; please name all with --land.",
        )
    return wanted


def _insist_on_newer(old: Directory, new: Directory) -> None:
    if new.as_of < old.as_of:
        raise BadSettings(
            f"Die Datei hat den Stand {new.as_of}, das bisherige Verzeichnis den neueren vom {old.as_of}.",
            f"The file is as of {new.as_of}, the present directory as of {old.as_of}, which is newer.",
        )


def _nothing(new: Directory) -> Directory:
    from gateway.routing.directory import Directory

    return Directory(new.source, date.min, ())


def _hurt(settings: Settings, found: Changes, *, asks_journal: bool) -> Broken:
    """What the change breaks, as far as the tables can be read; of connections, those that the gateway has."""
    from gateway.errors import BadTables
    from gateway.routing import Tables
    from gateway.routing.changes import Broken, broken

    if not found:
        return Broken()
    try:
        known = Tables.load(settings.routing, settings.data.resolve())
    except BadTables as error:
        terminal().warn(error.detail)
        return Broken()
    there = asyncio.run(_connections(settings)) if asks_journal and has_journal(settings) else ()
    return broken(found, known.authorities, there or known.connections)


async def _connections(settings: Settings) -> Sequence[Connection]:
    async with journal_of(settings) as journal:
        return await journal.connections()


def _pairs(said: Iterable[str]) -> dict[str, str]:
    pairs = {}
    for one in said:
        old, equals, new = one.partition("=")
        if not (equals and old.strip() and new.strip()):
            raise BadSettings(
                "--successor hat die Form ALT=NEU, beides als ARS.", "--successor has the form OLD=NEW, both as ARS."
            )
        pairs[old.strip()] = new.strip()
    return pairs


# ── what changed, told ───────────────────────────────────────────────────────────────────────────────────────────────


def _show(new: Directory, found: Changes, hurt: Broken, *, first: bool) -> None:
    show = terminal().show
    gemeinden = sum(region.is_gemeinde for region in new.regions)
    show(
        Sentence(
            f"Stand {new.as_of}: {len(new.regions)} Gebiete, davon {gemeinden} Gemeinden und gemeindefreie Gebiete.",
            f"As of {new.as_of}: {len(new.regions)} places, of which {gemeinden} Gemeinden and gemeindefreie Gebiete.",
        )
    )
    show(Sentence(f"Quelle: {new.source}.", f"Source: {new.source}."))
    if first:
        return
    _list(Sentence("neu", "new"), [f"{it.ars}  {it}" for it in found.new])
    _list(Sentence("aufgelöst", "dissolved"), [_gone(one) for one in found.gone])
    _list(
        Sentence("anderer Verband, also anderer ARS", "another Verband, hence another ARS"),
        [f"{one.ars} → {other.ars}  {other}" for one, other in found.moved],
    )
    _list(Sentence("umbenannt", "renamed"), [f"{other.ars}  {one.name} → {other.name}" for one, other in found.renamed])
    _list(
        Sentence("andere Art", "another kind"),
        [f"{other.ars}  {other.name}: {one.kind} → {other.kind}" for one, other in found.rekinded],
    )
    _list(
        Sentence("Behörden, deren Gebiet es so nicht mehr gibt", "authorities without their place"),
        map(str, hurt.authorities),
    )
    _list(Sentence("Anbindungen, die das trifft", "connections that this breaks"), [it.id for it in hurt.connections])


def _list(about: Sentence, lines: Iterable[str]) -> None:
    lines = list(lines)
    if not lines:
        return
    words = terminal().words
    terminal().show(f"{words(about)} ({len(lines)}):")
    for line in lines[:_SHOWN]:
        terminal().show(f"  {line}")
    if (more := len(lines) - _SHOWN) > 0:
        terminal().show(words(Sentence(f"  … und {more} weitere, siehe --json", f"  … and {more} more, see --json")))


def _gone(one: Gone) -> str:
    words = terminal().words
    line = f"{one.region.ars}  {one.region}"
    if one.successor:
        return line + words(Sentence(f", aufgegangen in {one.successor}", f", became part of {one.successor}"))
    if one.perhaps:
        names = ", ".join(f"{it.name} ({it.ars})" for it in one.perhaps)
        return line + words(
            Sentence(
                f"; vielleicht aufgegangen in: {names}. Bitte prüfen und mit --successor bestätigen",
                f"; perhaps became part of: {names}. Please check, and confirm with --successor",
            )
        )
    return line


def _told(folder: Path, found: Changes, *, dry_run: bool) -> Sentence:
    if dry_run:
        return Sentence("Nichts wurde geschrieben (--dry-run).", "Nothing was written (--dry-run).")
    if not found:
        return Sentence(f"✓ {folder}: die Gebiete sind dieselben.", f"✓ {folder}: the places are the same.")
    return Sentence(
        f"✓ In {folder} übernommen. Als Nächstes: `gateway responsibility generate`, dann `… check`.",
        f"✓ Taken over into {folder}. Next: `gateway responsibility generate`, then `… check`.",
    )


def _as_json(new: Directory, found: Changes, hurt: Broken, *, written: bool) -> dict[str, Any]:
    def pair(one: Region, other: Region) -> dict[str, Any]:
        return {"from": _place(one), "to": _place(other)}

    return {
        "source": new.source,
        "asOf": new.as_of.isoformat(),
        "regions": len(new.regions),
        "written": written,
        "new": [_place(it) for it in found.new],
        "dissolved": [
            {**_place(it.region), "successor": it.successor or None, "perhaps": [_place(one) for one in it.perhaps]}
            for it in found.gone
        ],
        "moved": [pair(*both) for both in found.moved],
        "renamed": [pair(*both) for both in found.renamed],
        "otherKind": [pair(*both) for both in found.rekinded],
        "brokenAuthorities": [{"ars": it.ars, "name": it.name} for it in hurt.authorities],
        "brokenConnections": [it.id for it in hurt.connections],
    }


def _place(region: Region) -> dict[str, str]:
    return {"ars": region.ars, "kind": region.kind.value, "name": region.name}


# ── looked up ────────────────────────────────────────────────────────────────────────────────────────────────────────


@regions.command("show")
def show(
    query: Annotated[str, typer.Argument(help="ARS, AGS, Postleitzahl oder Name.", metavar="SUCHE")],
    *,
    tables: TablesFolder = None,
    config: Config = None,
    json: Json = False,
) -> int:
    """
    Schlägt Gebiete nach; alle, die gemeint sein können.

    Die Postleitzahl ist die des Verwaltungssitzes; eine Gemeinde kann weitere haben. Exit-Code 1, wenn es keines gibt.
    """
    from gateway.routing.directory import read_directory
    from gateway.routing.regions import Regions
    from gateway.routing.search import search

    directory = read_directory(folder_of(config, tables))
    places = Regions(directory.regions, directory.former)
    answer = search(query, directory, places)
    if json:
        terminal().hand_out([_found_as_json(one, places) for one in answer.found])
    elif answer.found:
        terminal().show(_found_table(answer.found, places))
    if not json and (gone := answer.former):
        terminal().tell(
            Sentence(
                f"Unter diesem Schlüssel gab es {gone.name}; im Verzeichnis vom {gone.until or '?'} fehlt er.",
                f"This key was that of {gone.name}; it is not in the directory of {gone.until or '?'}.",
            )
        )
    elif not json and not answer.found:
        terminal().tell(
            Sentence(
                f"Kein solches Gebiet im Verzeichnis vom {directory.as_of}.",
                f"No such place in the directory of {directory.as_of}.",
            )
        )
        if _POSTCODE.fullmatch(query.strip()):
            terminal().tell(
                Sentence(
                    "Von den Postleitzahlen einer Gemeinde kennt es nur die ihres Verwaltungssitzes.",
                    "Of a Gemeinde's postcodes it knows that of the seat of its administration only.",
                ),
                "hint",
            )
    return GOOD if answer.found else BAD


def _found_table(found: Iterable[Found], places: Regions) -> Table:
    from gateway.routing.search import above

    words = terminal().words
    table = Table(box=None, padding=(0, 2), pad_edge=False, header_style="name")
    for heading in ("ARS", "AGS", Sentence("Gebiet", "place"), Sentence("liegt in", "lies in"), "PLZ"):
        table.add_column(words(heading))
    table.add_column(words(Sentence("Einwohner", "inhabitants")), justify="right")
    for one in found:
        region = one.region
        inside = ", ".join(map(str, above(region, places)))
        people = "" if region.inhabitants is None else str(region.inhabitants)
        table.add_row(region.ars, region.ags, str(region), inside, region.plz, people)
    return table


def _found_as_json(one: Found, places: Regions) -> dict[str, Any]:
    from gateway.routing.search import above

    region = one.region
    return {
        **_place(region),
        "ags": region.ags or None,
        "plz": region.plz or None,
        "inhabitants": region.inhabitants,
        "foundBy": one.by.name.lower(),
        "in": [_place(it) for it in above(region, places)],
    }
