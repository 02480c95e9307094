"""A schema with every built-in type and facet, and what packages use rarely: nil, any, abstract types, keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tests.gateway.validation.values import VALUES

NAMESPACE: Final = "urn:t"

_DERIVED: Final = (
    *("normalizedString", "token", "long", "int", "short", "byte", "nonNegativeInteger", "positiveInteger"),
    *("nonPositiveInteger", "negativeInteger", "unsignedLong", "unsignedInt", "unsignedShort", "unsignedByte"),
)

TYPES: Final = (*(name for name in VALUES if name != "ENTITIES"), *_DERIVED)

_LISTABLE: Final = [name for name in TYPES if name not in {"IDREFS", "NMTOKENS", "ENTITIES", "string"}]

_FACETS: Final[dict[str, tuple[str, ...]]] = {
    "date": ('minInclusive value="2024-01-01"', 'maxExclusive value="2024-02-29Z"', 'pattern value="[0-9Z-]+"'),
    "dateTime": ('minExclusive value="2024-01-01T12:00:00Z"', 'maxInclusive value="2024-12-31T24:00:00"'),
    "time": ('minInclusive value="12:00:00Z"', 'maxInclusive value="12:00:00"', 'enumeration value="24:00:00"'),
    "gYear": ('minInclusive value="2024"',),
    "duration": ('maxInclusive value="P1M"', 'enumeration value="PT60S"', 'minExclusive value="P30D"'),
    "decimal": (
        *(
            'totalDigits value="3"',
            'fractionDigits value="1"',
            'minInclusive value="-0.5"',
            'maxExclusive value="1.50"',
        ),
        *('enumeration value="1.0"', 'pattern value="\\d+"'),
    ),
    "integer": ('totalDigits value="3"', 'maxInclusive value="127"', 'pattern value="[+\\-]?\\d{1,3}"'),
    "double": (
        'minInclusive value="0"',
        'maxExclusive value="INF"',
        'enumeration value="1E5"',
        'enumeration value="NaN"',
    ),
    "float": ('maxInclusive value="1"', 'enumeration value="-0"'),
    "boolean": ('pattern value="true|1"',),
    "base64Binary": ('length value="3"', 'maxLength value="2"', 'minLength value="1"', 'enumeration value="AAAA"'),
    "hexBinary": ('length value="3"', 'minLength value="1"', 'enumeration value="abcdef"'),
    "anyURI": ('maxLength value="5"', 'enumeration value="urn:a:b"', 'pattern value="urn:.*"'),
    "string": (
        *('length value="1"', 'minLength value="2"', 'maxLength value="3"', 'enumeration value=" a "'),
        *('pattern value="[\\i-[:]]\\c*"', 'pattern value="\\p{Lu}?\\p{IsBasicLatin}*"', 'pattern value="."'),
        *('pattern value="[^\\d\\s]+"', 'pattern value="(a|ab)(c|bcd)*"', 'whiteSpace value="collapse"'),
    ),
    "token": ('pattern value=".{1,3}"', 'length value="1"', 'enumeration value="a b"'),
    "normalizedString": ('pattern value="a b"', 'maxLength value="3"'),
    "NMTOKENS": ('length value="2"', 'enumeration value="a b"'),
    "IDREFS": ('maxLength value="1"',),
    "QName": ('enumeration value="t:a"',),
    "language": ('pattern value="[a-z]{2}"',),
}

_SHAPES: Final = """
<xs:element name="leer" nillable="true"><xs:complexType><xs:attribute name="a"/></xs:complexType></xs:element>
<xs:element name="fuellbar" type="xs:date" nillable="true"/>
<xs:element name="fest" type="xs:decimal" fixed="1.0"/>
<xs:element name="ja" type="xs:boolean" fixed="true"/>
<xs:element name="vorgabe" type="xs:date" default="2024-01-01"/>
<xs:element name="gemischt"><xs:complexType mixed="true"><xs:sequence>
  <xs:element name="innen" type="xs:int" minOccurs="0" maxOccurs="3"/></xs:sequence></xs:complexType></xs:element>
<xs:element name="alles"><xs:complexType><xs:all>
  <xs:element name="eins" type="xs:int"/><xs:element name="zwei" type="xs:int" minOccurs="0"/></xs:all>
  </xs:complexType></xs:element>
<xs:element name="offen"><xs:complexType><xs:sequence>
  <xs:any namespace="##other" processContents="lax" minOccurs="0"/>
  <xs:any namespace="##targetNamespace" processContents="strict" minOccurs="0"/></xs:sequence>
  <xs:anyAttribute namespace="##other" processContents="lax"/></xs:complexType></xs:element>
<xs:element name="egal"><xs:complexType><xs:sequence>
  <xs:any namespace="##any" processContents="skip" minOccurs="0" maxOccurs="unbounded"/></xs:sequence>
  </xs:complexType></xs:element>
<xs:element name="beliebig"/>
<xs:element name="bezug"><xs:complexType>
  <xs:attribute ref="t:art" fixed="fest"/><xs:attribute ref="t:stufe" fixed="1"/></xs:complexType></xs:element>
<xs:element name="wer" type="t:Wesen"/>
<xs:element ref="t:kopf"/>
<xs:element name="reihe"><xs:complexType><xs:sequence>
  <xs:element name="glied" maxOccurs="unbounded"><xs:complexType><xs:simpleContent><xs:extension base="xs:decimal">
    <xs:attribute name="nr" type="xs:int"/><xs:attribute name="zu" type="xs:int"/></xs:extension></xs:simpleContent>
  </xs:complexType></xs:element></xs:sequence></xs:complexType>
  <xs:key name="nr"><xs:selector xpath="t:glied"/><xs:field xpath="@nr"/></xs:key>
  <xs:unique name="wert"><xs:selector xpath="t:glied"/><xs:field xpath="."/></xs:unique>
  <xs:keyref name="zu" refer="t:nr"><xs:selector xpath="t:glied"/><xs:field xpath="@zu"/></xs:keyref></xs:element>
"""

_TYPES: Final = """
<xs:complexType name="Wesen" abstract="true"><xs:sequence><xs:element name="name" type="xs:string"/></xs:sequence>
</xs:complexType>
<xs:complexType name="Mensch"><xs:complexContent><xs:extension base="t:Wesen"><xs:sequence>
  <xs:element name="geburt" type="xs:date" minOccurs="0"/></xs:sequence></xs:extension></xs:complexContent>
</xs:complexType>
<xs:complexType name="Kind" block="extension"><xs:complexContent><xs:restriction base="t:Mensch"><xs:sequence>
  <xs:element name="name" type="xs:token"/><xs:element name="geburt" type="xs:date"/></xs:sequence></xs:restriction>
  </xs:complexContent></xs:complexType>
<xs:attribute name="art" type="xs:string"/>
<xs:attribute name="stufe" type="xs:int"/>
<xs:element name="kopf" abstract="true" type="xs:anySimpleType"/>
<xs:element name="datum" type="xs:date" substitutionGroup="t:kopf"/>
<xs:element name="zahl" type="xs:int" substitutionGroup="t:kopf"/>
"""


def _complex(name: str) -> str:
    return (
        f'<xs:element name="{name}"><xs:complexType><xs:simpleContent><xs:extension base="xs:{name}">'
        f'<xs:attribute name="v" type="xs:{name}"/></xs:extension></xs:simpleContent></xs:complexType></xs:element>'
    )


def _restricted(name: str, number: int, facet: str) -> str:
    return (
        f'<xs:element name="{name}.{number}"><xs:simpleType><xs:restriction base="xs:{name}">'
        f"<xs:{facet}/></xs:restriction></xs:simpleType></xs:element>"
    )


def _listed(name: str) -> str:
    return (
        f'<xs:element name="{name}.liste"><xs:simpleType><xs:list itemType="xs:{name}"/></xs:simpleType></xs:element>'
    )


_UNIONS: Final = (
    *("date int", "decimal date", "duration anyURI", "base64Binary date", "ID int", "IDREF date", "boolean double"),
    *("NMTOKENS date", "anyURI dateTime", "token date"),
)


def _united(number: int, names: str) -> str:
    members = " ".join(f"xs:{name}" for name in names.split())
    return (
        f'<xs:element name="eins-von.{number}"><xs:simpleType><xs:union memberTypes="{members}"/></xs:simpleType>'
        "</xs:element>"
    )


_SIMPLE: Final = {
    **{name: _complex(name) for name in TYPES},
    **{f"{name}.liste": _listed(name) for name in _LISTABLE},
    **{
        f"{name}.{n}": _restricted(name, n, facet) for name, facets in _FACETS.items() for n, facet in enumerate(facets)
    },
    **{f"eins-von.{n}": _united(n, names) for n, names in enumerate(_UNIONS)},
}

BODY: Final = (
    '<xs:element name="a.b.0100"><xs:complexType><xs:choice minOccurs="0" maxOccurs="unbounded">'
    + "".join(_SIMPLE.values())
    + _SHAPES
    + "</xs:choice></xs:complexType></xs:element>"
    + _TYPES
)
"""of the schema; `SCHEMA` of `conftest` goes around it"""


def values(*, facets: bool) -> Iterator[tuple[str, str]]:
    """Every value in every element for it, and what was tried; of built-in types with white space around it."""
    for name in _SIMPLE if facets else TYPES:
        base = name.partition(".")[0]
        several = _UNIONS[int(name.rpartition(".")[2])].split() if base == "eins-von" else [base]
        for value in dict.fromkeys(value for one in several for value in _values(one)):
            for shown in (value, f" {value}\n") if "." in name else (f"\t{value} ",):
                yield f"{name} {shown[:40]!r}", f"<x:{name}>{_escaped(shown)}</x:{name}>"


def attributes() -> Iterator[tuple[str, str]]:
    """The same in attributes; the element beside them is empty, which only some of the types take."""
    for name in TYPES:
        right = _RIGHT.get(name, "1")
        for value in _values(name):
            yield f"{name} @v {value[:40]!r}", f'<x:{name} v="{_escaped(value)}">{right}</x:{name}>'


_RIGHT: Final = {
    "date": "2024-01-01",
    "dateTime": "2024-01-01T00:00:00",
    "time": "10:00:00",
    "gYear": "2024",
    "hexBinary": "00",
    "gYearMonth": "2024-01",
    "gMonth": "--01",
    "gMonthDay": "--01-01",
    "gDay": "---01",
    "duration": "P1D",
    "base64Binary": "AAAA",
    "language": "de",
    "negativeInteger": "-1",
    "nonPositiveInteger": "0",
    **dict.fromkeys(("ID", "IDREF", "IDREFS", "Name", "NCName", "QName"), "a"),
}


def shapes() -> Iterator[tuple[str, str]]:
    """Elements in odd places and of odd types: each alone, and what was tried."""
    for body in _ODD:
        yield f"shape {body}", body


_XSI: Final = 'xmlns:i="http://www.w3.org/2001/XMLSchema-instance"'
_ODD: Final = (
    "<x:token.1>\u00a0</x:token.1>",
    *("<x:leer/>", "<x:leer> </x:leer>", "<x:leer>a</x:leer>", "<x:leer><!-- a --></x:leer>", '<x:leer a=""/>'),
    *(f"<x:leer {_XSI} i:nil='{value}'/>" for value in ("true", "1", " true ", "false", "ja", "")),
    *(f"<x:leer {_XSI} i:nil='true'>{inside}</x:leer>" for inside in (" ", "a", "<x:a/>", "<!-- a -->")),
    *(f"<x:fuellbar {_XSI} i:nil='{value}'/>" for value in ("true", "false")),
    f"<x:fuellbar {_XSI} i:nil='true'>2024-01-01</x:fuellbar>",
    f"<x:date {_XSI} i:nil='true'/>",
    *(f"<x:fest>{value}</x:fest>" for value in ("1.0", "1", "01.00", " 1.0 ", "1.1", "")),
    *(f"<x:ja>{value}</x:ja>" for value in ("true", "&#10;true ", "1", "false", "0", "")),
    *(f"<x:vorgabe>{value}</x:vorgabe>" for value in ("", " ", "2023-01-01", "x")),
    *(f"<x:gemischt>{inside}</x:gemischt>" for inside in ("", "a", "a<x:innen>1</x:innen>b", "<x:innen>a</x:innen>")),
    *(f"<x:alles>{inside}</x:alles>" for inside in ("", "<x:eins>1</x:eins>", "<x:zwei>1</x:zwei><x:eins>1</x:eins>")),
    "<x:alles><x:eins>1</x:eins><x:eins>1</x:eins></x:alles>",
    *(f"<x:offen>{inside}</x:offen>" for inside in ("", "<a/>", "<y:a xmlns:y='urn:y'/>", "<x:unbekannt/>")),
    *(f"<x:offen><y:a xmlns:y='urn:y'/>{inside}</x:offen>" for inside in ("<x:zahl>1</x:zahl>", "<x:zahl>a</x:zahl>")),
    *("<x:offen xmlns:y='urn:y' y:a='1'/>", "<x:offen x:a='1'/>", "<x:offen a='1'/>"),
    *(f"<x:egal>{inside}</x:egal>" for inside in ("", "<x:zahl>a</x:zahl>", "<x:unbekannt/>", "<a/>", "a")),
    *(f"<x:beliebig>{inside}</x:beliebig>" for inside in ("a", "<a/>", "<x:zahl>1</x:zahl>", "<x:zahl>a</x:zahl>")),
    *(f"<x:bezug {attributes}/>" for attributes in ("", "x:art='fest'", "x:art='x'", "x:art=' fest '", "art='fest'")),
    *(f"<x:bezug x:stufe='{value}'/>" for value in ("1", " 01 ", "+1", "2", "x", "")),
    "<x:wer><x:name>a</x:name></x:wer>",
    *(f"<x:wer {_XSI} i:type='{type_}'><x:name>a</x:name></x:wer>" for type_ in ("x:Mensch", "x:Kind", "x:Wesen", "")),
    f"<x:wer {_XSI} i:type='Mensch'><x:name>a</x:name></x:wer>",
    f"<x:wer {_XSI} i:type='x:Kind'><x:name>a</x:name><x:geburt>2024-01-01</x:geburt></x:wer>",
    *("<x:kopf>1</x:kopf>", "<x:datum>2024-01-01</x:datum>", "<x:datum>1</x:datum>", "<x:zahl>1</x:zahl>"),
    f"<x:decimal {_XSI} xmlns:xs='http://www.w3.org/2001/XMLSchema' i:type='xs:integer'>1.0</x:decimal>",
    f"<x:date.0 {_XSI} xmlns:xs='http://www.w3.org/2001/XMLSchema' i:type='xs:date'>2023-01-01</x:date.0>",
    *(f"<x:reihe>{inside}</x:reihe>" for inside in ("", "<x:glied>1</x:glied>", "<x:glied nr='1'>1</x:glied>")),
    *(
        f"<x:reihe><x:glied nr='1'>1</x:glied><x:glied nr='{nr}' zu='{to}'>{value}</x:glied></x:reihe>"
        for nr, to, value in (("2", "1", "2"), ("1", "1", "2"), ("01", "1", "2"), ("2", "3", "2"), ("2", "1", "1.0"))
    ),
    *("<x:ID>a</x:ID><x:ID>a</x:ID>", "<x:ID>a</x:ID><x:ID> a </x:ID>", "<x:ID>a</x:ID><x:IDREF>a</x:IDREF>"),
    *(
        "<x:ID v='a'>b</x:ID><x:ID>a</x:ID>",
        "<x:ID v='a'>b</x:ID><x:ID v='a'>c</x:ID>",
        "<x:IDREF>a</x:IDREF><x:ID>a</x:ID>",
        "<x:ID>a</x:ID><x:IDREF>b</x:IDREF>",
    ),
    *(
        "<x:ID>a</x:ID><x:IDREFS>a a</x:IDREFS>",
        "<x:ID.liste>a a</x:ID.liste>",
        "<x:ID>a</x:ID><x:ID.liste>b a</x:ID.liste>",
    ),
)


def _values(name: str) -> tuple[str, ...]:
    if name in {"normalizedString", "token"}:
        return VALUES["string"]
    return VALUES.get(name, VALUES["integer"])


def _escaped(text: str) -> str:
    for plain, written in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("\r", "&#13;")):
        text = text.replace(plain, written)
    return text.replace("\n", "&#10;").replace("\t", "&#9;")
