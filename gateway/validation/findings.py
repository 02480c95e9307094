"""From the complaints of engines to what people are told: where, what, what would be right, and who can mend it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Protocol

from lxml import etree

from gateway.submission import Actor, Finding
from gateway.validation.catalogue import Spot, expected_at, sentence_about
from gateway.validation.places import Fault, Names, located
from gateway.validation.reading import HEAD, OLDER_HEAD
from gateway.xml import Document

SCHEMA_INVALID: Final = "schema-invalid"
X001: Final = "X001"
"""`schema-invalid` in the generic XÖV list of reasons for rejection"""


class Label(Protocol):
    """What the schema's annotation calls an element, None where it has none."""

    def __call__(self, element: etree._Element, /) -> str | None: ...


def explained(faults: Iterable[Fault], document: Document, names: Names, label: Label) -> tuple[Finding, ...]:
    """One finding for each fault, in document order."""
    return tuple(_finding(fault, document.tree, names, label) for fault in sorted(faults, key=lambda one: one.order))


def _finding(fault: Fault, root: etree._Element, names: Names, label: Label) -> Finding:
    element, path = located(root, fault.place, names)
    name = names.of(element)
    spot = Spot(name, fault, names.known)
    return Finding(
        SCHEMA_INVALID,
        sentence_about(spot),
        path=path,
        line=element.sourceline,
        xoev=X001,
        rule=spot.rule,
        label=(label(element) if name else None) or name,
        expected=expected_at(spot),
        actor=_actor(spot, fault),
    )


def _actor(spot: Spot, fault: Fault) -> Actor:
    """People can mend what they have typed in: a value that is no code and does not stand in the head."""
    in_head = any(step.tag.rpartition("}")[2] in {HEAD, OLDER_HEAD} for step in fault.place)
    typed_in = spot.concerns_value and not spot.concerns_attribute and not in_head
    return Actor.APPLICANT if typed_in else Actor.PORTAL
