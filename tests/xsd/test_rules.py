"""The rules that come with three of the packages, held against their examples and against changes of these."""

import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import elementpath
import pytest
from elementpath.xpath2 import XPath2Parser
from lxml import etree

from tests.xsd.packages import XSD, called

SCH = "{http://purl.oclc.org/dsdl/schematron}"
RULES = sorted(XSD.glob("*/*/sch/*.sch"))
EXAMPLES = [path for rules in RULES for path in sorted(rules.parents[1].glob("examples/valid/*.xml"))]

Change = Callable[[str], str]


def without(tag: str) -> Change:
    """Every element of that name taken out."""
    return lambda text: re.sub(rf"(?s)\s*<{tag}[ >].*?</{tag}>", "", text)


def saying(old: str, new: str) -> Change:
    """The first of something replaced."""
    return lambda text: text.replace(old, new, 1)


ELSEWHERE = saying("096610000000", "097610000000")
KLASSE_B = "ag-fuehrerschein/1.0/examples/valid/aschaffenburg-klasse-b.xml"
BEGLEITET = "ag-fuehrerschein/1.0/examples/valid/kelheim-begleitetes-fahren.xml"
FACHKRAFT = "ag-aufenthalt/1.0/examples/valid/aschaffenburg-fachkraft.xml"
FAMILIE = "ag-aufenthalt/1.0/examples/valid/kelheim-familiennachzug.xml"
GRUEN = "ag-waffen/1.0/examples/valid/aschaffenburg-gruene-wbk.xml"
JAGD = "ag-waffen/1.0/examples/valid/regensburg-jagd-eintragung.xml"

BROKEN: list[tuple[str, str, Change]] = [
    ("ag-fe-01", BEGLEITET, without("fe:begleitperson")),
    (
        "ag-fe-02",
        "ag-fuehrerschein/1.0/examples/valid/augsburg-umschreibung.xml",
        without("fe:vorhandeneFahrerlaubnis"),
    ),
    (
        "ag-fe-03",
        "ag-fuehrerschein/1.0/examples/valid/regensburg-erweiterung-lkw.xml",
        without("fe:aerztlicheBescheinigungVom"),
    ),
    ("ag-fe-04", KLASSE_B, without("fe:ersteHilfe")),
    ("ag-fe-05", KLASSE_B, saying("<fe:datum>2026-09-14", "<fe:datum>2024-09-14")),
    ("ag-fe-06", BEGLEITET, saying("<fe:geburtsdatum>1980", "<fe:geburtsdatum>2001")),
    ("ag-fe-07", BEGLEITET, saying("<fe:klasseBSeit>1998", "<fe:klasseBSeit>2023")),
    (
        "ag-fe-08",
        "ag-fuehrerschein/1.0/examples/valid/mainburg-verlaengerung-kurz.xml",
        saying("<fe:gueltigBis>2026", "<fe:gueltigBis>1998"),
    ),
    ("ag-fe-91", KLASSE_B, ELSEWHERE),
    ("ag-fe-92", KLASSE_B, saying("<id>eh-1<", "<id>seh-1<")),
    ("ag-at-01", FACHKRAFT, without("at:derzeitigerTitel")),
    ("ag-at-02", FACHKRAFT, without("at:beschaeftigung")),
    ("ag-at-03", "ag-aufenthalt/1.0/examples/valid/augsburg-studium.xml", without("at:studium")),
    ("ag-at-04", FAMILIE, without("at:angehoeriger")),
    ("ag-at-05", FACHKRAFT, saying("<gueltigBis>2032", "<gueltigBis>2026")),
    (
        "ag-at-06",
        "ag-aufenthalt/1.0/examples/valid/augsburg-grossfamilie-lang.xml",
        saying("<at:von>2010", "<at:von>2013"),
    ),
    ("ag-at-07", FACHKRAFT, without("at:visumnummer")),
    (
        "ag-at-08",
        "ag-aufenthalt/1.0/examples/valid/hemau-uebertragung-kurz.xml",
        saying("<code>rente<", "<code>leistungen<"),
    ),
    ("ag-at-91", FACHKRAFT, ELSEWHERE),
    ("ag-at-92", FACHKRAFT, saying("<id>vertrag-1<", "<id>pass-1<")),
    ("ag-wa-01", GRUEN, without("wa:sachkunde")),
    ("ag-wa-02", GRUEN, without("wa:beduerfnis")),
    ("ag-wa-03", GRUEN, without("wa:aufbewahrung")),
    ("ag-wa-04", JAGD, saying("<code>wbk-gruen<", "<code>wbk-gelb<")),
    ("ag-wa-05", JAGD, without("wa:vorhandeneErlaubnis")),
    ("ag-wa-06", GRUEN, saying("<code>wbk-gruen<", "<code>kws<")),
    ("ag-wa-07", GRUEN, saying("<code>sportschuetze<", "<code>jaeger<")),
    (
        "ag-wa-08",
        "ag-waffen/1.0/examples/valid/kelheim-kleiner-waffenschein.xml",
        saying("<wa:bis>2023", "<wa:bis>2020"),
    ),
    ("ag-wa-10", "ag-waffen/1.0/examples/valid/regensburg-erbfall-lang.xml", without("wa:weitererBerechtigter")),
    ("ag-wa-91", GRUEN, ELSEWHERE),
    ("ag-wa-92", GRUEN, saying("<id>tresor-1<", "<id>sk-1<")),
]
"""the rule, an example that keeps it, and the change that breaks it"""


@pytest.mark.parametrize("example", EXAMPLES, ids=called)
def test_a_valid_example_keeps_the_rules(example: Path) -> None:
    """Nothing that is shown as right breaks a rule."""
    assert broken(example, example.read_text()) == []


@pytest.mark.parametrize(("rule", "example", "change"), BROKEN, ids=[rule for rule, _, _ in BROKEN])
def test_a_rule_finds_what_breaks_it(rule: str, example: str, change: Change) -> None:
    """One change, one rule broken, and no other."""
    text = (XSD / example).read_text()

    assert change(text) != text
    assert broken(XSD / example, change(text)) == [rule]


def test_every_rule_is_tried() -> None:
    """No rule is there that nobody has seen at work, and no two have the same id."""
    ids = [check.get("id") for rules in RULES for check in read(rules).iter(f"{SCH}assert")]

    assert sorted(map(str, ids)) == sorted(rule for rule, _, _ in BROKEN)


@pytest.mark.parametrize("rules", RULES, ids=lambda path: path.stem)
def test_rules_are_for_xslt_2(rules: Path) -> None:
    """They say so, as those of all XÖV standards do, and each says in German what is right."""
    root = read(rules)

    assert root.get("queryBinding") == "xslt2"
    assert all((check.text or "").strip().endswith(".") for check in root.iter(f"{SCH}assert"))


def broken(example: Path, text: str) -> list[str]:
    """The ids of the rules that a document breaks, each once, in the order of the rules."""
    (rules,) = example.parents[2].glob("sch/*.sch")
    root = etree.fromstring(text.encode())
    return list(
        dict.fromkeys(found for pattern in read(rules).iter(f"{SCH}pattern") for found in breaks(pattern, root))
    )


def breaks(pattern: etree._Element, root: etree._Element) -> Iterator[str]:
    """What Schematron means: in a pattern, the first rule whose context fits a node is the only one for it."""
    taken: set[etree._Element] = set()
    for rule in pattern.iter(f"{SCH}rule"):
        for node in select(root, f"//{rule.get('context')}", pattern):
            if node in taken:
                continue
            taken.add(node)
            variables: dict[str, Any] = {}
            for let in rule.iter(f"{SCH}let"):
                variables[str(let.get("name"))] = select(root, str(let.get("value")), pattern, node, variables)
            for check in rule.iter(f"{SCH}assert"):
                if not select(root, f"boolean({check.get('test')})", pattern, node, variables):
                    yield str(check.get("id"))


def select(root: Any, path: str, pattern: etree._Element, node: Any = None, variables: Any = None) -> Any:
    """An XPath 2 expression as the rules of this pattern's schema mean it."""
    schema = pattern.getparent()
    assert schema is not None
    prefixes = {str(ns.get("prefix")): str(ns.get("uri")) for ns in schema.iterfind(f"{SCH}ns")}
    return elementpath.select(root, path, prefixes, parser=XPath2Parser, item=node, variables=variables)


@cache
def read(path: Path) -> etree._Element:
    return etree.parse(str(path)).getroot()
