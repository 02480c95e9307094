"""What can be asked at the door. Each call is one method: a request in, a response out; the journey decides."""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from fastapi import Request, Response

from gateway import journey, receipt
from gateway.answering import NoMessage, in_its_standard
from gateway.errors import BadRequest, NotChecked, NotFound, SendersFault
from gateway.events import RequestRefused
from gateway.evidence import ServiceCoverage, coverage
from gateway.intake import parameters
from gateway.intake.clients import ClientRegister
from gateway.intake.crowd import Crowd
from gateway.intake.identity import token_in, unknown_token
from gateway.intake.limits import Limits
from gateway.intake.packages import packages
from gateway.intake.parameters import Kind, wanted
from gateway.intake.refusals import no_message
from gateway.intake.responses import (
    NOT_STORED,
    PROBLEM,
    VARIES,
    handed_out,
    in_xml,
    knows,
    note_refusal,
    streamed,
    told,
    told_unless_known,
)
from gateway.intake.routes import connections, route, services
from gateway.intake.unpacking import read_document, unpack
from gateway.intake.visit import Visit
from gateway.intake.waiting import WaitingRoom
from gateway.journal import Client, Standing
from gateway.journey import Gateway
from gateway.parcel import Parcel, Reused
from gateway.receipt import Answered, Receipt
from gateway.reply import StoredReply
from gateway.routing import ConnectionState, Question, Tables, Wanted, asked_for, explain, offered
from gateway.submission import SECOND, Finding, Micros, State, Submission, SubmissionId

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
        self._reached: tuple[Tables, date, Sequence[ServiceCoverage]] | None = None

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
            try:
                given = await self._accept(parcel)
            except Reused as conflict:
                return await self._conflict(conflict, parcel.document, visit)
        if given.state is State.REJECTED:
            return await self._rejection(given, parcel.document, visit)
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

    async def _rejection(self, given: Receipt, document: bytes, visit: Visit) -> Response:
        """422; in the form that was asked for, with the document in it where the standard wants it back."""
        if wanted(visit.header(b"accept"))[0] is Kind.XML:
            message = await self._message(given.subject, State.REJECTED, given.findings, document)
            if isinstance(message, bytes):
                about = {"Link": f'<{receipt.links(given.submission)["self"]}>; rel="about"'}
                return in_xml(message, status=422, headers=about)
        return told(receipt.rejected(given, visit.language), visit, status=422, media_type=PROBLEM)

    async def _conflict(self, conflict: Reused, document: bytes, visit: Visit) -> Response:
        """409, likewise. No submission stands behind it, so there is no receipt to read later."""
        if wanted(visit.header(b"accept"))[0] is Kind.XML:
            found = Finding(conflict.code, conflict.detail)
            message = await self._message(conflict.entry.submission, State.REJECTED, (found,), document)
            if isinstance(message, bytes):
                return in_xml(message, status=note_refusal(conflict, visit))
        raise conflict

    async def _message(
        self, submission: Submission, state: State, findings: tuple[Finding, ...], document: bytes | None = None
    ) -> bytes | NoMessage:
        """What the submission's standard has for this answer."""
        answered = Answered(submission=submission, findings=findings, document=document, sandbox=self._sandbox)
        gateway = self._gateway
        return await asyncio.to_thread(
            in_its_standard, answered, state, schemas=gateway.schemas, letterhead=gateway.letterhead
        )

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
        rests = self._rests(standing)
        tag = f'"{standing.version}-{visit.language}{"" if rests is None else "-maintenance"}"'
        headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
        if not receipt.is_final(standing):
            headers["Retry-After"] = str(self._ask_again_after(rests or standing.due_at or 0))
        if knows(visit, tag):
            return Response(status_code=_KNOWN, headers=headers)
        body = receipt.status(
            standing,
            visit.language,
            authority=self._authority(standing.submission),
            sandbox=self._sandbox,
            rests_until=rests,
        )
        return told(body, visit, headers=headers)

    def _rests(self, standing: Standing) -> Micros | None:
        """When its destination takes deliveries again, if it waits for that."""
        if standing.state is not State.ACCEPTED:
            return None
        return self._gateway.tables.rests_until(standing.submission.destination, self._gateway.clock())

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
        """The technical receipt: in JSON, or as a message of the standard where it has one."""
        visit = Visit.of(request.scope)
        standing = await self._standing(request, visit)
        kinds = wanted(visit.header(b"accept"))
        if kinds[0] is Kind.XML:
            message = await self._message(standing.submission, standing.state, standing.findings)
            if isinstance(message, bytes):
                return in_xml(message, headers=NOT_STORED | VARIES)
            if Kind.JSON not in kinds:
                raise no_message(message.because)
        body = receipt.technical_receipt(
            standing, visit.language, authority=self._authority(standing.submission), sandbox=self._sandbox
        )
        return told(body, visit, headers=NOT_STORED | VARIES)

    async def replies(self, request: Request) -> Response:
        """What the authority answered, newest last; 304 where that is known already."""
        visit = Visit.of(request.scope)
        standing = await self._standing(request, visit)
        with self._waiting_room.seat(visit, standing.submission.id) as seat:
            while (answer := await self._answered(standing, visit)).status_code == _KNOWN and await seat.heard(
                standing.version
            ):
                standing = await self._now(standing)
            return seat.told(answer)

    async def _answered(self, standing: Standing, visit: Visit) -> Response:
        submission = standing.submission.id
        rows = await self._gateway.journal.replies(submission)
        return told_unless_known(receipt.replies(submission, rows, visit.language, sandbox=self._sandbox), visit)

    async def reply_document(self, request: Request) -> Response:
        """The document of a reply, byte for byte."""
        reply = await self._reply(request)
        document = await self._gateway.journal.reply_document(reply.id)
        if document is None:
            raise _no_reply()
        return handed_out(document, f"{reply.id}.xml")

    async def reply_file(self, request: Request) -> Response:
        """An attachment of a reply, byte for byte."""
        reply = await self._reply(request)
        named = request.path_params["attachment"]
        file = next((one for one in reply.files if one.id == named), None)
        if file is None:
            raise _no_reply()
        return streamed(self._gateway.attachments.open(file).chunks(), file)

    async def _reply(self, request: Request) -> StoredReply:
        """A reply to the client's own submission."""
        standing = await self._standing(request, Visit.of(request.scope))
        named = request.path_params["reply"]
        reply = await self._gateway.journal.reply(named) if _UUID.fullmatch(named) else None
        if reply is None or reply.submission != standing.submission.id:
            raise _no_reply()
        return reply

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

    def _ask_again_after(self, due: int) -> int:
        wait = (due - self._gateway.clock()) / SECOND
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
        explained = explain(self._gateway.tables, asked, self._gateway.clock())
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
        found = offered(tables, client, wanted, self._gateway.clock())
        reach = [one for one in await self._reach(tables) if asked_for(tables, client, wanted, one.service)]
        body = connections(found, reach, visit.language, called=tables.authority_name, sandbox=self._sandbox)
        return told_unless_known(body, visit)

    async def _reach(self, tables: Tables) -> Sequence[ServiceCoverage]:
        """How far the services reach today; counted once for each set of tables and connections."""
        known, today = self._reached, self._today()
        if known is None or known[0] is not tables or known[1] != today:
            counted = await asyncio.to_thread(coverage, tables, (), today)
            known = self._reached = (tables, today, counted.services)
        return known[2]

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


def _no_reply() -> NotFound:
    return NotFound(
        "Eine solche Antwort gibt es zu dieser Einreichung nicht, oder sie wird nicht mehr aufbewahrt.",
        "There is no such reply to this submission, or it is not kept any more.",
    )
