"""Code lists, and the look at a document by them."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from lxml import etree

from gateway.errors import BadPackage
from gateway.submission import Actor, Severity
from gateway.validation import code_lists
from gateway.validation.code_lists import CodeList, read
from gateway.validation.declarations import Declarations, Kind
from gateway.validation.stages import Outcome, Stage
from tests.gateway.validation.official import ENTRY, documents, samples

LIST = """<gc:CodeList xmlns:gc="http://docs.oasis-open.org/codelist/ns/genericode/1.0/" xmlns:x="urn:x">
  <Identification><ShortName>farbe</ShortName><LongName>Farben</LongName><Version>2</Version>
    <CanonicalUri>urn:farbe</CanonicalUri><CanonicalVersionUri>urn:farbe_2</CanonicalVersionUri></Identification>
  <ColumnSet>
    <Column Id="c1" Use="required"><ShortName>code</ShortName></Column>
    <Column Id="c2" Use="required"><ShortName>name</ShortName></Column>
    <Column Id="c3" Use="optional"><ShortName>zeichen</ShortName></Column>
    <Key Id="k3"><ShortName>k3</ShortName><ColumnRef Ref="c3"/></Key>
    <Key Id="k1"><Annotation><AppInfo><x:recommendedKeyColumn/></AppInfo></Annotation><ColumnRef Ref="c1"/></Key>
  </ColumnSet>
  <SimpleCodeList>
    <Row><Value ColumnRef="c1"><SimpleValue>01</SimpleValue></Value><Value><SimpleValue>rot</SimpleValue></Value>
         <Value><SimpleValue>R</SimpleValue></Value></Row>
    <Row><Value ColumnRef="c1"><SimpleValue> 0 2 </SimpleValue></Value><Value ColumnRef="c3"/></Row>
  </SimpleCodeList>
</gc:CodeList>"""

SCHEMA = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="urn:t" targetNamespace="urn:t"
    elementFormDefault="qualified">
  <xs:complexType name="Code">
    <xs:sequence><xs:element name="code" type="xs:token" form="unqualified"/></xs:sequence>
    <xs:attribute name="listURI" type="xs:anyURI"/><xs:attribute name="listVersionID" type="xs:normalizedString"/>
  </xs:complexType>
  <xs:complexType name="Code.Fixed"><xs:annotation><xs:appinfo>{column}</xs:appinfo></xs:annotation>
    <xs:complexContent><xs:restriction base="Code"><xs:sequence>
      <xs:element name="code" type="xs:token" form="unqualified"/></xs:sequence>
    <xs:attribute name="listURI" type="xs:anyURI" fixed="urn:farbe"/>
    <xs:attribute name="listVersionID" type="xs:normalizedString" fixed="2"/></xs:restriction></xs:complexContent>
  </xs:complexType>
  <xs:complexType name="Code.Version"><xs:complexContent><xs:restriction base="Code"><xs:sequence>
      <xs:element name="code" type="xs:token" form="unqualified"/></xs:sequence>
    <xs:attribute name="listURI" type="xs:anyURI" fixed="urn:farbe"/>
    <xs:attribute name="listVersionID" type="xs:normalizedString" use="required"/></xs:restriction></xs:complexContent>
  </xs:complexType>
  <xs:element name="a"><xs:complexType><xs:choice maxOccurs="unbounded">
    <xs:element name="two" type="Code.Fixed"><xs:annotation><xs:appinfo><label>Lack</label></xs:appinfo></xs:annotation>
    </xs:element>
    <xs:element name="three" type="Code.Version"/><xs:element name="four" type="Code"/>
  </xs:choice></xs:complexType></xs:element>
</xs:schema>"""

TWO = "<two><code xmlns=''>{}</code></two>"
THREE = "<three listVersionID='{}'><code xmlns=''>{}</code></three>"
FOUR = "<four listURI='{}' listVersionID='{}'><code xmlns=''>{}</code></four>"


class Installed:
    """The lists of a test."""

    def __init__(self, *lists: CodeList) -> None:
        self._lists: Mapping[tuple[str, str | None], CodeList] = {(one.uri, one.version): one for one in lists}

    def find(self, uri: str, version: str | None) -> CodeList | None:
        return self._lists.get((uri, version))


COLOURS = Installed(read(LIST.encode()))


def look(*content: str, lists: Installed = COLOURS, strict: bool = False, column: str = "") -> Stage:
    declarations = Declarations({"t.xsd": SCHEMA.format(column=column).encode()}, "t.xsd")
    root = etree.fromstring(f"<a xmlns='urn:t'>{''.join(content)}</a>")
    coded = declarations.sift(root, Kind.CODE)
    return code_lists.stage(coded, declarations, lists, root.getroottree().getelementpath, strict=strict)


# ── reading a list ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_list_is_read_with_its_key_columns() -> None:
    """Columns by name or id, values by their place where they name no column, the recommended key first."""
    found = read(LIST.encode())
    assert (found.uri, found.version, found.name, found.keys) == ("urn:farbe", "2", "Farben", ("c1", "c3"))
    assert found.codes(None) == found.codes("c1") == found.codes("code") == {"01", "0 2"}
    assert found.codes("zeichen") == {"R"}
    assert found.codes("nirgends") == {"01", "0 2"}


def test_every_list_of_the_shared_data_is_readable(shared_data: Path) -> None:
    """Four generations of XÖV's handbook, from three publishers."""
    paths = [*(shared_data / "xoev").glob("*/code*/*.xml"), *(shared_data / "codelists").glob("*.xml")]
    lists = [read(path.read_bytes()) for path in paths]
    assert len(lists) >= 80
    assert all(one.codes(None) for one in lists)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('<bdt:Fehler xmlns:bdt="urn:bdt"><bdt:code>404</bdt:code></bdt:Fehler>', "Fehlermeldung des XRepository"),
        ("<html/>", "<html>"),
        ("<gc:CodeList", "kein wohlgeformtes XML"),
        (LIST.replace("<Version>2</Version>", ""), "ohne Kennung, Version oder Schlüssel"),
        (LIST.replace("Key", "Schloss"), "ohne Kennung, Version oder Schlüssel"),
        (LIST.replace("SimpleCodeList", "SimpleCodeListRef"), "ohne Werte"),
        (LIST.replace("genericode/1.0/", "genericode/2.0/"), "<CodeList>"),
    ],
)
def test_anything_else_is_refused_with_what_it_is(content: str, reason: str) -> None:
    """Downloads carry error pages and worse under the names of lists."""
    with pytest.raises(BadPackage) as refusal:
        read(content.encode())
    assert reason in refusal.value.detail.de


# ── looking at a document ────────────────────────────────────────────────────────────────────────────────────────────


def test_codes_of_every_type_are_found_in_their_lists() -> None:
    """The list is named by the schema, by the message, or half by each; blanks around a code do not matter."""
    found = look(TWO.format(" 01 "), THREE.format("2", "0 2"), FOUR.format("urn:farbe", " 2 ", "01"))
    assert (found.outcome, found.findings) == (Outcome.PASSED, ())


def test_a_code_that_is_not_in_its_list_is_a_warning() -> None:
    """It tells list, place and label, and what would have been right, never the code."""
    found = look(TWO.format("01"), TWO.format("verraten"))
    (finding,) = found.findings
    assert found.outcome is Outcome.PASSED
    assert (finding.code, finding.severity, finding.xoev) == ("unknown-code", Severity.WARNING, "S011")
    assert (finding.path, finding.line, finding.label) == ("{urn:t}two[2]", 1, "Lack")
    assert "Farben" in finding.text.de
    assert finding.expected is not None
    assert "0 2, 01" in finding.expected.de
    assert "verraten" not in str(finding)


def test_where_the_package_says_so_it_is_an_error() -> None:
    """Also where the message names a version of the list that does not exist, which would else switch the look off."""
    found = look(TWO.format("03"), THREE.format("99", "01"), strict=True)
    assert found.outcome is Outcome.FAILED
    assert [(one.code, one.severity, one.actor) for one in found.findings] == [
        ("unknown-code", Severity.ERROR, Actor.PORTAL),
        ("unknown-code-list", Severity.ERROR, Actor.PORTAL),
    ]


def test_a_list_that_is_not_installed_makes_the_look_partial() -> None:
    """One warning for each list, to the operator; what the message alone says of the list is not repeated."""
    found = look(
        TWO.format("01"), *3 * (FOUR.format("urn:geheim", "1", "x"),), THREE.format("8", "x"), THREE.format("", "x")
    )
    assert found.outcome is Outcome.PARTIAL
    assert found.detail.de == "3 Codelisten sind nicht eingespielt."
    assert [(one.code, one.severity, one.actor, one.xoev) for one in found.findings] == 3 * [
        ("unknown-code-list", Severity.WARNING, Actor.OPERATOR, "S010")
    ]
    assert "geheim" not in str(found)
    assert "urn:farbe" in found.findings[1].text.de


def test_the_column_that_the_standard_uses_decides() -> None:
    """A list may have several key columns, and a code of one is none of the other."""
    column = "<genutzteCodeSpalte>zeichen</genutzteCodeSpalte>"
    assert look(TWO.format("R"), column=column).findings == ()
    assert [one.code for one in look(TWO.format("01"), column=column).findings] == ["unknown-code"]


def test_a_document_full_of_wrong_codes_is_told_of_fifty() -> None:
    """Nobody reads more, and building them costs time."""
    assert len(look(*100 * (TWO.format("x"),)).findings) == 50


def test_official_samples_are_looked_at_with_the_lists_at_hand(shared_data: Path) -> None:
    """Two receipts of XWasser carry a technical status that is in no list: the reason why this is only a warning."""
    paths = [*(shared_data / "xoev").glob("*/code*/*.xml"), *(shared_data / "codelists").glob("*.xml")]
    lists = Installed(*(read(path.read_bytes()) for path in paths))
    wrong: list[str | None] = []
    for standard in ("xwasser", "xhochschule"):
        declarations = Declarations(documents(shared_data, standard), ENTRY)
        for root in samples(shared_data, standard):
            coded = declarations.sift(root, Kind.CODE)
            found = code_lists.stage(coded, declarations, lists, root.getroottree().getpath, strict=False)
            assert found.outcome is Outcome.PARTIAL
            wrong += [one.path for one in found.findings if one.code == "unknown-code"]
    assert wrong == 2 * ["/xwas:administration.quittung.0020/xwas:quittung/xwas:aktuellerStatusTechnisch"]
