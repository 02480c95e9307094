"""Every fault of the WSDL has a consequence, and none costs anybody an Antrag that people can still help."""

import re
from pathlib import Path

import pytest

from gateway.adapter import NotThere, Refused, Unclear, Unreachable
from gateway.testing.xta.envelopes import FAULTS
from gateway.transports.xta import AlreadyThere, Fault, FaultKind, what_follows

TEXT = "Kanaria Beispielvogel"


def test_every_number_of_the_official_list_is_known(schemas: Path) -> None:
    """The numbers that consequences are written down for are those of the schema's code list, and 9000 for the rest."""
    official = set(
        re.findall(r'enumeration value="(9\d\d\d)"', (schemas / "XTA-Webservice-Datentypen.xsd").read_text("utf-8"))
    )

    assert set(FAULTS) == official - {"9000"}


@pytest.mark.parametrize("number", sorted(FAULTS))
def test_what_is_ours_to_mend_refuses_nothing(number: str) -> None:
    """Accounts, parameters and directories wait for people; only what was said of the message itself refuses it."""
    said_of_the_message = number in {"9023", "9050", "9051", "9052", "9060"}

    consequence = what_follows(Fault(FaultKind(FAULTS[number]), number, TEXT))

    assert isinstance(consequence, Refused) == said_of_the_message


@pytest.mark.parametrize(
    ("fault", "consequence"),
    [
        (Fault(FaultKind.PARAMETER_NOT_VALID, "9024", TEXT), AlreadyThere()),
        (Fault(FaultKind.INVALID_MESSAGE_ID, "9070", TEXT), NotThere()),
        (Fault(FaultKind.TECHNICAL_PROBLEM, "9030", TEXT), Unclear("server-error")),
        (Fault(FaultKind.VIRUS_DETECTED, "9060", TEXT), Refused("malware-found", TEXT)),
        (Fault(FaultKind.PERMISSION_DENIED, "9012", TEXT), Unreachable("account-unknown")),
        (Fault(FaultKind.PERMISSION_DENIED, "4711", TEXT), Unreachable("not-allowed")),
        (Fault(FaultKind.SCHEMA_VIOLATION, "", TEXT), Refused("schema-violated", TEXT)),
        (Fault(FaultKind.TECHNICAL_PROBLEM, "9000", TEXT), Unclear("server-error")),
        (Fault(FaultKind.OTHER, "", TEXT), Unclear("server-error")),
    ],
)
def test_what_follows(fault: Fault, consequence: object) -> None:
    """The number decides, and the exception where the number is unknown."""
    assert what_follows(fault) == consequence


def test_a_vendors_words_are_not_shown() -> None:
    """What a server says in words stays out of a fault's own description."""
    assert TEXT not in repr(Fault(FaultKind.OTHER, "", TEXT))
