"""Moments, numbers and codes as people read them, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from markupsafe import Markup

from gateway.errors import BadRequest, Language, Sentence
from gateway.receipt import moment as rfc3339
from gateway.receipt.words import GRADES, KINDS, STATES
from gateway.submission import SECOND, Micros, State

BERLIN: Final = ZoneInfo("Europe/Berlin")

OUTCOMES: Final[Mapping[str, Sentence]] = {
    "": Sentence("unterwegs", "under way"),
    "delivered": Sentence("übergeben", "delivered"),
    "refused": Sentence("Annahme verweigert", "refused"),
    "unreachable": Sentence("nicht erreichbar", "unreachable"),
    "unclear": Sentence("unklar, ob angekommen", "unclear whether it arrived"),
    "broken": Sentence("Fehler im Adapter", "fault in the adapter"),
}

EVENTS: Final[Mapping[str, Sentence]] = {
    "submission.accepted": Sentence("angenommen", "accepted"),
    "submission.rejected": Sentence("zurückgewiesen", "rejected"),
    "letter.handed_over": Sentence("Brief an den Adapter", "letter to the adapter"),
    "letter.taken_back": Sentence("Brief zurückgenommen", "letter taken back"),
    "attempt.failed": Sentence("Versuch fehlgeschlagen", "attempt failed"),
    "submission.parked": Sentence("wurde Klärfall", "was parked"),
    "submission.delivered": Sentence("übergeben", "delivered"),
    "submission.confirmed": Sentence("vom Fachverfahren angenommen", "taken by the Fachverfahren"),
    "submission.refused": Sentence("Annahme verweigert", "refused"),
    "submission.expired": Sentence("Frist abgelaufen", "expired"),
    "parked.released": Sentence("noch einmal auf den Weg gebracht", "sent on its way again"),
    "parked.dropped": Sentence("aufgegeben", "dropped"),
}

DEEDS: Final[Mapping[str, Sentence]] = {
    "session.begun": Sentence("hat sich angemeldet", "signed in"),
    "document.read": Sentence("hat den Inhalt gelesen", "read the content"),
    "account.added": Sentence("hat ein Konto angelegt", "added an account"),
    "account.revoked": Sentence("hat ein Konto gesperrt", "revoked an account"),
    "campaign.begun": Sentence("hat eine Kampagne begonnen", "began a campaign"),
    "destination.paused": Sentence("hat einen Zustellpunkt angehalten", "paused a destination"),
    "destination.resumed": Sentence("hat einen Zustellpunkt weiterlaufen lassen", "let a destination go on"),
    "campaign.cancelled": Sentence("hat eine Kampagne abgebrochen", "cancelled a campaign"),
}

BECAUSES: Final[Mapping[str, Sentence]] = {
    "canary-failed": Sentence(
        "Die erste, die allein ging, ist nicht angekommen; sonst wurde nichts losgeschickt.",
        "The first one, which went alone, did not arrive; nothing else was sent.",
    ),
    "failure-share": Sentence(
        "Von den letzten schlugen zu viele fehl; der Rest bleibt geparkt.",
        "Of the last ones too many failed; the rest stays parked.",
    ),
}


def told(words: Mapping[str, Sentence], code: str, language: Language) -> str:
    """What a code is called; the code itself where it has no other name."""
    return words[code].into(language) if code in words else code


def state(one: State, language: Language) -> str:
    """What a state is called."""
    return STATES[one].into(language)


def moment(at: Micros | None) -> Markup | str:
    """Date and time in Berlin, for people and for machines."""
    if at is None:
        return "–"
    local = datetime.fromtimestamp(at / SECOND, BERLIN)
    return Markup('<time datetime="{}">{}</time>').format(rfc3339(at), f"{local:%d.%m.%Y %H:%M:%S}")


def day(at: Micros) -> str:
    """The date in Berlin."""
    return f"{datetime.fromtimestamp(at / SECOND, BERLIN):%d.%m.%Y}"


def hour(at: Micros) -> str:
    """The time of day in Berlin."""
    return f"{datetime.fromtimestamp(at / SECOND, BERLIN):%H:%M}"


def number(value: int, language: Language) -> str:
    """With the thousands apart."""
    text = f"{value:,}"
    return text if language is Language.ENGLISH else text.replace(",", ".")


def span(seconds: float, language: Language) -> str:
    """About how long, in the largest unit that is not nothing."""
    for size, de, en in _UNITS:
        if seconds >= size:
            whole = int(seconds // size)
            return f"{whole} {(en if language is Language.ENGLISH else de)[whole != 1]}"
    return "weniger als 1 Minute" if language is Language.GERMAN else "less than 1 minute"


_UNITS: Final = (
    (86_400, ("Tag", "Tage"), ("day", "days")),
    (3_600, ("Stunde", "Stunden"), ("hour", "hours")),
    (60, ("Minute", "Minuten"), ("minute", "minutes")),
)


def moment_in(text: str) -> Micros | None:
    """
    What somebody wrote as date, or date and time, in Berlin; None for nothing.

    Raises:
        BadRequest: it is neither.
    """
    if not text.strip():
        return None
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise BadRequest(
            "Ein Zeitpunkt wird als Datum, oder als Datum und Uhrzeit angegeben: 2026-11-28T10:30.",
            "A moment is given as a date, or as date and time: 2026-11-28T10:30.",
        ) from None
    return Micros(int(at.replace(tzinfo=at.tzinfo or BERLIN).astimezone(UTC).timestamp()) * SECOND)


__all__ = [
    "BECAUSES",
    "BERLIN",
    "DEEDS",
    "EVENTS",
    "GRADES",
    "KINDS",
    "OUTCOMES",
    "day",
    "hour",
    "moment",
    "moment_in",
    "number",
    "span",
    "state",
    "told",
]
