"""
Ways to change a document: in its elements and in its attributes. How it is written is changed in `spellings`.

Each takes a specimen and dice and gives a document, or None where it has nothing to change there.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Final

from lxml import etree
from xmlschema.validators import XsdElement, XsdSimpleType

from tests.gateway.validation.values import builtin

XSI: Final = "{http://www.w3.org/2001/XMLSchema-instance}"
XML: Final = "{http://www.w3.org/XML/1998/namespace}"


@dataclass(frozen=True, slots=True, eq=False)
class Specimen:
    """A document, and what the schema declares of each of its elements, in document order."""

    document: bytes
    tree: etree._Element
    declared: Sequence[XsdElement]


Mutation = Callable[[Specimen, random.Random], bytes | None]
_Change = Callable[[list[etree._Element], random.Random], bool | None]

MUTATIONS: Final[dict[str, Mutation]] = {}
"""every mutation by its name"""


def written(tree: etree._Element) -> bytes:
    """A tree as a document."""
    return etree.tostring(tree, encoding="UTF-8", xml_declaration=True)


def _in_tree(change: _Change) -> _Change:
    """A change of the elements of a copy, in document order; False where there is nothing to change."""

    def mutation(specimen: Specimen, dice: random.Random) -> bytes | None:
        elements = list(deepcopy(specimen.tree).iter("*"))
        return None if change(elements, dice) is False else written(elements[0])

    MUTATIONS[change.__name__.replace("_", " ")] = mutation
    return change


def _some(elements: list[etree._Element], dice: random.Random, *, leaf: bool | None = None) -> etree._Element:
    """Not the root; a leaf, or one with children, where that is asked for."""
    found = [one for one in elements[1:] if leaf is None or (len(one) == 0) is leaf]
    return dice.choice(found or elements[1:])


def _beside(element: etree._Element, tag: str) -> str:
    """A name in the namespace of an element."""
    namespace = etree.QName(element).namespace
    return f"{{{namespace}}}{tag}" if namespace else tag


def simple(element: etree._Element, declared: XsdElement) -> Iterator[tuple[str | None, XsdSimpleType]]:
    """The simple values of an element: its text (None) and its attributes, each with its type."""
    own = declared.type if isinstance(declared.type, XsdSimpleType) else declared.type.content
    if isinstance(own, XsdSimpleType):
        yield None, own
    for name in map(str, element.attrib):
        if name in declared.attributes and (type_ := declared.attributes[name].type):
            yield name, type_


# ── elements ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@_in_tree
def an_element_less(elements: list[etree._Element], dice: random.Random) -> None:
    gone = _some(elements, dice)
    above = gone.getparent()
    assert above is not None
    above.remove(gone)


@_in_tree
def a_value_less(elements: list[etree._Element], dice: random.Random) -> None:
    _some(elements, dice, leaf=True).text = None


@_in_tree
def all_children_less(elements: list[etree._Element], dice: random.Random) -> None:
    found = _some(elements, dice, leaf=False)
    found.text = None
    del found[:]


@_in_tree
def an_element_twice(elements: list[etree._Element], dice: random.Random) -> None:
    found = _some(elements, dice)
    found.addnext(deepcopy(found))


@_in_tree
def an_element_a_hundred_times(elements: list[etree._Element], dice: random.Random) -> None:
    found = _some(elements, dice, leaf=True)
    for _ in range(99):
        found.addnext(deepcopy(found))


@_in_tree
def neighbours_swapped(elements: list[etree._Element], dice: random.Random) -> bool | None:
    pairs = [(one, other) for one in elements[1:] if (other := one.getnext()) is not None and one.tag != other.tag]
    if not pairs:
        return False
    one, other = dice.choice(pairs)
    other.addnext(one)
    return None


@_in_tree
def children_backwards(elements: list[etree._Element], dice: random.Random) -> bool | None:
    parents = [one for one in elements if len({child.tag for child in one}) > 1]
    if not parents:
        return False
    parent = dice.choice(parents)
    parent[:] = list(reversed(parent))
    return None


@_in_tree
def an_element_elsewhere(elements: list[etree._Element], dice: random.Random) -> bool | None:
    one = _some(elements, dice)
    others = [other for other in elements if len(other) and one not in {other, *other.iterancestors()}]
    if not others:
        return False
    dice.choice(others).append(one)
    return None


@_in_tree
def an_element_one_level_down(elements: list[etree._Element], dice: random.Random) -> None:
    one = _some(elements, dice)
    above = etree.Element(one.tag)
    one.addprevious(above)
    above.append(one)


@_in_tree
def an_unknown_element(elements: list[etree._Element], dice: random.Random) -> None:
    one = _some(elements, dice)
    one.addnext(etree.Element(_beside(one, "unbekannt")))


@_in_tree
def an_element_of_a_foreign_namespace(elements: list[etree._Element], dice: random.Random) -> None:
    _some(elements, dice).addprevious(etree.Element("{urn:fremd}element"))


@_in_tree
def an_element_of_no_namespace(elements: list[etree._Element], dice: random.Random) -> None:
    dice.choice(elements).append(etree.Element("element"))


@_in_tree
def an_element_in_a_value(elements: list[etree._Element], dice: random.Random) -> None:
    one = _some(elements, dice, leaf=True)
    one.append(etree.Element(_beside(one, "code")))


@_in_tree
def a_name_in_another_case(elements: list[etree._Element], dice: random.Random) -> None:
    one = _some(elements, dice)
    one.tag = _beside(one, etree.QName(one).localname.swapcase())


@_in_tree
def the_name_of_another_element(elements: list[etree._Element], dice: random.Random) -> None:
    _some(elements, dice).tag = _some(elements, dice).tag


@_in_tree
def the_wrong_namespace(elements: list[etree._Element], dice: random.Random) -> None:
    one = _some(elements, dice)
    name = etree.QName(one)
    one.tag = name.localname if name.namespace else f"{{{etree.QName(elements[0]).namespace}}}{name.localname}"


@_in_tree
def text_between_elements(elements: list[etree._Element], dice: random.Random) -> None:
    _some(elements, dice).tail = "Text"


@_in_tree
def odd_blanks_between_elements(elements: list[etree._Element], dice: random.Random) -> None:
    _some(elements, dice).tail = dice.choice(["\u00a0", "\u2003", "\u0085", "\u200b"])


@_in_tree
def blanks_between_elements(elements: list[etree._Element], dice: random.Random) -> None:
    _some(elements, dice).tail = " \t\n\r "


# ── the root ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@_in_tree
def an_unknown_root(elements: list[etree._Element], dice: random.Random) -> None:
    elements[0].tag = _beside(elements[0], "unbekannt.nachricht.9999")


@_in_tree
def a_root_of_no_namespace(elements: list[etree._Element], dice: random.Random) -> None:
    elements[0].tag = etree.QName(elements[0]).localname


@_in_tree
def a_root_of_another_version(elements: list[etree._Element], dice: random.Random) -> None:
    elements[0].tag = f"{{{etree.QName(elements[0]).namespace}/9}}{etree.QName(elements[0]).localname}"


@_in_tree
def a_part_as_root(elements: list[etree._Element], dice: random.Random) -> None:
    elements[0] = _some(elements, dice, leaf=False)


def _root_attribute(name: str, value: str | None) -> None:
    def mutation(specimen: Specimen, dice: random.Random) -> bytes | None:
        root = deepcopy(specimen.tree)
        if value is None:
            if root.attrib.pop(name, None) is None:
                return None
        else:
            root.set(name, value)
        return written(root)

    MUTATIONS[f"root attribute {name} {'less' if value is None else repr(value)}"] = mutation


for _name in ("produkt", "produkthersteller", "produktversion", "standard", "version", "test"):
    for _value in (None, "", "Fremd", " XBau ", "1.0"):
        _root_attribute(_name, _value)
for _value in ("true", "1", " true ", "ja"):
    _root_attribute("test", _value)


# ── attributes ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _with_attributes(elements: list[etree._Element], dice: random.Random) -> etree._Element:
    return dice.choice([one for one in elements if one.attrib] or elements)


@_in_tree
def an_attribute_less(elements: list[etree._Element], dice: random.Random) -> bool | None:
    one = _with_attributes(elements, dice)
    if not one.attrib:
        return False
    del one.attrib[dice.choice(sorted(map(str, one.attrib)))]
    return None


@_in_tree
def an_attribute_with_another_value(elements: list[etree._Element], dice: random.Random) -> bool | None:
    one = _with_attributes(elements, dice)
    if not one.attrib:
        return False
    name = dice.choice(sorted(map(str, one.attrib)))
    value = one.attrib[name]
    one.set(name, dice.choice(["", "x", f" {value} ", f"{value}x", str(value).swapcase(), f"{value}\n", "a  b"]))
    return None


@_in_tree
def an_attribute_in_another_namespace(elements: list[etree._Element], dice: random.Random) -> bool | None:
    one = _with_attributes(elements, dice)
    if not one.attrib:
        return False
    name = dice.choice(sorted(map(str, one.attrib)))
    one.set(_beside(elements[0], etree.QName(name).localname), one.attrib.pop(name))
    return None


def _attribute(what: str, name: str, value: str) -> None:
    def change(elements: list[etree._Element], dice: random.Random) -> None:
        dice.choice(elements).set(name, value)

    change.__name__ = what
    _in_tree(change)


_attribute("an unknown attribute", "unbekannt", "x")
_attribute("a foreign attribute", "{urn:fremd}a", "x")
_attribute("a language", XML + "lang", "de")
_attribute("blanks preserved", XML + "space", "preserve")
_attribute("an odd word for blanks", XML + "space", "odd")
_attribute("an id of its own", XML + "id", "a")
_attribute("an address of its own", XML + "base", "http://example.org/")
_attribute("a hint at a schema", XSI + "schemaLocation", "urn:x http://127.0.0.1:9/x.xsd")
_attribute("half a hint at a schema", XSI + "schemaLocation", "urn:x")
_attribute("a hint at a schema without namespace", XSI + "noNamespaceSchemaLocation", "http://127.0.0.1:9/x.xsd")
_attribute("an unknown attribute of the instance", XSI + "unbekannt", "x")
for _value in ("true", "1", " true ", "false", "0", "ja", ""):
    _attribute(f"marked nil {_value!r}", XSI + "nil", _value)
for _value in ("unbekannt", "x:unbekannt", "", "a b", ":", "anyType"):
    _attribute(f"marked as of type {_value!r}", XSI + "type", _value)


@_in_tree
def marked_nil_and_empty(elements: list[etree._Element], dice: random.Random) -> None:
    one = _some(elements, dice)
    one.text = None
    del one[:]
    one.set(XSI + "nil", "true")


def _typed(what: str, of: Callable[[Specimen, random.Random, XsdElement], str | None]) -> None:
    def mutation(specimen: Specimen, dice: random.Random) -> bytes | None:
        at = dice.randrange(len(specimen.declared))
        name = of(specimen, dice, specimen.declared[at])
        if name is None:
            return None
        tree = deepcopy(specimen.tree)
        one = list(tree.iter("*"))[at]
        qualified = etree.QName(name)
        around = etree.Element(
            one.tag, nsmap={**one.nsmap, "typ": qualified.namespace} if qualified.namespace else None
        )
        around.set(XSI + "type", f"typ:{qualified.localname}" if qualified.namespace else qualified.localname)
        for key, value in one.attrib.items():
            around.set(key, value)
        around.text, around.tail = one.text, one.tail
        around[:] = list(one)
        above = one.getparent()
        if above is None:
            return written(around)
        above.replace(one, around)
        return written(tree)

    MUTATIONS[f"marked as of {what}"] = mutation


def _derived(_: Specimen, dice: random.Random, declared: XsdElement) -> str | None:
    found = sorted(
        str(one.name) for one in declared.maps.types.values() if one.name and one is not declared.type
        and one.is_derived(declared.type)
    )  # fmt: skip
    return dice.choice(found) if found else None


def _unrelated(_: Specimen, dice: random.Random, declared: XsdElement) -> str | None:
    return str(dice.choice(sorted(str(one.name) for one in declared.maps.types.values() if one.name)))


_typed("its own type", lambda _, __, declared: declared.type.name)
_typed("a derived type", _derived)
_typed("an unrelated type", _unrelated)
_typed("xs:string", lambda *_: "{http://www.w3.org/2001/XMLSchema}string")


# ── identifiers ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _identifiers(specimen: Specimen, name: str) -> list[tuple[int, str | None]]:
    """Where identifiers stand, or references to them: the number of the element, and the attribute."""
    return [
        (at, attribute)
        for at, (element, declared) in enumerate(zip(specimen.tree.iter("*"), specimen.declared, strict=True))
        for attribute, type_ in simple(element, declared)
        if name in builtin(type_)
    ]


def _with(specimen: Specimen, at: int, attribute: str | None, value: str) -> bytes:
    tree = deepcopy(specimen.tree)
    one = list(tree.iter("*"))[at]
    if attribute:
        one.set(attribute, value)
    else:
        one.text = value
    return written(tree)


def _an_identifier_twice(specimen: Specimen, dice: random.Random) -> bytes | None:
    found = _identifiers(specimen, "ID")
    if len(found) < 2:
        return None
    (first, attribute), (second, other) = dice.sample(found, 2)
    one = list(specimen.tree.iter("*"))[first]
    return _with(specimen, second, other, str(one.get(attribute) if attribute else one.text))


def _another_identifier(name: str) -> Mutation:
    def mutation(specimen: Specimen, dice: random.Random) -> bytes | None:
        found = _identifiers(specimen, name)
        return _with(specimen, *dice.choice(found), "nirgends") if found else None

    return mutation


MUTATIONS.update(
    {
        "an identifier twice": _an_identifier_twice,
        "an identifier that nobody means": _another_identifier("ID"),
        "a reference to nothing that is there": _another_identifier("IDREF"),
    }
)
