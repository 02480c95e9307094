"""`routes`: who gets it and why, asked dry; and whether the tables hold what their examples say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.text import Text

from gateway.cli.german import Commands
from gateway.cli.options import Config, Data, JournalUrl, Json, settings_from
from gateway.cli.responsibility import Day, day_of, differing
from gateway.cli.running import carry_out, terminal
from gateway.cli.tables import TablesFolder, folder_of, tables_of
from gateway.errors import BadSettings, Sentence
from gateway.terminal import BAD, GOOD

if TYPE_CHECKING:
    from gateway.routing import Explanation, Question
    from gateway.settings import Settings

routes = Commands(help="Zuständigkeit und Anbindung: erklären und prüfen.")


@routes.command("explain")
def explain(
    *,
    leistung: Annotated[str | None, typer.Option(help="Leistungsschlüssel, 14 Ziffern.", metavar="SCHLÜSSEL")] = None,
    ars: Annotated[
        str | None, typer.Option(help="Ort, der entscheidet: ARS jeder Ebene oder AGS.", metavar="ARS")
    ] = None,
    root: Annotated[
        str | None, typer.Option(help="Wurzelelement der Nachricht; dazu --namespace.", metavar="NAME")
    ] = None,
    namespace: Annotated[str | None, typer.Option(help="Namensraum der Nachricht.", metavar="URI")] = None,
    leser: Annotated[
        str | None, typer.Option(help="Angeschriebene Behörde, wie im Nachrichtenkopf.", metavar="PRÄFIX:ZIFFERN")
    ] = None,
    test: Annotated[bool, typer.Option("--test", help="Eine Testnachricht.")] = False,
    day: Day = None,
    tables: TablesFolder = None,
    config: Config = None,
    data: Data = None,
    journal: JournalUrl = None,
    json: Json = False,
) -> int:
    """
    Sagt, welche Behörde zuständig ist, nach welcher Zeile und welchem Gesetz, und ob ihre Tür offen ist.

    Mit --tables gilt der Stand der Anbindungen in diesem Ordner, sonst der im Journal. Exit-Code 0: die Tür ist offen
    (in Betrieb oder angehalten). 1: sie ist es nicht.
    """
    from gateway.routing import Question

    _insist_on_a_question(leistung, ars, root, namespace, leser)
    question = Question(
        day=day_of(day), root=root, namespace=namespace, leistung=leistung, ars=ars, reader=leser, test=test
    )
    settings = settings_from(config, data=data, journal=journal)
    return carry_out(_explain(settings, question, tables, json=json))


_FORMS: Final = {
    "leistung": (re.compile(r"\d{14}", re.ASCII), Sentence("14 Ziffern", "14 digits")),
    "ars": (re.compile(r"\d{2,12}", re.ASCII), Sentence("2 bis 12 Ziffern", "2 to 12 digits")),
}


def _insist_on_a_question(
    leistung: str | None, ars: str | None, root: str | None, namespace: str | None, leser: str | None
) -> None:
    """
    Enough to ask for, in the form that the gateway's door takes.

    Raises:
        BadSettings: says what is missing, or what an option looks like.
    """
    for name, said in (("leistung", leistung), ("ars", ars)):
        form, told = _FORMS[name]
        if said is not None and not form.fullmatch(said):
            raise BadSettings(f"--{name} besteht aus {told.de}.", f"--{name} has {told.en}.")
    if not (leistung or root):
        raise BadSettings(
            "Wofür? Mit --leistung SCHLÜSSEL, oder mit --root und --namespace. Welche Leistungen es gibt, steht in "
            "services.toml.",
            "For what? With --leistung KEY, or with --root and --namespace. The services are in services.toml.",
        )
    if bool(root) != bool(namespace):
        raise BadSettings("--root und --namespace gehören zusammen.", "--root and --namespace belong together.")
    if not (ars or leser):
        raise BadSettings(
            "Wo? Mit --ars (`gateway regions show NAME` nennt ihn), oder mit --leser.",
            "Where? With --ars (`gateway regions show NAME` tells it), or with --leser.",
        )


async def _explain(settings: Settings, question: Question, tables: TablesFolder, *, json: bool) -> int:
    from gateway.drivers.clock import clock
    from gateway.routing import explain

    explained = explain(await tables_of(settings, tables), question, clock())
    if json:
        terminal().hand_out(as_json(explained, question.leistung or "", settings))
    else:
        show(explained)
    return GOOD if explained.is_open else BAD


def as_json(explained: Explanation, leistung: str, settings: Settings) -> Any:
    """The explanation as `GET /v1/routes` answers it."""
    from gateway.intake.routes import route

    return route(explained, leistung, terminal().language, sandbox=settings.kind == "sandbox")


def show(explained: Explanation) -> None:
    """The explanation as one paragraph, under a line that says whether the door is open."""
    words = terminal().words
    if explained.is_open:
        terminal().show(Text("✓ ", "good").append(words(_opened(explained)), "name"))
    else:
        terminal().show(Text("✗ ", "bad").append(words(Sentence("Nicht angenommen.", "Not taken.")), "name"))
    terminal().show(" ".join(words(one) for one in explained.because))


def _opened(explained: Explanation) -> Sentence:
    [authority] = explained.authorities
    return Sentence(f"Geht an: {authority}.", f"Goes to: {authority}.")


@routes.command("check")
def check(*, day: Day = None, tables: TablesFolder = None, config: Config = None, json: Json = False) -> int:
    """
    Prüft die Tabellen: ob sie in sich stimmen, ob die Beispiele in cases.toml aufgehen, ob nichts fehlt.

    Exit-Code 0: alles stimmt. 1: ein Beispiel geht nicht auf, oder eine Gemeinde hat keine Behörde. 2: eine Datei ist
    falsch.
    """
    from gateway.routing import Tables, failing, read_cases, read_columns
    from gateway.routing.completeness import compare
    from gateway.routing.order_form import ORDERS
    from gateway.routing.rules import read_rules

    folder = folder_of(config, tables)
    known, today = Tables.load(folder, folder), day_of(day)
    cases = read_cases(folder, today)
    if (folder / ORDERS).exists():
        read_columns(folder / ORDERS, {one.name for one in known.services})
    wrong = failing(cases, known)
    found = compare(known, read_rules(folder), today)
    stale = differing(folder)
    good = not wrong and found.good and not stale
    words = terminal().words
    if json:
        terminal().hand_out(
            {
                "good": good,
                "digest": known.digest,
                "cases": len(cases),
                "failing": [words(one) for one in wrong],
                "complete": found.good,
                "differing": stale,
            }
        )
        return GOOD if good else BAD
    _show_check(len(cases), wrong, stale, complete=found.good)
    return GOOD if good else BAD


def _show_check(cases: int, wrong: tuple[Sentence, ...], stale: list[str], *, complete: bool) -> None:
    show, words = terminal().show, terminal().words
    show(Text("✓ ", "good").append(words(Sentence("Die Dateien stimmen in sich.", "The files agree.")), "default"))
    for one in wrong:
        show(Text("✗ ", "bad").append(words(one), "default"))
    if not wrong:
        said = Sentence(f"Alle {cases} Beispiele gehen auf.", f"All {cases} examples hold.")
        show(Text("✓ ", "good").append(words(said), "default"))
    more = Sentence("Mehr sagt `gateway responsibility check`.", "`gateway responsibility check` says more.")
    if complete and not stale:
        said = Sentence("Jede Gemeinde hat ihre Behörden.", "Every Gemeinde has its authorities.")
        show(Text("✓ ", "good").append(words(said), "default"))
    else:
        said = Sentence("Zuständigkeiten fehlen oder sind veraltet.", "Responsibilities are missing or stale.")
        show(Text("✗ ", "bad").append(f"{words(said)} {words(more)}", "default"))
