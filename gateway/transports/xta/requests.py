"""From values to the SOAP envelopes that an XTA server is sent; pure."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from gateway.submission import Micros
from gateway.transports.xta.vocabulary import (
    ANONYMOUS,
    PREFIXES,
    Code,
    Content,
    Operation,
    Party,
    TransportOrder,
)
from gateway.xml import Element, written

_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Addressed:
    """Writes envelopes for one address, in one version of XTA, as one author."""

    to: str
    namespace: str
    author: Party

    def check_account(self) -> bytes:
        """`checkAccountActive`"""
        return self._envelope(Operation.CHECK_ACCOUNT, [self._identified()])

    def create_message_id(self) -> bytes:
        """`createMessageId`"""
        return self._envelope(Operation.CREATE_MESSAGE_ID, [self._identified()])

    def lookup_service(self, reader: Party, service: str) -> bytes:
        """`lookupService`, for one reader and one service"""
        asked = Element("xta:LookupService", (_party("oscimeta:Reader", reader), Element("xta:ServiceType", service)))
        body = Element("xta:LookupServiceRequest", (Element("xta:LookupServiceRequestList", (asked,)),))
        return self._envelope(Operation.LOOKUP_SERVICE, [self._identified()], body)

    def transport_report(self, message_id: str) -> bytes:
        """`getTransportReport`"""
        return self._envelope(Operation.TRANSPORT_REPORT, [self._identified()], Element("wsa:MessageID", message_id))

    def send_message(self, order: TransportOrder, message: Content, attachments: Sequence[Content]) -> bytes:
        """`sendMessage`; the contents are the parts `content-0`, `content-1`, … of the package around the envelope"""
        contents = [_content("xta:Message", message, 0)]
        contents += [_content("xta:Attachment", one, number) for number, one in enumerate(attachments, start=1)]
        container = Element("xta:ContentContainer", tuple(contents))
        size = message.body.size + sum(one.body.size for one in attachments)
        body = Element("xta:GenericContentContainer", (container,))
        return self._envelope(Operation.SEND_MESSAGE, [_meta_data(order, size)], body)

    def status_list(self, most: int) -> bytes:
        """`getStatusList`, of what nobody has fetched yet"""
        attributes = {"maxListItems": str(most), "ListForm": "MessageMetaData"}
        body = Element("osci:MsgBoxStatusListRequest", (), attributes)
        return self._envelope(Operation.STATUS_LIST, [self._identified()], body)

    def get_message(self, message_id: str) -> bytes:
        """`getMessage`, by its id"""
        selector = Element("osci:MsgSelector", (Element("wsa:MessageID", message_id),))
        return self._envelope(
            Operation.GET_MESSAGE, [self._identified()], Element("osci:MsgBoxFetchRequest", (selector,))
        )

    def close(self, request: str, message_ids: Iterable[str]) -> bytes:
        """`close`: from then on these messages count as fetched"""
        last = tuple(Element("osci:LastMsgReceived", one) for one in message_ids)
        body = Element("osci:MsgBoxCloseRequest", last, {"MsgBoxRequestID": request})
        return self._envelope(Operation.CLOSE, [self._identified()], body)

    def _identified(self) -> Element:
        return _party("oscimeta:Author", self.author)

    def _envelope(self, operation: Operation, header: Iterable[Element], body: Element | None = None) -> bytes:
        addressing = (
            Element("wsa:Action", operation.action),
            Element("wsa:MessageID", f"urn:uuid:{uuid.uuid4()}"),
            Element("wsa:To", self.to),
            Element("wsa:ReplyTo", (Element("wsa:Address", ANONYMOUS),)),
        )
        envelope = Element(
            "soap:Envelope",
            (Element("soap:Header", (*addressing, *header)), Element("soap:Body", (body,) if body else ())),
        )
        # XOP allows no blank beside an Include.
        return written(envelope, {**PREFIXES, "xta": self.namespace}, indented=False)


def part_id(number: int) -> str:
    """The id of the part that holds a content; the message is number 0."""
    return f"content-{number}@antragsgateway"


def _content(name: str, content: Content, number: int) -> Element:
    stated = {
        "contentType": content.body.media_type,
        "encoding": content.encoding,
        "filename": content.file_name,
        "id": content.id,
        "size": str(content.body.size or ""),  # the schema knows no empty content
    }
    attributes = {attribute: value for attribute, value in stated.items() if value}
    return Element(name, (Element("xop:Include", "", {"href": f"cid:{part_id(number)}"}),), attributes)


def _meta_data(order: TransportOrder, size: int) -> Element:
    delivery = Element("oscimeta:DeliveryAttributes", (Element("oscimeta:Origin", _date_time(order.origin)),))
    originators = Element("oscimeta:Originators", (_party("oscimeta:Author", order.author),))
    destinations = Element("oscimeta:Destinations", (_party("oscimeta:Reader", order.reader),))
    return Element(
        "oscimeta:MessageMetaData",
        (
            delivery,
            originators,
            destinations,
            Element("oscimeta:MsgIdentification", tuple(_identification(order))),
            Element("oscimeta:Qualifier", tuple(_qualifier(order))),
            Element("oscimeta:MsgSize", str(max(size, 1))),
        ),
        {"TestMsg": "true"} if order.test else {},
    )


def _identification(order: TransportOrder) -> Iterable[Element]:
    yield Element("wsa:MessageID", order.message_id)
    if order.process:
        yield Element("oscimeta:ProcessRef", (Element("oscimeta:Requester", order.process),))


def _qualifier(order: TransportOrder) -> Iterable[Element]:
    if order.subject:
        yield Element("oscimeta:Subject", order.subject)
    yield Element("oscimeta:Service", order.service)
    match order.scenario:
        case Code() as code:
            scenario = _code("oscimeta:Defined", code)
        case words:
            scenario = Element("oscimeta:Undefined", words)
    yield Element("oscimeta:BusinessScenario", (scenario,))
    yield _code("oscimeta:MessageType", order.message_type, payloadSchema=order.payload_schema)


def _party(name: str, party: Party) -> Element:
    stated = {"type": party.type, "name": party.name, "category": party.category}
    identifier = Element(
        "oscimeta:Identifier", party.identifier, {attribute: value for attribute, value in stated.items() if value}
    )
    return Element(name, (identifier,))


def _code(name: str, code: Code, **more: str) -> Element:
    attributes = {"listURI": code.list_uri, "listVersionID": code.list_version, **more}
    return Element(name, (Element("code", code.code),), attributes)


def _date_time(at: Micros) -> str:
    return (_BEGINNING + timedelta(microseconds=at)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
