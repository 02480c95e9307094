"""What can be asked at the door. Each call is one method: a request in, a response out; the journey decides."""

from __future__ import annotations

import asyncio
import math
import re
from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from fastapi import Request, Response

from gateway import journey, receipt
from gateway.errors import BadRequest, NotChecked, NotFound, SendersFault
from gateway.events import RequestRefused
from gateway.intake import parameters
from gateway.intake.clients import ClientRegister
from gateway.intake.crowd import Crowd
from gateway.intake.identity import token_in, unknown_token
from gateway.intake.limits import Limits
from gateway.intake.packages import packages
from gateway.intake.responses import PROBLEM, knows, told, told_unless_known
from gateway.intake.routes import connections, route, services
from gateway.intake.unpacking import read_document, unpack
from gateway.intake.visit import Visit
from gateway.intake.waiting import WaitingRoom
from gateway.journal import Client, Standing
from gateway.journey import Gateway
from gateway.parcel import Parcel
from gateway.receipt import Receipt
from gateway.routing import ConnectionState, Question, Wanted, explain, offered
from gateway.submission import SECOND, State, Submission, SubmissionId

_BERLIN: Final = ZoneInfo("Europe/Berlin")

_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

_KNOWN: Final = 304
_SOON: Final = 5
_LATE: Final = 3600
"""Seconds after which asking again makes sense: at least, and at most."""


class Calls:
    """The calls of /v1 that portals make."""

    def __init__(self, gateway: Gateway, clients: ClientRegister, limits: Limits) -> None:
        self._gateway = gateway
        self._clients = clients
        self._limits = limits
        self._crowd = Crowd(limits)
        self._waiting_room = WaitingRoom(gateway.news, limits)
        self._sandbox = gateway.kind == "sandbox"

    # ── with a body ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def submit(self, request: Request) -> Response:
        """Take a submission: 202 when it is in the journal, 422 when its rejection is."""
        visit = Visit.of(request.scope)
        client = await self._identified(visit)
        with self._crowd.place_for(client.name):
            query = parameters.query(visit)
            key = parameters.idempotency_key(visit)
            media_type = parameters.media_type(visit, multipart=True)
            unpacked = await unpack(visit, media_type, self._limits, self._gateway.attachments)
            parcel = Parcel(
                document=unpacked.document,
                charset=unpacked.charset,
                attachments=unpacked.attachments,
                client=client,
                idempotency_key=key,
                leistung=query.get("leistung"),
                ars=query.get("ars"),
                traceparent=visit.traceparent,
                received_at=self._gateway.clock(),
                started=visit.started,
            )
            given = await self._accept(parcel)
        if given.state is State.REJECTED:
            return told(receipt.rejected(given, visit.language), visit, status=422, media_type=PROBLEM)
        location = {"Location": receipt.links(given.submission)["self"]}
        return told(receipt.accepted(given, visit.language), visit, status=202, headers=location)

    async def validate(self, request: Request) -> Response:
        """Judge a document alone, without the attachments it may name, and forget it."""
        visit = Visit.of(request.scope)
        client = await self._identified(visit)
        with self._crowd.place_for(client.name):
            parameters.no_query(visit)
            media_type = parameters.media_type(visit, multipart=False)
            document = await read_document(visit, self._limits)
            judged = await asyncio.to_thread(self._gateway.schemas.judge, document, media_type.charset)
        return told(receipt.verdict(judged, visit.language, sandbox=self._sandbox), visit)

    async def _accept(self, parcel: Parcel) -> Receipt:
        """The journey's answer; attachments that no accepted submission owns are forgotten."""
        try:
            given = await journey.accept(parcel, gateway=self._gateway)
        except (SendersFault, NotChecked):
            # After any other error the commit may have happened all the same. The sweep asks the journal, and knows.
            await self._gateway.attachments.discard(parcel.attachments)
            raise
        if given.state is State.REJECTED or given.replay:
            await self._gateway.attachments.discard(parcel.attachments)
        return given

    # ── about a submission ───────────────────────────────────────────────────────────────────────────────────────────

    async def status(self, request: Request) -> Response:
        """Where a submission stands; 304 where that is known already, and stays so for as long as preferred."""
        visit = Visit.of(request.scope)
        standing = await self._standing(request, visit)
        with self._waiting_room.seat(visit, standing.submission.id) as seat:
            while (answer := self._stands(standing, visit)).status_code == _KNOWN and await seat.heard(
                standing.version
            ):
                standing = await self._now(standing)
            return seat.told(answer)

    def _stands(self, standing: Standing, visit: Visit) -> Response:
        tag = f'"{standing.version}-{visit.language}"'
        headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
        if not receipt.is_final(standing):
            headers["Retry-After"] = str(self._ask_again_after(standing))
        if knows(visit, tag):
            return Response(status_code=_KNOWN, headers=headers)
        body = receipt.status(
            standing, visit.language, authority=self._authority(standing.submission), sandbox=self._sandbox
        )
        return told(body, visit, headers=headers)

    async def events(self, request: Request) -> Response:
        """What happened to a submission, oldest first; 304 where that is known already."""
        visit = Visit.of(request.scope)
        standing = await self._standing(request, visit)
        with self._waiting_room.seat(visit, standing.submission.id) as seat:
            while (answer := await self._happened(standing, visit)).status_code == _KNOWN and await seat.heard(
                standing.version
            ):
                standing = await self._now(standing)
            return seat.told(answer)

    async def _happened(self, standing: Standing, visit: Visit) -> Response:
        rows = await self._gateway.journal.events(standing.submission.id)
        return told_unless_known(receipt.events(standing.submission.id, rows, visit.language), visit)

    async def _now(self, before: Standing) -> Standing:
        """Where a submission stands by now."""
        standing = await self._gateway.journal.standing(before.submission.id)
        if standing is None:
            raise _no_submission()
        return standing

    async def receipt(self, request: Request) -> Response:
        """The technical receipt."""
        visit = Visit.of(request.scope)
        standing = await self._standing(request, visit)
        body = receipt.technical_receipt(
            standing, visit.language, authority=self._authority(standing.submission), sandbox=self._sandbox
        )
        return told(body, visit)

    async def _standing(self, request: Request, visit: Visit) -> Standing:
        """The client's own submission. Another client's does not exist for it, and operators hear of the question."""
        client = await self._identified(visit)
        parameters.no_query(visit)
        id_ = request.path_params["submission"]
        standing = await self._gateway.journal.standing(SubmissionId(id_)) if _UUID.fullmatch(id_) else None
        if standing is None:
            raise _no_submission()
        if standing.submission.client != client.name:
            RequestRefused(
                code="foreign-submission", status=404, client=client.name, path=visit.pattern, trace=visit.traceparent
            ).tell()
            raise _no_submission()
        return standing

    def _ask_again_after(self, standing: Standing) -> int:
        wait = ((standing.due_at or 0) - self._gateway.clock()) / SECOND
        return min(max(_SOON, math.ceil(wait)), _LATE)

    # ── about responsibility ─────────────────────────────────────────────────────────────────────────────────────────

    async def routes(self, request: Request) -> Response:
        """Who is responsible for a service at a place, and whether that authority is connected. Dry."""
        visit = Visit.of(request.scope)
        await self._identified(visit)
        query = parameters.query(visit)
        if len(query) < 2:
            raise BadRequest("Dieser Aufruf braucht leistung und ars.", "This call needs leistung and ars.")
        asked = Question(day=self._today(), leistung=query["leistung"], ars=query["ars"])
        explained = explain(self._gateway.tables, asked)
        return told(route(explained, query["leistung"], visit.language, sandbox=self._sandbox), visit)

    async def services(self, request: Request) -> Response:
        """What can be sent here: before a portal shows a form."""
        visit = Visit.of(request.scope)
        await self._identified(visit)
        parameters.no_query(visit)
        judging = self._gateway.schemas.packages
        installed = {(package.namespace, root) for package in judging for root in package.roots}
        return told(services(self._gateway.tables.services, installed, sandbox=self._sandbox), visit)

    async def connections(self, request: Request) -> Response:
        """Which authorities can be reached for what, as far as this client's scope goes; 304 where that is known."""
        visit = Visit.of(request.scope)
        client = await self._identified(visit)
        query = parameters.query(visit, parameters.FILTER)
        state = ConnectionState(query["state"]) if "state" in query else None
        wanted = Wanted(leistung=query.get("leistung"), ars=query.get("ars"), state=state)
        tables = self._gateway.tables
        found = offered(tables, client, wanted, self._today())
        body = connections(found, visit.language, called=tables.authority_name, sandbox=self._sandbox)
        return told_unless_known(body, visit)

    async def schemas(self, request: Request) -> Response:
        """By what is judged here, and until when."""
        visit = Visit.of(request.scope)
        await self._identified(visit)
        parameters.no_query(visit)
        return told(packages(self._gateway.schemas, self._today(), sandbox=self._sandbox), visit)

    def _today(self) -> date:
        return datetime.fromtimestamp(self._gateway.clock() / SECOND, UTC).astimezone(_BERLIN).date()

    # ── shared ───────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _identified(self, visit: Visit) -> Client:
        """
        Whose visit it is.

        Raises:
            NotIdentified: no token, an unknown one or a revoked one; which of the two last is not said.
        """
        client = await self._clients.find(token_in(visit))
        if client is None:
            raise unknown_token()
        visit.client = client.name
        return client

    def _authority(self, submission: Submission) -> str:
        return self._gateway.tables.authority_name(submission.authority)


def _no_submission() -> NotFound:
    return NotFound(
        "Eine Einreichung mit dieser Kennung gibt es für diesen Zugang nicht.",
        "There is no submission of this id for this client.",
    )
