"""`schemas`: the packages of standards that this gateway judges by; put in, listed, looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from gateway.cli.german import Commands
from gateway.cli.options import Config, Data, Json, settings_from
from gateway.cli.responsibility import day_of
from gateway.cli.running import terminal
from gateway.errors import NotFound, Sentence
from gateway.terminal import GOOD

if TYPE_CHECKING:
    from gateway.receipt import shapes
    from gateway.validation import Library, Package, Schemas

schemas = Commands(help="Schemapakete: einspielen, zeigen.")

StoreFolder = Annotated[
    Path | None,
    typer.Option("--store", help="Nur dieser Ordner, ohne alle anderen Pakete.", metavar="ORDNER"),
]
_DATES = ["%Y-%m-%d"]


@schemas.command("install")
def install(
    paths: Annotated[list[Path], typer.Argument(help="ZIPs oder Ordner, wie heruntergeladen.", metavar="PFAD")],
    *,
    store: Annotated[
        Path | None,
        typer.Option("--store", help="Ordner, in den eingespielt wird; sonst der der Einstellungen.", metavar="ORDNER"),
    ] = None,
    valid_from: Annotated[
        datetime | None, typer.Option(formats=_DATES, help="Erster Tag, an dem die Version gilt.", metavar="TAG")
    ] = None,
    valid_until: Annotated[
        datetime | None, typer.Option(formats=_DATES, help="Letzter Tag, an dem sie gilt.", metavar="TAG")
    ] = None,
    config: Config = None,
    data: Data = None,
    json: Json = False,
) -> int:
    """
    Spielt Schemapakete und Codelisten ein, so wie das XRepository sie ausgibt: ganz oder gar nicht, und ohne Netz.

    Was ein Paket importiert, muss mitgegeben oder schon eingespielt sein. Ein laufendes Gateway kennt sie nach dem
    nächsten Start. Exit-Code 2: Ein Paket ist nicht zu gebrauchen; dann ist nichts eingespielt.
    """
    from gateway.validation.installing import install as put_in

    settings = settings_from(config, data=data)
    report = put_in(
        store or settings.store_folder,
        paths,
        valid_from=valid_from.date() if valid_from else None,
        valid_until=valid_until.date() if valid_until else None,
    )
    words = terminal().words
    ends = _ending_on(valid_until.date(), day_of(None)) if valid_until else None
    warnings = (*report.warnings, *([ends] if ends else ()))
    for warning in warnings:
        terminal().tell(Sentence(f"! {warning.de}", f"! {warning.en}"), "hint")
    kinds = (
        ("installed", report.installed, Sentence("eingespielt", "installed")),
        ("supplemented", report.supplemented, Sentence("ergänzt um Codelisten oder Regeln", "given lists or rules")),
        ("dated", report.dated, Sentence("gilt jetzt wie angegeben", "is valid as told now")),
        ("present", report.present, Sentence("war schon eingespielt", "was installed already")),
    )
    if json:
        body: dict[str, Any] = {key: [_named(*one) for one in ones] for key, ones, _ in kinds}
        terminal().hand_out(body | {"warnings": [words(warning) for warning in warnings]})
        return GOOD
    for _, ones, said in kinds:
        for label, namespace in ones:
            terminal().show(Text("✓ ", "good").append(label, "name").append(f" {words(said)} ({namespace})", "default"))
    return GOOD


def _named(label: str, namespace: str) -> dict[str, str]:
    return {"label": label, "namespace": namespace}


@schemas.command("list")
def show_all(*, store: StoreFolder = None, config: Config = None, data: Data = None, json: Json = False) -> int:
    """Zeigt alle Pakete: Standard, Version, Namensraum, Nachrichten, Gültigkeit; mit --json auch jede Nachricht."""
    from gateway.intake.packages import listed

    loaded, today = _loaded(store, config, data), day_of(None)
    if json:
        terminal().hand_out(listed(loaded, today))
        return GOOD
    for one in loaded.packages:
        terminal().show(_line(one, today))
    if not loaded.packages:
        terminal().tell(
            Sentence(
                "Es ist kein Schemapaket eingespielt. `gateway schemas install PFAD` spielt eines ein.",
                "No schema package is installed. `gateway schemas install PATH` installs one.",
            )
        )
    if loaded.libraries:
        terminal().show("")
        terminal().show(Text(terminal().words(Sentence("Bausteine", "Libraries")), "quiet"))
    for library in loaded.libraries:
        terminal().show(_line(library, today))
    return GOOD


@schemas.command("show")
def show(
    name: Annotated[str, typer.Argument(help="Standard, auch mit Version: „XBau“, „XBau 2.5“.", metavar="NAME")],
    *,
    store: StoreFolder = None,
    config: Config = None,
    data: Data = None,
    json: Json = False,
) -> int:
    """Zeigt ein Paket in jeder eingespielten Version: Nachrichten mit Titeln, Gültigkeit, Codelisten, Regeln."""
    loaded, today = _loaded(store, config, data), day_of(None)
    installed: tuple[Package | Library, ...] = (*loaded.packages, *loaded.libraries)
    found = [one for one in installed if _is_meant(one, name)]
    if not found:
        known = ", ".join(one.label for one in loaded.packages) or "–"
        raise NotFound(
            f"Ein Paket „{name}“ ist nicht eingespielt. Eingespielt sind: {known}.",
            f"A package '{name}' is not installed. Installed are: {known}.",
        )
    for one in found:
        if json:
            terminal().hand_out(_in_full(one, loaded, today))
        else:
            _show(one, loaded, today)
    return GOOD


def _loaded(store: Path | None, config: Path | None, data: Path | None) -> Schemas:
    """Without packages there is nothing to judge by, but something to say: that there are none."""
    from gateway.validation import Schemas
    from gateway.validation.store import Store

    settings = settings_from(config, data=data)
    folders = (store,) if store else settings.schema_folders
    return Schemas.load(*folders, tables=settings.xsd) if any([*Store(*folders)]) else Schemas(())


def _is_meant(one: Package | Library, name: str) -> bool:
    asked = name.casefold().replace("/", " ")
    return asked in {one.name.casefold(), one.label.casefold(), one.namespace.casefold()}


# ── for people ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _line(one: Package | Library, today: date) -> Text:
    """Two lines, because a namespace alone fills most of one."""
    from gateway.validation import Package

    words = terminal().words
    line = Text(one.label, "name")
    facts = [words(fact) for fact in _facts(one)]
    if isinstance(one, Package):
        count = len(one.roots)
        facts.insert(0, words(Sentence(f"{count} Nachrichten", f"{count} messages")) if count != 1 else _one_message())
    if facts:
        line.append(f"  {', '.join(facts)}", "default")
    line.append(f"\n  {one.namespace}", "quiet")
    if ends := _ending(one, today):
        line.append(f"\n  ! {words(ends)}", "hint")
    return line


def _one_message() -> str:
    return terminal().words(Sentence("1 Nachricht", "1 message"))


def _facts(one: Package | Library) -> Iterator[Sentence]:
    from gateway.validation import Package

    if isinstance(one, Package) and one.ours:
        yield Sentence("eigenes Paket, kein amtlicher Standard", "our own, no official standard")
    if one.valid_from:
        yield Sentence(f"gilt ab {_day(one.valid_from).de}", f"valid from {_day(one.valid_from).en}")
    if one.valid_until:
        yield Sentence(f"gilt bis {_day(one.valid_until).de}", f"valid until {_day(one.valid_until).en}")


def _ending(one: Package | Library, today: date) -> Sentence | None:
    return _ending_on(one.valid_until, today) if one.valid_until else None


def _ending_on(last: date, today: date) -> Sentence | None:
    from gateway.validation.packages import NEAR_ITS_END

    if last - today > NEAR_ITS_END:
        return None
    left = (last - today).days
    if left < 0:
        return Sentence("Die Gültigkeit ist abgelaufen.", "It is no longer valid.")
    return Sentence(f"Die Gültigkeit endet in {left} Tagen.", f"It ceases to be valid in {left} days.")


def _day(day: date) -> Sentence:
    return Sentence(f"{day:%d.%m.%Y}", day.isoformat())


def _show(one: Package | Library, loaded: Schemas, today: date) -> None:
    from gateway.intake.packages import described
    from gateway.validation import Package
    from gateway.validation.lists_used import lists_used

    words, out = terminal().words, terminal().show
    out(_line(one, today))
    if one.title != one.name:
        out(f"  {one.title}")
    out(f"  {words(Sentence('Quelle', 'Source'))}: {one.source}")
    out(f"  SHA-256: {one.digest}")
    if one.uses:
        out(f"  {words(Sentence('benutzt', 'uses'))}: {', '.join(one.uses)}")
    if not isinstance(one, Package):
        return
    _rows(Sentence("Nachrichten", "Messages"), [(root, one.roots[root]) for root in sorted(one.roots)])
    rows = [(f"{used.uri} {used.version or ''}".strip(), words(_STANDING[used.installed])) for used in lists_used(one)]
    _rows(Sentence("Codelisten außerhalb des Schemas", "Code lists outside the schema"), rows)
    if answers := described(one, loaded, today).get("answers"):
        _rows(_answered_by(answers), _answer_rows(answers))
    _rows(Sentence("Regeln (Schematron)", "Rules (Schematron)"), [(rule, "") for rule in sorted(one.rules)])


def _answered_by(answers: shapes.Answers) -> Sentence:
    by = f"{answers['standard']} {answers['version']}"
    return Sentence(f"Antworten als Nachricht von {by}", f"Answers as a message of {by}")


def _answer_rows(answers: shapes.Answers) -> list[tuple[str, str]]:
    words = terminal().words
    roots = (
        (answers.get("rejection"), Sentence("Rückweisung", "Rejection")),
        (answers.get("receipt"), Sentence("Quittung", "Receipt")),
    )
    codes = f"{answers['codes']['uri']} {answers['codes']['version']}"
    return [*((root, words(said)) for root, said in roots if root), (codes, words(_REASONS))]


_REASONS = Sentence("Liste der Rückweisungsgründe", "list of reasons for rejections")
_STANDING = {
    True: Sentence("eingespielt", "installed"),
    False: Sentence("nicht eingespielt", "not installed"),
    None: Sentence("Version sagt die Nachricht", "message names version"),
}


def _rows(heading: Sentence, rows: Sequence[tuple[str, str]]) -> None:
    if not rows:
        return
    terminal().show("")
    terminal().show(Text(f"{terminal().words(heading)} ({len(rows)})", "quiet"))
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(overflow="fold")
    table.add_column(overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    terminal().show(table)


def _in_full(one: Package | Library, loaded: Schemas, today: date) -> dict[str, Any]:
    from gateway.intake.packages import described
    from gateway.validation import Package
    from gateway.validation.lists_used import lists_used

    body: dict[str, Any] = {**described(one, loaded, today)}
    if isinstance(one, Package):
        body["codeLists"] = [
            {"uri": used.uri, "version": used.version, "installed": used.installed} for used in lists_used(one)
        ]
        body["rules"] = sorted(one.rules)
        body["strict"] = one.strict
    return body
