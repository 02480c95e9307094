"""What libxml2 complains about, in sentences built from names that the schema declares."""

import pytest

from gateway.submission import Finding
from gateway.validation import Invalid, Schemas
from tests.gateway.validation.conftest import Write

SCHEMA = """
<xs:element name="a.b.0100">
  <xs:complexType>
    <xs:sequence>
      <xs:element name="datum" type="xs:date" minOccurs="0"/>
      <xs:element name="ja" type="xs:boolean" minOccurs="0"/>
      <xs:element name="stufe" type="t:Stufe" minOccurs="0"/>
      <xs:element name="menge" type="t:Menge" minOccurs="0"/>
      <xs:element name="wort" type="t:Wort" minOccurs="0"/>
      <xs:element name="farbe" type="t:Farbe" minOccurs="0"/>
      <xs:element name="fest" type="xs:token" fixed="immer" minOccurs="0"/>
      <xs:element name="leer" minOccurs="0"><xs:complexType/></xs:element>
      <xs:element name="paar" minOccurs="0" maxOccurs="2">
        <xs:complexType>
          <xs:sequence><xs:element name="links"/><xs:element name="rechts"/></xs:sequence>
          <xs:attribute name="art" type="t:Farbe" use="required"/>
        </xs:complexType>
      </xs:element>
    </xs:sequence>
  </xs:complexType>
</xs:element>
<xs:simpleType name="Stufe">
  <xs:restriction base="xs:integer"><xs:minInclusive value="1"/><xs:maxInclusive value="5"/></xs:restriction>
</xs:simpleType>
<xs:simpleType name="Menge">
  <xs:restriction base="xs:decimal">
    <xs:minExclusive value="0"/><xs:maxExclusive value="100"/><xs:totalDigits value="3"/><xs:fractionDigits value="1"/>
  </xs:restriction>
</xs:simpleType>
<xs:simpleType name="Wort">
  <xs:restriction base="xs:token">
    <xs:minLength value="2"/><xs:maxLength value="4"/><xs:pattern value="[a-z]*"/>
  </xs:restriction>
</xs:simpleType>
<xs:simpleType name="Farbe">
  <xs:restriction base="xs:token"><xs:enumeration value="rot"/><xs:enumeration value="blau"/></xs:restriction>
</xs:simpleType>
"""

NIL = 'xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"'
TYPE = 'xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:type'


def findings(write: Write, body: str) -> tuple[Finding, ...]:
    document = f'<a.b.0100 xmlns="urn:t">{body}</a.b.0100>'
    verdict = Schemas.load(write(SCHEMA)).judge(document.encode())
    assert isinstance(verdict, Invalid)
    return verdict.findings


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("<datum>1.5.2026</datum>", 'The element "datum" contains no date of the form YYYY-MM-DD.'),
        ("<ja>ja</ja>", 'The element "ja" contains neither true nor false.'),
        ("<stufe>eins</stufe>", 'The element "stufe" contains no value of type "Stufe".'),
        ("<stufe>0</stufe>", 'The element "stufe" has too small a value.'),
        ("<stufe>6</stufe>", 'The element "stufe" has too large a value.'),
        ("<menge>0</menge>", 'The element "menge" has too small a value.'),
        ("<menge>100</menge>", 'The element "menge" has too large a value.'),
        ("<menge>1.25</menge>", 'The element "menge" has too many decimal places.'),
        ("<menge>1.2345</menge>", 'The element "menge" has too many digits.'),
        ("<wort>a</wort>", 'The element "wort" is empty or too short.'),
        ("<wort>abcde</wort>", 'The element "wort" is too long.'),
        (
            "<wort>ABC</wort>",
            'The element "wort" does not have the prescribed form or contains characters that are not permitted.',
        ),
        ("<farbe>gelb</farbe>", 'The element "farbe" has a value that is not in the list of permitted values.'),
        ("<fest>nie</fest>", 'The element "fest" does not have the value that the schema fixes.'),
        ("<leer>x</leer>", 'The element "leer" must be empty.'),
        ("<ja><x/></ja>", 'The element "ja" must not contain elements.'),
        ("<ja x=''>true</ja>", 'The unknown attribute of the element "ja" is not allowed.'),
        (f"<ja {NIL}>true</ja>", 'The element "ja" must not be marked empty (xsi:nil).'),
        (
            f"<ja {TYPE}='x'>true</ja>",
            'The unknown attribute of the element "ja" names a type the schema does not know.',
        ),
        ("text", 'The element "a.b.0100" must not contain text besides elements.'),
        ("<paar><links/><rechts/></paar>", 'The element "paar" needs the attribute "art".'),
        (
            "<paar art='gelb'><links/><rechts/></paar>",
            'The attribute "art" of the element "paar" has a value that is not in the list of permitted values.',
        ),
        ("<paar art='rot'><links/></paar>", 'The element "paar" is incomplete. Expected: "rechts".'),
        (
            "<paar art='rot'><rechts/><links/></paar>",
            'The element "rechts" is not expected here. Expected: "links".',
        ),
        (
            "<paar art='rot'><links xmlns=''/><rechts/></paar>",
            'The element "links" is in the wrong namespace.',
        ),
        (
            "<paar art='rot'><mitte/><rechts/></paar>",
            'The unknown element is not expected here. Expected: "links".',
        ),
    ],
)
def test_every_usual_fault_has_its_sentence(write: Write, body: str, sentence: str) -> None:
    """A fault is told by kind, with names of the schema, in German and in English."""
    finding = findings(write, body)[0]

    assert finding.text.en == sentence
    assert finding.text.de.startswith("Das ")
    assert finding.text.de != finding.text.en


def test_a_path_counts_where_counting_is_needed(write: Write) -> None:
    """An element is numbered among its namesakes, an unknown one among all, one of a kind not at all."""
    found = findings(write, "<ja>x</ja><paar art='rot'><links/><rechts/></paar><paar art='rot'><links/><x/></paar>")

    assert [finding.path for finding in found] == ["/a.b.0100/ja", "/a.b.0100/paar[2]/*[2]"]


def test_stray_text_is_told_at_the_element_it_stands_in(write: Write) -> None:
    """Text after a child belongs to the parent, not to the child."""
    (finding,) = findings(write, "<paar art='rot'><links/>text<rechts/></paar>")

    assert finding.path == "/a.b.0100/paar"


def test_lines_beyond_65535_are_counted(write: Write) -> None:
    """Long documents have long line numbers."""
    (finding,) = findings(write, "\n" * 70_000 + "<ja>x</ja>")

    assert finding.line == 70_001
