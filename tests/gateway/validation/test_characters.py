"""DIN 91379: the datatypes, and the look at a document by them."""

import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree

from gateway.submission import Actor, Severity
from gateway.validation import Schemas, characters
from gateway.validation.declarations import Declarations, Kind
from gateway.validation.din91379 import DATATYPES
from gateway.validation.stages import Outcome, Stage
from tests.gateway.validation.official import ENTRY, documents

SCHEMA = b"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="urn:t" targetNamespace="urn:t"
    elementFormDefault="qualified">
  <xs:simpleType name="Name"><xs:annotation><xs:appinfo><din91379>A</din91379></xs:appinfo></xs:annotation>
    <xs:restriction base="xs:token"/></xs:simpleType>
  <xs:element name="a"><xs:complexType><xs:choice maxOccurs="unbounded">
    <xs:element name="name" type="Name"><xs:annotation><xs:appinfo><label>Familienname</label></xs:appinfo>
      </xs:annotation></xs:element>
    <xs:element name="text" type="xs:string"/><xs:element name="uri" type="xs:anyURI"/>
  </xs:choice><xs:attribute name="made" type="xs:token"/><xs:attribute name="by" type="Name"/></xs:complexType>
  </xs:element>
</xs:schema>"""
XSD = Path(__file__).parents[3] / "xsd"
DECLARATIONS = Declarations({"t.xsd": SCHEMA}, "t.xsd")


@pytest.fixture(scope="module")
def own() -> Schemas:
    return Schemas.load(XSD)


def look(content: str, attributes: str = "", *, strict: bool = False) -> Stage:
    source = f"<a xmlns='urn:t' {attributes}>{content}</a>".encode()
    root = etree.fromstring(source)
    worded = DECLARATIONS.sift(root, Kind.CHARACTERS)
    locate = root.getroottree().getelementpath
    return characters.stage(root, source, worded, DECLARATIONS, locate, strict=strict)


# ── the datatypes ────────────────────────────────────────────────────────────────────────────────────────────────────


def alternatives(pattern: Iterator[str]) -> set[str]:
    """Every text that a pattern of the standard's kind means: alternatives, groups, classes, references."""
    found: set[str] = set()
    current = {""}
    for sign in pattern:
        match sign:
            case ")":
                break
            case "|":
                found |= current
                current = {""}
            case "(":
                inner = alternatives(pattern)
                current = {left + right for left in current for right in inner}
            case "[":
                inside = one_class(pattern)
                current = {left + right for left in current for right in inside}
            case "\\":
                escaped = next(pattern)
                current = {left + escaped for left in current}
            case _:
                current = {left + sign for left in current}
    return found | current


def one_class(pattern: Iterator[str]) -> set[str]:
    signs: list[str] = []
    for sign in pattern:
        if sign == "]":
            break
        signs.append(next(pattern) if sign == "\\" else sign)
    if len(signs) == 3 and signs[1] == "-":
        return {chr(code) for code in range(ord(signs[0]), ord(signs[2]) + 1)}
    return set(signs)


@pytest.mark.parametrize("name", "ABCDE")
def test_the_datatypes_are_those_of_the_standard(name: str, shared_data: Path) -> None:
    """Character by character and sequence by sequence, as the official schema spells them out."""
    schema = etree.parse(shared_data / "xoev/xoev-common/din-norm-91379-datatypes.xsd")
    (pattern,) = schema.iterfind(f"{{*}}simpleType[@name='datatype{name}']/{{*}}restriction/{{*}}pattern")
    spelled = (pattern.get("value") or "").removesuffix("*")
    official = alternatives(iter(spelled[1:-1]))
    datatype = DATATYPES[name]
    assert {one for one in official if len(one) == 1} == datatype.characters
    assert {one for one in official if len(one) > 1} == datatype.sequences


LETTERS = st.one_of(
    st.sampled_from(sorted(DATATYPES["E"].characters - {"\r"})),
    st.sampled_from(sorted(DATATYPES["E"].sequences)),
    st.characters(exclude_categories=("Cs", "Cc", "Cn")),
)


@pytest.fixture(scope="module")
def official(shared_data: Path) -> etree.XMLSchema:
    """The official schema, with an element of each datatype."""
    content = documents(shared_data, "xwasser")["din-norm-91379-datatypes.xsd"]
    elements = "".join(f'<xs:element name="{name}" type="din91379:datatype{name}"/>' for name in "ABCDE")
    return etree.XMLSchema(etree.fromstring(content.replace(b"</xs:schema>", f"{elements}</xs:schema>".encode())))


@example(text="a\u0308")
@example(text="K\u035fh")
@given(text=st.lists(LETTERS, max_size=6).map("".join))
def test_texts_are_judged_as_the_official_patterns_judge_them(text: str, official: etree.XMLSchema) -> None:
    """Marks count together with the letter before them, in whatever order they come."""
    for name, datatype in DATATYPES.items():
        element = etree.Element(f"{{urn:xoev-de:kosit:xoev:datentyp:din-91379_2022-08}}{name}")
        element.text = text
        assert (datatype.first_stranger(text) is None) is official.validate(element), (name, ascii(text))


# ── looking at a document ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("text", ["Müller-Lüdenscheidt", "Ç̆elik", "K͟hān", "O'Neill", "Ÿ´"])
def test_names_of_people_are_left_alone(text: str) -> None:
    """Whatever datatype A has may be in a name, letters of several parts too."""
    assert look(f"<name>{text}</name>", f'by="{text.replace("&", "")}"', strict=True).outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Müller 2", "eine Ziffer"),
        ("Мюллер", "ein kyrillischer Buchstabe"),
        ("Μύλλερ", "ein griechischer Buchstabe"),
        ("M\u202eller", "ein unsichtbares Formatzeichen"),
        ("M\u0091ller", "ein Steuerzeichen"),
        ("Müller 🙂", "ein Symbol"),
        ("x\u0327", "ein Akzent"),
        ("„Müller“", "ein Satzzeichen"),
        ("穆勒", "ein Buchstabe einer anderen Schrift"),
    ],
)
def test_what_a_name_must_not_have_is_named_by_its_kind(text: str, kind: str) -> None:
    """Field and kind of character, never the text; the applicant can mend it."""
    found = look(f"<name>ok</name><name>{text}</name>", strict=True)
    (finding,) = found.findings
    assert found.outcome is Outcome.FAILED
    assert (finding.code, finding.severity, finding.actor) == (
        "character-not-permitted",
        Severity.ERROR,
        Actor.APPLICANT,
    )
    assert (finding.path, finding.label) == ("{urn:t}name[2]", "Familienname")
    assert finding.text.de.startswith(f"Hier steht {kind}")
    assert text not in str(finding)


def test_a_letter_in_parts_that_has_a_character_of_its_own_is_the_portals_matter() -> None:
    """Only software can bring a text into normal form."""
    (finding,) = look(f"<name>{unicodedata.normalize('NFD', 'Müller')}</name>").findings
    assert finding.actor is Actor.PORTAL
    assert "NFC" in finding.text.de


def test_a_text_of_any_kind_has_the_normative_characters() -> None:
    """Where the schema asks for a string only, the standards ask for datatype C; elsewhere the schema has judged."""
    found = look("<text>Größe: 5 m² (±3 %) für 10 €</text><text>“quoted”</text><uri>urn:ж</uri>", 'made="Ж"')
    assert found.outcome is Outcome.PASSED
    assert [(one.path, one.severity) for one in found.findings] == [
        ("./@made", Severity.WARNING),
        ("{urn:t}text[2]", Severity.WARNING),
    ]


@pytest.mark.parametrize("text", ["&#x416;", "&#127;", "\u0080", "&#13;Ж", "<![CDATA[<!--Ж-->]]>"])
def test_no_way_of_writing_a_character_hides_it(text: str) -> None:
    """References and characters below the notice of ASCII are looked at like any other."""
    assert len(look(f"<text>{text}</text>").findings) == 1


def test_comments_are_nobodys_text() -> None:
    """They never leave the gate."""
    assert look("<!-- „Ж“ --><text>a&#10;b</text>").findings == ()


def test_a_document_full_of_strange_characters_is_told_of_fifty() -> None:
    """Nobody reads more."""
    assert len(look(100 * "<text>Ж</text>").findings) == 50


def test_official_datatypes_are_judged_by_their_own_patterns(shared_data: Path) -> None:
    """Nothing is said twice."""
    declarations = Declarations(documents(shared_data, "xwasser"), ENTRY)
    assert declarations.names_of_interest(Kind.CHARACTERS) == frozenset()


@pytest.mark.parametrize("comment", ["", "<!-- x -->"], ids=["dense", "with a comment"])
@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("<vornamen>Olivia", "<vornamen>Olivia\u1e01", "A"),
        ("<vornamen>Olivia", "<vornamen>Olivia\n", "A"),
        ("<strasse>Musterallee", "<strasse>Musterallee\n", "B"),
        ("<strasse>Musterallee", "<strasse>Musterallee\u1e01", "B"),
        ("<name>Beispielportal", "<name>„Beispielportal“", "C"),
        ('produkt="Beispielportal"', 'produkt="„Beispielportal“"', "C"),
    ],
)
def test_what_is_strange_is_found_however_ordinary_the_rest_is(
    own: Schemas, old: str, new: str, told: str, comment: str
) -> None:
    """A document as a whole is looked at first, which hides nothing that the patterns of the schema let through."""
    example = (XSD / "ag-wohnsitz/1.0/examples/valid/augsburg-nebenwohnung.xml").read_text()
    assert old in example
    changed = example.replace(old, new, 1).replace("  <x:anmeldung>", f"{comment}  <x:anmeldung>", 1)

    (found,) = own.judge(changed.encode()).findings

    assert found.code == "character-not-permitted"
    assert found.expected is not None
    assert f"datatype {told}" in found.expected.en
