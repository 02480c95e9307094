"""`adapters test`: a test message, straight through an adapter to a destination's test endpoint."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from gateway.cli.adapters.beginning import Name
from gateway.cli.files import read_file
from gateway.cli.options import Config, Data, Json, settings_from
from gateway.cli.running import carry_out, terminal
from gateway.errors import BadSettings, NotFound, Sentence
from gateway.terminal import BAD, GOOD

if TYPE_CHECKING:
    from gateway.adapter import Endpoint, Outcome, Plugin
    from gateway.settings import Settings
    from gateway.submission import Reading
    from gateway.validation import Schemas


def try_out(
    name: Name,
    destination: Annotated[str, typer.Argument(help="Zustellpunkt aus destinations.toml.", metavar="ZUSTELLPUNKT")],
    file: Annotated[Path, typer.Argument(help="Testnachricht: ein XML mit dem Attribut test.", metavar="DATEI")],
    *,
    config: Config = None,
    data: Data = None,
    json: Json = False,
) -> int:
    """
    Bringt eine Testnachricht durch den Adapter zum Testendpunkt eines Zustellpunkts, am Journal vorbei.

    So zeigt sich, ob der Weg zum Fachverfahren eingerichtet ist. Exit-Code 1: Sie wurde nicht übergeben.
    """
    return carry_out(_test(settings_from(config, data=data), name, destination, file, json=json))


async def _test(settings: Settings, name: str, destination: str, file: Path, *, json: bool) -> int:
    from gateway.wiring import load_facts

    document = read_file(file)
    facts = load_facts(settings)
    plugin = facts.plugins.named(name)
    at = next((one for one in facts.tables.destinations if one.name == destination), None)
    if at is None or at.adapter != name:
        fitting = ", ".join(one.name for one in facts.tables.destinations if one.adapter == name) or "–"
        raise NotFound(
            f"Einen Zustellpunkt „{destination}“ mit dem Adapter „{name}“ gibt es nicht. Es gibt: {fitting}.",
            f"There is no destination '{destination}' with the adapter '{name}'. There are: {fitting}.",
        )
    reading = _reading(facts.schemas, document, settings.max_document)
    endpoint = replace(facts.tables.endpoint(destination, test=True), test=True)
    outcome = await _delivered(plugin, endpoint, document, reading)
    _show(outcome, json=json)
    return GOOD if _arrived(outcome) else BAD


def _reading(schemas: Schemas, document: bytes, most: int) -> Reading:
    """
    What the message says of itself.

    Raises:
        BadSettings: it is not valid, or no test message.
    """
    from gateway.validation import Valid

    verdict = schemas.judge(document, most=most)
    if not isinstance(verdict, Valid):
        raise BadSettings(
            "Die Nachricht ist nicht gültig; `gateway check` sagt, warum.",
            "The message is not valid; `gateway check` says why.",
        )
    if not verdict.reading.test:
        raise BadSettings(
            "Das ist keine Testnachricht: Ihrem Wurzelelement fehlt das Attribut test.",
            "This is no test message: its root element has no attribute test.",
        )
    return verdict.reading


async def _delivered(plugin: Plugin, endpoint: Endpoint, document: bytes, reading: Reading) -> Outcome:
    from gateway import plugins
    from gateway.adapter import Consignment, Unclear
    from gateway.drivers.clock import clock
    from gateway.submission import Submission, new_id

    now = clock()
    submission = Submission(
        id=new_id(now),
        client="adapters-test",
        service="",
        leistung="",
        authority="",
        destination=endpoint.destination,
        adapter=plugin.manifest.name,
        root=reading.root,
        standard=reading.standard,
        version=reading.version,
        message_uuid=reading.message_uuid,
        reference_uuid=reading.reference_uuid,
        case_key=reading.case_key,
        test=True,
        received_at=now,
    )
    plugin.check(endpoint.settings)
    async with plugins.opened(plugin) as adapter:
        try:
            async with asyncio.timeout(plugin.manifest.time_limit):
                return await adapter.deliver(
                    Consignment(submission=submission, document=document, enclosures=(), endpoint=endpoint)
                )
        except TimeoutError:
            return Unclear("time-limit")


def _arrived(outcome: Outcome) -> bool:
    from gateway.adapter import Delivered

    return isinstance(outcome, Delivered)


def _show(outcome: Outcome, *, json: bool) -> None:
    from gateway.adapter import Delivered, Refused

    match outcome:
        case Delivered(reference, grade):
            code = grade.value
            said = Sentence(f"Übergeben, Nachweis: {code}.", f"Delivered, proof: {code}.")
            kind, rest = "delivered", {"grade": code, "reference": reference}
        case Refused(code, _):
            said = Sentence(
                f"Das Fachverfahren nimmt sie nicht an ({code}).", f"The Fachverfahren refuses it ({code})."
            )
            kind, rest = "refused", {"code": code}
        case _:
            code, kind = outcome.because, type(outcome).__name__.lower()
            said = Sentence(
                f"Nicht übergeben ({kind}: {code}). Was der Grund bedeutet, steht in der README des Adapters; "
                "`gateway doctor` sieht nach Namen, Proxy und Zertifikaten.",
                f"Not delivered ({kind}: {code}). The adapter's README says what the reason means; `gateway doctor` "
                "looks at names, proxy and certificates.",
            )
            rest = {"because": code}
    if json:
        terminal().hand_out({"outcome": kind, **rest})
    else:
        terminal().show(
            Text("✓ " if kind == "delivered" else "✗ ", "good" if kind == "delivered" else "bad").append(
                terminal().words(said), "default"
            )
        )
