"""What a reply can be, and what it does to the state of the submission it answers; pure."""

from __future__ import annotations

from enum import StrEnum

from gateway.submission import State


class Kind(StrEnum):
    """What the authority says."""

    ACKNOWLEDGEMENT = "acknowledgement"
    """Eingangsbestätigung: it has the submission"""
    FILE_NUMBER = "file-number"
    """Aktenzeichen: how it calls the case"""
    STATUS = "status"
    """Bearbeitungsstand: how far it is"""
    DECISION = "decision"
    """Bescheid"""
    REJECTION = "rejection"
    """Rückweisung: it does not take the submission"""
    MESSAGE = "message"
    """anything else that a person has to read, such as a question"""


class Effect(StrEnum):
    """What a reply does to the submission it answers."""

    CONFIRM = "confirm"
    """it was answered by the Fachverfahren: `confirmed`"""
    REFUSE = "refuse"
    """it was turned away: `refused`"""
    NONE = "none"


def leads_to(effect: Effect, state: State) -> State | None:
    """
    The state that follows, None where it stays as it is.

    An answer proves that the submission arrived, so it ends retries and what waits for a human. While a letter is out
    (`handed_over`), its outcome comes first; ask again then.
    """
    match effect:
        case Effect.CONFIRM:
            return State.CONFIRMED if state in (State.ACCEPTED, State.DELIVERED, State.PARKED) else None
        case Effect.REFUSE:
            open_to_it = (State.ACCEPTED, State.DELIVERED, State.CONFIRMED, State.PARKED)
            return State.REFUSED if state in open_to_it else None
        case Effect.NONE:
            return None
