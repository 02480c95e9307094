"""
A simulated XTA server: takes messages for a Fachverfahren, keeps a mailbox, and misbehaves when told to.

With the folder of the official schemas it refuses whatever is not valid, its own answers included. Its books lie in
its folder: `ledger`, one id of a submission per line as often as it was taken.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import tempfile
import uuid
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from gateway.adapter import Taken
from gateway.testing.ledger import Ledger
from gateway.testing.moods import Mood
from gateway.testing.web import ON_THE_WIRE, Reply, Request, WebServer
from gateway.testing.xta.envelopes import BOMB, OSCI, WSA, XOP, envelope, fault, looked_up, meta_data, report
from gateway.transports.https import Body, Head
from gateway.transports.https.parts import Kept
from gateway.transports.xta.package import Unpacked, packed, unpacked
from gateway.xml import Document, Element, parse
from gateway.xml.schema import Schema

MOODS: Final = ON_THE_WIRE | {Mood.FAULT_INSIDE, Mood.REJECTS_LATER, Mood.DISK_FULL, Mood.HOSTILE_XML}

NAMESPACE: Final = "http://xoev.de/transport/xta/211"

_XTA: Final = "http://www.xta.de/XTA/"
_MOST: Final = 3 << 30


@dataclass(frozen=True, slots=True)
class Carried:
    """A message that was taken: who it is for, and digests of what was in it."""

    message_id: str
    reader: str
    service: str
    test: bool
    taken: Taken


@dataclass(frozen=True, slots=True)
class Deposited:
    """A message that lies in the mailbox of the gateway."""

    document: bytes
    files: tuple[tuple[str, str, bytes], ...]
    """name, media type and content"""
    author: str


@dataclass(frozen=True, slots=True)
class _Call:
    """A request that was understood, and the envelope it is answered with."""

    envelope: Document
    parts: Mapping[str, Kept]
    action: str

    def body(self, name: str) -> Document:
        return next(iter(self.envelope.each(f"Body/{name}")))

    @property
    def relates_to(self) -> str:
        return self.envelope.text("Header/MessageID") or ""

    @property
    def author(self) -> str:
        return self.envelope.text("Header/Author/Identifier") or ""


_Answer = tuple[Element | None, tuple[Element, ...], Sequence[Body]]


class _No(Exception):
    """A fault of the WSDL, by its number."""

    def __init__(self, number: str) -> None:
        super().__init__(number)
        self.number = number


class XtaServer:
    """The server; `settings` are what an adapter needs to reach it, apart from what the adapter adds."""

    def __init__(self, folder: Path, *, schemas: Path | None = None, account: str = "gateway:1") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.web = WebServer(folder / "tls", self._handle, concerns=_sends)
        self.account = account
        self.offered: bool | None = True
        self.refusals: dict[str, str] = {}
        """by the last word of an action: the number of the fault it is answered with"""
        self.carried: dict[str, Carried] = {}
        self.mailbox: dict[str, Deposited] = {}
        self.closed: list[str] = []
        self.asked: deque[str] = deque(maxlen=1_000)
        """what it was asked for, by the last word of each action, newest last"""
        self.invalid: list[str] = []
        """what was wrong with requests, and with answers of its own"""
        self._rejected: set[str] = set()
        self._reported: set[str] = set()
        self._created: set[str] = set()
        self._schema = Schema.of_wsdl(schemas / "XTA.wsdl") if schemas else None
        self._ledger = Ledger(folder / "ledger")
        self._books = folder / "nachrichten.jsonl"
        self._documents = folder / "dokumente"
        self._documents.mkdir(exist_ok=True)
        self._door = asyncio.Lock()
        self._submissions = self._remembered()

    async def __aenter__(self) -> Self:
        await self.web.__aenter__()
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self.web.__aexit__(*raised)

    @property
    def moods(self) -> frozenset[Mood]:
        """Those it can be in."""
        return MOODS

    def behave(self, mood: Mood) -> None:
        """Be in this mood from the next request on."""
        self.web.behave(mood)

    def settings(self) -> dict[str, Any]:
        """The settings of `gateway.transports.xta` that lead here."""
        return {
            "url": self.web.url,
            "authorities": str(self.web.authority.file.absolute()),
            "certificate": str(self.web.client.certificate.absolute()),
            "key": str(self.web.client.key.absolute()),
            "author": self.account,
        }

    def ledger(self) -> list[str]:
        """Ids of the submissions taken, in order, each as often as it was taken."""
        return self._ledger.lines()

    def taken(self, submission: str) -> Taken | None:
        """What it took under this id."""
        return self._submissions.get(submission)

    def document(self, submission: str) -> bytes:
        """The message that was taken under this id."""
        return self._file(submission).read_bytes()

    def fail(self, down: bool) -> None:  # noqa: FBT001 - the port's own words
        """Be down, or be there again."""
        if down:
            self.web.down()
        else:
            self.web.up()

    def deposit(self, document: bytes, *files: tuple[str, str, bytes], author: str = "ags:09661000") -> str:
        """Put a message into the gateway's mailbox; its id."""
        message_id = f"urn:de:xta:messageid:simulator:{uuid.uuid4()}"
        self.mailbox[message_id] = Deposited(document, files, author)
        return message_id

    # ── in and out ───────────────────────────────────────────────────────────────────────────────────────────────

    async def _handle(self, request: Request) -> Reply:
        if request.method != "POST":
            return Reply(405)
        if _sends(request) and self.web.mood in {Mood.HOSTILE_XML, Mood.DISK_FULL}:
            await request.body()
            full = self.web.mood is Mood.DISK_FULL
            return Reply(507) if full else Reply(200, {"Content-Type": "application/soap+xml"}, BOMB)
        with tempfile.TemporaryDirectory(prefix="xta-simulator-") as folder:
            got = await unpacked(Head(200, request.headers), request.pieces, Path(folder), _MOST)
            return await self._reply(got)

    async def _reply(self, got: Unpacked) -> Reply:
        document = parse(got.envelope, most=len(got.envelope))
        call = _Call(document, got.parts, document.text("Header/Action") or "")
        self.asked.append(_last_word(call.action))
        try:
            if wrong := await self._faults_of(call):
                self.invalid += wrong
                raise _No("9022")
            body, header, contents = await self._answer(call)
        except _No as refusal:
            status = 200 if self.web.mood is Mood.FAULT_INSIDE else 500
            return self._said(call, fault(refusal.number), (), (), status=status)
        return self._said(call, body, header, contents)

    def _said(
        self,
        call: _Call,
        body: Element | None,
        header: tuple[Element, ...],
        contents: Sequence[Body],
        *,
        status: int = 200,
    ) -> Reply:
        said = envelope(call.action, call.relates_to, body, NAMESPACE, *header)
        if self._schema is not None and not contents:
            self.invalid += self._schema.faults(parse(said))
        package = packed(said, call.action, contents)
        return Reply(status, {"Content-Type": package.media_type}, package.pieces())

    async def _faults_of(self, call: _Call) -> list[str]:
        """What the schemas say, once the first bytes of each part stand where the part belongs."""
        if self._schema is None:
            return []
        beginnings = {id_: await _beginning(part) for id_, part in call.parts.items()}
        filled = call.envelope.filled(
            "Include", XOP, lambda include: beginnings[(include.attribute("href") or "").removeprefix("cid:")]
        )
        wrong = list(self._schema.faults(filled))
        bodies = [(element.namespace, element.root) for element in call.envelope.each("Body/*")]
        if bodies != _BODIES.get(_last_word(call.action), []):  # the schema of SOAP lets anything stand there
            wrong.append(f"{call.action} with {bodies}")
        return wrong

    async def _answer(self, call: _Call) -> _Answer:
        word = _last_word(call.action)
        if self.web.mood is Mood.FAULT_INSIDE and word == "SendMessage":
            raise _No("9030")
        if word in self.refusals:
            raise _No(self.refusals[word])
        if word != "SendMessage" and call.author != self.account:
            raise _No("9014")
        return self._boxed(word, call) if word.startswith("MsgBox") else await self._managed(word, call)

    async def _managed(self, word: str, call: _Call) -> _Answer:
        match word:
            case "CheckAccountActive":
                return None, (), ()
            case "IsServiceAvailable":
                return self._lookup(call)
            case "CreateMessageID":
                return self._create_id()
            case "GetTransportReport":
                return self._report(call)
            case "SendMessage":
                return await self._send(call)
            case _:
                raise _No("9022")

    def _boxed(self, word: str, call: _Call) -> _Answer:
        match word:
            case "MsgBoxStatusListRequest":
                return self._status_list()
            case "MsgBoxFetchRequest":
                return self._get_message(call)
            case "MsgBoxCloseRequest":
                return self._close(call)
            case _:
                raise _No("9022")

    # ── operations ───────────────────────────────────────────────────────────────────────────────────────────────

    def _lookup(self, call: _Call) -> _Answer:
        asked = call.body("LookupServiceRequest")
        path = "LookupServiceRequestList/LookupService"
        reader, service = asked.text(f"{path}/Reader/Identifier") or "", asked.text(f"{path}/ServiceType") or ""
        return looked_up(reader, "xöv", service, offered=self.offered), (), ()

    def _create_id(self) -> _Answer:
        message_id = f"urn:de:xta:messageid:simulator:{uuid.uuid4()}"
        self._created.add(message_id)
        return Element("wsa:MessageID", message_id), (), ()

    async def _send(self, call: _Call) -> _Answer:
        order = next(iter(call.envelope.each("Header/MessageMetaData")))
        if order.text("Originators/Author/Identifier") != self.account:
            raise _No("9014")
        message_id = order.text("MsgIdentification/MessageID") or ""
        submission = order.text("MsgIdentification/ProcessRef/Requester") or message_id
        carried = Carried(
            message_id,
            reader=order.text("Destinations/Reader/Identifier") or "",
            service=order.text("Qualifier/Service") or "",
            test=order.attribute("TestMsg") == "true",
            taken=_digests(call),
        )
        document = await _document(call)
        async with self._door:
            if message_id in self.carried:
                raise _No("9024")
            self.carried[message_id] = carried
            if self.web.mood is Mood.REJECTS_LATER:
                self._rejected.add(message_id)
            await asyncio.to_thread(self._write_down, submission, carried, document)
        return None, (), ()

    def _report(self, call: _Call) -> _Answer:
        message_id = call.body("MessageID").own
        carried = self.carried.get(message_id)
        if carried is None:
            raise _No("9070")
        rejected = message_id in self._rejected and message_id in self._reported  # later, not at once
        self._reported.add(message_id)
        order = meta_data(message_id, self.account, carried.reader, carried.service)
        status, reasons = (3, ["Der Leser hat die Nachricht zurückgewiesen."]) if rejected else (1, [])
        return report(order, status, reasons), (), ()

    def _status_list(self) -> _Answer:
        listed = tuple(meta_data(id_, one.author, self.account, "urn:antwort") for id_, one in self.mailbox.items())
        return Element("osci:MsgStatusList", listed), (_box_response(),), ()

    def _get_message(self, call: _Call) -> _Answer:
        message_id = call.body("MsgBoxFetchRequest").text("MsgSelector/MessageID") or ""
        found = self.mailbox.get(message_id)
        if found is None:
            raise _No("9070")
        contents = [("Message", "nachricht.xml", "application/xml", found.document)]
        contents += [("Attachment", name, media_type, content) for name, media_type, content in found.files]
        container = Element(
            "xta:ContentContainer",
            tuple(
                Element(
                    f"xta:{kind}",
                    (Element("xop:Include", "", {"href": f"cid:content-{number}@antragsgateway"}),),
                    {"contentType": media_type, "filename": name, "id": name},
                )
                for number, (kind, name, media_type, _) in enumerate(contents)
            ),
        )
        header = (_box_response(), meta_data(message_id, found.author, self.account, "urn:antwort"))
        bodies = [Body.of(media_type, content) for _, _, media_type, content in contents]
        return Element("xta:GenericContentContainer", (container,)), header, bodies

    def _close(self, call: _Call) -> _Answer:
        for message_id in call.body("MsgBoxCloseRequest").texts("LastMsgReceived"):
            if self.mailbox.pop(message_id, None) is None:
                raise _No("9070")
            self.closed.append(message_id)
        return None, (), ()

    # ── books ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _write_down(self, submission: str, carried: Carried, document: bytes) -> None:
        self._file(submission).write_bytes(document)
        with self._books.open("a", encoding="utf-8") as file:
            said = {"submission": submission, "messageId": carried.message_id, "document": carried.taken.document}
            said_more = {"reader": carried.reader, "service": carried.service, "test": carried.test}
            file.write(json.dumps({**said, **said_more, "attachments": dict(carried.taken.attachments)}) + "\n")
        self._submissions[submission] = carried.taken
        self._ledger.write([submission])

    def _file(self, submission: str) -> Path:
        return self._documents / f"{hashlib.sha256(submission.encode()).hexdigest()}.xml"

    def _remembered(self) -> dict[str, Taken]:
        if not self._books.exists():
            return {}
        told = [json.loads(line) for line in self._books.read_text("utf-8").splitlines()]
        for one in told:
            taken = Taken(one["document"], one["attachments"])
            self.carried[one["messageId"]] = Carried(
                one["messageId"], one["reader"], one["service"], one["test"], taken
            )
        return {one["submission"]: Taken(one["document"], one["attachments"]) for one in told}


def _sends(request: Request) -> bool:
    """Bad moods are for what takes a message; questions are answered."""
    return f"{_XTA}SendMessage" in request.headers.get("content-type", "")


def _box_response() -> Element:
    request = {"MsgBoxRequestID": f"urn:uuid:{uuid.uuid4()}"}
    return Element("osci:MsgBoxResponse", (Element("osci:ItemsPending", "0"),), request)


def _digests(call: _Call) -> Taken:
    container = next(iter(call.envelope.each("Body/GenericContentContainer/ContentContainer")))
    document = next(iter(container.each("Message")))
    attachments = container.each("Attachment")
    return Taken(
        _digest(document, call),
        {one.attribute("id") or one.attribute("filename") or "": _digest(one, call) for one in attachments},
    )


def _digest(content: Document, call: _Call) -> str:
    for include in content.each("Include"):
        return call.parts[(include.attribute("href") or "").removeprefix("cid:")].digest
    return hashlib.sha256(base64.b64decode(content.own)).hexdigest()


async def _document(call: _Call) -> bytes:
    message = next(iter(call.envelope.each("Body/GenericContentContainer/ContentContainer/Message")))
    for include in message.each("Include"):
        part = call.parts[(include.attribute("href") or "").removeprefix("cid:")]
        return b"".join([piece async for piece in part.chunks()])
    return base64.b64decode(message.own)


async def _beginning(part: Kept) -> str:
    async for piece in part.chunks(3_000):
        return base64.b64encode(piece).decode()
    return ""


def _last_word(action: str) -> str:
    return action.rpartition("/")[2]


_BODIES: Final[Mapping[str, list[tuple[str, str]]]] = {
    "CheckAccountActive": [],
    "IsServiceAvailable": [(NAMESPACE, "LookupServiceRequest")],
    "CreateMessageID": [],
    "GetTransportReport": [(WSA, "MessageID")],
    "SendMessage": [(NAMESPACE, "GenericContentContainer")],
    "MsgBoxStatusListRequest": [(OSCI, "MsgBoxStatusListRequest")],
    "MsgBoxFetchRequest": [(OSCI, "MsgBoxFetchRequest")],
    "MsgBoxCloseRequest": [(OSCI, "MsgBoxCloseRequest")],
}
"""What stands in the body of each request, by the last word of its action (WSDL, portType)."""
