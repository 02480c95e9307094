"""What the pickup door asks of a client, by the names that docs/spec/pickup.md gives it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from gateway.errors import Sentence

Level = Literal["MUST", "SHOULD"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One sentence of the specification."""

    name: str
    level: Level
    says: Sentence


RULES: Final = (
    Rule(
        "keeps-the-token",
        "MUST",
        Sentence(
            "Das Token steht im Header Authorization und nie in einer Adresse.",
            "The token goes into the header Authorization, never into an address.",
        ),
    ),
    Rule(
        "passes-over-unknown",
        "MUST",
        Sentence("Unbekannte Felder in Antworten stören nicht.", "Unknown fields in answers are passed over."),
    ),
    Rule(
        "asks-in-peace",
        "MUST",
        Sentence(
            "Ohne wait wird höchstens alle zehn Sekunden gefragt, solange nichts da ist.",
            "Without wait the list is asked for at most every ten seconds while nothing is there.",
        ),
    ),
    Rule(
        "lets-taken-letters-go",
        "MUST",
        Sentence(
            "Ein Brief, den schon jemand hat (409), hält die anderen nicht auf.",
            "A letter that somebody else has (409) does not hold up the others.",
        ),
    ),
    Rule(
        "reports-after-fetching",
        "MUST",
        Sentence(
            "Zugestellt heißt es erst, wenn Dokument und alle Anlagen geholt sind.",
            "Delivered is said only when the document and all attachments were fetched.",
        ),
    ),
    Rule(
        "completes-what-was-cut",
        "MUST",
        Sentence(
            "Eine abgerissene Anlage wird zu Ende geholt, ehe zugestellt gemeldet wird.",
            "An attachment that broke off is fetched to its end before delivered is reported.",
        ),
    ),
    Rule(
        "repeats-lost-outcomes",
        "MUST",
        Sentence(
            "Geht die Antwort auf den Ausgang verloren, wird er unverändert wiederholt.",
            "If the answer to an outcome is lost, the outcome is sent again, unchanged.",
        ),
    ),
    Rule(
        "lets-lost-leases-go",
        "MUST",
        Sentence(
            "Nach lease-over (409) wird der Schlüssel nicht weiter versucht, und die Arbeit geht weiter.",
            "After lease-over (409) the key is not tried on, and work goes on.",
        ),
    ),
    Rule(
        "recognises-repetition",
        "MUST",
        Sentence(
            "Was unter einer submissionId schon da ist, kommt kein zweites Mal ins Fachverfahren.",
            "What is there under a submissionId already does not get into the Fachverfahren again.",
        ),
    ),
    Rule(
        "waits-as-told",
        "MUST",
        Sentence(
            "Nach 429 und 503 wird Retry-After abgewartet und unverändert wiederholt.",
            "After 429 and 503 Retry-After is waited for, and the request repeated unchanged.",
        ),
    ),
    Rule(
        "keeps-the-order",
        "MUST",
        Sentence(
            "Nachrichten eines Vorgangs werden in der Reihenfolge der Liste zugestellt.",
            "Messages of one case are delivered in the order in which they are listed.",
        ),
    ),
    Rule(
        "forgets-no-reply",
        "MUST",
        Sentence(
            "Eine Antwort der Behörde wird wiederholt, bis das Gateway sie bestätigt.",
            "A reply of the authority is sent again until the gateway has acknowledged it.",
        ),
    ),
    Rule(
        "stops-at-401",
        "MUST",
        Sentence(
            "Nach 401 wird höchstens alle zehn Sekunden noch gefragt.",
            "After 401 nothing is asked more often than every ten seconds.",
        ),
    ),
    Rule(
        "renews-in-time",
        "SHOULD",
        Sentence(
            "Was länger dauert als der Anspruch, wird vorher verlängert.",
            "A lease that does not last is renewed before it ends.",
        ),
    ),
    Rule(
        "checks-digests",
        "SHOULD",
        Sentence(
            "Eine verfälschte Anlage fällt am SHA-256 auf und wird nicht zugestellt.",
            "A damaged attachment is noticed by its SHA-256 and not delivered.",
        ),
    ),
    Rule(
        "goes-on-with-ranges",
        "SHOULD",
        Sentence(
            "Nach einem Abriss wird mit Range und If-Range fortgesetzt.",
            "After an interruption Range and If-Range go on where it broke off.",
        ),
    ),
    Rule(
        "says-it-is-there",
        "SHOULD",
        Sentence(
            "Ein Lebenszeichen nennt Worker und Version.",
            "A heartbeat names the worker and its version.",
        ),
    ),
    Rule(
        "names-itself",
        "SHOULD",
        Sentence("User-Agent nennt Produkt und Version.", "User-Agent names product and version."),
    ),
)

NAMED: Final = {rule.name: rule for rule in RULES}


class Answer(StrEnum):
    """What became of a rule."""

    KEPT = "kept"
    BROKEN = "broken"
    UNTRIED = "not-tried"


_TOLD: Final = {
    Answer.KEPT: Sentence("eingehalten", "kept"),
    Answer.BROKEN: Sentence("verletzt", "broken"),
    Answer.UNTRIED: Sentence("nicht geprüft", "not tried"),
}
_NOT_FOLLOWED: Final = Sentence("nicht befolgt", "not followed")


@dataclass(frozen=True, slots=True)
class Ruling:
    """A rule, what became of it, and what was seen."""

    rule: str
    answer: Answer
    evidence: Sentence

    @property
    def bad(self) -> bool:
        """Whether a MUST is broken."""
        return self.answer is Answer.BROKEN and NAMED[self.rule].level == "MUST"

    @property
    def told(self) -> Sentence:
        """What became of it, as people read it."""
        return _NOT_FOLLOWED if self.answer is Answer.BROKEN and not self.bad else _TOLD[self.answer]


def kept(rule: str, de: str, en: str) -> Ruling:
    return Ruling(rule, Answer.KEPT, Sentence(de, en))


def broken(rule: str, de: str, en: str) -> Ruling:
    return Ruling(rule, Answer.BROKEN, Sentence(de, en))


def untried(rule: str, de: str, en: str) -> Ruling:
    return Ruling(rule, Answer.UNTRIED, Sentence(de, en))


def summed(rulings: Iterable[Ruling]) -> tuple[Ruling, ...]:
    """One for each rule, in the order of the specification: the worst that was seen."""
    by_rule: dict[str, Ruling] = {}
    for one in rulings:
        before = by_rule.get(one.rule)
        if before is None or _WORSE.index(one.answer) < _WORSE.index(before.answer):
            by_rule[one.rule] = one
    return tuple(
        by_rule.get(rule.name) or untried(rule.name, "Dazu kam es nicht.", "It did not come to that.") for rule in RULES
    )


_WORSE: Final = (Answer.BROKEN, Answer.KEPT, Answer.UNTRIED)
