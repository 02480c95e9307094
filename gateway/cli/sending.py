"""`submit` and `status`: a portal's calls by hand."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.text import Text

from gateway.cli.files import read_file
from gateway.cli.findings import show_findings
from gateway.cli.moments import local_of, time_of_day
from gateway.cli.options import Config, Data, GatewayUrl, JournalUrl, Json, Token, settings_from
from gateway.cli.running import carry_out, journal_of, terminal
from gateway.errors import BadSettings, NotFound, Sentence
from gateway.submission import State, SubmissionId
from gateway.terminal import BAD, CANNOT, GOOD

if TYPE_CHECKING:
    from gateway.portal import Answer, Enclosed, Portal, Step
    from gateway.settings import Settings

Wait = Annotated[bool, typer.Option("--wait", help="Bis zum Ende verfolgen und jeden Schritt zeigen.")]
Patience = Annotated[float, typer.Option(help="Sekunden, die --wait höchstens wartet.", metavar="SEKUNDEN")]

_HAPPY: Final = (State.DELIVERED, State.CONFIRMED)
_ABOUT_THE_DOCUMENT: Final = (400, 409, 413, 415, 422)


def submit(
    files: Annotated[list[Path], typer.Argument(help="XML-Dokumente.", metavar="DATEI")],
    *,
    attach: Annotated[
        list[str] | None,
        typer.Option(
            help="Anlage: ihre Kennung im Dokument, und die Datei; mehrfach möglich.", metavar="KENNUNG=DATEI"
        ),
    ] = None,
    ars: Annotated[str | None, typer.Option(help="Ort, der über die Zuständigkeit entscheidet.", metavar="ARS")] = None,
    leistung: Annotated[str | None, typer.Option(help="Leistungsschlüssel, 14 Ziffern.", metavar="SCHLÜSSEL")] = None,
    key: Annotated[str | None, typer.Option(help="Idempotency-Key.", metavar="SCHLÜSSEL")] = None,
    wait: Wait = False,
    patience: Patience = 300.0,
    url: GatewayUrl = None,
    token: Token = None,
    config: Config = None,
    json: Json = False,
) -> int:
    """
    Reicht Dokumente ein, wie ein Portal es täte.

    Exit-Code 1, wenn eines nicht angenommen oder, mit --wait, nicht übergeben wurde.
    """
    if len(files) > 1 and (attach or key):
        raise BadSettings(
            "--attach und --key gelten für ein Dokument; bitte die Dateien einzeln einreichen.",
            "--attach and --key are for one document; submit the files one by one.",
        )
    settings = settings_from(config, url=url, token=token)
    sending = _Sending(
        documents=[(file, read_file(file)) for file in files],
        attach=attach or [],
        said={"ars": ars, "leistung": leistung, "key": key},
        patience=patience if wait else None,
        json=json,
    )
    return carry_out(_submit(settings, sending))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sending:
    """What is to be sent, what is said about it, and how long its way is watched."""

    documents: Sequence[tuple[Path, bytes]]
    attach: Sequence[str]
    said: Mapping[str, str | None]
    patience: float | None
    json: bool
    beside: bool = False
    """whether all of it is progress of something else, whose results are for machines"""


async def _submit(settings: Settings, sending: _Sending) -> int:
    ended = GOOD
    async with _portal(settings) as portal:
        for file, document in sending.documents:
            with ExitStack() as stack:
                answer = await portal.submit(document, _enclosed(sending.attach, stack), **sending.said)
            if sending.json and not sending.beside:
                terminal().hand_out({"file": str(file), "status": answer.status, "answer": answer.body})
            else:
                _show_answer(file, answer, document, beside=sending.beside)
            if answer.taken and sending.patience is not None:
                arrived = await _watch(portal, answer.submission, sending.patience, beside=sending.json)
                ended = max(ended, GOOD if arrived else BAD)
            else:
                ended = max(ended, _exit_code(answer))
    return ended


async def send_and_watch(
    settings: Settings, file: Path, document: bytes, attach: Sequence[str], patience: float, *, beside: bool
) -> int:
    """
    Submit one document to the running gateway and show its way; the exit code that `submit --wait` would have.

    `beside` shows it beside the results of another command, which are for machines.
    """
    sending = _Sending(
        documents=[(file, document)], attach=attach, said={}, patience=patience, json=beside, beside=beside
    )
    return await _submit(settings, sending)


def _exit_code(answer: Answer) -> int:
    """Whether the document was good; or could not be looked at, because of who asked or when."""
    if answer.taken:
        return GOOD
    return BAD if answer.status in _ABOUT_THE_DOCUMENT else CANNOT


def _portal(settings: Settings) -> Portal:
    from gateway.portal import Portal

    token = settings.token.get_secret_value()
    if not token:
        raise BadSettings(
            "Es fehlt das Token: als GATEWAY_TOKEN oder --token. `gateway clients add NAME` gibt eines aus, "
            "`make run` zeigt eines für die Sandbox.",
            "The token is missing: as GATEWAY_TOKEN or --token. `gateway clients add NAME` issues one, "
            "`make run` shows one for the sandbox.",
        )
    return Portal(settings.url, token, terminal().language)


def _enclosed(attach: Sequence[str], stack: ExitStack) -> list[Enclosed]:
    from gateway.portal import Enclosed

    found = []
    for said in attach:
        name, equals, path = said.partition("=")
        if not (name and equals and Path(path).is_file()):
            raise BadSettings(
                f"--attach {said}: erwartet wird KENNUNG=DATEI mit einer lesbaren Datei.",
                f"--attach {said}: expected is ID=FILE with a readable file.",
            )
        media_type = mimetypes.guess_type(path)[0] or "application/octet-stream"
        content = stack.enter_context(Path(path).open("rb"))  # noqa: SIM115 - the stack closes it
        found.append(Enclosed(name, Path(path).name, content, media_type))
    return found


async def _watch(portal: Portal, submission: str, patience: float, *, beside: bool) -> bool:
    """Show every step; whether it ended well."""
    last: Step | None = None
    try:
        async for last in portal.follow(submission, patience):
            _show_step(last, beside=beside)
    except TimeoutError:
        terminal().tell(
            Sentence(
                f"Noch nicht abgeschlossen. `gateway status {submission}` zeigt, wie es weitergeht.",
                f"Not concluded yet. `gateway status {submission}` shows how it goes on.",
            ),
            "hint",
        )
        return False
    return last is not None and last.state in _HAPPY


def _show_answer(file: Path, answer: Answer, document: bytes, *, beside: bool = False) -> None:
    body, out = answer.body, terminal().err if beside else terminal().out
    if answer.taken:
        line = Text("✓ ", "good").append(f"{file.name}  ", "default").append(answer.submission, "name")
        again = terminal().words(Sentence("schon einmal angenommen", "accepted before")) if body.get("replay") else ""
        out.print(line.append(f"  {again or body['stateLabel']}, {body['authority']['name']}", "default"))
        return
    out.print(Text("✗ ", "bad").append(f"{file.name}  {answer.status} {body['title']}", "default"))
    found = body.get("findings") or [{"text": body["detail"], "code": body["code"]}]
    show_findings(found, document, beside=beside)


def _show_step(step: Step, *, beside: bool = False) -> None:
    """A step is a result for people, and progress `beside` a result for machines."""
    line = Text(f"    {time_of_day(step.at)}  ", "quiet").append(terminal().words(step.told), "default")
    (terminal().err if beside else terminal().out).print(line)


def status(
    submission: Annotated[str, typer.Argument(help="Kennung der Einreichung.", metavar="ID")],
    *,
    wait: Wait = False,
    patience: Patience = 300.0,
    url: GatewayUrl = None,
    token: Token = None,
    config: Config = None,
    data: Data = None,
    journal: JournalUrl = None,
    json: Json = False,
) -> int:
    """
    Zeigt, wo eine Einreichung steht und was mit ihr geschah.

    Fragt das Gateway über HTTP, wie ein Portal; mit --data oder --journal das Journal selbst. Mit --wait Exit-Code 1,
    wenn sie nicht übergeben wurde.
    """
    if wait and (data or journal):
        raise BadSettings(
            "--wait fragt das Gateway und nicht sein Journal; bitte ohne --data und --journal aufrufen.",
            "--wait asks the gateway and not its journal; call it without --data and --journal.",
        )
    settings = settings_from(config, url=url, token=token, data=data, journal=journal)
    if wait:
        return carry_out(_wait(settings, submission, patience, json=json))
    ask = _ask_journal if data or journal else _ask_gateway
    return carry_out(ask(settings, submission, json=json))


async def _wait(settings: Settings, submission: str, patience: float, *, json: bool) -> int:
    async with _portal(settings) as portal:
        arrived = await _watch(portal, submission, patience, beside=json)
        if json:
            standing, told = await portal.status(submission), await portal.events(submission)
            terminal().hand_out({**standing, "events": told["events"]})
    return GOOD if arrived else BAD


async def _ask_gateway(settings: Settings, submission: str, *, json: bool) -> int:
    async with _portal(settings) as portal:
        standing = await portal.status(submission)
        told = await portal.events(submission)
    return _show_status(standing, told, json=json)


async def _ask_journal(settings: Settings, submission: str, *, json: bool) -> int:
    from gateway import receipt

    async with journal_of(settings) as journal:
        standing = await journal.standing(SubmissionId(submission))
        rows = await journal.events(SubmissionId(submission))
    if standing is None:
        raise NotFound(
            f"Eine Einreichung {submission} gibt es in diesem Journal nicht.",
            f"There is no submission {submission} in this journal.",
        )
    language = terminal().language
    told = receipt.events(standing.submission.id, rows, language)
    shown = receipt.status(standing, language, authority=standing.submission.authority, sandbox=False)
    return _show_status(shown, told, json=json)


def _show_status(standing: Mapping[str, Any], told: Mapping[str, Any], *, json: bool) -> int:
    from gateway.portal import steps_in

    if json:
        terminal().hand_out({**standing, "events": told["events"]})
        return GOOD
    headline = Text(f"{standing['submissionId']}  ", "name").append(standing["stateLabel"], "default")
    if standing.get("cause"):
        headline.append(f" ({standing['cause']})", "quiet")
    terminal().show(headline)
    for step in steps_in(told):
        _show_step(step)
    if "waitsFor" in standing:
        first = standing["waitsFor"]
        terminal().show(
            Sentence(
                f"    Wartet, bis {first} aus demselben Vorgang angekommen oder abgeschlossen ist.",
                f"    Waits until {first} of the same case has arrived or ended.",
            )
        )
    if "heldBack" in standing:
        waiting = ", ".join(standing["heldBack"])
        terminal().show(
            Sentence(
                f"    Auf sie warten aus demselben Vorgang: {waiting}.", f"    Wait for it in its case: {waiting}."
            )
        )
    if "maintenanceUntil" in standing:
        until = local_of(standing["maintenanceUntil"])
        terminal().show(
            Sentence(
                f"    Der Zustellpunkt ist in Wartung; sie wartet bis {until}.",
                f"    The destination is in maintenance; it waits until {until}.",
            )
        )
    if "nextAttemptAt" in standing:
        at = time_of_day(standing["nextAttemptAt"])
        terminal().show(Sentence(f"    Nächster Versuch ab {at}.", f"    Next attempt from {at}."))
    return GOOD
