"""The words people are shown for states and grades (DESIGN §5); never "zugestellt", which is a legal act."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from gateway.errors import Sentence
from gateway.reply import Kind
from gateway.submission import Grade, State

STATES: Final[Mapping[State, Sentence]] = {
    State.REJECTED: Sentence("zurückgewiesen", "rejected"),
    State.ACCEPTED: Sentence("angenommen", "accepted"),
    State.HANDED_OVER: Sentence("unterwegs zum Fachverfahren", "on its way to the Fachverfahren"),
    State.DELIVERED: Sentence("übergeben", "delivered"),
    State.CONFIRMED: Sentence("vom Fachverfahren angenommen", "taken by the Fachverfahren"),
    State.REFUSED: Sentence("Annahme verweigert", "refused"),
    State.PARKED: Sentence("Klärfall", "being looked into"),
    State.EXPIRED: Sentence("Frist abgelaufen", "expired"),
}

GRADES: Final[Mapping[Grade, Sentence]] = {
    Grade.TRANSPORT: Sentence("an den Transport übergeben", "handed to the transport"),
    Grade.TAKEN: Sentence("vom Fachverfahren angenommen", "taken by the Fachverfahren"),
    Grade.ANSWERED: Sentence("vom Fachverfahren beantwortet", "answered by the Fachverfahren"),
}

KINDS: Final[Mapping[Kind, Sentence]] = {
    Kind.ACKNOWLEDGEMENT: Sentence("Eingangsbestätigung der Behörde", "authority's acknowledgement of receipt"),
    Kind.FILE_NUMBER: Sentence("Aktenzeichen", "file number"),
    Kind.STATUS: Sentence("Bearbeitungsstand", "state of processing"),
    Kind.DECISION: Sentence("Bescheid", "decision"),
    Kind.REJECTION: Sentence("Rückweisung", "rejection"),
    Kind.MESSAGE: Sentence("Mitteilung der Behörde", "message of the authority"),
}

RECEIPT: Final = Sentence("Technische Quittung", "Technical receipt")

RECEIVED: Final = Sentence(
    "Das Antragsgateway hat diese Einreichung geprüft und dauerhaft gespeichert. "
    "Eine Eingangsbestätigung kann nur die Behörde geben.",
    "The gateway has checked this submission and stored it durably. Only the authority can acknowledge receipt.",
)
TURNED_DOWN: Final = Sentence(
    "Das Antragsgateway hat diese Einreichung zurückgewiesen. Sie hat keine Behörde erreicht.",
    "The gateway has rejected this submission. It reached no authority.",
)
REJECTED_TITLE: Final = Sentence("Die Einreichung wurde zurückgewiesen", "The submission was rejected")

SEEN_BEFORE: Final = Sentence(
    "Derselbe Inhalt kam schon einmal an, ohne Kennung, an der eine Wiederholung zu erkennen wäre. "
    "Er wurde noch einmal angenommen. Mit einem Idempotency-Key wird aus einer Wiederholung kein zweiter Antrag.",
    "The same content came before, with nothing to recognise a repetition by. It was accepted once more. "
    "With an Idempotency-Key a repetition does not become a second application.",
)


def and_more(more: int) -> Sentence:
    """Says how many findings stand beside the first one."""
    if more == 1:
        return Sentence(" Ein weiterer Befund steht in findings.", " One more finding is in findings.")
    return Sentence(f" {more} weitere Befunde stehen in findings.", f" {more} more findings are in findings.")
