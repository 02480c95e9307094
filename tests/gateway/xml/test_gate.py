"""What comes through the gate for foreign XML, and how the rest is told why not; the hostile part is in tests/evil."""

import pytest

from gateway.errors import HostileXml, Language, NotXml, TooLarge, WrongEncoding
from gateway.xml import parse

PLAIN = "<n:a.b.0100 xmlns:n='urn:n'><kopf>Łódź</kopf></n:a.b.0100>"


@pytest.mark.parametrize(
    "document",
    [
        PLAIN.encode(),
        b"\xef\xbb\xbf" + PLAIN.encode(),
        f'<?xml version="1.0" encoding="UTF-8"?>{PLAIN}'.encode(),
        f'\ufeff<?xml version="1.0" encoding="utf-8" standalone="yes"?>\n<!-- a -->\n{PLAIN}<!-- b -->\n'.encode(),
        f"<?xml version='1.0' encoding='Utf-8' ?>{PLAIN}".encode(),
    ],
    ids=["bare", "byte order mark", "declared", "mark, declaration and comments", "single quotes"],
)
def test_utf8_comes_through(document: bytes) -> None:
    """UTF-8 is read with or without byte order mark and declaration."""
    assert parse(document).text("kopf") == "Łódź"


@pytest.mark.parametrize("name", ["utf8", "UTF8"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    """Parsers at the other end know `UTF-8` only, and the sentence says so."""
    with pytest.raises(WrongEncoding, match='it is called "UTF-8"'):
        parse(f'<?xml version="1.0" encoding="{name}"?><a/>'.encode())


@pytest.mark.parametrize("version", ["1.2", "1.", "1.00"])
def test_a_version_that_does_not_exist_is_refused(version: str) -> None:
    """libxml2 would read it, and the parser of the authority would not."""
    with pytest.raises(NotXml, match=r'write version="1\.0"'):
        parse(f'<?xml version="{version}"?><a/>'.encode())


def test_ascii_is_utf8() -> None:
    """A document that calls itself US-ASCII and keeps to it is taken."""
    document = b'<?xml version="1.0" encoding="US-ASCII"?><a><b>c</b></a>'

    assert parse(document, charset="us-ascii").text("b") == "c"


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", ' "utf-8" '])
def test_a_media_type_may_say_utf8(charset: str) -> None:
    """The charset parameter is compared without regard to case, quotes and blanks."""
    assert parse(PLAIN.encode(), charset=charset).root == "a.b.0100"


@pytest.mark.parametrize("charset", ["iso-8859-1", "utf-16", "windows-1252", "us-ascii", ""])
def test_a_media_type_that_contradicts_is_refused(charset: str) -> None:
    """Whoever labels UTF-8 as something else is told, because a proxy on the way may have believed it."""
    with pytest.raises(WrongEncoding, match="charset"):
        parse(PLAIN.encode(), charset=charset)


@pytest.mark.parametrize(
    "document",
    [
        '<?xml version="1.0" encoding="ISO-8859-1"?><a>ä</a>'.encode("iso-8859-1"),
        b'<?xml version="1.0" encoding="windows-1252"?><a/>',
        '<?xml version="1.0" encoding="UTF-16"?><a/>'.encode("utf-16"),
        "<a/>".encode("utf-16-le"),
        "<a/>".encode("utf-16-be"),
        "<a/>".encode("utf-32-be"),
        b'<?xml version="1.0" encoding="US-ASCII"?><a>\xc3\xa4</a>',
        b"\x4c\x6f\xa7\x94\x93",
    ],
    ids=["latin-1", "windows", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "not ascii", "ebcdic"],
)
def test_other_encodings_are_refused(document: bytes) -> None:
    """S001 of the XÖV list: a document is in UTF-8, or it is not read."""
    with pytest.raises(WrongEncoding) as refusal:
        parse(document)

    assert refusal.value.code == "wrong-encoding"


def test_broken_utf8_is_told_by_its_line() -> None:
    """Latin-1 bytes under a UTF-8 label are a wrong encoding, and the sentence says where."""
    with pytest.raises(WrongEncoding, match="Line 3"):
        parse(b'<?xml version="1.0" encoding="UTF-8"?>\n<a>\n\xe4</a>')


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        (b"", "No XML element begins here."),
        (b'{"a": 1}', "No XML element begins here."),
        (b"<a><b></a>", "closed under another name"),
        (b"<a><b>", "breaks off"),
        (b"<a/><b/>", "Something follows"),
        (b"<a>&#1;</a>", "a character that XML forbids"),
        (b"<a>&uuml;</a>", "An entity is used here"),
        (b"<a b='1' b='2'/>", "the same attribute twice"),
        (b"<x:a/>", "prefix"),
        (b"<a b=1/>", "not well-formed"),
        (b'\n<?xml version="1.0"?><a/>', "very beginning"),
    ],
)
def test_what_is_not_xml_is_told_what_is_wrong(document: bytes, sentence: str) -> None:
    """Every fault of form has line, column and a sentence in both languages."""
    with pytest.raises(NotXml, match=sentence) as refusal:
        parse(document)

    assert refusal.value.detail.into(Language.ENGLISH).startswith("Line ")
    assert refusal.value.detail.into(Language.GERMAN).startswith("Zeile ")


def test_a_limit_counts_bytes() -> None:
    """A document of exactly the limit is read, one byte more is not."""
    document = PLAIN.encode()

    assert parse(document, most=len(document)).root == "a.b.0100"
    with pytest.raises(TooLarge):
        parse(document + b"\n", most=len(document))


def test_what_looks_forbidden_and_is_text_comes_through() -> None:
    """Comments and CDATA may speak of DOCTYPE and of processing instructions."""
    document = b"<!-- <!DOCTYPE a> <?x?> --><a><![CDATA[<!DOCTYPE a> <?x?>]]>?</a>"

    assert parse(document).root == "a"


def test_a_text_is_whole() -> None:
    """Comments and CDATA do not split a text: what is judged is what is read."""
    document = b"<a><kennung>ags:<!-- x -->0966<![CDATA[1000]]></kennung></a>"

    assert parse(document).text("kennung") == "ags:09661000"


def test_a_forbidden_instruction_is_told_by_its_line() -> None:
    """The line counts from the beginning of the document."""
    with pytest.raises(HostileXml, match="Line 3"):
        parse(b'<?xml version="1.0"?>\n<a>\n<?x?></a>')


@pytest.mark.parametrize(
    ("inside", "value"),
    [
        ("<b> </b>", " "),
        ("<b>\r\n</b>", "\n"),
        ("<b>\n  &#32;</b>", "\n   "),
        ("<b>  <!-- x -->  </b>", "    "),
        ("<b> <![CDATA[ ]]> </b>", "   "),
        (f"<b>{' ' * 1000}</b>", " " * 1000),
        ("<b>  text  </b>", "  text  "),
    ],
)
def test_blanks_that_are_a_value_are_never_left_out(inside: str, value: str) -> None:
    """White space between elements may go; an element's only content stays as it is, however it is written."""
    whole, dense = (parse(f"<a>\n {inside}\n <c/>\n</a>".encode(), blanks=blanks).tree for blanks in (True, False))

    assert whole[0].text == dense[0].text == value
    assert (whole.text or "").isspace()


def test_blanks_between_elements_can_be_left_out() -> None:
    """They are a third of the nodes of most documents."""
    tree = parse(b"<a>\n <b>\n  <c/>\n </b>\n <d>!</d>\n</a>", blanks=False).tree

    assert [one.text for one in tree.iter()] == [None, None, None, "!"]
    assert [one.tail for one in tree.iter()] == [None, None, None, None]
