"""From a submission to the transport order that carries an XÖV message; what the document says is read from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from gateway.adapter import Consignment, Enclosure
from gateway.submission import Submission
from gateway.transports.https import Body
from gateway.transports.xta.settings import Server
from gateway.transports.xta.vocabulary import Code, Content, TransportOrder
from gateway.xml import Document, parse

OUR_LIST: Final = "urn:antragsgateway:nachrichtentyp"
"""stands where a document does not name the list that its message type is from"""

_TYPE: Final = "identifikation.nachricht/nachrichtentyp"


@dataclass(frozen=True, slots=True)
class Facts:
    """What a transport order has to say of a document."""

    message_type: Code
    namespace: str

    @classmethod
    def read(cls, consignment: Consignment) -> Self:
        """From the document's head (DOMAIN, XÖV conventions), and from the submission where that is silent."""
        document, submission = parse(consignment.document, most=len(consignment.document)), consignment.submission
        return cls(_message_type(document, submission), document.namespace or f"urn:antragsgateway:{submission.root}")


def transport_order(
    message_id: str, facts: Facts, submission: Submission, server: Server, scenario: str
) -> TransportOrder:
    """The order for a message under this id; the submission's own id travels as the author's reference to the case."""
    return TransportOrder(
        message_id=message_id,
        author=server.author,
        reader=server.reader,
        service=server.service,
        scenario=server.scenario or scenario,
        message_type=facts.message_type,
        payload_schema=facts.namespace,
        origin=submission.received_at,
        test=submission.test,
        process=submission.id,
    )


def message(consignment: Consignment) -> Content:
    """The document, byte for byte as it came, named after the submission."""
    body = Body.of("application/xml", consignment.document)
    return Content(body, f"{consignment.submission.id}.xml", encoding="UTF-8")


def attachments(consignment: Consignment) -> Sequence[Content]:
    """The attachments, numbered in their names; `id` is what the document calls them."""
    return [_attachment(one, consignment.submission, n) for n, one in enumerate(consignment.enclosures, start=1)]


def _attachment(enclosure: Enclosure, submission: Submission, number: int) -> Content:
    return Content(Body.enclosed(enclosure), f"{submission.id}.{number}", id=enclosure.attachment.name)


def _message_type(document: Document, submission: Submission) -> Code:
    for head in ("nachrichtenkopf.g2g", "nachrichtenkopf"):
        for type_ in document.each(f"{head}/{_TYPE}"):
            code, list_uri = type_.text("code"), type_.attribute("listURI")
            if code:
                return Code(code, list_uri or OUR_LIST, type_.attribute("listVersionID") or submission.version or "1")
    return Code(submission.root.rpartition(".")[2] or submission.root, OUR_LIST, submission.version or "1")
