"""What OpenAPI says of the calls; written down, for they read raw requests, and FastAPI cannot see what they take."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi
from pydantic import ConfigDict, TypeAdapter, with_config

from gateway import receipt
from gateway.connection import ConnectionState
from gateway.errors import GatewayError, Language
from gateway.intake import examples
from gateway.intake.calls import Calls
from gateway.intake.limits import Limits
from gateway.intake.refusals import RETRY_AFTER, NotAcceptable, status_of
from gateway.intake.responses import JSON, PROBLEM, XML
from gateway.intake.unpacking import DOCUMENT
from gateway.journey import Kind
from gateway.receipt import reply_shapes, shapes

Json = dict[str, Any]
Call = Callable[[Request], Awaitable[Response]]

SUBMISSIONS: Final = "/v1/submissions"
VALIDATIONS: Final = "/v1/validations"

_SHAPES: Final = (
    shapes.Accepted,
    shapes.Problem,
    shapes.Status,
    shapes.Events,
    shapes.TechnicalReceipt,
    reply_shapes.Replies,
    shapes.Verdict,
    shapes.Route,
    shapes.Services,
    shapes.Connections,
    shapes.Packages,
    shapes.WebhookMessage,
)
_PARTS: Final = (
    shapes.WebhookData,
    shapes.Authority,
    shapes.Links,
    shapes.Finding,
    shapes.Event,
    shapes.Enclosed,
    reply_shapes.Reply,
    reply_shapes.ReplyDocument,
    reply_shapes.ReplyFile,
    shapes.RouteConnection,
    shapes.RouteRow,
    shapes.Place,
    shapes.Service,
    shapes.ServiceMessage,
    shapes.Offer,
    shapes.Package,
    shapes.PackageMessage,
    shapes.Answers,
    shapes.CodeList,
)
_ALL_SHAPES: Final = (*_SHAPES, *_PARTS)

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
    _add(
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
            202: _answer("Angenommen und dauerhaft gespeichert.", shapes.Accepted, examples.ACCEPTED, ["Location"]),
            422: _answer(
                "Zurückgewiesen: nicht gültig, oder niemand ist dafür angebunden.",
                shapes.Problem,
                examples.REJECTED,
                [],
                message=_REJECTION,
            ),
        },
        refusals=examples.ON_SUBMITTING,
    )
    _add(
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
        answers={200: _answer("Das Urteil, auch ein schlechtes.", shapes.Verdict, examples.VERDICT, [])},
        refusals=examples.ON_VALIDATING,
    )
    one = f"{SUBMISSIONS}/{{submission}}"
    _add(
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
            200: _answer("Der Stand.", shapes.Status, examples.STATUS, ["ETag", "Retry-After", "Preference-Applied"]),
            304: {"description": "Unverändert seit dem Stand, den If-None-Match nennt."},
        },
        refusals=examples.ON_LOOKING,
    )
    _add(
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
            200: _answer("Der Verlauf.", shapes.Events, examples.EVENTS, ["ETag", "Preference-Applied"]),
            304: {"description": "Unverändert seit dem Verlauf, den If-None-Match nennt."},
        },
        refusals=examples.ON_LOOKING,
    )
    _add(
        api,
        "GET",
        f"{one}/receipt",
        calls.receipt,
        name="getSubmissionReceipt",
        tag="Einreichungen",
        summary="Technische Quittung",
        description=examples.ABOUT_RECEIPT,
        parameters=[_SUBMISSION, _ACCEPT],
        answers={200: _answer("Die Quittung.", shapes.TechnicalReceipt, examples.RECEIPT, ["Vary"], message=_RECEIPT)},
        refusals=(*examples.ON_LOOKING, NotAcceptable()),
    )
    _add(
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
            200: _answer(
                "Die Antworten, die neueste zuletzt.",
                reply_shapes.Replies,
                examples.REPLIES,
                ["ETag", "Preference-Applied"],
            ),
            304: {"description": "Unverändert seit den Antworten, die If-None-Match nennt."},
        },
        refusals=examples.ON_LOOKING,
    )
    _add(
        api,
        "GET",
        f"{one}/replies/{{reply}}/document",
        calls.reply_document,
        name="getReplyDocument",
        tag="Einreichungen",
        summary="Dokument einer Antwort",
        description="Das XML, Byte für Byte wie vom Fachverfahren.",
        parameters=[_SUBMISSION, _REPLY],
        answers={200: _bytes("Das Dokument.", "application/xml")},
        refusals=examples.ON_LOOKING,
    )
    _add(
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
        answers={200: _bytes("Die Anlage.", "application/octet-stream")},
        refusals=examples.ON_LOOKING,
    )
    _add(
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
        answers={200: _answer("Die Zuständigkeit.", shapes.Route, examples.ROUTE, [])},
        refusals=examples.ON_ASKING,
    )
    _add(
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
        answers={200: _answer("Die Leistungen.", shapes.Services, examples.SERVICES, [])},
        refusals=examples.ON_ASKING,
    )
    _add(
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
            200: _answer("Die Anbindungen.", shapes.Connections, examples.CONNECTIONS, ["ETag"]),
            304: {"description": "Unverändert seit dem Stand, den If-None-Match nennt."},
        },
        refusals=examples.ON_ASKING,
    )
    _add(
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
        answers={200: _answer("Die Schemapakete.", shapes.Packages, examples.PACKAGES, [])},
        refusals=examples.ON_ASKING,
    )


def complete(api: FastAPI) -> None:
    """Let /openapi.json show the shapes of answers, the one way to identify oneself, and what is told to portals."""
    schemas = _schemas()

    def openapi() -> Json:
        if api.openapi_schema is None:
            described = get_openapi(
                title=api.title,
                version=api.version,
                summary=api.summary,
                description=api.description,
                tags=api.openapi_tags,
                license_info={"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
                routes=api.routes,
            )
            components = described.setdefault("components", {})
            components.setdefault("schemas", {}).update(schemas)
            components["securitySchemes"] = {"token": _TOKEN}
            described["webhooks"] = {"submission": {"post": _told_to_portals()}}
            api.openapi_schema = described
        return api.openapi_schema

    api.openapi = openapi  # type: ignore[method-assign]  # the documented way to extend FastAPI's OpenAPI


def _add(
    api: FastAPI,
    method: str,
    path: str,
    call: Call,
    *,
    name: str,
    tag: str,
    summary: str,
    description: str,
    parameters: list[Json],
    answers: dict[int, Json],
    refusals: tuple[GatewayError, ...],
    body: Json | None = None,
) -> None:
    extra: Json = {"parameters": [*parameters, _LANGUAGE], "security": [{"token": []}]}
    if body:
        extra["requestBody"] = {"required": True, "content": body}
    api.add_api_route(
        path,
        call,
        methods=[method],
        name=name,
        operation_id=name,
        tags=[tag],
        summary=summary,
        description=description,
        status_code=min(answers),
        response_class=Response,
        response_model=None,
        responses=dict([*_by_status(refusals).items(), *answers.items()]),
        openapi_extra=extra,
    )


def _told_to_portals() -> Json:
    """What a webhook gets: a request from here, for which a portal is the server."""
    return {
        "operationId": "submissionTold",
        "tags": ["Webhooks"],
        "summary": "Mit einer Einreichung geschah etwas",
        "description": examples.ABOUT_WEBHOOKS,
        "parameters": [*_SIGNED],
        "requestBody": {
            "required": True,
            "content": {JSON: {"schema": _ref(shapes.WebhookMessage), "example": examples.TOLD}},
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


# ── answers ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _answer(
    description: str, shape: type, example: Mapping[str, Any], headers: list[str], *, message: str = ""
) -> Json:
    media_type = PROBLEM if shape is shapes.Problem else JSON
    content: Json = {media_type: {"schema": _ref(shape), "example": example}}
    if message:
        content[XML] = {"schema": {"type": "string", "description": message}}
    return {
        "description": description,
        "headers": {name: _HEADERS[name] for name in ["Content-Language", *headers]},
        "content": content,
    }


def _bytes(description: str, media_type: str) -> Json:
    return {
        "description": description,
        "headers": {"Content-Disposition": _HEADERS["Content-Disposition"]},
        "content": {media_type: {"schema": {"type": "string", "contentMediaType": media_type}}},
    }


def _by_status(refusals: tuple[GatewayError, ...]) -> dict[int, Json]:
    """Each refusal under its status, with the problem it would really be; 500 belongs to every call."""
    answers: dict[int, Json] = {}
    for error in refusals:
        status = status_of(error)
        example = receipt.problem(
            error, status, Language.GERMAN, instance=f"urn:antragsgateway:request:{examples.TRACE[3:35]}", sandbox=False
        )
        headers = ["Retry-After"] if status in RETRY_AFTER else ["WWW-Authenticate"] if status == 401 else []
        answers[status] = _answer(f"{error.title.de}.", shapes.Problem, example, headers)
    answers[500] = {
        "description": "Im Gateway ist ein Fehler aufgetreten.",
        "content": {PROBLEM: {"schema": _ref(shapes.Problem)}},
    }
    return answers


def _ref(shape: type) -> Json:
    return {"$ref": f"#/components/schemas/{shape.__name__}"}


def _schemas() -> Json:
    """The shapes as JSON schemas, their docstrings as descriptions."""
    documented = with_config(ConfigDict(use_attribute_docstrings=True))
    for shape in _ALL_SHAPES:
        documented(shape)
    _, schema = TypeAdapter.json_schemas(
        [(shape, "serialization", TypeAdapter(shape)) for shape in _SHAPES],
        ref_template="#/components/schemas/{model}",
    )
    definitions: Json = schema["$defs"]
    return definitions


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
_LANGUAGE: Final[Json] = {
    "name": "Accept-Language",
    "in": "header",
    "description": "de (ohne Angabe) oder en.",
    "schema": {"type": "string", "default": "de"},
}
_HEADERS: Final[Mapping[str, Json]] = {
    "Location": {"description": "Wo der Stand der Einreichung steht.", "schema": {"type": "string"}},
    "Vary": {"description": "Wovon abhängt, in welcher Form die Antwort kommt.", "schema": {"type": "string"}},
    "ETag": {"description": "Kennzeichen dieses Standes.", "schema": {"type": "string"}},
    "Retry-After": {"description": "Sekunden, nach denen sich erneutes Fragen lohnt.", "schema": {"type": "integer"}},
    "Content-Disposition": {"description": "Zum Speichern, nicht zum Anzeigen.", "schema": {"type": "string"}},
    "Preference-Applied": {"description": "Was von Prefer galt.", "schema": {"type": "string"}},
    "Content-Language": {"description": "Sprache der Antwort.", "schema": {"type": "string", "enum": ["de", "en"]}},
    "WWW-Authenticate": {"description": "Wie man sich anmeldet (RFC 6750).", "schema": {"type": "string"}},
}
_TOKEN: Final[Json] = {
    "type": "http",
    "scheme": "bearer",
    "description": "Token des Zugangs, vom Betreiber des Gateways (`gateway clients add`).",
}
