"""
A second engine: xmlschema, asked where libxml2 says no.

It is some thirty times slower, so that it sees small documents only, and it is compiled when it is first needed. Where
both say no it goes on behind the first wrong child, at which libxml2 stops.
"""

from __future__ import annotations

import re
import threading
import time
import warnings
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import xmlschema
from lxml import etree
from xmlschema import XMLSchemaChildrenValidationError, XMLSchemaValidationError

from gateway.validation.packages import Package
from gateway.validation.places import Fault, place_of

MOST_ELEMENTS: Final = 4_000
"""of a document that the second engine is shown"""

MOST_ATTRIBUTES: Final = 50
MOST_IN_ATTRIBUTES: Final = 10_000
"""of one element, and letters in them: for each that is wrong it writes down all of them"""

MOST_SECONDS: Final = 1.0
"""of its thread's processor: what else the machine does must not change a verdict"""

_T = etree.ErrorTypes


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the second engine says; `faults` in libxml2's terms, none where it accepts the document."""

    faults: tuple[Fault, ...]

    @property
    def accepts(self) -> bool:
        """Whether it found nothing."""
        return not self.faults


class Second:
    """A package as xmlschema understands it; one for all threads, which take turns."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self._turn = threading.Lock()
        self._schema: xmlschema.XMLSchema10 | None = None
        self._broken = False

    def opinion(self, root: etree._Element) -> Opinion | None:
        """
        What it says of a document that came through the gate; None where it was not asked or did not come to an end.

        Whatever goes wrong inside counts as no opinion: it is asked only about what the first engine has rejected.
        """
        if not _bearable(root):
            return None
        with self._turn:
            try:
                return Opinion(tuple(_fault(error) for error in self._errors(root)))
            except Exception:  # noqa: BLE001 - it raises KeyErrors and worse out of documents that are merely wrong
                return None

    def prepare(self) -> bool:
        """Compile the package, if that was not done yet, so that nobody has to wait for it: up to a second."""
        if self._schema is not None or self._broken:
            return False
        with self._turn, suppress(Exception):
            self._compiled()
        return True

    def _errors(self, root: etree._Element) -> list[XMLSchemaValidationError]:
        schema = self._compiled()
        until = time.thread_time() + MOST_SECONDS

        def in_time(*_: object) -> bool:
            if time.thread_time() > until:
                raise TimeoutError
            return False

        tree: Any = root
        return list(schema.iter_errors(tree, use_location_hints=False, validation_hook=in_time))

    def _compiled(self) -> xmlschema.XMLSchema10:
        """From files of its own, like the first engine; it may read those and nothing else."""
        if self._schema is None:
            if self._broken:
                raise LookupError
            self._broken = True
            with TemporaryDirectory(prefix="xsd-") as folder, warnings.catch_warnings():
                warnings.simplefilter("error")  # an import that failed is only a warning to it
                for name, content in self._package.files.items():
                    Path(folder, name).write_bytes(content)
                self._schema = xmlschema.XMLSchema10(
                    str(Path(folder, self._package.entry)), base_url=folder, allow="sandbox", defuse="never"
                )
            self._broken = False
        return self._schema


def _bearable(root: etree._Element) -> bool:
    for number, one in enumerate(root.iter("*"), start=1):
        attributes = one.attrib
        if number > MOST_ELEMENTS or len(attributes) > MOST_ATTRIBUTES:
            return False
        if attributes and sum(map(len, attributes.values())) > MOST_IN_ATTRIBUTES:
            return False
    return True


# ── from its terms to libxml2's ──────────────────────────────────────────────────────────────────────────────────────

_ATTRIBUTE: Final = re.compile(r"attribute ([^=\s]+)=")
_MISSING: Final = re.compile(r"missing required attribute '(?:\{[^{}]*\})?(?:[^':]*:)?([^']+)'")

_KINDS: Final[dict[str, str]] = {
    "XsdPatternFacets": "SCHEMAV_CVC_PATTERN_VALID",
    "XsdEnumerationFacets": "SCHEMAV_CVC_ENUMERATION_VALID",
    "XsdLengthFacet": "SCHEMAV_CVC_LENGTH_VALID",
    "XsdMinLengthFacet": "SCHEMAV_CVC_MINLENGTH_VALID",
    "XsdMaxLengthFacet": "SCHEMAV_CVC_MAXLENGTH_VALID",
    "XsdMinInclusiveFacet": "SCHEMAV_CVC_MININCLUSIVE_VALID",
    "XsdMinExclusiveFacet": "SCHEMAV_CVC_MINEXCLUSIVE_VALID",
    "XsdMaxInclusiveFacet": "SCHEMAV_CVC_MAXINCLUSIVE_VALID",
    "XsdMaxExclusiveFacet": "SCHEMAV_CVC_MAXEXCLUSIVE_VALID",
    "XsdTotalDigitsFacet": "SCHEMAV_CVC_TOTALDIGITS_VALID",
    "XsdFractionDigitsFacet": "SCHEMAV_CVC_FRACTIONDIGITS_VALID",
    "XsdAttribute": "SCHEMAV_CVC_AU",
}


def _fault(error: XMLSchemaValidationError) -> Fault:
    element: Any = error.elem
    if element is None:
        raise LookupError
    if isinstance(error, XMLSchemaChildrenValidationError):
        return _content(error, element)
    reason, validator = error.reason or "", error.validator
    about = f"Element '{element.tag}'"
    if attribute := _ATTRIBUTE.match(reason):
        about += f", attribute '{attribute[1].rpartition(':')[2]}'"
    kind, words = _KINDS.get(type(validator).__name__), f"{about}: "
    if kind == "SCHEMAV_CVC_ENUMERATION_VALID":
        listed = ", ".join(f"'{value}'" for value in getattr(validator, "enumeration", ()))
        words += f"[facet 'enumeration'] The value is not an element of the set {{{listed}}}."
    elif missing := _MISSING.match(reason):
        kind, words = "SCHEMAV_CVC_COMPLEX_TYPE_4", f"{about}: The attribute '{missing[1]}' is required but missing."
    elif reason.endswith("attribute not allowed for element"):
        kind, words = "SCHEMAV_CVC_COMPLEX_TYPE_3_2_1", f"{about}, attribute '?': The attribute is not allowed."
    elif reason.startswith("character data between child elements"):
        kind = "SCHEMAV_CVC_COMPLEX_TYPE_2_3"
    elif kind is None:
        name = getattr(validator, "local_name", None) or ""
        kind, words = "SCHEMAV_CVC_DATATYPE_VALID_1_2_1", f"{about}: '' is no value of the type '{name}'."
    return Fault(getattr(_T, kind), kind, words, place_of(element))


def _content(error: XMLSchemaChildrenValidationError, parent: etree._Element) -> Fault:
    names = [str(name) for one in error.expected or () if (name := getattr(one, "name", None))]
    expected = f" Expected is one of ( {', '.join(names)} )." if names else ""
    unexpected = error.invalid_tag is not None and error.index < len(parent)
    element = parent[error.index] if unexpected else parent
    what = "This element is not expected." if unexpected else "Missing child element(s)."
    words = f"Element '{element.tag!s}': {what}{expected}"
    return Fault(_T.SCHEMAV_ELEMENT_CONTENT, "SCHEMAV_ELEMENT_CONTENT", words, place_of(element))
