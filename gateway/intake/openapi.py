"""OpenAPI, written down: how a call, its answers and its refusals are described, for every door of the house."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi
from pydantic import ConfigDict, TypeAdapter, with_config

from gateway import receipt
from gateway.errors import GatewayError, Language
from gateway.intake import examples
from gateway.intake.refusals import RETRY_AFTER, status_of
from gateway.intake.responses import JSON, PROBLEM, XML
from gateway.receipt import offer_shapes, reply_shapes, shapes

Json = dict[str, Any]
Call = Callable[[Request], Awaitable[Response]]

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
    offer_shapes.Connections,
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
    offer_shapes.Offer,
    offer_shapes.Reach,
    offer_shapes.ServiceReach,
    shapes.Package,
    shapes.PackageMessage,
    shapes.Answers,
    shapes.CodeList,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Annex:
    """Another door of the same house: its routes, and what OpenAPI says of them all."""

    router: APIRouter
    tag: str = ""
    about: str = ""
    shapes: tuple[type, ...] = ()
    """of its answers"""
    parts: tuple[type, ...] = ()
    """of which those consist"""
    schemes: Mapping[str, Json] = field(default_factory=dict)
    """how one identifies oneself there"""


def complete(api: FastAPI, told: Json, annexes: Sequence[Annex] = ()) -> None:
    """Let /openapi.json show the shapes of answers, how one identifies oneself, and what is `told` to portals."""
    schemas = _schemas(
        (*_SHAPES, *(shape for annex in annexes for shape in annex.shapes)),
        (*_PARTS, *(part for annex in annexes for part in annex.parts)),
    )
    schemes = {"token": _TOKEN} | {name: scheme for annex in annexes for name, scheme in annex.schemes.items()}
    about = [{"name": annex.tag, "description": annex.about} for annex in annexes if annex.tag]

    def openapi() -> Json:
        if api.openapi_schema is None:
            described = get_openapi(
                title=api.title,
                version=api.version,
                summary=api.summary,
                description=api.description,
                tags=[*(api.openapi_tags or ()), *about],
                license_info={"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
                routes=api.routes,
            )
            components = described.setdefault("components", {})
            components.setdefault("schemas", {}).update(schemas)
            components["securitySchemes"] = schemes
            described["webhooks"] = told
            api.openapi_schema = described
        return api.openapi_schema

    api.openapi = openapi  # type: ignore[method-assign]  # the documented way to extend FastAPI's OpenAPI


def add_call(
    api: FastAPI | APIRouter,
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
    scheme: str = "token",
) -> None:
    """Give an API a call, with everything that can be said about it."""
    extra: Json = {"parameters": [*parameters, _LANGUAGE], "security": [{scheme: []}]}
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


# ── answers ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def answer(description: str, shape: type, example: Mapping[str, Any], headers: list[str], *, message: str = "") -> Json:
    """An answer in JSON: its shape, an example, and the headers it has besides; perhaps as a `message`, too."""
    media_type = PROBLEM if shape is shapes.Problem else JSON
    content: Json = {media_type: {"schema": ref(shape), "example": example}}
    if message:
        content[XML] = {"schema": {"type": "string", "description": message}}
    return {
        "description": description,
        "headers": {name: _HEADERS[name] for name in ["Content-Language", *headers]},
        "content": content,
    }


def bytes_of(description: str, media_type: str) -> Json:
    """An answer that is a file."""
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
        answers[status] = answer(f"{error.title.de}.", shapes.Problem, example, headers)
    answers[500] = {
        "description": "Im Gateway ist ein Fehler aufgetreten.",
        "content": {PROBLEM: {"schema": ref(shapes.Problem)}},
    }
    return answers


def ref(shape: type) -> Json:
    """Where a shape is described."""
    return {"$ref": f"#/components/schemas/{shape.__name__}"}


@cache
def _schemas(whole: tuple[type, ...], parts: tuple[type, ...]) -> Json:
    """The shapes as JSON schemas, their docstrings as descriptions."""
    documented = with_config(ConfigDict(use_attribute_docstrings=True))
    for shape in (*whole, *parts):
        if not hasattr(shape, "__pydantic_config__"):
            documented(shape)
    _, schema = TypeAdapter.json_schemas(
        [(shape, "serialization", TypeAdapter(shape)) for shape in whole],
        ref_template="#/components/schemas/{model}",
    )
    definitions: Json = schema["$defs"]
    return definitions


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
