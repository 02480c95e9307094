"""What OpenAPI says of the pickup door: vendors implement against it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter

from gateway.errors import (
    BadRequest,
    JournalUnavailable,
    LeaseOver,
    LetterTaken,
    NotFound,
    OutcomeConflict,
    TooLarge,
    TooMany,
    WrongMediaType,
)
from gateway.intake.identity import unknown_token
from gateway.intake.openapi import Annex, Json, add_call, answer
from gateway.intake.refusals import BadRange, TooSlow
from gateway.intake.unpacking import DOCUMENT
from gateway.pickup import shapes
from gateway.pickup.calls import LONGEST_WAIT, MOST_LETTERS, Calls

TAG: Final = "Standorte"
SCHEME: Final = "site"

_SITE_PATH: Final = "/v1/sites/{site}"
_LETTER_PATH: Final = f"{_SITE_PATH}/letters/{{letter}}"
_ID: Final = "0199c0de-0001-7000-8000-000000000001"
_HERE: Final = f"/v1/sites/kelheim/letters/{_ID}"
_AT: Final = "2026-10-28T09:00:00.000000Z"
_KEY: Final = "1.Vq3mW0yJ8pXb2tR5sK7uZ1cD4eF6gH9i"
_AUTHORITY: Final = {"ars": "09273", "name": "Landratsamt Kelheim"}

_WAITING: Final[shapes.Letters] = {
    "letters": [
        {
            "letter": _ID,
            "attempt": 1,
            "adapter": "filedrop",
            "service": "bau",
            "authority": {"ars": "09273", "name": "Landratsamt Kelheim"},
            "destination": "kelheim-bau",
            "test": False,
            "size": 7_512,
            "attachments": 1,
            "receivedAt": _AT,
            "waitingSince": _AT,
            "links": {"lease": f"{_HERE}/lease"},
        }
    ]
}
_LEASED: Final[Mapping[str, Any]] = {
    "letter": _ID,
    "attempt": 1,
    "adapter": "filedrop",
    "key": _KEY,
    "until": "2026-10-28T09:05:00.000000Z",
    "ask": False,
    "submission": {
        "submissionId": _ID,
        "client": "portal-beispiel",
        "service": "bau",
        "leistung": "99012070006000",
        "authority": _AUTHORITY,
        "standard": "ag-bau",
        "standardVersion": "1.0",
        "root": "baugenehmigung.antrag.0200",
        "messageUuid": "0199c0de-0004-7000-8000-000000000004",
        "test": False,
        "receivedAt": _AT,
    },
    "destination": {"name": "kelheim-bau", "settings": {"directory": "{data}/eingang"}},
    "attachments": [
        {
            "name": "lageplan-1",
            "mediaType": "application/pdf",
            "size": 204_800,
            "digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "link": f"{_HERE}/attachments/0199c0de00057000800000000000000a",
        }
    ],
    "links": {
        "document": f"{_HERE}/document",
        "renew": f"{_HERE}/lease/renew",
        "outcome": f"{_HERE}/outcome",
        "replies": f"{_HERE}/replies",
    },
}

_ANYBODY: Final = (BadRequest(), unknown_token(), NotFound(), JournalUnavailable())
_SENDING: Final = (*_ANYBODY, TooSlow(), TooLarge())
_HOLDING: Final = (*_ANYBODY, LeaseOver())
_BRINGING: Final = (*_SENDING, WrongMediaType(), TooMany())


def annex(calls: Calls) -> Annex:
    """The pickup door, to be mounted beside the portals'."""
    router = APIRouter()
    _letters(router, calls)
    _leases(router, calls)
    _bytes(router, calls)
    _reports(router, calls)
    _replies(router, calls)
    return Annex(
        router=router,
        tag=TAG,
        about="Briefe abholen: Behördennetze, die nur ausgehende HTTPS-Verbindungen erlauben, fragen von sich aus. "
        "Ablauf, Grenzen und was „genau einmal“ bedeutet: docs/spec/pickup.md.",
        shapes=(*shapes.TOLD, *shapes.SENT),
        parts=(*shapes.TOLD_PARTS, shapes.SiteCertificate),
        schemes={
            SCHEME: {
                "type": "http",
                "scheme": "bearer",
                "description": "Token des Standorts, vom Betreiber des Gateways (`gateway sites add`).",
            }
        },
    )


def _letters(router: APIRouter, calls: Calls) -> None:
    add_call(
        router,
        "GET",
        f"{_SITE_PATH}/letters",
        calls.letters,
        name="listLetters",
        tag=TAG,
        summary="Was wartet?",
        description="Die Briefe, die auf den Standort warten und die niemand geholt hat. Nachsehen ändert nichts. Mit "
        "`wait` kommt die Antwort, sobald etwas da ist, spätestens nach so vielen Sekunden: ein Standort, an dem "
        "nichts geschieht, fragt so einmal in der Minute.",
        parameters=[_SITE, _WAIT, _MOST],
        answers={200: answer("Die wartenden Briefe.", shapes.Letters, _WAITING, [])},
        refusals=_ANYBODY,
        scheme=SCHEME,
    )


def _leases(router: APIRouter, calls: Calls) -> None:
    add_call(
        router,
        "POST",
        f"{_LETTER_PATH}/lease",
        calls.lease,
        name="leaseLetter",
        tag=TAG,
        summary="Einen Brief holen",
        description="Wer den Brief holt, hat den Anspruch auf diesen Versuch, und niemand sonst: so lange, wie "
        "gewünscht. Endet die Frist ohne Ausgang, kommt der Brief wieder, mit `ask`.",
        parameters=[_SITE, _LETTER],
        body=_body("LeaseWish", {"seconds": 300}),
        answers={200: answer("Der Anspruch, mit seinem Schlüssel.", shapes.Lease, _LEASED, [])},
        refusals=(*_SENDING, LetterTaken(), TooMany()),
        scheme=SCHEME,
    )
    add_call(
        router,
        "POST",
        f"{_LETTER_PATH}/lease/renew",
        calls.renew,
        name="renewLease",
        tag=TAG,
        summary="Mehr Zeit",
        description="Von jetzt an gilt der Anspruch noch mindestens so viele Sekunden.",
        parameters=[_SITE, _LETTER, _LEASE_KEY],
        body=_body("LeaseWish", {"seconds": 600}),
        answers={
            200: answer("Er gilt weiter.", shapes.Renewed, {"letter": _ID, "until": "2026-10-28T09:15:00.000000Z"}, [])
        },
        refusals=(*_SENDING, LeaseOver()),
        scheme=SCHEME,
    )


def _bytes(router: APIRouter, calls: Calls) -> None:
    add_call(
        router,
        "GET",
        f"{_LETTER_PATH}/document",
        calls.document,
        name="getLetterDocument",
        tag=TAG,
        summary="Das Dokument",
        description="Das XML, Byte für Byte wie eingereicht.",
        parameters=[_SITE, _LETTER, _LEASE_KEY, _RANGE],
        answers=_fetched({"application/xml": {"schema": {"type": "string"}}}),
        refusals=(*_HOLDING, BadRange()),
        scheme=SCHEME,
    )
    add_call(
        router,
        "GET",
        f"{_LETTER_PATH}/attachments/{{attachment}}",
        calls.attachment,
        name="getLetterAttachment",
        tag=TAG,
        summary="Eine Anlage",
        description="Die Bytes einer Anlage, unter dem Link aus dem Anspruch; abgebrochen, geht es mit Range weiter.",
        parameters=[_SITE, _LETTER, _ATTACHMENT, _LEASE_KEY, _RANGE],
        answers=_fetched({"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}),
        refusals=(*_HOLDING, BadRange()),
        scheme=SCHEME,
    )


def _reports(router: APIRouter, calls: Calls) -> None:
    add_call(
        router,
        "POST",
        f"{_LETTER_PATH}/outcome",
        calls.outcome,
        name="reportOutcome",
        tag=TAG,
        summary="Wie es ausging",
        description="Der Ausgang zählt einmal je Schlüssel: dieselbe Meldung noch einmal ändert nichts und wird "
        "gleich beantwortet. Sie darf also wiederholt werden, bis die Antwort da ist.",
        parameters=[_SITE, _LETTER, _LEASE_KEY],
        body=_outcome_body(),
        answers={
            200: answer(
                "Gezählt.",
                shapes.Counted,
                {"letter": _ID, "attempt": 1, "outcome": "delivered", "repeated": False},
                [],
            )
        },
        refusals=(*_SENDING, LeaseOver(), OutcomeConflict()),
        scheme=SCHEME,
    )
    add_call(
        router,
        "POST",
        f"{_SITE_PATH}/heartbeat",
        calls.heartbeat,
        name="sendHeartbeat",
        tag=TAG,
        summary="Ich bin da",
        description="Name und Version des Workers, und wann Zertifikate am Standort enden. Der Betreiber sieht es mit "
        "`gateway sites list`. Alle zehn Minuten genügt.",
        parameters=[_SITE],
        body=_body(
            "Heartbeat",
            {
                "worker": "kelheim-1",
                "version": "0.1.0",
                "certificates": [{"name": "Fachverfahren", "until": "2027-01-31T12:00:00Z"}],
            },
        ),
        answers={204: {"description": "Vermerkt."}},
        refusals=_SENDING,
        scheme=SCHEME,
    )


def _replies(router: APIRouter, calls: Calls) -> None:
    taken: shapes.Brought = {
        "replyId": "0199c0de-0001-7000-8000-00000000000a",
        "result": "kept",
        "repeated": False,
        "letter": _ID,
        "kind": "file-number",
    }
    add_call(
        router,
        "POST",
        f"{_LETTER_PATH}/replies",
        calls.reply,
        name="bringReply",
        tag=TAG,
        summary="Eine Antwort der Behörde",
        description="Eine Nachricht der Behörde zu diesem Brief, als XML oder mit Anlagen als multipart/form-data, das "
        "Dokument zuerst. Ohne Schlüssel, auch lange nach der Zustellung. Bei 202 ist sie gespeichert, was immer sie "
        "ist; `result` sagt, was daraus wurde. Dieselbe noch einmal ändert nichts.",
        parameters=[_SITE, _LETTER],
        body=_reply_body(),
        answers={202: answer("Gespeichert.", shapes.Brought, taken, [])},
        refusals=_BRINGING,
        scheme=SCHEME,
    )
    add_call(
        router,
        "POST",
        f"{_SITE_PATH}/replies",
        calls.stray_reply,
        name="bringStrayReply",
        tag=TAG,
        summary="Eine Antwort ohne Brief",
        description="Wie oben, wo der Standort nicht weiß, zu welchem Brief sie gehört: die Nachricht muss es sagen "
        "(`referenzUUID` oder Vorgang). Gesucht wird nur unter dem, was dieser Zustellpunkt bekommen hat.",
        parameters=[_SITE, _DESTINATION, _TEST],
        body=_reply_body(),
        answers={202: answer("Gespeichert.", shapes.Brought, taken, [])},
        refusals=_BRINGING,
        scheme=SCHEME,
    )
    add_call(
        router,
        "GET",
        f"{_SITE_PATH}/destinations",
        calls.destinations,
        name="listDestinations",
        tag=TAG,
        summary="Welche Zustellpunkte?",
        description="Die Zustellpunkte des Standorts mit ihren Einstellungen: damit er auch ohne Brief nachsehen kann, "
        "ob ein Fachverfahren geantwortet hat.",
        parameters=[_SITE],
        answers={
            200: answer(
                "Die Zustellpunkte.",
                shapes.Destinations,
                {"destinations": [{"name": "kelheim-bau", "adapter": "filedrop", "test": False, "settings": {}}]},
                [],
            )
        },
        refusals=_ANYBODY,
        scheme=SCHEME,
    )


def _reply_body() -> Json:
    document = {"type": "string", "contentMediaType": "application/xml", "description": "Das XML, als erster Teil."}
    file = {
        "type": "string",
        "contentMediaType": "application/octet-stream",
        "description": "Eine Anlage, benannt nach ihrer Kennung im XML.",
    }
    return {
        "application/xml": {"schema": {"type": "string", "description": "Ein XML-Dokument in UTF-8."}},
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": [DOCUMENT],
                "properties": {DOCUMENT: document},
                "additionalProperties": file,
            }
        },
    }


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _body(name: str, example: Mapping[str, Any]) -> Json:
    return {"application/json": {"schema": _ref(name), "example": dict(example)}}


def _outcome_body() -> Json:
    names = {shape.__name__.lower(): shape.__name__ for shape in shapes.OUTCOMES}
    mapping = {word: _ref(name)["$ref"] for word, name in names.items()}
    return {
        "application/json": {
            "schema": {
                "oneOf": [_ref(name) for name in names.values()],
                "discriminator": {"propertyName": "outcome", "mapping": mapping},
            },
            "example": {"outcome": "delivered", "grade": "taken", "reference": "BV-2026-0815"},
        }
    }


def _fetched(content: Json) -> dict[int, Json]:
    tag = {"ETag": {"description": "SHA-256 der Bytes.", "schema": {"type": "string"}}}
    part = {**tag, "Content-Range": {"description": "Welcher Teil es ist.", "schema": {"type": "string"}}}
    return {
        200: {"description": "Alle Bytes.", "headers": tag, "content": content},
        206: {"description": "Der verlangte Teil.", "headers": part, "content": content},
    }


_SITE: Final[Json] = {
    "name": "site",
    "in": "path",
    "required": True,
    "description": "Name des Standorts.",
    "schema": {"type": "string"},
    "example": "kelheim",
}
_LETTER: Final[Json] = {
    "name": "letter",
    "in": "path",
    "required": True,
    "description": "Kennung des Briefes.",
    "schema": {"type": "string", "format": "uuid"},
    "example": _ID,
}
_ATTACHMENT: Final[Json] = {
    "name": "attachment",
    "in": "path",
    "required": True,
    "description": "Kennung der Anlage, aus ihrem Link.",
    "schema": {"type": "string"},
    "example": "0199c0de00057000800000000000000a",
}
_WAIT: Final[Json] = {
    "name": "wait",
    "in": "query",
    "description": f"Sekunden, die auf einen Brief gewartet werden darf; höchstens {LONGEST_WAIT}.",
    "schema": {"type": "integer", "minimum": 0, "maximum": LONGEST_WAIT, "default": 0},
    "example": 50,
}
_MOST: Final[Json] = {
    "name": "most",
    "in": "query",
    "description": "Wie viele Briefe höchstens genannt werden.",
    "schema": {"type": "integer", "minimum": 1, "maximum": MOST_LETTERS, "default": MOST_LETTERS},
    "example": 20,
}
_LEASE_KEY: Final[Json] = {
    "name": "Lease-Key",
    "in": "header",
    "required": True,
    "description": "Der Schlüssel des Anspruchs.",
    "schema": {"type": "string"},
    "example": _KEY,
}
_DESTINATION: Final[Json] = {
    "name": "destination",
    "in": "query",
    "required": True,
    "description": "Name des Zustellpunkts, von dem die Antwort kommt.",
    "schema": {"type": "string"},
    "example": "kelheim-bau",
}
_TEST: Final[Json] = {
    "name": "test",
    "in": "query",
    "description": "Ob sie von seinem Testzugang kommt.",
    "schema": {"type": "boolean", "default": False},
    "example": False,
}
_RANGE: Final[Json] = {
    "name": "Range",
    "in": "header",
    "description": "Ein Bereich von Bytes (RFC 9110 §14); mit If-Range nur, wenn es noch dasselbe ist.",
    "schema": {"type": "string"},
    "example": "bytes=1048576-",
}
