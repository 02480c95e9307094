"""
The look at a document by DIN 91379: characters that an authority's systems need not know.

Where a schema uses the official datatypes, its patterns have judged already. What is left are texts that a schema types
as any string, for which the standards demand datatype C, and the datatypes that our own packages name in annotations.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Final, NamedTuple

from lxml import etree

from gateway.errors import Sentence
from gateway.submission import Actor, Finding, Severity
from gateway.validation.code_lists import MOST_FINDINGS, Locate
from gateway.validation.declarations import Caught, Declarations
from gateway.validation.din91379 import DATATYPES, PLAIN
from gateway.validation.stages import CHARACTERS, Outcome, Stage
from gateway.xml.gate import holds

CHARACTER_NOT_PERMITTED: Final = "character-not-permitted"

_ASCII: Final = bytes(range(0x7F))
_WHITE_SPACE: Final = re.compile(rb"&#(?:x0*(?:[9AaDd]|20)|0*(?:9|10|13|32));")
_COMMENT: Final = re.compile(rb"<!--.*?-->", re.DOTALL)
_ANY_TEXT: Final = frozenset({"string", "normalizedString", "token"})


def stage(
    root: etree._Element,
    source: bytes,
    worded: Sequence[Caught],
    declarations: Declarations,
    locate: Locate,
    *,
    strict: bool,
) -> Stage:
    """
    Whether the texts of a valid document have the characters that are meant for them.

    `source` is what the document was read from, in UTF-8; `worded` are its elements with texts of a datatype. What is
    found is an error where `strict`, else a warning.
    """
    spots = list(
        islice(chain(_annotated(worded), () if _plain(source) else _strings(root, declarations)), MOST_FINDINGS)
    )
    if not spots:
        return _PASSED
    found = tuple(_finding(spot, declarations, locate, strict=strict) for spot in spots)
    return Stage(CHARACTERS, Outcome.FAILED if strict else Outcome.PASSED, found)


_PASSED: Final = Stage(CHARACTERS, Outcome.PASSED)


class _Spot(NamedTuple):
    """Where something is that the datatype does not have."""

    element: etree._Element
    attribute: str | None
    datatype: str
    text: str


def within_b(root: etree._Element) -> bool:
    """
    Whether no element's text has a character that datatype B does not have, and so neither C, D nor E.

    Then only names of natural persons (A) and attributes need a second look. What stands between elements counts, too.
    """
    return DATATYPES["B"].single.fullmatch(_ALL_TEXT(root)) is not None


_ALL_TEXT: Final = etree.XPath("string()", smart_strings=False)


def _plain(source: bytes) -> bool:
    """
    Whether nothing but normative characters is in a document, so that nobody need look at its texts one by one.

    ASCII is taken out first, which leaves little. References to characters say nothing to the bytes; those to the usual
    white space do no harm. Comments are none of the document's texts.
    """
    if holds(source, b"&#") and b"&#" in _WHITE_SPACE.sub(b"", source):
        return False
    if _normative(source):
        return True
    return holds(source, b"<!") and b"<![CDATA[" not in source and _normative(_COMMENT.sub(b"", source))


def _normative(source: bytes) -> bool:
    if source.isascii():
        return b"\x7f" not in source
    return PLAIN.issuperset(source.translate(None, _ASCII).decode(errors="replace"))


def _ordinary(text: str) -> bool:
    return (text.isascii() and "\x7f" not in text) or PLAIN.issuperset(text)


def _annotated(worded: Sequence[Caught]) -> Iterator[_Spot]:
    """Texts whose datatype an annotation names: looked at together, and one by one only where something is strange."""
    told: defaultdict[str, list[str]] = defaultdict(list)
    for element, declaration in worded:
        for name, datatype in declaration.texts:
            text = element.text if name is None else element.get(name)
            if text:
                told[datatype].append(text)
    # A mark that begins a text follows no letter when a blank stands before it, so that joining hides nothing.
    strange = {name for name, texts in told.items() if DATATYPES[name].first_stranger(" ".join(texts)) is not None}
    if not strange:
        return
    for element, declaration in worded:
        for name, datatype in declaration.texts:
            if datatype in strange:
                yield from _strange(element, name, datatype, element.text if name is None else element.get(name))


def _strings(root: etree._Element, declarations: Declarations) -> Iterator[_Spot]:
    """Texts of which the schema says no more than that they are texts."""
    for element in root.iter("*"):
        values = (str(value) for _, value in element.items())
        if _ordinary(element.text or "") and all(map(_ordinary, values)):
            continue
        declaration = declarations.of(element)
        if declaration is None:
            continue
        if declaration.characters is None and declaration.builtin in _ANY_TEXT:
            yield from _strange(element, None, "C", element.text)
        for name, attribute in declaration.attributes.items():
            if attribute.characters is None and attribute.builtin in _ANY_TEXT:
                yield from _strange(element, name, "C", element.get(name))


def _strange(element: etree._Element, attribute: str | None, datatype: str, text: str | None) -> Iterator[_Spot]:
    if text and DATATYPES[datatype].first_stranger(text) is not None:
        yield _Spot(element, attribute, datatype, text)


# ── what people are told ─────────────────────────────────────────────────────────────────────────────────────────────


def _finding(spot: _Spot, declarations: Declarations, locate: Locate, *, strict: bool) -> Finding:
    path = locate(spot.element)
    declaration = declarations.of(spot.element)
    label = declaration.label if declaration else None
    if spot.attribute:
        local = spot.attribute.rpartition("}")[2]
        path += f"/@{local}"
        told = declaration.attributes.get(spot.attribute) if declaration else None
        label = (told and told.label) or local
    composed = DATATYPES[spot.datatype].first_stranger(unicodedata.normalize("NFC", spot.text)) is None
    return Finding(
        CHARACTER_NOT_PERMITTED,
        _NOT_COMPOSED if composed else _strangers(spot),
        severity=Severity.ERROR if strict else Severity.WARNING,
        path=path,
        line=spot.element.sourceline,
        label=label or str(spot.element.tag).rpartition("}")[2],
        expected=_EXPECTED[spot.datatype],
        actor=Actor.PORTAL if composed else Actor.APPLICANT,
    )


def _strangers(spot: _Spot) -> Sentence:
    what = _kind(DATATYPES[spot.datatype].first_stranger(spot.text) or "")
    return Sentence(
        f"Hier steht {what.de}; der Datentyp {spot.datatype} der DIN 91379 kennt so etwas nicht.",
        f"Here is {what.en}, which datatype {spot.datatype} of DIN 91379 does not have.",
    )


_NOT_COMPOSED: Final = Sentence(
    "Hier ist ein Buchstabe aus Einzelteilen zusammengesetzt, für den es ein eigenes Zeichen gibt. Bitte Texte vor dem "
    "Senden in die Normalform NFC bringen.",
    "Here is a letter put together from parts for which there is a single character. Please bring texts into "
    "normalisation form NFC before sending.",
)

_EXPECTED: Final = {
    "A": Sentence(
        "Zeichen für Namen natürlicher Personen (DIN 91379, Datentyp A)",
        "characters for names of natural persons (DIN 91379, datatype A)",
    ),
    "B": Sentence(
        "Zeichen für Orte, Straßen und sonstige Namen (DIN 91379, Datentyp B)",
        "characters for places, streets and other names (DIN 91379, datatype B)",
    ),
    "C": Sentence("normative Zeichen der DIN 91379 (Datentyp C)", "normative characters of DIN 91379 (datatype C)"),
    "D": Sentence(
        "Zeichen für Namen juristischer Personen (DIN 91379, Datentyp D)",
        "characters for names of legal persons (DIN 91379, datatype D)",
    ),
    "E": Sentence("Zeichen der DIN 91379 (Datentyp E)", "characters of DIN 91379 (datatype E)"),
}


@dataclass(frozen=True, slots=True)
class _Sort:
    categories: frozenset[str]
    name: Sentence


_SORTS: Final = tuple(
    _Sort(frozenset(categories.split()), Sentence(de, en))
    for categories, de, en in (
        ("Cc", "ein Steuerzeichen", "a control character"),
        ("Cf", "ein unsichtbares Formatzeichen", "an invisible format character"),
        ("Co Cn Cs", "ein Zeichen ohne allgemeine Bedeutung", "a character without a general meaning"),
        (
            "Mn Mc Me",
            "ein Akzent an einem Buchstaben, der ihn nicht hat",
            "an accent on a letter that does not have it",
        ),
        ("Nd Nl No", "eine Ziffer oder ein Zahlzeichen", "a digit or numeral"),
        ("Zs Zl Zp", "ein Leer- oder Trennzeichen besonderer Art", "a space or separator of a special kind"),
        ("Pc Pd Ps Pe Pi Pf Po", "ein Satzzeichen", "a punctuation mark"),
        ("Sm Sc Sk So", "ein Symbol", "a symbol"),
    )
)
_SCRIPTS: Final = {
    "LATIN": Sentence("ein lateinischer Buchstabe besonderer Form", "a Latin letter of a special form"),
    "GREEK": Sentence("ein griechischer Buchstabe", "a Greek letter"),
    "CYRILLIC": Sentence("ein kyrillischer Buchstabe", "a Cyrillic letter"),
    "ARABIC": Sentence("ein arabischer Buchstabe", "an Arabic letter"),
    "HEBREW": Sentence("ein hebräischer Buchstabe", "a Hebrew letter"),
}
_OTHER_SCRIPT: Final = Sentence("ein Buchstabe einer anderen Schrift", "a letter of another script")


def _kind(character: str) -> Sentence:
    """What sort of character it is; which one is the sender's business."""
    category = unicodedata.category(character)
    for sort in _SORTS:
        if category in sort.categories:
            return sort.name
    script = unicodedata.name(character, "").partition(" ")[0]
    return _SCRIPTS.get(script, _OTHER_SCRIPT)
