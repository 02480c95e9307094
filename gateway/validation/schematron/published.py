"""
A publisher's compiled rules, made to report as ours do.

Taken where a package brings a stylesheet and no Schematron source. Where it brings both, the source is what counts:
compiled files are left behind in releases (that of XHochschule 1.2 judges namespaces of version 1.0 and reports
nothing in SVRL, so that by it every document would pass).
"""

from __future__ import annotations

from typing import Final

from lxml import etree

from gateway.errors import Sentence
from gateway.validation.schematron.checks import LEFT_OUT, Check, Compiled, severity, told, unnamed
from gateway.validation.schematron.compiler import END, PLACE
from gateway.validation.schematron.prohibitions import allowed
from gateway.validation.schematron.sources import Sources
from gateway.validation.schematron.vocabulary import OURS, SVRL, XSL, broken, local

_VERDICTS: Final = (f"{SVRL}failed-assert", f"{SVRL}successful-report")
_SPOKEN: Final = {f"{XSL}text"}


def speaks(sources: Sources, name: str) -> bool:
    """Whether the stylesheet reports in SVRL."""
    return next(sources[name].iter(*_VERDICTS), None) is not None


def published(name: str, sources: Sources) -> Compiled:
    """
    The stylesheet with every `svrl:failed-assert` and `svrl:successful-report` replaced by number and place.

    Raises BadPackage where it reports in another way, or wants more than to look at the document.
    """
    sheet = sources.included(name)
    found = list(sheet.iter(*_VERDICTS))
    if not found:
        raise broken(
            name,
            sheet,
            "ist ein Stylesheet, das nicht in SVRL berichtet, und die Schematron-Quelle liegt nicht bei.",
            "is a stylesheet that does not report in SVRL, and the Schematron source is not enclosed.",
        )
    checks = tuple(_check(each) for each in found)
    for number, each in enumerate(found):
        _replace(number, each)
    _quiet(sheet)
    allowed(name, sheet)
    sheet.append(etree.fromstring(PLACE))
    start = etree.SubElement(sheet, f"{XSL}template", match="/", priority="2000000")
    etree.SubElement(start, f"{XSL}next-match")
    etree.SubElement(start, f"{XSL}value-of", select=f"'{END}'")
    return Compiled(name, etree.tostring(sheet, encoding="utf-8"), checks)


def _check(verdict: etree._Element) -> Check:
    template = next(verdict.iterancestors(f"{XSL}template"), None)
    context = "" if template is None else template.get("match", "")
    identity = _attribute(verdict, "id") or unnamed(context, _attribute(verdict, "test"))
    graver = etree.Element("verdict", {name: _attribute(verdict, name) for name in ("role", "flag")})
    text = verdict.find(f"{SVRL}text")
    return Check(identity, severity(graver), _sentence(identity, text))


def _attribute(verdict: etree._Element, name: str) -> str:
    """Written as an attribute, or made by `xsl:attribute` with fixed text."""
    if (value := verdict.get(name)) is not None:
        return value
    for each in verdict.iterchildren(f"{XSL}attribute"):
        if each.get("name") == name:
            return "".join(each.itertext()).strip()
    return ""


def _sentence(identity: str, text: etree._Element | None) -> Sentence:
    return told(identity, "" if text is None else " ".join(_words(text).split()), [])


def _words(element: etree._Element) -> str:
    if str(element.tag).startswith(XSL) and element.tag not in _SPOKEN:
        return LEFT_OUT
    return (element.text or "") + "".join(_words(child) + (child.tail or "") for child in element.iterchildren("*"))


def _replace(number: int, verdict: etree._Element) -> None:
    tail = verdict.tail
    for name in verdict.attrib:
        del verdict.attrib[name]
    for child in list(verdict):
        verdict.remove(child)
    verdict.tag = f"{XSL}value-of"
    verdict.text, verdict.tail = None, tail
    verdict.set("select", f"concat('{number} ', Q{{{OURS}}}place(.), codepoints-to-string(10))")


def _quiet(sheet: etree._Element) -> None:
    """Everything else of the report is left out, and what is left is text."""
    for output in list(sheet.iterchildren(f"{XSL}output")):
        sheet.remove(output)
    sheet.insert(0, etree.Element(f"{XSL}output", method="text", encoding="UTF-8"))
    for message in list(sheet.iter(f"{XSL}message")):
        parent = message.getparent()
        if parent is not None and message.get("terminate", "no") != "yes":
            parent.replace(message, etree.Element(f"{XSL}sequence", select="()"))
    for element in sheet.iter("*"):
        if str(element.tag).startswith(SVRL) and local(element) in {
            "text",
            "diagnostic-reference",
            "property-reference",
        }:
            for child in list(element):
                element.remove(child)
            element.text = None
