# ruff: noqa: E501 - a schema reads best where each declaration stands on one line
"""What a schema says of the elements of a document."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from gateway.errors import BadPackage
from gateway.validation.declarations import Declarations, Kind
from tests.gateway.validation.official import ENTRY, documents, samples

HEAD = '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:t="urn:t" {more}>{body}</xs:schema>'
QUALIFIED = 'targetNamespace="urn:t" elementFormDefault="qualified"'
XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'

CODE = """
<xs:complexType name="Code">
  <xs:sequence><xs:element name="code" type="xs:token" form="unqualified"/></xs:sequence>
  <xs:attribute name="listURI" type="xs:anyURI"/><xs:attribute name="listVersionID" type="xs:normalizedString"/>
</xs:complexType>
"""


def schema(body: str, more: str = QUALIFIED, **others: str) -> Declarations:
    files = {"t.xsd": HEAD.format(body=body, more=more), **others}
    return Declarations({name.replace("_", "."): text.encode() for name, text in files.items()}, "t.xsd")


def restricted(name: str, attributes: str, code: str = "xs:token", appinfo: str = "") -> str:
    return f"""
    <xs:complexType name="{name}">
      <xs:annotation><xs:appinfo>{appinfo}</xs:appinfo></xs:annotation>
      <xs:complexContent><xs:restriction base="t:Code">
        <xs:sequence><xs:element name="code" type="{code}" form="unqualified"/></xs:sequence>{attributes}
      </xs:restriction></xs:complexContent>
    </xs:complexType>"""


# ── finding the declaration ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("standard", ["xwasser", "xhochschule"])
def test_every_element_of_the_official_samples_has_a_declaration(standard: str, shared_data: Path) -> None:
    """Whatever way of declaring an official package chooses, the way from the root finds it."""
    declarations = Declarations(documents(shared_data, standard), ENTRY)
    for sample in samples(shared_data, standard):
        assert [element.tag for element in sample.iter("*") if declarations.of(element) is None] == []


def test_every_message_of_xbau_is_declared_with_its_title(shared_data: Path) -> None:
    """Roots of XBau carry what people call them."""
    declarations = Declarations(documents(shared_data, "xbau"), ENTRY)
    found = declarations.of(etree.Element("{http://www.xleitstelle.de/xbau/2/5}baugenehmigung.antrag.0200"))
    assert found is not None
    assert found.label == "Beantragung einer Baugenehmigung"
    assert found.attributes["standard"].fixed == "XBau-Hochbau"


def test_namesakes_are_told_apart_by_where_they_stand() -> None:
    """The same name may mean a date in one place and text in another."""
    declarations = schema("""
      <xs:element name="a"><xs:complexType><xs:sequence>
        <xs:element name="x" type="xs:date"/>
        <xs:element name="b"><xs:complexType><xs:sequence>
          <xs:element name="x" type="xs:token"/></xs:sequence></xs:complexType></xs:element>
      </xs:sequence></xs:complexType></xs:element>""")
    tree = etree.fromstring('<a xmlns="urn:t"><x/><b><x/></b></a>')
    assert [getattr(declarations.of(x), "builtin", None) for x in tree.iter("{*}x")] == ["date", "token"]
    assert [element for element, _ in declarations.sift(tree, Kind.TEMPORAL)] == [tree[0]]


def test_an_extension_keeps_what_its_base_has_and_a_restriction_states_it_anew() -> None:
    """Children come down from the base by extension only; attributes come down either way, unless prohibited."""
    declarations = schema("""
      <xs:complexType name="Base"><xs:sequence><xs:element name="old" type="xs:date"/></xs:sequence>
        <xs:attribute name="kept" type="xs:ID"/><xs:attribute name="gone"/></xs:complexType>
      <xs:element name="more"><xs:complexType><xs:complexContent><xs:extension base="t:Base"><xs:sequence>
        <xs:element name="new" type="xs:int"/></xs:sequence></xs:extension></xs:complexContent></xs:complexType></xs:element>
      <xs:element name="less"><xs:complexType><xs:complexContent><xs:restriction base="t:Base"><xs:sequence>
        <xs:element name="old" type="t:Day"/></xs:sequence><xs:attribute name="gone" use="prohibited"/>
        </xs:restriction></xs:complexContent></xs:complexType></xs:element>
      <xs:simpleType name="Day"><xs:restriction base="xs:date"/></xs:simpleType>""")
    more = etree.fromstring('<more xmlns="urn:t"><old/><new/></more>')
    less = etree.fromstring('<less xmlns="urn:t"><old/><new/></less>')
    found = [declarations.of(element) for element in (*more, *less)]
    assert [one and (one.type_name, one.builtin) for one in found] == [
        ("{http://www.w3.org/2001/XMLSchema}date", "date"),
        ("{http://www.w3.org/2001/XMLSchema}int", "int"),
        ("{urn:t}Day", "date"),
        None,
    ]
    roots = declarations.of(more), declarations.of(less)
    assert [sorted(root.attributes) for root in roots if root] == [["gone", "kept"], ["kept"]]
    assert all(root and Kind.ID in root.kinds for root in roots)


def test_xsi_type_decides_where_the_document_uses_it() -> None:
    """Below an element that names another type, that type says what stands there."""
    declarations = schema("""
      <xs:complexType name="Any"/>
      <xs:complexType name="Dated"><xs:complexContent><xs:extension base="t:Any"><xs:sequence>
        <xs:element name="day" type="xs:date"/></xs:sequence></xs:extension></xs:complexContent></xs:complexType>
      <xs:element name="a" type="t:Any"/>""")
    plain = etree.fromstring('<a xmlns="urn:t"><day/></a>')
    typed = etree.fromstring(f'<a xmlns="urn:t" xmlns:t="urn:t" {XSI} xsi:type="t:Dated"><day/></a>')
    unknown = etree.fromstring(f'<a xmlns="urn:t" {XSI} xsi:type="Other"><day/></a>')
    assert [declarations.of(tree[0]) is None for tree in (plain, typed, unknown)] == [True, False, True]
    assert [element for element, _ in declarations.sift(typed, Kind.TEMPORAL)] == [typed[0]]


def test_an_element_may_stand_for_the_head_of_its_group() -> None:
    """Substitution reaches through several steps."""
    declarations = schema("""
      <xs:element name="head" type="xs:string" abstract="true"/>
      <xs:element name="one" type="xs:token" substitutionGroup="t:head"/>
      <xs:element name="two" substitutionGroup="t:one"/>
      <xs:element name="a"><xs:complexType><xs:sequence><xs:element ref="t:head"/></xs:sequence></xs:complexType></xs:element>
    """)
    found = declarations.of(etree.fromstring('<a xmlns="urn:t"><two/></a>')[0])
    assert found is not None
    assert found.builtin == "token"


def test_wildcards_ask_for_a_declaration_or_ask_nothing() -> None:
    """Where nothing is asked, nothing is declared, and no name is taken for its namesake elsewhere."""
    declarations = schema("""
      <xs:element name="day" type="xs:date"/>
      <xs:element name="a"><xs:complexType><xs:sequence>
        <xs:element name="lax"><xs:complexType><xs:sequence><xs:any processContents="lax"/></xs:sequence></xs:complexType></xs:element>
        <xs:element name="skip"><xs:complexType><xs:sequence><xs:any processContents="skip"/></xs:sequence></xs:complexType></xs:element>
        <xs:element name="other"><xs:complexType><xs:sequence><xs:any namespace="##other"/></xs:sequence></xs:complexType></xs:element>
      </xs:sequence></xs:complexType></xs:element>""")
    tree = etree.fromstring(
        '<a xmlns="urn:t"><lax><day/></lax><skip><day/></skip><other><day/></other><lax><o xmlns="urn:o"/></lax></a>'
    )
    assert [declarations.of(element[0]) is None for element in tree] == [False, True, True, True]
    assert [element for element, _ in declarations.sift(tree, Kind.TEMPORAL)] == [tree[0][0]]


def test_an_included_document_without_a_namespace_takes_that_of_the_includer() -> None:
    """Its types, and what they refer to without a prefix, belong to the namespace it came into."""
    declarations = schema(
        '<xs:include schemaLocation="lent.xsd"/><xs:element name="a" type="t:Outer"/>',
        lent_xsd=HEAD.format(
            more='elementFormDefault="qualified"',
            body="""<xs:complexType name="Outer"><xs:sequence><xs:element name="x" type="Inner"/></xs:sequence></xs:complexType>
                    <xs:simpleType name="Inner"><xs:restriction base="xs:base64Binary"/></xs:simpleType>""",
        ),
    )
    found = declarations.of(etree.fromstring('<a xmlns="urn:t"><x/></a>')[0])
    assert found is not None
    assert (found.type_name, found.builtin) == ("{urn:t}Inner", "base64Binary")


def test_groups_and_attribute_groups_count_as_if_they_were_written_out() -> None:
    """Both bring what is in them, however deep."""
    declarations = schema("""
      <xs:group name="g"><xs:choice><xs:element name="x" type="xs:IDREF"/><xs:group ref="t:h"/></xs:choice></xs:group>
      <xs:group name="h"><xs:sequence><xs:element name="y" type="xs:time"/></xs:sequence></xs:group>
      <xs:attributeGroup name="ag"><xs:attribute name="k" type="xs:ID"/></xs:attributeGroup>
      <xs:element name="a"><xs:complexType><xs:group ref="t:g"/><xs:attributeGroup ref="t:ag"/></xs:complexType></xs:element>
    """)
    tree = etree.fromstring('<a xmlns="urn:t"><x/><y/></a>')
    assert [getattr(declarations.of(element), "builtin", None) for element in tree] == ["IDREF", "time"]
    assert declarations.names_of_interest(Kind.ID) == {"{urn:t}a"}


def test_a_redefined_type_builds_on_what_it_was() -> None:
    """Its own name in its base means the type before."""
    declarations = schema(
        """<xs:redefine schemaLocation="old.xsd"><xs:complexType name="T"><xs:complexContent><xs:extension base="t:T">
             <xs:sequence><xs:element name="new" type="xs:int"/></xs:sequence></xs:extension></xs:complexContent>
           </xs:complexType></xs:redefine><xs:element name="a" type="t:T"/>""",
        old_xsd=HEAD.format(
            more=QUALIFIED,
            body="""<xs:complexType name="T"><xs:sequence><xs:element name="old" type="xs:date"/></xs:sequence></xs:complexType>""",
        ),
    )
    tree = etree.fromstring('<a xmlns="urn:t"><old/><new/></a>')
    assert [getattr(declarations.of(element), "builtin", None) for element in tree] == ["date", "int"]


@given(st.integers(1, 40))
def test_a_schema_that_contains_itself_is_followed_as_deep_as_the_document_goes(depth: int) -> None:
    """Recursive types are a circle, and every turn of it finds the same declarations."""
    declarations = schema("""
      <xs:complexType name="Part"><xs:sequence>
        <xs:element name="part" type="t:Part" minOccurs="0"/><xs:element name="day" type="xs:date" minOccurs="0"/>
      </xs:sequence></xs:complexType><xs:element name="part" type="t:Part"/>""")
    tree = etree.fromstring(f"<part xmlns='urn:t'>{'<part>' * depth}<day/>{'</part>' * depth}</part>")
    assert [element.tag for element, _ in declarations.sift(tree, Kind.TEMPORAL)] == ["{urn:t}day"]


def test_a_document_that_is_no_xml_is_named() -> None:
    """A broken document of a package is the operator's business, by its name."""
    with pytest.raises(BadPackage, match=r"t\.xsd"):
        Declarations({"t.xsd": b"<xs:schema"}, "t.xsd")


# ── what is said of it ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("annotation", "label"),
    [
        ("<xs:appinfo><label>Geburtsname</label></xs:appinfo>", "Geburtsname"),
        ("<xs:appinfo><title>Hausnummer</title></xs:appinfo><xs:documentation>Die Nummer.</xs:documentation>", "Hausnummer"),
        ("<xs:documentation>Straße\n   und Ort.</xs:documentation>", "Straße und Ort"),
        ("<xs:documentation>Die Straße. Ohne Hausnummer.</xs:documentation>", "Die Straße"),
        ("<xs:documentation>Nach § 3 Abs. 1 z. B. Musterweg.</xs:documentation>", "Nach § 3 Abs. 1 z. B. Musterweg"),
        ('<xs:documentation xml:lang="en">Street</xs:documentation><xs:documentation xml:lang="de">Straße</xs:documentation>', "Straße"),
        (f"<xs:documentation>{'sehr ' * 40}lang</xs:documentation>", None),
        ("<xs:documentation/>", None),
    ],
)  # fmt: skip
def test_people_call_an_element_what_its_annotation_says(annotation: str, label: str | None) -> None:
    """A label or title comes first, then the first sentence, if it is short; a name is better than a long story."""
    declarations = schema(f'<xs:element name="a"><xs:annotation>{annotation}</xs:annotation></xs:element>')
    found = declarations.of(etree.fromstring('<a xmlns="urn:t"/>'))
    assert found is not None
    assert found.label == label


FIXED_URI = '<xs:attribute name="listURI" type="xs:anyURI" fixed="urn:list"/>'
FIXED_VERSION = '<xs:attribute name="listVersionID" type="xs:normalizedString" fixed="2"/>'
OPEN_URI = '<xs:attribute name="listURI" type="xs:anyURI" use="required"/>'
OPEN_VERSION = '<xs:attribute name="listVersionID" type="xs:normalizedString" use="required"/>'
COLUMN = "<genutzteCodeSpalte>schluessel</genutzteCodeSpalte>"


@pytest.mark.parametrize(
    ("attributes", "code", "kind", "uri", "version"),
    [
        (FIXED_URI + FIXED_VERSION, "t:Colour", 1, "urn:list", "2"),
        (FIXED_URI + FIXED_VERSION, "xs:token", 2, "urn:list", "2"),
        (FIXED_URI + OPEN_VERSION, "xs:token", 3, "urn:list", None),
        (OPEN_URI + OPEN_VERSION, "xs:token", 4, None, None),
    ],
)
def test_the_four_types_of_codes(attributes: str, code: str, kind: int, uri: str | None, version: str | None) -> None:
    """List and version are in the schema or in the message, and the codes in the schema or in the list."""
    declarations = schema(
        CODE
        + restricted("Colours", attributes, code, COLUMN)
        + """<xs:simpleType name="Colour"><xs:restriction base="xs:token"><xs:enumeration value="r"/></xs:restriction></xs:simpleType>
             <xs:element name="a" type="t:Colours"/>"""
    )
    found = declarations.of(etree.fromstring('<a xmlns="urn:t"/>'))
    assert found is not None
    assert found.code is not None
    assert (found.code.type, found.code.uri, found.code.version) == (kind, uri, version)
    assert (found.code.child, found.code.column) == ("code", "schluessel")
    assert (Kind.CODE in found.kinds) is (kind > 1)


def test_a_list_that_only_the_annotation_names_counts_unless_the_message_must_name_it() -> None:
    """Fixed attributes may be missing where the facts beside the type say the same."""
    facts = (
        "<codeliste><kennung>urn:told</kennung></codeliste><versionCodeliste><version>7</version></versionCodeliste>"
    )
    declarations = schema(
        CODE + restricted("Told", OPEN_VERSION, appinfo=facts) + '<xs:element name="a" type="t:Told"/>'
    )
    found = declarations.of(etree.fromstring('<a xmlns="urn:t"/>'))
    assert found is not None
    assert found.code is not None
    assert (found.code.uri, found.code.version) == ("urn:told", None)


def test_the_official_code_types_are_all_seen(shared_data: Path) -> None:
    """XBau has codes of all four types, and each is recognised by how it is built."""
    declarations = Declarations(documents(shared_data, "xbau"), ENTRY)
    names = declarations.names_of_interest(Kind.CODE)
    assert {"kanal", "nachrichtentyp", "verzeichnisdienst"} <= names


@pytest.mark.parametrize(
    ("namespace", "name", "characters"),
    [
        ("urn:xoev-de:kosit:xoev:datentyp:din-91379_2022-08", "datatypeA", "A"),
        ("urn:xoev-de:kosit:xoev:datentyp:din-spec-91379_2019-03", "datatypeC", "C"),
        ("http://xoev.de/latinchars/1_1/datatypes", "String.Latin", "String.Latin"),
        ("urn:other", "datatypeA", None),
    ],
)
def test_the_datatype_of_din_91379_comes_down_the_line_of_types(
    namespace: str, name: str, characters: str | None
) -> None:
    """A type derived from one of them is one of them; only the namespace makes it one."""
    declarations = schema(
        f"""<xs:import namespace="{namespace}" schemaLocation="din.xsd"/>
            <xs:simpleType name="Short"><xs:restriction base="d:{name}"><xs:maxLength value="9"/></xs:restriction></xs:simpleType>
            <xs:element name="a" type="t:Short"/>""",
        more=f'{QUALIFIED} xmlns:d="{namespace}"',
        din_xsd=HEAD.format(
            more=f'targetNamespace="{namespace}"',
            body=f'<xs:simpleType name="{name}"><xs:restriction base="xs:string"/></xs:simpleType>',
        ),
    )
    found = declarations.of(etree.fromstring('<a xmlns="urn:t"/>'))
    assert found is not None
    assert (found.builtin, found.characters) == ("string", characters)
    assert declarations.names_of_interest(Kind.CHARACTERS) == frozenset()


def test_a_package_may_name_the_datatype_in_an_annotation() -> None:
    """Our own packages have no pattern of a thousand characters; they say which datatype is meant."""
    declarations = schema("""
      <xs:simpleType name="Name"><xs:annotation><xs:appinfo><din91379>A</din91379></xs:appinfo></xs:annotation>
        <xs:restriction base="xs:token"/></xs:simpleType><xs:element name="a" type="t:Name"/>""")
    found = declarations.of(etree.fromstring('<a xmlns="urn:t"/>'))
    assert found is not None
    assert found.characters == "A"
    assert declarations.names_of_interest(Kind.CHARACTERS) == {"{urn:t}a"}


def test_lists_and_unions_are_worth_a_look_for_what_is_in_them() -> None:
    """They have no built-in type of their own, but may hold references all the same."""
    declarations = schema("""
      <xs:element name="a" type="t:Refs"/><xs:element name="b" type="t:Either"/><xs:element name="c" type="xs:IDREFS"/>
      <xs:simpleType name="Refs"><xs:list itemType="xs:IDREF"/></xs:simpleType>
      <xs:simpleType name="Either"><xs:union memberTypes="xs:date t:Refs"/></xs:simpleType>""")
    assert declarations.names_of_interest(Kind.IDREF) == {"{urn:t}a", "{urn:t}b", "{urn:t}c"}
    assert declarations.names_of_interest(Kind.TEMPORAL) == {"{urn:t}b"}
