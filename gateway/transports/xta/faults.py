"""The faults of XTA's WSDL by number (`urn:de:xta:webservice:codeliste:fehlernummer`), and what follows from each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from gateway.adapter import NotThere, Refused, Unclear, Unreachable


class FaultKind(StrEnum):
    """The exceptions of the WSDL by the names of their elements, and whatever else calls itself a fault."""

    PERMISSION_DENIED = "PermissionDeniedException"
    TECHNICAL_PROBLEM = "XTAWSTechnicalProblemException"
    PARAMETER_NOT_VALID = "ParameterIsNotValidException"
    SCHEMA_VIOLATION = "MessageSchemaViolationException"
    VIRUS_DETECTED = "MessageVirusDetectionException"
    SYNC_ASYNC = "SyncAsyncException"
    INVALID_MESSAGE_ID = "InvalidMessageIDException"
    CANCEL_DENIED = "CancelDeniedException"
    OTHER = "Fault"


@dataclass(frozen=True, slots=True)
class Fault:
    """An XTA server said no. `text` is its own and may be personal."""

    kind: FaultKind
    number: str = ""
    text: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class AlreadyThere:
    """The server has a message with this id already: an earlier attempt arrived."""


Consequence = Refused | Unreachable | Unclear | AlreadyThere | NotThere


def what_follows(fault: Fault) -> Consequence:
    """
    What a fault means for the message it was said of.

    Accounts, directories and parameters are mended by people, so that they refuse no message. A fault inside the server
    may come after it took the message. A number that is not in the list counts as its exception does.
    """
    follows = _BY_NUMBER.get(fault.number) or _BY_KIND[fault.kind]
    return Refused(follows.code, fault.text) if isinstance(follows, Refused) else follows


_BY_NUMBER: Final[Mapping[str, Consequence]] = {
    "9010": Unreachable("own-certificate-expired"),
    "9011": Unreachable("account-locked"),
    "9012": Unreachable("account-unknown"),
    "9013": Unreachable("service-not-booked"),
    "9014": Unreachable("author-not-ours"),
    "9020": Unreachable("parameter-missing"),
    "9021": Unreachable("parameter-no-uri"),
    "9022": Unreachable("parameters-impossible"),
    "9023": Refused("too-large"),
    "9024": AlreadyThere(),
    "9030": Unclear("server-error"),
    "9031": Unreachable("directory-away"),
    "9032": Unclear("carrying-failed"),
    "9050": Refused("schema-violated"),
    "9051": Refused("wrong-encoding"),
    "9052": Refused("profile-violated"),
    "9060": Refused("malware-found"),
    "9070": NotThere(),
    "9080": Unreachable("only-asynchronous"),
    "9081": Unreachable("only-synchronous"),
    "9100": Unreachable("too-late-to-cancel"),
    "9101": Unreachable("not-to-be-cancelled"),
}

_BY_KIND: Final[Mapping[FaultKind, Consequence]] = {
    FaultKind.PERMISSION_DENIED: Unreachable("not-allowed"),
    FaultKind.TECHNICAL_PROBLEM: Unclear("server-error"),
    FaultKind.PARAMETER_NOT_VALID: Unreachable("parameters-impossible"),
    FaultKind.SCHEMA_VIOLATION: Refused("schema-violated"),
    FaultKind.VIRUS_DETECTED: Refused("malware-found"),
    FaultKind.SYNC_ASYNC: Unreachable("only-synchronous"),
    FaultKind.INVALID_MESSAGE_ID: NotThere(),
    FaultKind.CANCEL_DENIED: Unreachable("not-to-be-cancelled"),
    FaultKind.OTHER: Unclear("server-error"),
}
