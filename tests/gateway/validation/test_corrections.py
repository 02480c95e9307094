"""Where libxml2 is wrong: the verdict is that of Xerces, whose answers stand beside each value."""

import pytest

from gateway.submission import Finding
from gateway.validation import Invalid, Outcome, Schemas, Valid, Verdict
from tests.gateway.validation.conftest import Write

TYPES = (
    *("anyURI", "base64Binary", "date", "dateTime", "time", "gYear", "duration", "decimal", "double", "NMTOKENS"),
    *("hexBinary", "boolean", "integer"),
)
VALUES = "".join(f'<xs:element name="{name}" type="t:{name}"/>' for name in TYPES)
BOTH = "".join(
    f'<xs:complexType name="{name}"><xs:simpleContent><xs:extension base="xs:{name}">'
    f'<xs:attribute name="v" type="xs:{name}"/></xs:extension></xs:simpleContent></xs:complexType>'
    for name in TYPES
)
SCHEMA = f"""
<xs:element name="a.b.0100">
  <xs:complexType>
    <xs:choice maxOccurs="unbounded">
      {VALUES}
      <xs:element name="id" type="xs:ID"/>
      <xs:element name="ref" type="xs:IDREF"/>
      <xs:element name="refs" type="xs:IDREFS"/>
      <xs:element name="kasten"><xs:complexType>
        <xs:attribute name="id" type="xs:ID"/><xs:attribute name="ref" type="xs:IDREF"/>
      </xs:complexType></xs:element>
      <xs:element name="beginn"><xs:simpleType>
        <xs:restriction base="xs:date"><xs:minInclusive value="2024-01-01"/></xs:restriction>
      </xs:simpleType></xs:element>
      <xs:element name="immer" type="xs:anyURI" fixed="urn:immer"/>
      <xs:element name="daten"><xs:simpleType><xs:list itemType="xs:base64Binary"/></xs:simpleType></xs:element>
      <xs:element name="punkte"><xs:simpleType><xs:list itemType="xs:double"/></xs:simpleType></xs:element>
      <xs:element name="orte"><xs:simpleType><xs:list itemType="xs:anyURI"/></xs:simpleType></xs:element>
      <xs:element name="verweise"><xs:complexType>
        <xs:attribute name="an"><xs:simpleType><xs:list itemType="xs:IDREF"/></xs:simpleType></xs:attribute>
      </xs:complexType></xs:element>
    </xs:choice>
  </xs:complexType>
</xs:element>
{BOTH}
"""


@pytest.fixture
def schemas(write: Write) -> Schemas:
    return Schemas.load(write(SCHEMA))


def judged(schemas: Schemas, body: str) -> Verdict:
    return schemas.judge(f'<x:a.b.0100 xmlns:x="urn:t">{body}</x:a.b.0100>'.encode())


def rules(verdict: Verdict) -> list[tuple[str | None, str | None]]:
    return [(finding.rule, finding.path) for finding in verdict.findings]


@pytest.mark.parametrize(
    ("type_", "valid", "value"),
    [
        ("base64Binary", True, "AAAA"),
        ("base64Binary", True, ""),
        ("base64Binary", True, " A A\n AA AA== "),
        ("base64Binary", False, "AAAA!"),
        ("base64Binary", False, "AAAAÄ"),
        ("base64Binary", False, "AAA"),
        ("base64Binary", False, "AB=="),
        ("base64Binary", False, "AA=A"),
        ("date", True, " 2024-01-01\n"),
        ("date", False, " 2024-02-30 "),
        ("date", False, "2024-01- 01"),
        ("dateTime", True, "\t2024-01-01T00:00:00Z "),
        ("time", True, " 24:00:00"),
        ("gYear", True, " 2024 "),
        ("gYear", False, "99999999999999999999"),
        ("duration", True, " P1D"),
        ("duration", True, "PT.5S"),
        ("duration", False, "PT5.S"),
        ("duration", True, "PT5.5S"),
        ("decimal", False, "1 2"),
        ("decimal", True, "1" * 400),
        ("double", False, "1e"),
        ("double", True, "-1.5E-3"),
        ("double", True, "-INF"),
        ("double", True, " INF\n"),
        ("double", True, "NaN "),
        ("NMTOKENS", False, ""),
        ("NMTOKENS", False, "  "),
        ("NMTOKENS", True, " a b "),
        ("anyURI", True, "urn:x:y"),
        ("anyURI", True, ""),
        ("anyURI", True, "ä ö"),
        ("anyURI", True, "http://a:b"),
        ("anyURI", True, "//h:x"),
        ("anyURI", True, "http://a@b@c"),
        ("anyURI", True, "urn:a[1]?[2]#[3]"),
        ("anyURI", True, "http://[::1]/"),
        ("anyURI", False, "http://[a]/"),
        ("anyURI", False, "http://a/[1]"),
        ("anyURI", False, "urn:#a"),
        ("anyURI", False, "::"),
        ("anyURI", False, "http://[x"),
        ("anyURI", False, "%zz"),
        ("anyURI", False, "2024-01-01T10:00:00"),
        ("anyURI", False, "urn:"),
        ("anyURI", False, "a:"),
    ],
)
def test_a_value_is_judged_as_xerces_does(schemas: Schemas, type_: str, valid: bool, value: str) -> None:
    """The same value gets the same answer as text and as attribute, and no disagreement is left without a rule."""
    right = {"base64Binary": "AAAA", "date": "2024-01-01", "double": "1", "decimal": "1", "duration": "P1D"}.get(type_)
    right = right or {"dateTime": "2024-01-01T00:00:00", "time": "10:00:00", "gYear": "2024"}.get(type_, "a")
    escaped = value.replace("\t", "&#9;").replace("\n", "&#10;")

    as_text = judged(schemas, f"<x:{type_}>{value}</x:{type_}>")
    as_attribute = judged(schemas, f'<x:{type_} v="{escaped}">{right}</x:{type_}>')

    assert (as_text.valid, as_attribute.valid) == (valid, valid)
    for verdict in (as_text, as_attribute):
        assert {finding.code for finding in verdict.findings} <= {"schema-invalid"}
        assert {path for _, path in rules(verdict)} <= {f"/x:a.b.0100/x:{type_}"}


@pytest.mark.parametrize(
    ("expected", "body"),
    [
        ([], "<x:id>a</x:id><x:ref>a</x:ref>"),
        ([], "<x:ref> a </x:ref><x:kasten id='a'/>"),
        ([], "<x:refs>a b</x:refs><x:id>a</x:id><x:kasten id='b'/>"),
        ([("cvc-id.2", "/x:a.b.0100/x:id[2]")], "<x:id>a</x:id><x:id> a</x:id>"),
        ([("cvc-id.2", "/x:a.b.0100/x:id")], "<x:kasten id='a'/><x:id>a</x:id>"),
        ([("cvc-id.2", "/x:a.b.0100/x:kasten[2]")], "<x:kasten id='a'/><x:kasten id=' a'/>"),
        (
            [("cvc-id.2", "/x:a.b.0100/x:kasten[2]")],
            "<x:kasten id='a'/><x:date> 2024-01-01 </x:date><x:kasten id='a'/>",
        ),
        ([("cvc-id.1", "/x:a.b.0100/x:ref")], "<x:id>a</x:id><x:ref>b</x:ref>"),
        ([("cvc-id.1", "/x:a.b.0100/x:kasten")], "<x:kasten ref='b'/>"),
        ([("cvc-id.1", "/x:a.b.0100/x:refs")], "<x:refs>a b</x:refs><x:id>a</x:id>"),
        (
            [("cvc-id.1", "/x:a.b.0100/x:ref[1]"), ("cvc-id.1", "/x:a.b.0100/x:ref[2]")],
            "<x:ref>a</x:ref><x:ref>b</x:ref>",
        ),
    ],
)
def test_identifiers_are_looked_at(schemas: Schemas, expected: list[tuple[str, str]], body: str) -> None:
    """An identifier is given once, and what is referred to exists, whether in text or in attributes."""
    verdict = judged(schemas, body)

    assert verdict.valid is not bool(expected)
    assert rules(verdict) == expected


@pytest.mark.parametrize(
    ("valid", "body"),
    [
        (True, "<x:daten> AAAA\tAA== </x:daten>"),
        (False, "<x:daten>AAAA AA=</x:daten>"),
        (True, "<x:punkte>1 -2.5e3 INF</x:punkte>"),
        (False, "<x:punkte>1 2e</x:punkte>"),
        (True, "<x:orte>urn:a //h:x</x:orte>"),
        (False, "<x:orte>urn:a ::</x:orte>"),
        (True, "<x:verweise an='a b'/><x:id>a</x:id><x:id>b</x:id>"),
        (False, "<x:verweise an='a b'/><x:id>a</x:id>"),
    ],
)
def test_a_list_is_judged_item_by_item(schemas: Schemas, valid: bool, body: str) -> None:
    """What is put right of a value is put right of each item of a list."""
    assert judged(schemas, body).valid is valid


@pytest.mark.parametrize(
    ("valid", "attributes"),
    [
        (True, "x:art='fest' x:zahl='1'"),
        (True, "x:zahl=' 01 '"),
        (False, "x:art='anders'"),
        (False, "x:art=' fest '"),
        (False, "x:zahl='2'"),
        (False, "x:zahl='x'"),
    ],
)
def test_what_is_fixed_at_a_reference_is_fixed(write: Write, valid: bool, attributes: str) -> None:
    """Of an attribute that is declared elsewhere, libxml2 does not look at the value that is fixed where it is used."""
    declared = '<xs:attribute name="art" type="xs:string"/><xs:attribute name="zahl" type="xs:int"/>'
    used = '<xs:attribute ref="t:art" fixed="fest"/><xs:attribute ref="t:zahl" fixed="1"/>'
    schema = f'{declared}<xs:element name="a.b.0100"><xs:complexType>{used}</xs:complexType></xs:element>'

    verdict = Schemas.load(write(schema)).judge(f'<x:a.b.0100 xmlns:x="urn:t" {attributes}/>'.encode())

    assert verdict.valid is valid


def test_white_space_hides_nothing(schemas: Schemas) -> None:
    """Where white space around a date is forgiven, all else that is wrong with it or elsewhere is still found."""
    verdict = judged(schemas, "<x:date> 2024-01-01 </x:date><x:beginn> 2023-12-31 </x:beginn><x:boolean>ja</x:boolean>")

    assert [rule for rule, _ in rules(verdict)] == ["cvc-minInclusive-valid", "cvc-datatype-valid.1.2.1"]


def test_a_forgiven_address_keeps_its_fixed_value(schemas: Schemas) -> None:
    """An address that libxml2 cannot read is not forgiven where the schema fixes another."""
    assert judged(schemas, "<x:immer>http://a:b</x:immer>").valid is False


@pytest.mark.parametrize(
    ("valid", "type_", "fixed", "value"),
    [
        (True, "decimal", "1.0", "1.0"),
        (True, "decimal", "1.0", " 1"),
        (True, "decimal", "1.0", "01.00"),
        (False, "decimal", "1.0", "1.1"),
        (False, "decimal", "1.0", "x"),
        (True, "boolean", "true", "\ntrue "),
        (True, "boolean", "true", "1"),
        (False, "boolean", "true", "false"),
        (True, "token", "a b", " a  b "),
        (False, "string", "a", " a"),
    ],
)
def test_a_fixed_value_may_be_written_otherwise(write: Write, valid: bool, type_: str, fixed: str, value: str) -> None:
    """libxml2 compares letters; XML Schema compares values."""
    schemas = Schemas.load(write(f'<xs:element name="a.b.0100" type="xs:{type_}" fixed="{fixed}"/>'))

    assert judged(schemas, value).valid is valid


def test_a_correction_is_told(schemas: Schemas) -> None:
    """A verdict that departs from libxml2 says so in its stage."""
    verdict = judged(schemas, "<x:date> 2024-01-01 </x:date>")

    assert isinstance(verdict, Valid)
    stage = next(stage for stage in verdict.stages if stage.name == "schema")
    assert stage.outcome is Outcome.PASSED
    assert "white space" in stage.detail.en


def test_what_libxml2_overlooks_stands_among_what_it_finds(schemas: Schemas) -> None:
    """Findings of both kinds come in the order of the document."""
    verdict = judged(
        schemas,
        "<x:ref>a</x:ref>\n<x:boolean>ja</x:boolean>\n<x:base64Binary>!</x:base64Binary>\n<x:date>heute</x:date>",
    )

    assert [finding.line for finding in verdict.findings] == [1, 2, 3, 4]


SIBLINGS = """
<xs:element name="a.b.0100">
  <xs:complexType>
    <xs:sequence>
      <xs:element name="eins" type="xs:date"/>
      <xs:element name="zwei" type="xs:boolean"/>
      <xs:element name="drei"><xs:complexType><xs:sequence>
        <xs:element name="innen" type="xs:int" maxOccurs="3"/>
      </xs:sequence><xs:attribute name="art" use="required"/></xs:complexType></xs:element>
      <xs:element name="vier" minOccurs="0">
        <xs:simpleType><xs:restriction base="xs:token"><xs:enumeration value="rot"/></xs:restriction></xs:simpleType>
      </xs:element>
    </xs:sequence>
  </xs:complexType>
</xs:element>
"""


def test_findings_go_on_behind_the_first_wrong_child(write: Write) -> None:
    """libxml2 stops at a child in the wrong place; what is wrong behind it is found all the same."""
    verdict = judged(
        Schemas.load(write(SIBLINGS)),
        "<x:eins>2024-01-01</x:eins>\n<x:falsch/>\n<x:zwei>ja</x:zwei>\n"
        "<x:drei>\n<x:innen>x</x:innen></x:drei>\n<x:vier>blau</x:vier>\n<x:fremd/>",
    )

    assert isinstance(verdict, Invalid)
    assert [(finding.line, finding.rule) for finding in verdict.findings] == [
        (2, "cvc-complex-type.2.4.a"),
        (3, "cvc-datatype-valid.1.2.1"),
        (4, "cvc-complex-type.4"),
        (5, "cvc-datatype-valid.1.2.1"),
        (6, "cvc-enumeration-valid"),
        (7, "cvc-complex-type.2.4.d"),
    ]


def test_an_enumeration_says_what_is_expected(write: Write) -> None:
    """The values that a schema lists are told where they are few; the one that was sent is not."""
    body = (
        "<x:eins>2024-01-01</x:eins><x:zwei>1</x:zwei><x:drei art=''><x:innen>1</x:innen></x:drei><x:vier>blau</x:vier>"
    )
    (finding,) = judged(Schemas.load(write(SIBLINGS)), body).findings

    assert finding.expected is not None
    assert finding.expected.de == "„rot“"
    assert "blau" not in repr(finding)


def labelled(name: str, label: str, type_: str) -> str:
    annotation = f"<xs:annotation><xs:documentation>{label}</xs:documentation></xs:annotation>"
    return f'<xs:element name="{name}" type="{type_}">{annotation}</xs:element>'


def test_a_finding_calls_the_element_by_its_label(write: Write) -> None:
    """The label is what the schema's annotation says, else the element's name."""
    body = labelled("geburt", "Tag der Geburt", "xs:date") + '<xs:element name="zahl" type="xs:int"/>'
    schema = (
        f'<xs:element name="a.b.0100"><xs:complexType><xs:sequence>{body}</xs:sequence></xs:complexType></xs:element>'
    )

    first, second = judged(Schemas.load(write(schema)), "<x:geburt>x</x:geburt><x:zahl>x</x:zahl>").findings

    assert (first.label, second.label) == ("Tag der Geburt", "zahl")
    assert isinstance(first, Finding)
