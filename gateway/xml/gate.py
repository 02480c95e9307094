"""Bytes in, document out; or the reason why not, with the line and never with a value."""

from __future__ import annotations

import re
import threading
from itertools import chain
from typing import Any, Final

from lxml import etree

from gateway.errors import HostileXml, NotReadable, NotXml, Sentence, TooLarge, WrongEncoding
from gateway.xml.document import Document
from gateway.xml.names import forget

MIB: Final = 1024 * 1024

MOST_BYTES: Final = 25 * MIB
"""size of a document where nobody says otherwise"""

MOST_MARKUP: Final = 1_000_000
"""`<` and `=` in a document: each may become a node of some 120 bytes, so that `<a/>` costs thirty times its size"""

MOST_ATTRIBUTES: Final = 1_000
"""of one element: a schema that forbids them complains of each"""

FORGET_AFTER: Final = 16 * MIB
"""bytes of XML in one thread, after which its parser starts over with an empty memory for names"""

HARDENED: Final[dict[str, Any]] = {
    "encoding": "utf-8",  # whatever the declaration says; what it may say is looked at before
    "resolve_entities": False,
    "load_dtd": False,
    "no_network": True,
    "huge_tree": False,
    "remove_comments": True,  # else `09<!-- -->61` would be judged as 0961 and read as 09
}
"""How every parser of this gateway reads what others wrote: it resolves nothing and fetches nothing."""

_DENSE: Final[dict[str, Any]] = HARDENED | {"remove_blank_text": True}
"""
White space between elements makes no node: a third of the nodes of a document, which no schema asks for.

libxml2 keeps the blanks that are an element's only content, because they are its value. It cannot tell where a comment
or a CDATA section stands beside them, so that documents with either are read whole.
"""


def parse(document: bytes, *, charset: str | None = None, most: int = MOST_BYTES, blanks: bool = True) -> Document:
    """
    Read a document that anybody may have written.

    `charset` is the parameter of the media type, where it had one; `most` is the size in bytes that is still read.
    Without `blanks`, white space between elements is left out, where that is sure to be no value.
    Takes XML 1.0 in UTF-8 without document type and processing instructions, at most 256 levels deep, with no text
    above 10,000,000 bytes and no element with more than 1,000 attributes.

    Raises NotXml, WrongEncoding, HostileXml or TooLarge.
    """
    _bearable(document, most)
    if charset is not None or not _USUAL.match(document):
        _of_a_known_version(document)
        _in_utf8(document, charset)
        _without_document_type(document)
    root = _read(document, blanks=blanks)
    _without_instructions(document, root)
    _without_crowds(document, root)
    return Document(root)


_USUAL: Final = re.compile(rb'<\?xml version="1\.0" encoding="(?i:utf-8)"\?>\s*+<[^!?]')
"""how nearly every document begins: nothing else stands before its root that would have to be looked for"""


def _read(document: bytes, *, blanks: bool) -> etree._Element:
    try:
        return etree.fromstring(document, _parsers.next(document, blanks=blanks))
    except etree.XMLSyntaxError as refusal:
        raise _in_our_words(refusal) from None


class _Parsers(threading.local):
    """Two parsers for each thread, because a parser of lxml serves one document at a time."""

    def __init__(self) -> None:
        self._fed = 0
        self._start_over()

    def next(self, document: bytes, *, blanks: bool) -> etree.XMLParser:
        self._fed += len(document)
        if self._fed > FORGET_AFTER:
            forget()
            self._start_over()
            self._fed = len(document)
        return self._whole if blanks or holds(document, b"<!") else self._dense

    def _start_over(self) -> None:
        self._whole: etree.XMLParser = etree.XMLParser(**HARDENED)
        self._dense: etree.XMLParser = etree.XMLParser(**_DENSE)


_parsers = _Parsers()


def holds(document: bytes, pair: bytes, start: int = 0) -> bool:
    """
    Whether two bytes stand side by side somewhere from `start` on.

    Where the second is rare and the first, as `<`, is everywhere, looking for the second alone tells sooner.
    """
    first, second = pair[:1], pair[1:]
    at = start
    for _ in range(_FEW):
        at = document.find(second, at + 1)
        if at < 0:
            return False
        if document[at - 1 : at] == first:
            return True
    return document.find(pair, at) >= 0


_FEW: Final = 16


# ── size ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _bearable(document: bytes, most: int) -> None:
    if len(document) > most:
        raise TooLarge(
            f"Das XML-Dokument ist größer als {most / MIB:g} MiB. "
            "Anlagen gehören als eigene Dateien neben das Dokument.",
            f"The XML document is larger than {most / MIB:g} MiB. "
            "Attachments belong beside the document, as files of their own.",
        )
    if len(document) > MOST_MARKUP and document.count(b"<") + document.count(b"=") > MOST_MARKUP:
        raise TooLarge(
            "Das XML-Dokument enthält zu viele Elemente und Attribute.",
            "The XML document has too many elements and attributes.",
        )


# ── version ──────────────────────────────────────────────────────────────────────────────────────────────────────────

_VERSION: Final = re.compile(rb"""(?:\xef\xbb\xbf)?<\?xml\s+version\s*=\s*["']1\.([^"'<>]*)["']""")


def _of_a_known_version(document: bytes) -> None:
    """libxml2 reads any 1.x; the authority's parser refuses those that do not exist."""
    declared = _VERSION.match(document)
    if declared and declared[1] not in {b"0", b"1"}:
        raise NotXml(
            'Die XML-Deklaration nennt eine Version von XML, die es nicht gibt. Bitte version="1.0" schreiben.',
            'The XML declaration names a version of XML that does not exist. Please write version="1.0".',
        )


# ── encoding ─────────────────────────────────────────────────────────────────────────────────────────────────────────

_MARK: Final = b"\xef\xbb\xbf"
_OTHER_BEGINNINGS: Final = (
    *(b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<"),  # UTF-16, with and without a byte order mark
    *(b"\x00\x00\xfe\xff", b"\x00\x00\x00<"),  # UTF-32; its other half begins like UTF-16
    b"\x4c\x6f\xa7\x94",  # EBCDIC
)
"""XML 1.0, appendix F"""

_DECLARED: Final = re.compile(
    rb"""(?:\xef\xbb\xbf)?<\?xml\s+version\s*=\s*["'][^"'<>]*["']\s+encoding\s*=\s*["']([A-Za-z][\w.\-]*)["']"""
)


def _in_utf8(document: bytes, charset: str | None) -> None:
    """Neither media type nor first bytes nor declaration tell of another encoding; the rest the parser finds."""
    if charset is not None and not _fits(document, charset.strip().strip("\"'")):
        raise WrongEncoding(
            "Der Parameter charset des Medientyps nennt eine andere Kodierung als UTF-8. "
            "Bitte das Dokument in UTF-8 senden und den Parameter weglassen oder auf utf-8 setzen.",
            "The charset parameter of the media type names another encoding than UTF-8. "
            "Please send the document in UTF-8 and leave the parameter out or set it to utf-8.",
        )
    declared = _DECLARED.match(document)
    if declared and declared[1].lower() == b"utf8":
        raise WrongEncoding(
            "Die XML-Deklaration nennt die Kodierung „utf8“. Das ist kein Name, den XML kennt; er heißt „UTF-8“.",
            'The XML declaration calls the encoding "utf8". XML knows no such name; it is called "UTF-8".',
        )
    if document.startswith(_OTHER_BEGINNINGS) or (declared and not _fits(document, declared[1].decode())):
        raise WrongEncoding(
            "Das Dokument ist nicht in UTF-8 kodiert. Angenommen wird nur UTF-8.",
            "The document is not encoded in UTF-8. Only UTF-8 is accepted.",
        )


def _fits(document: bytes, name: str) -> bool:
    match name.lower():
        case "utf-8" | "utf8":
            return True
        case "us-ascii" | "ascii":
            return document.removeprefix(_MARK).isascii()
        case _:
            return False


# ── what no application needs and attacks do ─────────────────────────────────────────────────────────────────────────

_BEFORE_ROOT: Final = re.compile(rb"(?:\xef\xbb\xbf)?(?:[ \t\r\n]++|<\?(?s:.*?)\?>|<!--(?s:.*?)-->)*+")


def _without_document_type(document: bytes) -> None:
    """Looked for before parsing, because the parser unfolds entities in attributes while it reads."""
    blank = _BEFORE_ROOT.match(document)
    if blank and document.startswith(b"<!DOCTYPE", blank.end()):
        line = document.count(b"\n", 0, blank.end()) + 1
        raise HostileXml(
            f"Zeile {line}: Das Dokument hat eine Dokumenttyp-Deklaration (DOCTYPE). Bitte ohne sie senden.",
            f"Line {line}: The document has a document type declaration (DOCTYPE). Please send it without one.",
        )


def _without_instructions(document: bytes, root: etree._Element) -> None:
    """Most documents hold no `<?` after their declaration, so that looking for it answers for nothing."""
    declared = document.startswith((b"<?xml ", _MARK + b"<?xml "))
    if not holds(document, b"<?", document.find(b"?>") + 2 if declared else 0):
        return
    pi = etree.ProcessingInstruction
    everywhere = chain(root.itersiblings(pi, preceding=True), root.iter(pi), root.itersiblings(pi))
    for instruction in everywhere:  # one by one: XPath would gather half a million of them and compare each with each
        line = instruction.sourceline
        raise HostileXml(
            f"Zeile {line}: Das Dokument enthält eine Verarbeitungsanweisung (<?…?>). Bitte ohne sie senden.",
            f"Line {line}: The document has a processing instruction (<?…?>). Please send it without one.",
        )


def _without_crowds(document: bytes, root: etree._Element) -> None:
    """Not asked of documents that are too small for a crowd that would matter, or have too few attributes for one."""
    if len(document) > 64 * MOST_ATTRIBUTES and document.count(b"=") > MOST_ATTRIBUTES and _CROWDED(root):
        raise HostileXml(
            f"Ein Element hat mehr als {MOST_ATTRIBUTES} Attribute.",
            f"An element has more than {MOST_ATTRIBUTES} attributes.",
        )


_CROWDED: Final = etree.XPath(f"boolean(//*[count(@*) > {MOST_ATTRIBUTES}])")


# ── what libxml2 says, in our words ──────────────────────────────────────────────────────────────────────────────────

_Kind = etree.ErrorTypes

_FAULTS: Final[dict[int, Sentence]] = {
    _Kind.ERR_DOCUMENT_EMPTY: Sentence("Hier beginnt kein XML-Element.", "No XML element begins here."),
    _Kind.ERR_DOCUMENT_END: Sentence(
        "Nach dem Ende des Wurzelelements folgt noch etwas.",
        "Something follows after the end of the root element.",
    ),
    _Kind.ERR_RESERVED_XML_NAME: Sentence(
        "Die XML-Deklaration darf nur ganz am Anfang stehen, auch ohne Leerzeichen davor.",
        "The XML declaration may stand at the very beginning only, without a blank before it.",
    ),
    _Kind.ERR_TAG_NOT_FINISHED: Sentence(
        "Das Dokument bricht ab: Ein Element ist nicht geschlossen.",
        "The document breaks off: an element is not closed.",
    ),
    _Kind.ERR_TAG_NAME_MISMATCH: Sentence(
        "Ein Element wird unter einem anderen Namen geschlossen, als es geöffnet wurde.",
        "An element is closed under another name than it was opened with.",
    ),
    _Kind.ERR_INVALID_CHAR: Sentence(
        "Hier steht ein Zeichen, das in XML verboten ist.", "Here is a character that XML forbids."
    ),
    _Kind.ERR_UNDECLARED_ENTITY: Sentence(
        "Hier wird eine Entität benutzt, die es nicht gibt.", "An entity is used here that does not exist."
    ),
    _Kind.ERR_ATTRIBUTE_REDEFINED: Sentence(
        "Ein Element hat dasselbe Attribut zweimal.", "An element has the same attribute twice."
    ),
    _Kind.NS_ERR_UNDEFINED_NAMESPACE: Sentence(
        "Hier wird ein Namensraum-Präfix benutzt, das nicht erklärt ist.",
        "A namespace prefix is used here that is not declared.",
    ),
}
_SOME_FAULT: Final = Sentence("Hier ist das XML nicht wohlgeformt.", "The XML is not well-formed here.")
_TOO_DEEP: Final = Sentence(
    "Das Dokument ist mehr als 256 Ebenen tief verschachtelt.", "The document is nested more than 256 levels deep."
)
_TOO_LONG: Final = Sentence(
    "Ein einzelner Text, Name, Kommentar oder Tag ist zu lang. Anlagen gehören als eigene Dateien neben das Dokument.",
    "A single text, name, comment or tag is too long. Attachments belong beside the document, as files of their own.",
)
_NOT_UTF8: Final = Sentence("Hier stehen Bytes, die kein UTF-8 sind.", "Here are bytes that are not UTF-8.")


def _in_our_words(refusal: etree.XMLSyntaxError) -> NotReadable | TooLarge:
    """Only kind and position of the fault are taken over: the parser's own text quotes the document."""
    match refusal.code:
        case _Kind.ERR_INVALID_ENCODING:
            return WrongEncoding(*_located(refusal, _NOT_UTF8))
        case _Kind.ERR_RESOURCE_LIMIT if "depth" in refusal.msg:
            return HostileXml(*_located(refusal, _TOO_DEEP))
        case _Kind.ERR_RESOURCE_LIMIT | _Kind.ERR_NAME_TOO_LONG:
            return TooLarge(*_located(refusal, _TOO_LONG))
        case _Kind.ERR_COMMENT_NOT_FINISHED | _Kind.ERR_PI_NOT_FINISHED | _Kind.ERR_CDATA_NOT_FINISHED if (
            "too big" in refusal.msg
        ):
            return TooLarge(*_located(refusal, _TOO_LONG))
        case code:
            return NotXml(*_located(refusal, _FAULTS.get(code, _SOME_FAULT)))


def _located(refusal: etree.XMLSyntaxError, what: Sentence) -> tuple[str, str]:
    line, column = refusal.position
    return f"Zeile {line}, Spalte {column}: {what.de}", f"Line {line}, column {column}: {what.en}"
