"""Each operation of an XTA server is asked validly, and what comes back is a value."""

import hashlib

import pytest

from gateway.adapter import Unclear, Unreachable
from gateway.submission import SECOND, Micros
from gateway.testing import LargeStream, an_enclosure
from gateway.testing.attachments import MemoryStream
from gateway.testing.moods import Mood
from gateway.testing.xta import XtaServer
from gateway.testing.xta.envelopes import FAULTS
from gateway.transports.attachments import AttachmentChanged
from gateway.transports.https import Body
from gateway.transports.settings import Given
from gateway.transports.xta import (
    Available,
    Code,
    Content,
    Entrusted,
    Fault,
    FaultKind,
    Fetched,
    Light,
    Party,
    Server,
    TransportOrder,
    TransportReport,
    Waiting,
    Xta,
)
from gateway.transports.xta.requests import Addressed
from gateway.xml import parse
from tests.gateway.transports.xta.conftest import settings

pytestmark = pytest.mark.anyio

READER = Party("ags:09661000", name="Stadt Beispiel", category="Meldebehörde")
SERVICE = "http://www.osci.de/beispiel/annahme.wsdl"
DOCUMENT = b"<antrag>\xc3\xa4</antrag>"


def an_order(message_id: str = "urn:de:xta:messageid:test:1", *, test: bool = False) -> TransportOrder:
    return TransportOrder(
        message_id=message_id,
        author=Party("gateway:1"),
        reader=READER,
        service=SERVICE,
        scenario=Code("MELDEWESEN", "urn:beispiel:szenario", "1"),
        message_type=Code("0100", "urn:beispiel:nachrichtentyp", "1.0"),
        payload_schema="urn:antragsgateway:xsd:wohnsitz:1.0",
        origin=Micros(1_767_268_800 * SECOND),
        test=test,
        subject="Anmeldung",
        process="einreichung-1",
    )


def a_message(document: bytes = DOCUMENT) -> Content:
    return Content(Body.of("application/xml", document), "antrag.xml", encoding="UTF-8")


async def test_an_account_is_checked(xta: Xta, server: XtaServer) -> None:
    """An account that is active is no trouble, a locked one is a fault."""
    assert await xta.check_account() is None

    server.refusals["CheckAccountActive"] = "9011"
    assert await xta.check_account() == Fault(FaultKind.PERMISSION_DENIED, "9011", "Simulierter Fehler")


@pytest.mark.parametrize("offered", [True, False, None])
async def test_a_service_is_looked_up(xta: Xta, server: XtaServer, offered: bool | None) -> None:
    """It is offered, it is not, or the directory does not know."""
    server.offered = offered

    assert await xta.lookup_service(READER, SERVICE) == Available(offered)


async def test_an_id_is_made_by_the_server(xta: Xta) -> None:
    """Each call brings another."""
    first, second = await xta.create_message_id(), await xta.create_message_id()

    assert isinstance(first, str)
    assert first.startswith("urn:de:xta:messageid:")
    assert first != second


async def test_a_message_is_sent_with_its_attachments(xta: Xta, server: XtaServer) -> None:
    """Message and attachments arrive byte for byte, with reader, service and the mark of a test."""
    scan = an_enclosure(bytes(range(256)) * 900, name='Scan "1" & Ä', media_type="image/png")
    attachment = Content(Body.enclosed(scan), "scan.png", id=scan.attachment.name)

    assert await xta.send_message(an_order(test=True), a_message(), [attachment]) == Entrusted(an_order().message_id)

    carried = server.carried[an_order().message_id]
    assert (carried.reader, carried.service, carried.test) == (READER.identifier, SERVICE, True)
    assert carried.taken.document == hashlib.sha256(DOCUMENT).hexdigest()
    assert carried.taken.attachments == {scan.attachment.name: scan.attachment.digest}
    assert server.ledger() == ["einreichung-1"]


async def test_a_message_without_attachments_and_words_is_valid(xta: Xta, server: XtaServer) -> None:
    """What may be left out can be left out, and an empty attachment is one."""
    order = TransportOrder(
        message_id="urn:de:xta:messageid:test:2",
        author=Party("gateway:1"),
        reader=Party("ags:09661000"),
        service="urn:dienst",
        scenario="Meldewesen",
        message_type=Code("0100", "urn:liste", "1"),
        payload_schema="urn:schema",
        origin=Micros(0),
    )
    empty = Content(Body.enclosed(an_enclosure(b"")), "leer.pdf")

    assert isinstance(await xta.send_message(order, a_message(), [empty]), Entrusted)


async def test_the_same_id_again_is_known(xta: Xta, server: XtaServer) -> None:
    """A second message with an id that is there already is a fault of its own number, and changes nothing."""
    await xta.send_message(an_order(), a_message())

    again = await xta.send_message(an_order(), a_message())

    assert again == Fault(FaultKind.PARAMETER_NOT_VALID, "9024", "Simulierter Fehler")
    assert server.ledger() == ["einreichung-1"]


async def test_a_large_attachment_is_streamed(xta: Xta, server: XtaServer) -> None:
    """20 MB go out and come in piece by piece."""
    scan = an_enclosure(LargeStream(20 << 20))

    await xta.send_message(an_order(), a_message(), [Content(Body.enclosed(scan), "scan.pdf", id="a1")])

    assert server.carried[an_order().message_id].taken.attachments == {"a1": scan.attachment.digest}


async def test_an_attachment_that_changed_is_not_sent(xta: Xta, server: XtaServer) -> None:
    """What is not what was recorded ends the request before it is whole; the server takes nothing."""
    scan = an_enclosure(b"a" * 600_000)
    other = type(scan)(scan.attachment, MemoryStream(b"b" * 600_000))

    with pytest.raises(AttachmentChanged):
        await xta.send_message(an_order(), a_message(), [Content(Body.enclosed(other), "scan.pdf")])
    await xta.check_account()

    assert server.ledger() == []


async def test_a_report_tells_how_far_a_message_got(xta: Xta, server: XtaServer) -> None:
    """Green at first; red after the reader has rejected it, with the reason; unknown for an id nobody sent."""
    server.behave(Mood.REJECTS_LATER)
    await xta.send_message(an_order(), a_message())
    at_first = await xta.transport_report(an_order().message_id)
    later = await xta.transport_report(an_order().message_id)
    unknown = await xta.transport_report("urn:de:xta:messageid:test:nie")

    assert at_first == TransportReport(Light.GREEN)
    assert later == TransportReport(Light.RED, ("carrying",), ("Der Leser hat die Nachricht zurückgewiesen.",))
    assert unknown == Fault(FaultKind.INVALID_MESSAGE_ID, "9070", "Simulierter Fehler")


async def test_a_mailbox_is_listed_read_and_closed(xta: Xta, server: XtaServer) -> None:
    """A message stays in the mailbox until it is closed; its attachments are streams while it is held."""
    scan = bytes(range(256)) * 2_000
    id_ = server.deposit(b"<antwort/>", ("bescheid.pdf", "application/pdf", scan), ("leer.txt", "text/plain", b""))

    listed = await xta.status_list()
    assert isinstance(listed, Waiting)
    assert listed.messages == (id_,)
    async with xta.message(id_) as fetched:
        assert isinstance(fetched, Fetched)
        assert fetched.document == b"<antwort/>"
        assert fetched.meta_data.text("MsgIdentification/MessageID") == id_
        contents = [b"".join([piece async for piece in one.stream.chunks()]) for one in fetched.files]
    assert [(one.name, one.media_type) for one in fetched.files] == [
        ("bescheid.pdf", "application/pdf"),
        ("leer.txt", "text/plain"),
    ]
    assert contents == [scan, b""]
    assert list(server.mailbox) == [id_]

    assert await xta.close(fetched.request, [id_]) is None
    assert (list(server.mailbox), server.closed) == ([], [id_])
    async with xta.message(id_) as gone:
        assert gone == Fault(FaultKind.INVALID_MESSAGE_ID, "9070", "Simulierter Fehler")


async def test_a_message_that_is_too_large_is_not_fetched(xta: Xta, server: XtaServer) -> None:
    """What is fetched has a limit, attachments included."""
    id_ = server.deposit(b"<antwort/>", ("bescheid.pdf", "application/pdf", b"x" * 300_000))

    async with xta.message(id_, most=200_000) as fetched:
        assert fetched == Unclear("answer-too-large")


async def test_every_fault_is_read(xta: Xta, server: XtaServer) -> None:
    """Each number of the code list comes back with the exception it belongs to, and the server's own words."""
    for number, exception in FAULTS.items():
        server.refusals["GetTransportReport"] = number

        assert await xta.transport_report("urn:1") == Fault(FaultKind(exception), number, "Simulierter Fehler")


async def test_a_fault_inside_success_is_a_fault(xta: Xta, server: XtaServer) -> None:
    """The status of the response does not matter where the envelope says no."""
    server.behave(Mood.FAULT_INSIDE)

    assert await xta.send_message(an_order(), a_message()) == Fault(
        FaultKind.TECHNICAL_PROBLEM, "9030", "Simulierter Fehler"
    )


@pytest.mark.parametrize(
    ("mood", "ending"),
    [
        (Mood.HANGS, Unclear("no-answer")),
        (Mood.TAKES_AND_HANGS, Unclear("no-answer")),
        (Mood.HOSTILE_XML, Unclear("answer-hostile")),
        (Mood.EXPIRED, Unreachable("certificate-expired")),
        (Mood.DISK_FULL, Unreachable("disk-full")),
    ],
)
async def test_a_server_that_misbehaves(xta: Xta, server: XtaServer, mood: Mood, ending: Unclear | Unreachable) -> None:
    """Each ends in the value that is true of it."""
    server.behave(mood)

    assert await xta.send_message(an_order(), a_message()) == ending


@pytest.mark.parametrize("mood", [Mood.TOO_MANY, Mood.AWAY])
async def test_not_now_says_how_long(xta: Xta, server: XtaServer, mood: Mood) -> None:
    """429 and 503 took nothing, and their wish to wait is kept."""
    server.behave(mood)

    ending = await xta.send_message(an_order(), a_message())

    assert isinstance(ending, Unreachable)
    assert ending.wait is not None
    assert 110 < ending.wait <= 120
    assert server.ledger() == []


async def test_another_version_is_not_understood(server: XtaServer) -> None:
    """The namespace is a setting: a server of another version says no to it."""
    newer = Server.read(Given("muster", settings(server, namespace="http://xoev.de/transport/xta/400"))).open(whole=5)
    async with newer.https:
        ending = await newer.lookup_service(READER, SERVICE)

    assert ending == Fault(FaultKind.PARAMETER_NOT_VALID, "9022", "Simulierter Fehler")
    assert [wrong for wrong in server.invalid if "xta/400" in wrong]
    server.invalid.clear()


async def test_a_request_names_what_ws_addressing_demands() -> None:
    """Action, message id, address and anonymous reply are in every header."""
    envelope = parse(Addressed("https://xta.example/ManagementPort", "urn:xta", Party("a")).check_account())

    assert envelope.text("Header/Action") == "http://www.xta.de/XTA/CheckAccountActive"
    assert (envelope.text("Header/MessageID") or "").startswith("urn:uuid:")
    assert envelope.text("Header/To") == "https://xta.example/ManagementPort"
    assert envelope.text("Header/ReplyTo/Address") == "http://www.w3.org/2005/08/addressing/anonymous"
