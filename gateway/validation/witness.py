"""A second look at a document: what is wrong with it, and where."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from itertools import islice
from typing import Any, Final

from lxml import etree

from gateway.errors import HostileXml
from gateway.validation.places import Fault, Place, Step
from gateway.xml.gate import HARDENED

MOST_FAULTS: Final = 200

MOST_NAMESPACES: Final = 1_000
"""in force at one place: libxml2 searches them one by one"""


class Witness:
    """
    Follows the parser through a document that is judged while it is read, and notes where it is when a fault appears.

    A parser target: the parser calls `start` and `end` before it judges that tag, so that a fault it reports belongs to
    the tag before.
    """

    def __init__(self, schema: etree.XMLSchema) -> None:
        watched: dict[str, Any] = HARDENED | {"target": self, "schema": schema}
        self._parser: etree.XMLParser = etree.XMLParser(**watched)
        self._way: list[Step] = []
        self._number = [0]
        self._named: list[Counter[str]] = [Counter()]
        self._place: Place = ()
        self._namespaces = 0
        self._noted = 0
        self._faults: list[Fault] = []

    def testify(self, source: bytes) -> tuple[Fault, ...]:
        """
        The first 200 faults of a well-formed document, none where it is valid. To be asked once.

        Raises HostileXml where more than 1,000 namespaces are in force at one place.
        """
        with suppress(_Enough):
            etree.fromstring(source, self._parser)
            self._note()
        return tuple(self._faults[:MOST_FAULTS])

    def start(self, tag: str, _attributes: object) -> None:
        """The parser has read the start of an element, and judges it next."""
        self._note()
        namesakes = self._named[-1]
        namesakes[tag] += 1
        self._way.append(Step(tag, self._number[-1], namesakes[tag]))
        self._number[-1] += 1
        self._number.append(0)
        self._named.append(Counter())
        self._place = tuple(self._way)

    def end(self, _tag: str) -> None:
        """The parser has read the end of an element, and judges its content next."""
        self._note()
        self._place = tuple(self._way)
        self._way.pop()
        self._number.pop()
        self._named.pop()

    def start_ns(self, _prefix: str, _uri: str) -> None:
        """A namespace comes into force with the next `start`."""
        self._namespaces += 1
        if self._namespaces > MOST_NAMESPACES:
            raise HostileXml(
                "Das Dokument erklärt mehr als 1000 Namensräume, die zugleich gelten.",
                "The document declares more than 1,000 namespaces that are in force at once.",
            )

    def end_ns(self, _prefix: str) -> None:
        """A namespace has gone with the last `end`."""
        self._namespaces -= 1

    def close(self) -> None:
        """The parser asks for a result, also after an exception; `testify` has it."""

    def _note(self) -> None:
        log = self._parser.error_log
        for error in islice(log, self._noted, None):
            if error.domain == etree.ErrorDomains.SCHEMASV:  # the parser warns of namespaces it finds odd, among others
                self._faults.append(Fault(error.type, error.type_name, error.message, self._place_of(error.message)))
        self._noted = len(log)
        if len(self._faults) >= MOST_FAULTS:
            raise _Enough

    def _place_of(self, words: str) -> Place:
        """
        Mostly that of the last tag.

        Stray text is a fault of the element that is open now, and a child in the wrong place sometimes one of its
        parent: libxml2 names the element it means.
        """
        named = words.partition("Element '")[2].partition("'")[0]
        nearby = (self._place, tuple(self._way), self._place[:-1])
        return next((place for place in nearby if place and place[-1].tag == named), self._place)


class _Enough(Exception):
    """As many faults as anybody reads."""
