"""The sandbox that keeps serving: with a token, a sample for each service, and lines to copy."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from gateway.demo.narrator import Narrator
from gateway.demo.samples import PDF, Antrag, read_samples, worst
from gateway.demo.sandbox import Sandbox, sandbox
from gateway.demo.show import BANNER
from gateway.errors import Sentence
from gateway.events import (
    DeliveryPostponed,
    Event,
    RequestRefused,
    SubmissionAccepted,
    SubmissionMoved,
    SubmissionParked,
    SubmissionRejected,
    SubmissionReplayed,
    watched,
    write_log,
)
from gateway.evidence.month import BERLIN
from gateway.receipt.words import STATES
from gateway.routing import Door
from gateway.settings import Settings
from gateway.settings import read as read_settings
from gateway.submission import State
from gateway.terminal import Terminal
from gateway.wiring import VERSION

_SAMPLES: Final = "beispiele"
_SUBMISSIONS: Final = "$GATEWAY_URL/v1/submissions"
_IDENTIFIED: Final = '-H "Authorization: Bearer $GATEWAY_TOKEN"'


@asynccontextmanager
async def playground(terminal: Terminal, data: Path | None, port: int | None) -> AsyncIterator[None]:
    """
    A sandbox to play with while the context is open; what happens in it is shown line by line.

    Its data stays in the folder and is there again the next time, and so is the token.

    Raises as `wiring.serving`: the port is taken, or another gateway serves from the folder.
    """
    settings = read_settings(kind="sandbox", journal="", broker="", workers=True, data=data, port=port)
    settings.data.mkdir(parents=True, exist_ok=True)
    with (settings.data / "log.jsonl").open("a", encoding="utf-8") as log:
        write_log(log)
        async with sandbox(settings) as stage:
            narrator = Narrator(terminal)
            handouts = _Handouts.write(read_samples(settings.xsd, stage.running.gateway), settings.data / _SAMPLES)
            _welcome(stage, settings, narrator)
            _say_what_to_try(stage, handouts, narrator)
            _say_how_to_report(settings.data, narrator)
            with _shown(narrator):
                yield


# ── samples as files ─────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Handouts:
    """Samples as files, new messages each time the sandbox starts: one for each service, and an invalid one."""

    by_service: tuple[tuple[Antrag, Path], ...]
    invalid: Path
    attachment: Path

    @classmethod
    def write(cls, samples: Sequence[Antrag], folder: Path) -> _Handouts:
        folder.mkdir(exist_ok=True)
        plainest: dict[str, Antrag] = {}
        for antrag in sorted(samples, key=lambda one: len(one.attachments)):
            if isinstance(antrag.found, Door) and not antrag.reading.test and not antrag.reading.reference_uuid:
                plainest.setdefault(antrag.found.service.name, antrag)
        written = []
        for service, antrag in plainest.items():
            file = folder / f"{service}.xml"
            file.write_bytes(antrag.fresh().document)
            written.append((antrag, file))
        invalid = folder / "ungueltig.xml"
        invalid.write_bytes(worst(samples).fresh().document)
        attachment = folder / "anlage.pdf"
        attachment.write_bytes(PDF)
        return cls(tuple(written), invalid, attachment)


# ── what is shown ────────────────────────────────────────────────────────────────────────────────────────────────────


def _welcome(stage: Sandbox, settings: Settings, narrator: Narrator) -> None:
    narrator.banner(BANNER)
    narrator.gap()
    narrator.line(
        Sentence(
            f"Antragsgateway {VERSION} dient auf {stage.running.address}. Strg-C beendet es.",
            f"Antragsgateway {VERSION} serves at {stage.running.address}. Ctrl-C ends it.",
        ),
        "name",
    )
    folder = settings.data
    narrator.detail(
        Sentence(
            f"Journal {folder}/journal.db · Protokoll {folder}/log.jsonl · Fachverfahren {folder}/fachverfahren/",
            f"Journal {folder}/journal.db · log {folder}/log.jsonl · Fachverfahren {folder}/fachverfahren/",
        )
    )


def _say_what_to_try(stage: Sandbox, handouts: _Handouts, narrator: Narrator) -> None:
    url = stage.running.address
    narrator.gap()
    narrator.line(Sentence("Zum Ausprobieren, in einem zweiten Terminal:", "To try it, in a second terminal:"))
    narrator.gap()
    narrator.code(f"export GATEWAY_URL={url}", f"export GATEWAY_TOKEN={stage.token}")
    for antrag, file in handouts.by_service:
        narrator.code(
            f"curl -sSi {_SUBMISSIONS} {_IDENTIFIED}" + _carrying(antrag, file, handouts.attachment),
            about=antrag.title,
        )
    narrator.code(
        f"curl -sSi {_SUBMISSIONS} {_IDENTIFIED}" + _plain(handouts.invalid),
        about=Sentence("Ein ungültiger Antrag: 422 mit Befunden", "One that is not valid: 422 with findings"),
    )
    narrator.code(
        f"curl -sS {_SUBMISSIONS}/$ID {_IDENTIFIED}",
        f"curl -sS {_SUBMISSIONS}/$ID/events {_IDENTIFIED}",
        about=Sentence(
            "Wo steht er? Vorher: ID=<submissionId der Antwort>", "Where is it? Before: ID=<its submissionId>"
        ),
    )
    _, file = handouts.by_service[0]
    narrator.code(
        f"{_command()} submit --wait {shlex.quote(str(file))}",
        about=Sentence("Einreichen und zusehen", "Submit and watch"),
    )
    narrator.code(f"{url}/", f"{url}/openapi.json", f"{url}/metrics", about=Sentence("Im Browser", "In the browser"))


def _say_how_to_report(data: Path, narrator: Narrator) -> None:
    of = f"{_command()} report"
    at = f"--data {shlex.quote(str(data))} --format page --out"
    month = f"{datetime.now(BERLIN):%Y-%m}"
    narrator.code(
        f"{of} coverage {at} flaechendeckung.html",
        f"{of} operation --month {month} {at} betrieb.html",
        about=Sentence("Danach, als Seiten zum Drucken", "Afterwards, as pages to print"),
    )
    narrator.gap()


def _command() -> str:
    """How this program is called from here."""
    return "gateway" if shutil.which("gateway") else os.path.relpath(Path(sys.executable).with_name("gateway"))


def _plain(file: Path) -> str:
    return f' \\\n  -H "Content-Type: application/xml" --data-binary @{shlex.quote(str(file))}'


def _carrying(antrag: Antrag, file: Path, attachment: Path) -> str:
    if not antrag.attachments:
        return _plain(file)
    parts = [f"document=@{file};type=application/xml"]
    parts += [f"{name}=@{attachment};type=application/pdf" for name in antrag.attachments]
    return "".join(f" \\\n  -F {shlex.quote(part)}" for part in parts)


@contextmanager
def _shown(narrator: Narrator) -> Iterator[None]:
    def show(event: Event) -> None:
        if told := _told(event, narrator):
            narrator.line(f"{datetime.now().astimezone():%H:%M:%S}  {told}")

    with watched(show):
        yield


def _told(event: Event, narrator: Narrator) -> str:
    """What portals and deliveries did; the rest is in the log."""
    words = narrator.words
    match event:
        case SubmissionAccepted():
            return f"{event.submission}  {words(STATES[State.ACCEPTED])}, {event.service}, {event.authority}"
        case SubmissionRejected():
            return f"{event.submission}  {words(STATES[State.REJECTED])}, {', '.join(event.codes)}"
        case SubmissionReplayed():
            return f"{event.submission}  {words(Sentence('noch einmal gesendet', 'sent again'))}"
        case SubmissionMoved():
            return f"{event.submission}  {words(STATES[State(event.state)])}"
        case DeliveryPostponed():
            told = Sentence(
                f"nicht erreicht ({event.because}), neuer Versuch in {narrator.duration(event.wait)}",
                f"not reached ({event.because}), next attempt in {narrator.duration(event.wait)}",
            )
            return f"{event.submission}  {words(told)}"
        case SubmissionParked():
            return f"{event.submission}  {words(STATES[State.PARKED])} ({event.cause})"
        case RequestRefused():
            return f"{event.path or '-'}  {event.status} {event.code}"
        case _:
            return ""
