"""The HTTP door for portals: bytes in, receipt out; decides nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Final

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.errors import BadRequest, GatewayError, NotFound
from gateway.events import RequestRefused
from gateway.intake.calls import Calls
from gateway.intake.clients import ClientRegister
from gateway.intake.description import VALIDATIONS, add_calls, new_api, told_to_portals
from gateway.intake.front_page import front_page
from gateway.intake.limits import Limits
from gateway.intake.openapi import Annex, complete
from gateway.intake.refusals import ClientGone, NoSuchMethod
from gateway.intake.responses import failed, refused
from gateway.intake.visit import SUBMISSIONS, Visit
from gateway.journey import Gateway

Call = Callable[[Request], Awaitable[Response]]

_LINGER_SECONDS: Final = 2.0
_LINGER_IDLE: Final = 0.5
_LINGER_BYTES: Final = 4 * 1024 * 1024
"""How much of a refused body is still taken and thrown away, so that its sender gets to read why."""


def build(
    gateway: Gateway,
    clients: ClientRegister,
    *,
    limits: Limits | None = None,
    routers: Iterable[APIRouter] = (),
    annexes: Sequence[Annex] = (),
    samples: Mapping[str, str] | None = None,
) -> ASGIApp:
    """
    The ASGI app of a gateway.

    `clients` must be followed for as long as it runs. `routers` are further doors of the same house; what goes wrong in
    them is answered alike. `annexes` are such doors as well, and have their part in OpenAPI. `samples` are valid
    documents by name, shown there.
    """
    limits = limits or Limits()
    calls = Calls(gateway, clients, limits)
    sandbox = gateway.kind == "sandbox"
    api = new_api(gateway.kind)
    add_calls(api, calls, limits, samples or {})
    api.add_route("/", front_page(gateway.kind), include_in_schema=False)
    for router in (*routers, *(annex.router for annex in annexes)):
        api.include_router(router)
    complete(api, told_to_portals(), annexes)
    _answer_alike(api, sandbox=sandbox)
    return _Door(api, {SUBMISSIONS: calls.submit, VALIDATIONS: calls.validate}, sandbox=sandbox)


class _Door:
    """
    Sends each request its way, and answers what goes wrong on it.

    The two calls with bodies go straight to their method, past FastAPI's layers, which do what these calls have no use
    for. The others go through FastAPI, which knows both calls as well.
    """

    def __init__(self, api: FastAPI, straight: Mapping[str, Call], *, sandbox: bool) -> None:
        self._api = api
        self._straight = straight
        self._sandbox = sandbox

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._api(scope, receive, send)
            return
        if scope["method"] == "HEAD":
            # The server leaves out the body of what is answered to GET (RFC 9110 §9.3.2).
            scope = {**scope, "method": "GET"}
        visit = Visit.begin(scope, receive)
        call = self._straight.get(scope["path"]) if scope["method"] == "POST" else None
        if call:
            visit.straight = scope["path"]
            await self._go_straight(call, visit, receive, send)
        else:
            await self._api(scope, receive, send if visit.body.finished else _closing(visit, send))

    async def _go_straight(self, call: Call, visit: Visit, receive: Receive, send: Send) -> None:
        try:
            response = await call(Request(visit.scope, receive))
        except ClientGone:
            _nobody_there(visit)
            return
        except Exception as error:  # noqa: BLE001 - whatever it is, the server's own words for it would say too much
            response = _answer(error, visit, sandbox=self._sandbox)
        if visit.body.finished:
            await response(visit.scope, receive, send)
        else:
            await _hang_up(response, visit, send)


class _Border:
    """Around FastAPI's routes: nothing that they raise gets out."""

    def __init__(self, app: ASGIApp, *, sandbox: bool) -> None:
        self._app = app
        self._sandbox = sandbox

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except Exception as error:  # noqa: BLE001 - as above
            response = _answer(error, Visit.of(scope), sandbox=self._sandbox)
            await response(scope, receive, send)


def _answer_alike(api: FastAPI, *, sandbox: bool) -> None:
    """FastAPI's own refusals become ours: its stock 422 repeats what was sent, its 404 is no problem+json."""

    async def not_routed(request: Request, error: HTTPException) -> Response:
        return refused(_translated(error), Visit.of(request.scope), sandbox=sandbox, headers=error.headers)

    async def not_as_declared(request: Request, _: RequestValidationError) -> Response:
        return refused(_not_as_described(), Visit.of(request.scope), sandbox=sandbox)

    api.add_exception_handler(HTTPException, not_routed)  # type: ignore[arg-type]  # typed for any exception
    api.add_exception_handler(RequestValidationError, not_as_declared)  # type: ignore[arg-type]  # as above
    api.add_middleware(_Border, sandbox=sandbox)


def _translated(error: HTTPException) -> GatewayError:
    match error.status_code:
        case 404:
            return NotFound("Unter diesem Pfad gibt es nichts.", "There is nothing under this path.")
        case 405:
            return NoSuchMethod(
                "Diese Methode gibt es für diesen Pfad nicht; welche es gibt, steht im Header Allow.",
                "There is no such method for this path; the header Allow names those there are.",
            )
        case _:
            return _not_as_described()


def _not_as_described() -> BadRequest:
    return BadRequest(
        "Die Anfrage hat nicht die Form, die /openapi.json beschreibt.",
        "The request does not have the form that /openapi.json describes.",
    )


def _answer(error: Exception, visit: Visit, *, sandbox: bool) -> Response:
    if isinstance(error, GatewayError):
        return refused(error, visit, sandbox=sandbox)
    return failed(error, visit, sandbox=sandbox)


def _nobody_there(visit: Visit) -> None:
    """499 is what proxies write down for it; nothing is answered."""
    RequestRefused(
        code="client-gone", status=499, client=visit.client, path=visit.pattern, trace=visit.traceparent
    ).tell()


async def _hang_up(response: Response, visit: Visit, send: Send) -> None:
    """
    Answer before the body is through, and close the connection.

    Closing at once would make the network throw away the answer together with what is still under way, so a little more
    is taken and forgotten (RFC 9112 §9.6); a body without end is cut off.
    """
    headers = [*response.raw_headers, (b"connection", b"close")]
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": bytes(response.body), "more_body": True})
    try:
        visit.body.give_time(_LINGER_SECONDS, _LINGER_IDLE)
        until = visit.body.size + _LINGER_BYTES
        while visit.body.size < until and await visit.body.piece():
            pass
    except (ClientGone, GatewayError):
        pass
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def _closing(visit: Visit, send: Send) -> Send:
    """For requests whose body nobody reads to its end: the answer says that the connection ends with it."""

    async def closing(message: Message) -> None:
        if message["type"] == "http.response.start" and not visit.body.finished:
            message = {**message, "headers": [*message["headers"], (b"connection", b"close")]}
        await send(message)

    return closing
