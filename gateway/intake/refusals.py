"""How the door says no: which error has which status, and the few that only HTTP knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from gateway.errors import (
    BadRequest,
    GatewayError,
    LeaseOver,
    LetterTaken,
    NobodysFault,
    NotAllowed,
    NotFound,
    NotIdentified,
    NotReadable,
    OperatorsFault,
    OutcomeConflict,
    SendersFault,
    Sentence,
    TooLarge,
    TooMany,
    UuidConflict,
    WrongMediaType,
)


class ClientGone(Exception):
    """Whoever sent the request hung up before the end; there is nobody to answer."""


class NoSuchMethod(SendersFault):
    """The path exists, and not for this method."""

    code = "method-not-allowed"
    title = Sentence("Diese Methode gibt es hier nicht", "There is no such method here")


class NotAcceptable(SendersFault):
    """There is no answer in the form that was asked for."""

    code = "not-acceptable"
    title = Sentence("In dieser Form gibt es keine Antwort", "There is no answer in this form")


def no_message(because: Sentence) -> NotAcceptable:
    """XML and nothing else was asked for, and there is no message of a standard, for this reason."""
    return NotAcceptable(
        f"{because.de} Mit Accept: application/json kommt die Quittung in JSON.",
        f"{because.en} With Accept: application/json the receipt comes in JSON.",
    )


class TooSlow(SendersFault):
    """The body did not arrive in time."""

    code = "too-slow"
    title = Sentence("Die Anfrage kam zu langsam an", "The request arrived too slowly")


class BadRange(SendersFault):
    """The range begins behind the end of what was asked for."""

    code = "range-not-satisfiable"
    title = Sentence("Diesen Bereich gibt es nicht", "There is no such range")


class Busy(NobodysFault):
    """More requests are in hand than this process can bear."""

    code = "busy"
    title = Sentence("Das Gateway ist ausgelastet", "The gateway is busy")


class Failure(OperatorsFault):
    """A bug or a wrong set-up of ours; what it was stands in the log, not in the answer."""

    code = "internal-error"
    title = Sentence("Im Gateway ist ein Fehler aufgetreten", "An error occurred in the gateway")


STATUS: Final[Mapping[type[GatewayError], int]] = {
    NotReadable: 400,
    BadRequest: 400,
    NotIdentified: 401,
    NotAllowed: 403,
    NotFound: 404,
    NoSuchMethod: 405,
    NotAcceptable: 406,
    TooSlow: 408,
    UuidConflict: 409,
    LetterTaken: 409,
    LeaseOver: 409,
    OutcomeConflict: 409,
    TooLarge: 413,
    WrongMediaType: 415,
    BadRange: 416,
    TooMany: 429,
    SendersFault: 400,
    OperatorsFault: 500,
    NobodysFault: 503,
    GatewayError: 500,
}
"""By class, and for what stands below it in the tree."""

RETRY_AFTER: Final[Mapping[int, str]] = {429: "1", 503: "5"}
"""Seconds after which trying again makes sense, by status."""


def status_of(error: GatewayError) -> int:
    """The HTTP status of an error."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
