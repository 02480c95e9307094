"""An XTA server, one operation at a time: a value comes back, a fault, or the code of a request without an answer."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from gateway.adapter import Stream, Unclear, Unreachable
from gateway.transports.https import BadAnswer, Body, Head, Https, not_taken
from gateway.transports.xta.answers import (
    availability_in,
    body_of,
    fault_in,
    insist_on_emptiness,
    message_id_in,
    meta_data_in,
    read_envelope,
    report_in,
    request_in,
    waiting_in,
)
from gateway.transports.xta.faults import Fault
from gateway.transports.xta.package import AtHand, Unpacked, decoded, packed, referred, unpacked
from gateway.transports.xta.requests import Addressed
from gateway.transports.xta.vocabulary import (
    XTA_211,
    Available,
    Content,
    Entrusted,
    Operation,
    Party,
    Port,
    TransportOrder,
    TransportReport,
    Waiting,
)
from gateway.xml import MOST_BYTES, Document

T = TypeVar("T")

Trouble = Fault | Unreachable | Unclear

PATHS: Final[Mapping[Port, str]] = {
    Port.MANAGEMENT: "/ManagementPort",
    Port.SEND: "/SendXtaPort",
    Port.MAILBOX: "/MsgBoxPort",
}
"""where the ports lie below the server's address, by their names in the WSDL"""

MOST_FETCHED: Final = 256 << 20
"""bytes of a message that is fetched, with all its attachments"""


@dataclass(frozen=True, slots=True)
class FetchedFile:
    """An attachment that was fetched: what it is called, and a stream; never a path."""

    id: str
    name: str
    media_type: str
    stream: Stream


@dataclass(frozen=True, slots=True)
class Fetched:
    """A message out of a mailbox, which still has it until it is closed under `request`."""

    message_id: str
    request: str
    meta_data: Document
    document: bytes
    files: tuple[FetchedFile, ...]

    @property
    def author(self) -> str:
        """Who wrote it, as the transport order says."""
        return self.meta_data.text("Originators/Author/Identifier") or ""


class Xta:
    """One XTA server, as one author or reader."""

    def __init__(
        self, https: Https, author: Party, *, namespace: str = XTA_211, url: str, paths: Mapping[Port, str] = PATHS
    ) -> None:
        self.https = https
        self.author = author
        self._namespace = namespace
        self._url = url.rstrip("/")
        self._paths = paths

    # ── as an author ─────────────────────────────────────────────────────────────────────────────────────────────

    async def check_account(self) -> Trouble | None:
        """`checkAccountActive`: nothing where we may send and fetch."""
        envelope = self._addressed(Operation.CHECK_ACCOUNT).check_account()
        return await self._ask(Operation.CHECK_ACCOUNT, packed(envelope, Operation.CHECK_ACCOUNT.action), _nothing)

    async def lookup_service(self, reader: Party, service: str) -> Available | Trouble:
        """`lookupService`: whether this reader takes such messages."""
        operation = Operation.LOOKUP_SERVICE
        envelope = self._addressed(operation).lookup_service(reader, service)
        return await self._ask(
            operation, packed(envelope, operation.action), lambda answer: availability_in(answer, self._namespace)
        )

    async def create_message_id(self) -> str | Trouble:
        """`createMessageId`: an id that the server has made for us."""
        operation = Operation.CREATE_MESSAGE_ID
        envelope = self._addressed(operation).create_message_id()
        return await self._ask(operation, packed(envelope, operation.action), message_id_in)

    async def send_message(
        self, order: TransportOrder, message: Content, attachments: Sequence[Content] = ()
    ) -> Entrusted | Trouble:
        """`sendMessage`. What reading a content raises is raised; then nothing was taken."""
        operation = Operation.SEND_MESSAGE
        envelope = self._addressed(operation).send_message(order, message, attachments)
        package = packed(envelope, operation.action, [message.body, *(one.body for one in attachments)])

        def taken(answer: Document) -> Entrusted:
            insist_on_emptiness(answer)
            return Entrusted(order.message_id)

        return await self._ask(operation, package, taken)

    async def transport_report(self, message_id: str) -> TransportReport | Trouble:
        """`getTransportReport`: how far a message got."""
        operation = Operation.TRANSPORT_REPORT
        envelope = self._addressed(operation).transport_report(message_id)
        return await self._ask(
            operation, packed(envelope, operation.action), lambda answer: report_in(answer, self._namespace)
        )

    # ── as a reader ──────────────────────────────────────────────────────────────────────────────────────────────

    async def status_list(self, most: int = 100) -> Waiting | Trouble:
        """`getStatusList`: what lies in our mailbox, at most so many."""
        operation = Operation.STATUS_LIST
        return await self._ask(
            operation, packed(self._addressed(operation).status_list(most), operation.action), waiting_in
        )

    @asynccontextmanager
    async def message(self, message_id: str, most: int = MOST_FETCHED) -> AsyncIterator[Fetched | Trouble]:
        """`getMessage`. Its files are there until the context is left; the server keeps it until `close`."""
        operation = Operation.GET_MESSAGE
        folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="antragsgateway-xta-"))
        try:
            envelope = self._addressed(operation).get_message(message_id)
            package = packed(envelope, operation.action)
            found = await self._exchange(operation, package, self._found, folder=folder, most=most)
            yield await found.fetched(message_id) if isinstance(found, _Found) else found
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def close(self, request: str, message_ids: Sequence[str]) -> Trouble | None:
        """`close`: these messages are ours now, and the server need not keep them."""
        envelope = self._addressed(Operation.CLOSE).close(request, message_ids)
        return await self._ask(Operation.CLOSE, packed(envelope, Operation.CLOSE.action), _nothing)

    # ── to the server and back ───────────────────────────────────────────────────────────────────────────────────

    def _addressed(self, operation: Operation) -> Addressed:
        return Addressed(self._url + self._paths[operation.port], self._namespace, self.author)

    async def _ask(self, operation: Operation, package: Body, read: Callable[[Document], T]) -> T | Trouble:
        return await self._exchange(operation, package, lambda _, answer: read(answer), most=self.https.limits.answer)

    async def _exchange(
        self,
        operation: Operation,
        package: Body,
        read: Callable[[Unpacked, Document], T],
        *,
        folder: Path | None = None,
        most: int,
    ) -> T | Trouble:
        async def take(head: Head, pieces: AsyncIterator[bytes]) -> T | Trouble:
            try:
                got = await unpacked(head, pieces, folder, most)
                answer = read_envelope(got.envelope)
            except BadAnswer:
                # A proxy or a server in trouble speaks HTTP only; its status tells more than that this was no SOAP.
                if (trouble := not_taken(head, self.https.clock())) is not None:
                    return trouble
                raise
            fault = fault_in(answer)
            if fault is None and not head.good:
                return not_taken(head, self.https.clock()) or Unclear("server-error")
            return read(got, answer) if fault is None else fault

        return await self.https.exchange("POST", self._paths[operation.port], take, body=package)

    def _found(self, got: Unpacked, answer: Document) -> _Found:
        container = body_of(answer, "GenericContentContainer", self._namespace)
        messages = [_stream(one, got) for one in container.each("ContentContainer/Message")]
        if len(messages) != 1:
            raise BadAnswer("answer-not-understood")  # encrypted for somebody, or nothing at all
        files = tuple(
            FetchedFile(
                id=one.attribute("id") or "",
                name=one.attribute("filename") or "",
                media_type=one.attribute("contentType") or "application/octet-stream",
                stream=_stream(one, got),
            )
            for one in container.each("ContentContainer/Attachment")
        )
        return _Found(request_in(answer), meta_data_in(answer), messages[0], files)


@dataclass(frozen=True, slots=True)
class _Found:
    """A message before its document was read."""

    request: str
    meta_data: Document
    message: Stream
    files: tuple[FetchedFile, ...]

    async def fetched(self, message_id: str) -> Fetched | Unclear:
        document = bytearray()
        async for piece in self.message.chunks():
            document += piece
            if len(document) > MOST_BYTES:
                return Unclear("answer-too-large")
        return Fetched(message_id, self.request, self.meta_data, bytes(document), self.files)


def _stream(content: Document, got: Unpacked) -> Stream:
    for included in content.each("Include"):
        part = got.parts.get(referred(included.attribute("href") or ""))
        if part is None:
            raise BadAnswer("answer-not-understood")
        return part
    return AtHand(decoded(content.own))


def _nothing(answer: Document) -> None:
    insist_on_emptiness(answer)
