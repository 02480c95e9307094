"""What a simulated XTA server says: envelopes, faults, reports. The client's own words are not used for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from gateway.xml import Element, written

SOAP: Final = "http://www.w3.org/2003/05/soap-envelope"
WSA: Final = "http://www.w3.org/2005/08/addressing"
OSCI: Final = "http://www.osci.eu/ws/2008/05/transport"
META: Final = "http://www.osci.eu/ws/2014/10/transport"
XOP: Final = "http://www.w3.org/2004/08/xop/include"
XML: Final = "http://www.w3.org/XML/1998/namespace"

FAULTS: Final = {
    **dict.fromkeys(("9010", "9011", "9012", "9013", "9014"), "PermissionDeniedException"),
    **dict.fromkeys(("9020", "9021", "9022", "9023", "9024"), "ParameterIsNotValidException"),
    **dict.fromkeys(("9030", "9031", "9032"), "XTAWSTechnicalProblemException"),
    **dict.fromkeys(("9050", "9051", "9052"), "MessageSchemaViolationException"),
    "9060": "MessageVirusDetectionException",
    "9070": "InvalidMessageIDException",
    **dict.fromkeys(("9080", "9081"), "SyncAsyncException"),
    **dict.fromkeys(("9100", "9101"), "CancelDeniedException"),
}
"""Which exception each number of the code list belongs to."""

BOMB: Final = (
    b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbbbbbbbb">'
    + b"".join(f'<!ENTITY {chr(98 + n + 1)} "{f"&{chr(98 + n)};" * 10}">'.encode() for n in range(8))
    + b']><a xmlns="http://www.w3.org/2003/05/soap-envelope">&j;</a>'
)
"""A few hundred bytes that unfold to a thousand million."""


def envelope(action: str, relates_to: str, body: Element | None, namespace: str, *header: Element) -> bytes:
    """An answer with this in its body."""
    addressing = (Element("wsa:Action", action), Element("wsa:RelatesTo", relates_to))
    whole = Element(
        "soap:Envelope",
        (Element("soap:Header", (*addressing, *header)), Element("soap:Body", (body,) if body else ())),
    )
    prefixes = {"soap": SOAP, "wsa": WSA, "osci": OSCI, "oscimeta": META, "xop": XOP, "xml": XML, "xta": namespace}
    return written(whole, prefixes, indented=False)


def fault(number: str, text: str = "Simulierter Fehler") -> Element:
    """A fault of the WSDL by its number; one without a number is no more than SOAP's own."""
    code = Element("soap:Code", (Element("soap:Value", "soap:Receiver"),))
    reason = Element("soap:Reason", (Element("soap:Text", text, {"xml:lang": "de"}),))
    if not number:
        return Element("soap:Fault", (code, reason))
    listed = {"listURI": "urn:de:xta:webservice:codeliste:fehlernummer", "listVersionID": "1.0"}
    error = Element("xta:errorCode", (Element("code", number), Element("name", text)), listed)
    detail = Element("soap:Detail", (Element(f"xta:{FAULTS[number]}", (error,)),))
    return Element("soap:Fault", (code, reason, detail))


def looked_up(reader: str, kind: str, service: str, *, offered: bool | None) -> Element:
    """The result of a lookup."""
    known = (
        Element("xta:ServiceIsAvailableUnknown", "true")
        if offered is None
        else Element("xta:ServiceIsAvailable", "true" if offered else "false")
    )
    result = Element(
        "xta:LookupServiceResult",
        (
            Element("oscimeta:Reader", (Element("oscimeta:Identifier", reader, {"type": kind}),)),
            Element("xta:ServiceType", service),
            Element("xta:IsServiceAvailableValue", (known,)),
        ),
    )
    return Element("xta:LookupServiceResponse", (Element("xta:LookupServiceResultList", (result,)),))


def report(meta_data: Element, status: int, reasons: Sequence[str]) -> Element:
    """A transport report; reasons are errors where the light is red, warnings else."""
    code = Element(
        "xta:Code",
        (Element("code", "carrying"),),
        {"listURI": "urn:de:xta:codeliste:record.type", "listVersionID": "1"},
    )
    name, entry = ("xta:ErrorList", "xta:Error") if status == 3 else ("xta:WarnList", "xta:Warning")
    records = tuple(
        Element(entry, (Element("xta:Timestamp", now()), code, Element("xta:Reason", reason))) for reason in reasons
    )
    lists = (Element(name, records),) if records else ()
    return Element(
        "xta:TransportReport",
        (
            meta_data,
            Element("xta:ReportTime", now()),
            Element("xta:XTAServerIdentity", "Simulierter XTA-Server"),
            Element("xta:MessageStatus", (Element("xta:Status", str(status)), *lists)),
        ),
    )


def meta_data(message_id: str, author: str, reader: str, service: str, *, fetched: bool = False) -> Element:
    """A transport order, as far as the schema insists on one."""
    times = (Element("oscimeta:InitialFetch", now()),) if fetched else ()
    listed = {"listURI": "urn:xta:beispiel:nachrichtentyp", "listVersionID": "1", "payloadSchema": "urn:xta:beispiel"}
    party = {"type": "xöv"}
    return Element(
        "oscimeta:MessageMetaData",
        (
            Element("oscimeta:DeliveryAttributes", times),
            Element(
                "oscimeta:Originators",
                (Element("oscimeta:Author", (Element("oscimeta:Identifier", author, party),)),),
            ),
            Element(
                "oscimeta:Destinations",
                (Element("oscimeta:Reader", (Element("oscimeta:Identifier", reader, party),)),),
            ),
            Element("oscimeta:MsgIdentification", (Element("wsa:MessageID", message_id),)),
            Element(
                "oscimeta:Qualifier",
                (
                    Element("oscimeta:Service", service),
                    Element("oscimeta:BusinessScenario", (Element("oscimeta:Undefined", "Beispiel"),)),
                    Element("oscimeta:MessageType", (Element("code", "0000"),), listed),
                ),
            ),
        ),
    )


def now() -> str:
    """The time, as XML Schema writes it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
