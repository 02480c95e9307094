"""From the envelopes that an XTA server answers with to values; whatever is not understood is `BadAnswer`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from gateway.errors import SendersFault
from gateway.transports.https import BadAnswer
from gateway.transports.xta.faults import Fault, FaultKind
from gateway.transports.xta.vocabulary import META, OSCI, SOAP, WSA, Available, Light, TransportReport, Waiting
from gateway.xml import Document, parse

_KINDS: Final[Mapping[str, FaultKind]] = {kind.value: kind for kind in FaultKind}

_FETCHED: Final = ("InitialFetch", "Reception")


def read_envelope(envelope: bytes) -> Document:
    """
    The envelope, through the gate for foreign XML.

    Raises:
        BadAnswer: it is none, or hostile.
    """
    try:
        document = parse(envelope, most=len(envelope))
    except SendersFault as refusal:  # what the gate dislikes in a document it dislikes in an answer
        raise BadAnswer("answer-hostile" if refusal.code == "forbidden-xml" else "answer-not-understood") from None
    if (document.root, document.namespace) != ("Envelope", SOAP):
        raise BadAnswer("answer-not-understood")
    return document


def fault_in(envelope: Document) -> Fault | None:
    """The fault that an envelope holds instead of an answer, whatever the status of the response was."""
    for fault in envelope.each("Body/Fault"):
        for detail in fault.each("Detail/*"):
            if kind := _KINDS.get(detail.root):
                return Fault(kind, detail.text("errorCode/code") or "", detail.text("errorCode/name") or "")
        return Fault(FaultKind.OTHER, "", fault.text("Reason/Text") or "")
    return None


def body_of(envelope: Document, name: str, namespace: str) -> Document:
    """
    What stands in the body.

    Raises:
        BadAnswer: it is not this element, or one of another version of XTA.
    """
    for element in envelope.each("Body/*"):
        if (element.root, element.namespace) == (name, namespace):
            return element
    raise BadAnswer("answer-not-understood")


def insist_on_emptiness(envelope: Document) -> None:
    """
    A body without anything in it: all is well.

    Raises:
        BadAnswer: there is something in it, or no body at all.
    """
    bodies = list(envelope.each("Body"))
    if len(bodies) != 1 or any(True for _ in bodies[0].each("*")):
        raise BadAnswer("answer-not-understood")


def message_id_in(envelope: Document) -> str:
    """The id that `createMessageId` made. Raises BadAnswer where there is none."""
    return _insisted(body_of(envelope, "MessageID", WSA).own)


def availability_in(envelope: Document, namespace: str) -> Available:
    """Whether the service that was looked up is offered. Raises BadAnswer where nobody says so."""
    response = body_of(envelope, "LookupServiceResponse", namespace)
    for result in response.each("LookupServiceResultList/LookupServiceResult/IsServiceAvailableValue"):
        if result.text("ServiceIsAvailableUnknown") is not None:
            return Available(None)
        match result.text("ServiceIsAvailable"):
            case "true" | "1":
                return Available(offered=True)
            case "false" | "0":
                return Available(offered=False)
    raise BadAnswer("answer-not-understood")


def report_in(envelope: Document, namespace: str) -> TransportReport:
    """How far a message got. Raises BadAnswer where the report is none."""
    report = body_of(envelope, "TransportReport", namespace)
    try:
        light = Light(int(report.text("MessageStatus/Status") or ""))
    except ValueError:
        raise BadAnswer("answer-not-understood") from None
    told = [f"MessageStatus/{lists}" for lists in ("ErrorList/Error", "WarnList/Warning")]
    times = [f"MessageMetaData/DeliveryAttributes/{name}" for name in _FETCHED]
    return TransportReport(
        light,
        tuple(code for path in told for code in report.texts(f"{path}/Code/code")),
        tuple(reason for path in told for reason in report.texts(f"{path}/Reason")),
        fetched=any(report.text(path) for path in times),
    )


def waiting_in(envelope: Document) -> Waiting:
    """What lies in the mailbox. Raises BadAnswer where the list is none."""
    listed = body_of(envelope, "MsgStatusList", OSCI)
    orders = {one.text("MsgIdentification/MessageID"): one for one in listed.each("MessageMetaData")}
    authors = {id_: one.text("Originators/Author/Identifier") for id_, one in orders.items()}
    ids = [*listed.texts("MsgAttributes/MessageID"), *(id_ for id_ in orders if id_)]
    for response in envelope.each("Header/MsgBoxResponse"):
        pending = response.text("ItemsPending") or "0"
        request = response.attribute("MsgBoxRequestID") or ""
        return Waiting(
            _insisted(request),
            tuple(dict.fromkeys(ids)),
            {id_: author for id_, author in authors.items() if id_ and author},
            int(pending) if pending.isdecimal() else 0,
        )
    raise BadAnswer("answer-not-understood")


def request_in(envelope: Document) -> str:
    """The request under which a message was fetched and can be closed. Raises BadAnswer where there is none."""
    for response in envelope.each("Header/MsgBoxResponse"):
        return _insisted(response.attribute("MsgBoxRequestID") or "")
    raise BadAnswer("answer-not-understood")


def meta_data_in(envelope: Document) -> Document:
    """The transport order of a message that was fetched. Raises BadAnswer where there is none."""
    for meta_data in envelope.each("Header/MessageMetaData"):
        if meta_data.namespace == META:
            return meta_data
    raise BadAnswer("answer-not-understood")


def _insisted(id_: str) -> str:
    """An id that can be sent back: an address without blanks."""
    if not id_ or len(id_) > 1_000 or not id_.isprintable() or " " in id_:
        raise BadAnswer("answer-not-understood")
    return id_
