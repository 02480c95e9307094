"""`doctor`: everything a start needs, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.text import Text

from gateway.cli.examinations import Found, Mark, examine
from gateway.cli.options import BrokerUrl, Config, Data, JournalUrl, Json, settings_from
from gateway.cli.running import carry_out, terminal
from gateway.errors import Sentence
from gateway.terminal import BAD, GOOD

if TYPE_CHECKING:
    from gateway.settings import Settings

_STYLES: Final = {Mark.OK: "good", Mark.HINT: "hint", Mark.WRONG: "bad"}


def doctor(
    *,
    config: Config = None,
    data: Data = None,
    journal: JournalUrl = None,
    broker: BrokerUrl = None,
    json: Json = False,
) -> int:
    """
    Sieht nach, ob ein Start gelingen wird, und sagt, was zu tun ist.

    Ändert nichts und stört kein laufendes Gateway. Exit-Code 1, wenn etwas nicht stimmt; Hinweise (!) zählen nicht.
    """
    return carry_out(_doctor(settings_from(config, data=data, journal=journal, broker=broker), json=json))


async def _doctor(settings: Settings, *, json: bool) -> int:
    found = []
    async for one in examine(settings):
        found.append(one)
        if not json:
            _show(one)
    wrong = sum(one.mark is Mark.WRONG for one in found)
    if json:
        terminal().hand_out([_as_json(one) for one in found])
    else:
        terminal().tell(_verdict(wrong))
    return BAD if wrong else GOOD


def _show(one: Found) -> None:
    words = terminal().words
    line = Text(f"{one.mark.value} ", _STYLES[one.mark]).append(f"{words(one.about):<16}", "name")
    terminal().show(line.append(words(one.told), "default"))


def _as_json(one: Found) -> dict[str, str]:
    return {"about": one.about.en, "found": one.mark.name.lower(), "text": terminal().words(one.told)}


def _verdict(wrong: int) -> Sentence:
    if not wrong:
        return Sentence("Das Gateway kann starten.", "The gateway can start.")
    if wrong == 1:
        return Sentence("Eines ist noch zu tun.", "One thing is still to be done.")
    return Sentence(f"Noch zu tun: {wrong}.", f"Still to be done: {wrong}.")
