"""The words of XTA 2.1.1 as its WSDL has them: namespaces, ports, operations, and the values that go in and out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from gateway.submission import Micros
from gateway.transports.https import Body

XTA_211: Final = "http://xoev.de/transport/xta/211"
"""the namespace of version 2.1.1, as clients of XTA 2 Version 3.x speak it; another is a setting"""

SOAP: Final = "http://www.w3.org/2003/05/soap-envelope"
WSA: Final = "http://www.w3.org/2005/08/addressing"
ANONYMOUS: Final = "http://www.w3.org/2005/08/addressing/anonymous"
OSCI: Final = "http://www.osci.eu/ws/2008/05/transport"
META: Final = "http://www.osci.eu/ws/2014/10/transport"
XOP: Final = "http://www.w3.org/2004/08/xop/include"

_XTA: Final = "http://www.xta.de/XTA/"
_BOX: Final = "http://www.osci.eu/ws/2008/05/transport/urn/messageTypes/"


class Port(Enum):
    """The three ports of an XTA server; each may have an address of its own."""

    MANAGEMENT = "management"
    SEND = "send"
    MAILBOX = "mailbox"


class Operation(Enum):
    """What is asked of an XTA server: port and WS-Addressing action."""

    CHECK_ACCOUNT = (Port.MANAGEMENT, f"{_XTA}CheckAccountActive")
    LOOKUP_SERVICE = (Port.MANAGEMENT, f"{_XTA}IsServiceAvailable")
    CREATE_MESSAGE_ID = (Port.MANAGEMENT, f"{_XTA}CreateMessageID")
    TRANSPORT_REPORT = (Port.MANAGEMENT, f"{_XTA}GetTransportReport")
    SEND_MESSAGE = (Port.SEND, f"{_XTA}SendMessage")
    STATUS_LIST = (Port.MAILBOX, f"{_BOX}MsgBoxStatusListRequest")
    GET_MESSAGE = (Port.MAILBOX, f"{_BOX}MsgBoxFetchRequest")
    CLOSE = (Port.MAILBOX, f"{_BOX}MsgBoxCloseRequest")

    @property
    def port(self) -> Port:
        """Where it is asked."""
        return self.value[0]

    @property
    def action(self) -> str:
        """Its WS-Addressing action."""
        return self.value[1]


@dataclass(frozen=True, slots=True)
class Party:
    """An author or a reader: for DVDV its Behördenkennung, as in `ags:09661000`."""

    identifier: str
    type: str = "xöv"
    """how the identifier is to be understood"""
    name: str = ""
    category: str = ""
    """its role, such as Meldebehörde"""


@dataclass(frozen=True, slots=True)
class Code:
    """A code with the list that it stands in."""

    code: str
    list_uri: str
    list_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TransportOrder:
    """What an XTA server has to know to carry a message (Transportauftrag, `MessageMetaData`)."""

    message_id: str
    author: Party
    reader: Party
    service: str
    """URI of the reader's service, as the directory has it"""
    scenario: Code | str
    """the field of business, from a list or in words"""
    message_type: Code
    payload_schema: str
    """URI of the schema that the message follows"""
    origin: Micros
    """when the message was made"""
    test: bool = False
    subject: str = ""
    process: str = ""
    """the author's own reference to the case"""


@dataclass(frozen=True, slots=True)
class Content:
    """A message or an attachment on its way in: what it is called, and its bytes."""

    body: Body
    file_name: str
    id: str = ""
    encoding: str = ""
    """the character set of a text"""


@dataclass(frozen=True, slots=True)
class Entrusted:
    """The XTA server has taken the message, and will carry it."""

    message_id: str


@dataclass(frozen=True, slots=True)
class Available:
    """Whether a reader offers a service; None where the directory does not know."""

    offered: bool | None


class Light(Enum):
    """The status of a transport report."""

    OPEN = 0
    GREEN = 1
    YELLOW = 2
    RED = 3


@dataclass(frozen=True, slots=True)
class TransportReport:
    """How far a message got. `reasons` are the server's own words and may be personal."""

    light: Light
    codes: tuple[str, ...] = ()
    reasons: tuple[str, ...] = field(default=(), repr=False)
    fetched: bool = False
    """whether its reader has fetched it, or confirmed that it was received"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What lies in a mailbox: ids of messages, and by which request the list can be closed."""

    request: str
    messages: tuple[str, ...]
    authors: Mapping[str, str] = field(default_factory=dict)
    """who wrote a message, where the list says it"""
    pending: int = 0
    """how many more there are than were listed"""


PREFIXES: Final[Mapping[str, str]] = {
    "soap": SOAP,
    "wsa": WSA,
    "osci": OSCI,
    "oscimeta": META,
    "xop": XOP,
}
