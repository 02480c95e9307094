"""What goes over the wire is valid against the official schemas, once the parts stand where they belong."""

import base64
import email.policy
import re
from collections.abc import AsyncIterator
from email.parser import BytesParser
from pathlib import Path

import pytest

from gateway.adapter import Unclear
from gateway.testing import an_enclosure
from gateway.testing.web import Reply, Request, WebServer
from gateway.transports.https import Body
from gateway.transports.settings import Given
from gateway.transports.xta import Content, Server, Xta
from gateway.xml import parse
from gateway.xml.schema import Schema
from tests.gateway.transports.xta.test_client import READER, SERVICE, a_message, an_order

pytestmark = pytest.mark.anyio

CONTENTS = [b"<antrag>\xc3\xa4</antrag>", bytes(range(256)) * 400, b""]


class Wire:
    """Keeps the bytes of each request as they came, and says nothing of use."""

    def __init__(self, folder: Path) -> None:
        self.web = WebServer(folder, self.handle)
        self.heard: list[tuple[Request, bytes]] = []

    async def handle(self, request: Request) -> Reply:
        self.heard.append((request, await request.body()))
        return Reply(200, {"Content-Type": "text/html"}, b"<p>Guten Tag</p>")


@pytest.fixture
async def wire(tmp_path: Path) -> AsyncIterator[Wire]:
    wire = Wire(tmp_path)
    async with wire.web:
        yield wire


@pytest.fixture
async def xta(wire: Wire) -> AsyncIterator[Xta]:
    ours = wire.web.client
    given = {
        "url": wire.web.url,
        "authorities": str(wire.web.authority.file),
        "certificate": str(ours.certificate),
        "key": str(ours.key),
        "author": "gateway:1",
        "reader": "ags:09661000",
        "service_uri": "urn:dienst",
    }
    xta = Server.read(Given("muster", given)).open(whole=10)
    async with xta.https:
        yield xta


def put_together(request: Request, body: bytes) -> tuple[bytes, list[bytes]]:
    """The envelope with its contents in it, and the contents; read by a MIME parser that is not ours."""
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    package = BytesParser(policy=email.policy.HTTP).parsebytes(head + body)
    assert package.get_content_type() == "multipart/related"
    assert package.get_param("type") == "application/xop+xml"
    root, *parts = package.iter_parts()
    assert root["Content-ID"] == package.get_param("start")
    assert root.get_content_type() == "application/xop+xml"
    envelope = root.get_payload(decode=True)
    assert isinstance(envelope, bytes)
    contents = []
    for part in parts:
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        contents.append(content)
        address = re.escape(part["Content-ID"].strip("<>").encode())
        included = (
            b'(<xta:(?:Message|Attachment)[^>]*>)<xop:Include href="cid:' + address + b'"></xop:Include>(?=</xta:)'
        )
        envelope = re.sub(included, rb"\1" + base64.b64encode(content), envelope)
    assert b"Include" not in envelope
    return envelope, contents


async def test_every_request_is_valid(wire: Wire, xta: Xta, schemas: Path) -> None:
    """All eight requests follow the WSDL's schemas, MTOM undone."""
    attachments = [
        Content(Body.enclosed(an_enclosure(one)), f"{n}.pdf", id=f"a{n}") for n, one in enumerate(CONTENTS[1:])
    ]
    await xta.check_account()
    await xta.lookup_service(READER, SERVICE)
    await xta.create_message_id()
    await xta.send_message(an_order(test=True), a_message(CONTENTS[0]), attachments)
    await xta.transport_report("urn:de:xta:messageid:test:1")
    await xta.status_list()
    async with xta.message("urn:de:xta:messageid:test:1"):
        pass
    await xta.close("urn:uuid:1", ["urn:de:xta:messageid:test:1"])

    schema = Schema.of_wsdl(schemas / "XTA.wsdl")
    together = [put_together(*one) for one in wire.heard]
    assert len(together) == 8
    assert [schema.faults(parse(envelope)) for envelope, _ in together] == [()] * 8
    assert together[3][1] == CONTENTS


async def test_a_content_says_what_the_envelope_cannot(wire: Wire, xta: Xta, schemas: Path) -> None:
    """The schema does notice what is wrong: a message without a content type is none."""
    await xta.send_message(an_order(), a_message())
    envelope, _ = put_together(*wire.heard[0])
    spoilt = envelope.replace(b' contentType="application/xml"', b"")

    assert spoilt != envelope
    assert Schema.of_wsdl(schemas / "XTA.wsdl").faults(parse(spoilt))


async def test_a_web_page_is_no_answer(wire: Wire, xta: Xta) -> None:
    """A page with status 200 leaves it open whether the message was taken."""
    assert await xta.send_message(an_order(), a_message()) == Unclear("answer-not-understood")
