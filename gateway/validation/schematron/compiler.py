"""
Schematron in, XSLT 2.0 out.

The stylesheet visits the nodes of the document once for each pattern. A node meets the first rule of the pattern whose
context it matches (ISO/IEC 19757-3, clause 6.5), because rules are templates with falling priorities. What objects
writes one line of text: the number of the check and the place of the node as child numbers. Neither message nor value
is ever computed, so that none can get into a finding.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Final

from lxml import etree

from gateway.validation.schematron.checks import Check, Compiled, Diagnostics, check
from gateway.validation.schematron.expansion import DEFAULT, Pattern, Rule, expanded
from gateway.validation.schematron.prohibitions import allowed
from gateway.validation.schematron.sources import Sources
from gateway.validation.schematron.vocabulary import OURS, SCH, XSL, at_line_of, broken, children, local
from gateway.validation.schematron.xpath import renamed

XS: Final = "http://www.w3.org/2001/XMLSchema"
BINDINGS: Final = {"xslt2": "2.0", "xslt3": "3.0"}
"""the query languages that are spoken here, and the version of XSLT that each means"""

_BEYOND_ELEMENTS: Final = re.compile(r"[@$]|\b(attribute|text|node|comment|processing-instruction|key|id)\b")
_DECLARATIONS: Final = {"function", "key", "variable", "param", "template", "decimal-format"}
_UNHEARD: Final = {"output", "strip-space", "preserve-space"}
"""XSLT of the author's that would change what is looked at, or how we are told; passed over"""

END: Final = "."
"""the last line: without it the rules have not run to their end"""

PLACE: Final = f"""
<xsl:function xmlns:xsl="{XSL[1:-1]}" xmlns:g="{OURS}" name="g:place">
  <xsl:param name="node"/>
  <xsl:variable name="steps" select="string-join(for $e in $node/ancestor-or-self::* return
    string(count($e/preceding-sibling::*) + 1), '/')"/>
  <xsl:choose>
    <xsl:when test="$node/self::attribute()">
      <xsl:variable name="key" select="concat(namespace-uri($node), '&#125;', local-name($node))"/>
      <xsl:sequence select="concat($steps, '@', string(count($node/../@*[compare(
        concat(namespace-uri(.), '&#125;', local-name(.)), $key,
        'http://www.w3.org/2005/xpath-functions/collation/codepoint') lt 0]) + 1))"/>
    </xsl:when>
    <xsl:when test="$node/self::text()">
      <xsl:sequence select="concat($steps, 't', string(count($node/preceding-sibling::text()) + 1))"/>
    </xsl:when>
    <xsl:otherwise><xsl:sequence select="$steps"/></xsl:otherwise>
  </xsl:choose>
</xsl:function>
"""


def compile_rules(name: str, files: Mapping[str, bytes] | Sources, *, phase: str = DEFAULT) -> Compiled:
    """
    The rule set in file `name` of a closed set of files.

    Raises BadPackage with file, line and reason for what is no Schematron, refers to what is not there, or wants more
    than to look at the document. Whether its XPath is right shows when the stylesheet is compiled in turn.
    """
    sources = files if isinstance(files, Sources) else Sources(files)
    schema = sources.included(name)
    binding = schema.get("queryBinding", "xslt").lower()
    if schema.tag != f"{SCH}schema" or binding not in BINDINGS:
        raise broken(
            name,
            sources[name],
            f"ist kein Schematron mit queryBinding „xslt2“ (hier: „{binding}“).",
            f'is no Schematron with queryBinding "xslt2" (here: "{binding}").',
        )
    return _Writer(name, schema, BINDINGS[binding]).write(phase)


@dataclass
class _Writer:
    name: str
    schema: etree._Element
    version: str
    checks: list[Check] = field(default_factory=list)

    def write(self, phase: str) -> Compiled:
        plain = expanded(self.name, self.schema, phase)
        self._diagnostics = Diagnostics(self.schema)
        prefixes = _prefixes(self.name, self.schema)
        self._ours = next(each for each in ("g", "gate", *(f"g{n}" for n in range(99))) if each not in prefixes)
        sheet = etree.Element(f"{XSL}stylesheet", nsmap={**prefixes, self._ours: OURS}, version=self.version)
        _add(sheet, "output", method="text", encoding="UTF-8")
        sheet.append(etree.fromstring(PLACE))
        self._foreign(sheet, plain.foreign)
        taken = {""}
        for let in plain.lets:
            self._variable(sheet, let, {})
            taken.add(let.get("name", ""))
        written: list[tuple[str, str]] = []
        for number, pattern in enumerate(plain.patterns, start=1):
            if pattern.rules:
                self._pattern(sheet, number, pattern, taken)
                written.append((f"p{number}", _visited(pattern)))
        _start(sheet, written)
        allowed(self.name, sheet)
        return Compiled(self.name, etree.tostring(sheet, encoding="utf-8"), tuple(self.checks))

    def _foreign(self, sheet: etree._Element, foreign: tuple[etree._Element, ...]) -> None:
        for each in foreign:
            kind = local(each)
            if each.tag == f"{SCH}key":
                use = each.get("use") or each.get("path") or "."
                _add(sheet, "key", name=each.get("name", ""), match=each.get("match", "*"), use=use)
            elif kind in _DECLARATIONS:
                sheet.append(_without_tail(each))
            elif kind not in _UNHEARD:
                raise broken(
                    self.name, each, f"xsl:{kind} ist in Regeln nicht erlaubt.", f"xsl:{kind} is not allowed in rules."
                )

    def _pattern(self, sheet: etree._Element, number: int, pattern: Pattern, taken: set[str]) -> None:
        """A pattern's variables are global in XSLT; one whose name is taken gets another."""
        names: dict[str, str] = {}
        for let in pattern.lets:
            name = let.get("name", "")
            new = f"{name}_p{number}" if name in taken else name
            self._variable(sheet, let, names, new)
            names[name] = new
            taken.add(new)
        for order, rule in enumerate(pattern.rules):
            template = _add(sheet, "template", match=renamed(rule.context, names), mode=f"p{number}")
            template.set("priority", str(1_000_000 - order))
            self._rule(at_line_of(template, rule.element), pattern, rule, dict(names))

    def _rule(self, template: etree._Element, pattern: Pattern, rule: Rule, names: dict[str, str]) -> None:
        for each in rule.content:
            if each.tag == f"{SCH}let":
                self._variable(template, each, names)
                names.pop(each.get("name", ""), None)
            elif each.tag == f"{XSL}variable":
                template.append(_without_tail(each))
                names.pop(each.get("name", ""), None)
            else:
                self._check(template, each, pattern, rule, names)

    def _check(
        self, template: etree._Element, each: etree._Element, pattern: Pattern, rule: Rule, names: dict[str, str]
    ) -> None:
        test = renamed(each.get("test", ""), names)
        if not test.strip():
            raise broken(self.name, each, "Eine Bedingung ist leer.", "A test is empty.")
        number = len(self.checks)
        self.checks.append(check(each, rule.context, (rule.element, pattern.element), self._diagnostics))
        objects = f"not({test}\n)" if local(each) == "assert" else test
        subject = each.get("subject") or rule.element.get("subject")
        node = f"(({renamed(subject, names)})[. instance of node()], .)[1]" if subject else "."
        where = _add(template, "if", test=objects)
        _add(where, "value-of", select=f"concat('{number} ', {self._ours}:place({node}), codepoints-to-string(10))")

    def _variable(
        self, parent: etree._Element, let: etree._Element, names: dict[str, str], name: str | None = None
    ) -> None:
        attributes = {"name": str(name or let.get("name", ""))}
        if kind := let.get("as"):
            attributes["as"] = str(kind)
        if (value := let.get("value")) is not None:
            _add(parent, "variable", **attributes, select=renamed(str(value), names))
            return
        variable = _add(parent, "variable", **attributes)
        variable.text = let.text
        variable.extend(deepcopy(child) for child in let.iterchildren("*"))


def _start(sheet: etree._Element, modes: list[tuple[str, str]]) -> None:
    start = _add(sheet, "template", match="/", priority="2000000")
    for mode, visited in modes:
        _add(start, "apply-templates", select=visited, mode=mode)
        _add(sheet, "template", match="/ | node() | @*", mode=mode, priority="-1000000")
    _add(start, "value-of", select=f"'{END}'")


def _visited(pattern: Pattern) -> str:
    """Attributes and texts are visited only where some context could mean them; most patterns mean elements alone."""
    everything = any(_BEYOND_ELEMENTS.search(rule.context) for rule in pattern.rules)
    return "/ | //node() | //@*" if everything else "/ | //*"


def _prefixes(name: str, schema: etree._Element) -> dict[str, str]:
    """What prefixes mean in the rules: as `ns` says; else as the file itself declares; `xs` is known to all."""
    known = {"xs": XS}
    known |= {prefix: uri for prefix, uri in schema.nsmap.items() if prefix and uri != SCH[1:-1]}
    for each in children(schema, "ns"):
        prefix, uri = each.get("prefix", ""), each.get("uri", "")
        if prefix == "xml":
            continue
        if not re.fullmatch(r"[^\W\d][\w.\-]*", prefix) or not uri:
            raise broken(name, each, "Eine Namensraum-Angabe ist leer.", "A namespace declaration is empty.")
        known[prefix] = uri
    known.pop("xml", None)
    return known


def _add(parent: etree._Element, kind: str, **attributes: str) -> etree._Element:
    return etree.SubElement(parent, f"{XSL}{kind}", attributes)


def _without_tail(element: etree._Element) -> etree._Element:
    copy = deepcopy(element)
    copy.tail = None
    return copy
