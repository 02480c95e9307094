"""What OpenAPI says of the calls; written down, for they read raw requests, and FastAPI cannot see what they take."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI

from gateway.connection import ConnectionState
from gateway.intake import examples
from gateway.intake.calls import Calls
from gateway.intake.limits import Limits
from gateway.intake.openapi import Json, add_call, answer, bytes_of, ref
from gateway.intake.refusals import NotAcceptable
from gateway.intake.responses import JSON
from gateway.intake.unpacking import DOCUMENT
from gateway.intake.visit import SUBMISSIONS
from gateway.journey import Kind
from gateway.receipt import offer_shapes, reply_shapes, shapes

VALIDATIONS: Final = "/v1/validations"

_NO_TELEMETRY: Final[Any] = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}
"""FastAPI's own would put queries, messages of exceptions and stack traces where nobody has promised to hide them."""


def new_api(kind: Kind) -> FastAPI:
    """An API without calls yet. It shows /openapi.json, and no page that would load scripts from elsewhere."""
    return FastAPI(
        title="Antragsgateway",
        version=version("antragsgateway"),
        summary="Nimmt Anträge von Online-Diensten an und bringt sie zum Fachverfahren der zuständigen Behörde.",
        description=examples.ABOUT + (examples.ABOUT_SANDBOX if kind == "sandbox" else ""),
        openapi_tags=[
            {"name": "Einreichungen", "description": "Einen Antrag einreichen und verfolgen."},
            {"name": "Vorab", "description": "Fragen, bevor etwas eingereicht wird. Nichts davon wird gespeichert."},
            {"name": "Webhooks", "description": "Was Portalen gemeldet wird, die eine Adresse dafür haben."},
            {"name": "Betrieb", "description": "Für Überwachung und Lastverteiler; ohne Anmeldung."},
        ],
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry=_NO_TELEMETRY,
    )


def samples_in(folder: Path) -> dict[str, str]:
    """One valid document of each schema package in `folder`, by `standard version`; the first by name."""
    samples: dict[str, str] = {}
    for file in sorted(folder.glob("*/*/examples/valid/*.xml")):
        release = file.parents[2]
        samples.setdefault(f"{release.parent.name} {release.name}", file.read_text(encoding="utf-8"))
    return samples


def add_calls(api: FastAPI, calls: Calls, limits: Limits, samples: Mapping[str, str]) -> None:
    """Give the API its calls, each with everything that can be said about it."""
    document = _document(samples)
    add_call(
        api,
        "POST",
        SUBMISSIONS,
        calls.submit,
        name="submit",
        tag="Einreichungen",
        summary="Antrag einreichen",
        description=examples.SUBMIT,
        parameters=[_LEISTUNG, _ARS, _IDEMPOTENCY_KEY, _TRACEPARENT, _ACCEPT],
        body={**document, "multipart/form-data": _multipart(limits, samples)},
        answers={
            202: answer("Angenommen und dauerhaft gespeichert.", shapes.Accepted, examples.ACCEPTED, ["Location"]),
            422: answer(
                "Zurückgewiesen: nicht gültig, oder niemand ist dafür angebunden.",
                shapes.Problem,
                examples.REJECTED,
                [],
                message=_REJECTION,
            ),
        },
        refusals=examples.ON_SUBMITTING,
    )
    add_call(
        api,
        "POST",
        VALIDATIONS,
        calls.validate,
        name="validate",
        tag="Vorab",
        summary="Dokument prüfen",
        description="Prüft ein Dokument wie beim Einreichen und vergisst es. Anlagen und Zuständigkeit prüft es nicht.",
        parameters=[_TRACEPARENT],
        body=document,
        answers={200: answer("Das Urteil, auch ein schlechtes.", shapes.Verdict, examples.VERDICT, [])},
        refusals=examples.ON_VALIDATING,
    )
    one = f"{SUBMISSIONS}/{{submission}}"
    add_call(
        api,
        "GET",
        one,
        calls.status,
        name="getSubmission",
        tag="Einreichungen",
        summary="Stand einer Einreichung",
        description="Wo sie steht. Retry-After sagt, wann sich erneutes Fragen lohnt; fehlt es, ist dies das Ende.",
        parameters=[_SUBMISSION, _IF_NONE_MATCH, _PREFER],
        answers={
            200: answer("Der Stand.", shapes.Status, examples.STATUS, ["ETag", "Retry-After", "Preference-Applied"]),
            304: {"description": "Unverändert seit dem Stand, den If-None-Match nennt."},
        },
        refusals=examples.ON_LOOKING,
    )
    add_call(
        api,
        "GET",
        f"{one}/events",
        calls.events,
        name="getSubmissionEvents",
        tag="Einreichungen",
        summary="Verlauf einer Einreichung",
        description="Was mit ihr geschah, das Älteste zuerst.",
        parameters=[_SUBMISSION, _IF_NONE_MATCH, _PREFER],
        answers={
            200: answer("Der Verlauf.", shapes.Events, examples.EVENTS, ["ETag", "Preference-Applied"]),
            304: {"description": "Unverändert seit dem Verlauf, den If-None-Match nennt."},
        },
        refusals=examples.ON_LOOKING,
    )
    add_call(
        api,
        "GET",
        f"{one}/receipt",
        calls.receipt,
        name="getSubmissionReceipt",
        tag="Einreichungen",
        summary="Technische Quittung",
        description=examples.ABOUT_RECEIPT,
        parameters=[_SUBMISSION, _ACCEPT],
        answers={200: answer("Die Quittung.", shapes.TechnicalReceipt, examples.RECEIPT, ["Vary"], message=_RECEIPT)},
        refusals=(*examples.ON_LOOKING, NotAcceptable()),
    )
    add_call(
        api,
        "GET",
        f"{one}/replies",
        calls.replies,
        name="getSubmissionReplies",
        tag="Einreichungen",
        summary="Antworten der Behörde",
        description=examples.REPLIES_ABOUT,
        parameters=[_SUBMISSION, _IF_NONE_MATCH, _PREFER],
        answers={
            200: answer(
                "Die Antworten, die neueste zuletzt.",
                reply_shapes.Replies,
                examples.REPLIES,
                ["ETag", "Preference-Applied"],
            ),
            304: {"description": "Unverändert seit den Antworten, die If-None-Match nennt."},
        },
        refusals=examples.ON_LOOKING,
    )
    add_call(
        api,
        "GET",
        f"{one}/replies/{{reply}}/document",
        calls.reply_document,
        name="getReplyDocument",
        tag="Einreichungen",
        summary="Dokument einer Antwort",
        description="Das XML, Byte für Byte wie vom Fachverfahren.",
        parameters=[_SUBMISSION, _REPLY],
        answers={200: bytes_of("Das Dokument.", "application/xml")},
        refusals=examples.ON_LOOKING,
    )
    add_call(
        api,
        "GET",
        f"{one}/replies/{{reply}}/attachments/{{attachment}}",
        calls.reply_file,
        name="getReplyAttachment",
        tag="Einreichungen",
        summary="Anlage einer Antwort",
        description="Die Anlage, Byte für Byte wie vom Fachverfahren, mit dem Medientyp, den es nannte. Ihren Inhalt "
        "prüft das Gateway nicht.",
        parameters=[_SUBMISSION, _REPLY, _ATTACHMENT],
        answers={200: bytes_of("Die Anlage.", "application/octet-stream")},
        refusals=examples.ON_LOOKING,
    )
    add_call(
        api,
        "GET",
        "/v1/routes",
        calls.routes,
        name="findRoute",
        tag="Vorab",
        summary="Zuständige Behörde finden",
        description="Wer für eine Leistung an einem Ort zuständig ist, nach welcher Zeile, und ob diese Behörde "
        "angebunden ist. Eine fehlende Anbindung ist eine Antwort, kein Fehler.",
        parameters=[{**_LEISTUNG, "required": True}, {**_ARS, "required": True}],
        answers={200: answer("Die Zuständigkeit.", shapes.Route, examples.ROUTE, [])},
        refusals=examples.ON_ASKING,
    )
    add_call(
        api,
        "GET",
        "/v1/services",
        calls.services,
        name="listServices",
        tag="Vorab",
        summary="Leistungen zeigen",
        description="Welche Leistungen hier eingerichtet sind: Schlüssel, Nachrichten, welcher Ort entscheidet und "
        "welche Behörden angeschrieben werden können.",
        parameters=[],
        answers={200: answer("Die Leistungen.", shapes.Services, examples.SERVICES, [])},
        refusals=examples.ON_ASKING,
    )
    add_call(
        api,
        "GET",
        "/v1/connections",
        calls.connections,
        name="listConnections",
        tag="Vorab",
        summary="Anbindungen zeigen",
        description=examples.ABOUT_CONNECTIONS,
        parameters=[_LEISTUNG_WANTED, _PLACE_WANTED, _STATE_WANTED, _IF_NONE_MATCH],
        answers={
            200: answer("Die Anbindungen.", offer_shapes.Connections, examples.CONNECTIONS, ["ETag"]),
            304: {"description": "Unverändert seit dem Stand, den If-None-Match nennt."},
        },
        refusals=examples.ON_ASKING,
    )
    add_call(
        api,
        "GET",
        "/v1/schemas",
        calls.schemas,
        name="listSchemas",
        tag="Vorab",
        summary="Schemapakete zeigen",
        description="Wonach hier geprüft wird: Standards, Versionen, Namensräume und ihre Nachrichten, und bis wann "
        "eine Version gilt. Mehrere Versionen können nebeneinander eingespielt sein.",
        parameters=[],
        answers={200: answer("Die Schemapakete.", shapes.Packages, examples.PACKAGES, [])},
        refusals=examples.ON_ASKING,
    )


def told_to_portals() -> Json:
    """What a webhook gets: a request from here, for which a portal is the server."""
    post = {
        "operationId": "submissionTold",
        "tags": ["Webhooks"],
        "summary": "Mit einer Einreichung geschah etwas",
        "description": examples.ABOUT_WEBHOOKS,
        "parameters": [*_SIGNED],
        "requestBody": {
            "required": True,
            "content": {JSON: {"schema": ref(shapes.WebhookMessage), "example": examples.TOLD}},
        },
        "responses": {
            "2XX": {"description": "Angenommen. Der Inhalt der Antwort wird nicht gelesen."},
            "410": {"description": "Hierhin soll nichts mehr gesendet werden: der Webhook wird abgeschaltet."},
            "default": {
                "description": "Nicht angenommen; dieselbe Meldung kommt später noch einmal. Retry-After wird "
                "beachtet, einer Umleitung wird nicht gefolgt."
            },
        },
    }
    return {"submission": {"post": post}}


# ── bodies ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _document(samples: Mapping[str, str]) -> Json:
    shown: Json = {"schema": {"type": "string", "description": "Ein XML-Dokument in UTF-8."}}
    if samples:
        shown["examples"] = {name: {"summary": name, "value": text} for name, text in samples.items()}
    return {"application/xml": shown, "text/xml": {"schema": shown["schema"]}}


def _multipart(limits: Limits, samples: Mapping[str, str]) -> Json:
    part: Json = {
        "type": "string",
        "contentMediaType": "application/octet-stream",
        "description": "Eine Anlage. Der Name des Teils, oder seine Content-ID, ist ihre Kennung im XML. "
        f"Höchstens {limits.attachments} Anlagen, je {limits.attachment} Byte, zusammen {limits.together} Byte.",
    }
    shown: Json = {
        "schema": {
            "type": "object",
            "required": [DOCUMENT],
            "properties": {
                DOCUMENT: {
                    "type": "string",
                    "contentMediaType": "application/xml",
                    "description": f"Das XML-Dokument, als erster Teil; höchstens {limits.document} Byte.",
                }
            },
            "additionalProperties": part,
        },
        "encoding": {DOCUMENT: {"contentType": "application/xml"}},
    }
    if samples:
        first = next(iter(samples.values()))
        shown["example"] = {DOCUMENT: first, "anlage-1": "(die Bytes der Anlage)"}
    return shown


# ── parameters and headers ───────────────────────────────────────────────────────────────────────────────────────────

_SUBMISSION: Final[Json] = {
    "name": "submission",
    "in": "path",
    "required": True,
    "description": "Kennung der Einreichung, wie die Quittung sie nennt.",
    "schema": {"type": "string", "format": "uuid"},
    "example": examples.ID,
}
_REPLY: Final[Json] = {
    "name": "reply",
    "in": "path",
    "required": True,
    "description": "Kennung der Antwort, wie die Liste der Antworten sie nennt.",
    "schema": {"type": "string", "format": "uuid"},
    "example": examples.REPLY_ID,
}
_ATTACHMENT: Final[Json] = {
    "name": "attachment",
    "in": "path",
    "required": True,
    "description": "Aus dem Verweis, den die Liste der Antworten nennt.",
    "schema": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
    "example": examples.FILE_ID,
}
_LEISTUNG: Final[Json] = {
    "name": "leistung",
    "in": "query",
    "description": "Leistungsschlüssel, 14 Ziffern. Nur nötig, wo das Dokument ihn nicht nennt.",
    "schema": {"type": "string", "pattern": "^[0-9]{14}$"},
    "example": "99115005104000",
}
_ARS: Final[Json] = {
    "name": "ars",
    "in": "query",
    "description": "Ort, der über die Zuständigkeit entscheidet: ARS jeder Ebene. Nur nötig, wo das Dokument ihn "
    "nicht nennt.",
    "schema": {"type": "string", "pattern": "^[0-9]{2,12}$"},
    "example": "097610000000",
}
_LEISTUNG_WANTED: Final[Json] = {**_LEISTUNG, "description": "Nur Anbindungen für diesen Leistungsschlüssel."}
_PLACE_WANTED: Final[Json] = {
    **_ARS,
    "description": "Nur Anbindungen der Behörden, die an diesem Ort oder in einem Teil davon zuständig sind: "
    "ARS jeder Ebene oder AGS.",
}
_STATE_WANTED: Final[Json] = {
    "name": "state",
    "in": "query",
    "description": "Nur Anbindungen in diesem Stand.",
    "schema": {"type": "string", "enum": [*ConnectionState]},
    "example": "live",
}
_IDEMPOTENCY_KEY: Final[Json] = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Eigene Kennung dieser Sendung. Dieselbe Sendung mit demselben Schlüssel wird einmal angenommen "
    "und jedes Mal gleich beantwortet; eine nachrichtenUUID im Dokument wirkt ebenso.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    "example": "d3b07384-d9a0-4c2e-8a51-1f6f0c2a9b10",
}
_TRACEPARENT: Final[Json] = {
    "name": "traceparent",
    "in": "header",
    "description": "W3C Trace Context; wird übernommen und weitergereicht.",
    "schema": {"type": "string"},
    "example": examples.TRACE,
}
_IF_NONE_MATCH: Final[Json] = {
    "name": "If-None-Match",
    "in": "header",
    "description": "ETag des Standes, der schon bekannt ist.",
    "schema": {"type": "string"},
    "example": '"3-de"',
}
_ACCEPT: Final[Json] = {
    "name": "Accept",
    "in": "header",
    "description": "application/xml für eine Nachricht des Standards, wo er eine hat; sonst, und ohne Angabe, JSON.",
    "schema": {"type": "string", "default": "application/json"},
}
_REJECTION: Final = (
    "Die Rückweisung des Standards, nach seinem Schema gültig; wo es sie nicht gibt, steht auch auf Accept: "
    "application/xml das Problem."
)
_RECEIPT: Final = "Die Rückweisung oder die Quittung des Standards, nach seinem Schema gültig."
_PREFER: Final[Json] = {
    "name": "Prefer",
    "in": "header",
    "description": "`wait=n` (RFC 7240), mit If-None-Match: erst antworten, wenn sich etwas geändert hat, spätestens "
    "nach n Sekunden. Das Gateway begrenzt n; Preference-Applied nennt, was galt. Fehlt es, wurde nicht gewartet.",
    "schema": {"type": "string"},
    "example": "wait=20",
}
_SIGNED: Final[list[Json]] = [
    {
        "name": "webhook-id",
        "in": "header",
        "required": True,
        "description": "Kennung der Meldung: bei jeder Wiederholung dieselbe.",
        "schema": {"type": "string"},
        "example": "msg_8f14e45fceea167a5a36dedd4bea2543",
    },
    {
        "name": "webhook-timestamp",
        "in": "header",
        "required": True,
        "description": "Zeitpunkt dieses Versuchs, in Sekunden seit 1970 (UTC).",
        "schema": {"type": "integer"},
        "example": 1_793_350_802,
    },
    {
        "name": "webhook-signature",
        "in": "header",
        "required": True,
        "description": "`v1,` und HMAC-SHA256 über `webhook-id.webhook-timestamp.body`; während eines Wechsels des "
        "Geheimnisses mehrere, durch Leerzeichen getrennt.",
        "schema": {"type": "string"},
        "example": "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
    },
]
