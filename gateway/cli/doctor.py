"""`doctor`: everything a start needs, in sentences."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Final, Literal

import typer
from rich.text import Text

from gateway.cli.examinations import Found, Mark, examine
from gateway.cli.options import BrokerUrl, Config, Data, JournalUrl, Json, settings_from
from gateway.cli.running import carry_out, terminal
from gateway.cli.site_examinations import examine_site
from gateway.errors import Sentence
from gateway.terminal import BAD, GOOD

_STYLES: Final = {Mark.OK: "good", Mark.HINT: "hint", Mark.WRONG: "bad"}


def doctor(
    *,
    config: Config = None,
    data: Data = None,
    journal: JournalUrl = None,
    broker: BrokerUrl = None,
    site: Annotated[
        str | None,
        typer.Option(help="An einem Standort: dessen Tür, https://GATEWAY/v1/sites/NAME.", metavar="URL"),
    ] = None,
    json: Json = False,
) -> int:
    """
    Sieht nach, ob ein Start gelingen wird, und sagt, was zu tun ist.

    An einem Standort, wo --site oder die Einstellung site ihn nennt, der Reihe nach: Rechte, Name, Proxy, Verbindung,
    Zertifikat, Uhr, Token, Adapter und Fachverfahren.

    Ändert nichts und stört nichts, was läuft. Exit-Code 1, wenn etwas nicht stimmt; Hinweise (!) zählen nicht.
    """
    settings = settings_from(config, data=data, journal=journal, broker=broker, site=site)
    looking = examine_site(settings, config) if settings.site else examine(settings)
    return carry_out(_doctor(looking, "worker" if settings.site else "gateway", json=json))


async def _doctor(looking: AsyncIterator[Found], what: Literal["worker", "gateway"], *, json: bool) -> int:
    found = []
    async for one in looking:
        found.append(one)
        if not json:
            _show(one)
    wrong = sum(one.mark is Mark.WRONG for one in found)
    if json:
        terminal().hand_out([_as_json(one) for one in found])
    else:
        terminal().tell(_verdict(wrong, what))
    return BAD if wrong else GOOD


def _show(one: Found) -> None:
    words = terminal().words
    line = Text(f"{one.mark.value} ", _STYLES[one.mark]).append(f"{words(one.about):<16}", "name")
    terminal().show(line.append(words(one.told), "default"))


def _as_json(one: Found) -> dict[str, str]:
    return {"about": one.about.en, "found": one.mark.name.lower(), "text": terminal().words(one.told)}


def _verdict(wrong: int, what: Literal["worker", "gateway"]) -> Sentence:
    if not wrong and what == "worker":
        return Sentence("Der Worker kann starten.", "The worker can start.")
    if not wrong:
        return Sentence("Das Gateway kann starten.", "The gateway can start.")
    if wrong == 1:
        return Sentence("Eines ist noch zu tun.", "One thing is still to be done.")
    return Sentence(f"Noch zu tun: {wrong}.", f"Still to be done: {wrong}.")
