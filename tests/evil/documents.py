"""Documents that attack, each with the refusal it must earn."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gateway.errors import GatewayError, HostileXml, NotXml, TooLarge, WrongEncoding

EXAMPLE = Path(__file__).parents[2] / "xsd/ag-wohnsitz/1.0/examples/valid/aschaffenburg-einzelperson.xml"

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Evil:
    """An attack: what it tries, how to write it, and what it earns."""

    tries: str
    write: Callable[[], bytes]
    earns: type[GatewayError]


def laughs() -> bytes:
    """A billion laughs: ten levels of ten entities each."""
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return f'<!DOCTYPE a [<!ENTITY l0 "ha">{levels}]><a>&l9;</a>'.encode()


def quadratic() -> bytes:
    """One long entity, used often: no recursion, and a gigabyte all the same."""
    return f'<!DOCTYPE a [<!ENTITY l "{"x" * 50_000}">]><a>{"&l;" * 20_000}</a>'.encode()


REFUSED = (
    Evil("a document type", lambda: b"<!DOCTYPE a><a/>", HostileXml),
    Evil("a document type behind comments", lambda: b"<!-- <a/> --> \n<!-- x --><!DOCTYPE a []><a/>", HostileXml),
    Evil("a document type behind an instruction", lambda: b"<?x <a/>?><!DOCTYPE a><a/>", HostileXml),
    Evil("a document type behind a mark", lambda: b"\xef\xbb\xbf<?xml version='1.0'?><!DOCTYPE a><a/>", HostileXml),
    Evil("an external subset", lambda: b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd"><a/>', HostileXml),
    Evil(
        "an external entity",
        lambda: b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        HostileXml,
    ),
    Evil(
        "a parameter entity",
        lambda: b'<!DOCTYPE a [<!ENTITY % x SYSTEM "file:///etc/passwd"> %x;]><a/>',
        HostileXml,
    ),
    Evil("an entity in an attribute", lambda: b'<!DOCTYPE a [<!ENTITY x "y">]><a b="&x;"/>', HostileXml),
    Evil("a billion laughs", laughs, HostileXml),
    Evil("a quadratic blow-up", quadratic, HostileXml),
    Evil("an instruction before the root", lambda: b"<?xml-stylesheet href='http://127.0.0.1:9/'?><a/>", HostileXml),
    Evil("an instruction inside", lambda: b"<a><b/><?php echo 1?></a>", HostileXml),
    Evil("an instruction behind the root", lambda: b"<?xml version='1.0'?><a/><?x?>", HostileXml),
    Evil("nesting without end", lambda: b"<a>" * 100_000 + b"</a>" * 100_000, HostileXml),
    Evil(
        "a crowd of attributes",
        lambda: b"<a %s/>" % b" ".join(b'a%d=""' % n for n in range(200_000)),
        HostileXml,
    ),
    Evil("a million attributes", lambda: b"<a %s/>" % b" ".join(b'a%d=""' % n for n in range(1_000_000)), TooLarge),
    Evil("millions of elements", lambda: b"<a>%s</a>" % (b"<a/>" * 2_000_000), TooLarge),
    Evil("a huge text", lambda: b"<a>%s</a>" % (b"x" * 11 * MIB), TooLarge),
    Evil("a huge attribute", lambda: b"<a b='%s'/>" % (b"x" * 11 * MIB), TooLarge),
    Evil("a huge name", lambda: b"<%s/>" % (b"x" * 100_000), TooLarge),
    Evil("a huge body", lambda: b"<a>%s</a>" % (b"<b>x</b>\n" * 3 * MIB), TooLarge),
    Evil("a huge comment", lambda: b"<a><!--%s--></a>" % (b"x" * 11 * MIB), NotXml),
    Evil("UTF-16", lambda: '<?xml version="1.0" encoding="UTF-16"?><a/>'.encode("utf-16"), WrongEncoding),
    Evil("UTF-16 without a mark", lambda: "<a/>".encode("utf-16-le"), WrongEncoding),
    Evil("a document type in UTF-16", lambda: "<!DOCTYPE a><a/>".encode("utf-16-be"), WrongEncoding),
    Evil("UTF-7", lambda: b'<?xml version="1.0" encoding="UTF-7"?>+ADw-a/+AD4-', WrongEncoding),
    Evil("an unknown encoding", lambda: b'<?xml version="1.0" encoding="x-none"?><a/>', WrongEncoding),
    Evil("overlong UTF-8", lambda: b"<a>\xc0\xbc</a>", WrongEncoding),
    Evil("a surrogate", lambda: b"<a>\xed\xa0\x80</a>", WrongEncoding),
    Evil("a zero byte", lambda: b"<a>\x00</a>", NotXml),
    Evil("zero bytes only", lambda: b"\x00" * 100, NotXml),
    Evil("a control character", lambda: b"<a>&#8;</a>", NotXml),
    Evil("an early end", lambda: EXAMPLE.read_bytes()[:1500], NotXml),
    Evil("an end inside a character", lambda: "<a>ä".encode()[:-1], NotXml),
    Evil("nothing", lambda: b"", NotXml),
    Evil("blanks", lambda: b" \n" * 1000, NotXml),
    Evil("two roots", lambda: b"<a/><a/>", NotXml),
    Evil("JSON", lambda: b'{"antrag": true}', NotXml),
    Evil("a PDF", lambda: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", NotXml),
    Evil("XML 2.0", lambda: b'<?xml version="2.0"?><a/>', NotXml),
)
"""What never becomes a document."""


def widened(change: Callable[[str], str]) -> bytes:
    """The valid example, changed."""
    return change(EXAMPLE.read_text()).encode()


def _items(text: str) -> str:
    return text.replace("<erreichbarkeit>", "<erreichbarkeit/>" * 100_000 + "<erreichbarkeit>")


def _unknown(text: str) -> str:
    return text.replace("<leser>", "<leser>" + "".join(f"<x{n}/>" for n in range(100_000)))


def _attributes(text: str) -> str:
    crowd = " ".join(f"a{n}='1'" for n in range(900))
    return text.replace("<w:person>", f"<w:person {crowd}>")


def _children(text: str) -> str:
    return text.replace("<w:person>", "<w:person>" + "<x><y/></x>" * 50_000)


SLOW = {
    "a hundred thousand wrong items": lambda: widened(_items),
    "a hundred thousand unknown names": lambda: widened(_unknown),
    "nine hundred forbidden attributes": lambda: widened(_attributes),
    "a hundred thousand elements in the wrong place": lambda: widened(_children),
}
"""What is XML and invalid, and made to keep the judge busy."""


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
