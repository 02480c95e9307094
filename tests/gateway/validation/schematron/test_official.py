"""Official rules on official samples, and on samples that were broken on purpose."""

import re
from pathlib import Path

import pytest

from gateway.validation.schematron import RuleRunner, Rules
from gateway.validation.stages import Outcome

SVRL = "http://purl.oclc.org/dsdl/svrl"


@pytest.fixture(scope="module")
def xhochschule(shared_data: Path) -> Path:
    return shared_data / "xoev" / "xhochschule-1.2"


@pytest.fixture(scope="module")
def rules(xhochschule: Path) -> Rules:
    return Rules.of({path.name: path.read_bytes() for path in sorted((xhochschule / "sch").iterdir())})


def test_the_source_counts_where_the_compiled_file_is_enclosed(rules: Rules) -> None:
    """The compiled file of this release judges another version's namespace, and would pass everything."""
    assert [each.name for each in rules.sets] == ["xhochschule-schematron.sch"]
    assert rules.count > 40


def test_the_official_samples_break_no_rule(runner: RuleRunner, rules: Rules, xhochschule: Path) -> None:
    """All eight pass, with every rule in force."""
    samples = sorted((xhochschule / "xml").glob("*.xml"))
    outcomes = {sample.name: runner.run(sample.read_bytes(), rules).outcome for sample in samples}

    assert len(outcomes) == 8
    assert set(outcomes.values()) == {Outcome.PASSED}


@pytest.mark.parametrize(
    ("sample", "old", "new", "rule"),
    [
        ("Hochschulabschlusszeugnis", r"(<xbd:note>)[^<]*", r"\1sehr gut", "SCH-XHS-0019"),
        ("Transcript_of_Records", r"(<xbd:note>)[^<]*", r"\1neun", "SCH-XHS-0018"),
        ("Exmatrikulationsbescheinigung", r"(?s)(<xhs:exm[^>]*>).*(</xhs:exm)", r"\1\2", "SCH-XHS-0000"),
        ("Transcript_of_Records", r"<xhs:benotet>true<", r"<xhs:benotet>false<", "SCH-XHS-0028"),
    ],
)
def test_a_planted_failure_is_found_with_its_id(
    runner: RuleRunner, rules: Rules, xhochschule: Path, sample: str, old: str, new: str, rule: str
) -> None:
    """A real sample, broken in one way: the rule that forbids it says so, and where."""
    document, count = re.subn(old, new, (xhochschule / "xml" / f"{sample}.xml").read_text(encoding="utf-8"))
    assert count

    stage = runner.run(document.encode(), rules)

    assert stage.outcome is Outcome.FAILED
    assert rule in {(finding.rule or "")[:12] for finding in stage.findings}
    assert all(finding.path and finding.path.startswith("/xhs:") and finding.line for finding in stage.findings)


def test_an_empty_official_rule_set_passes(runner: RuleRunner, shared_data: Path) -> None:
    """XBildung ships a rule set without rules."""
    path = shared_data / "xoev" / "xbildung-1.2" / "sch" / "xbildung-schematron.sch"

    assert runner.run(b"<a/>", {path.name: path.read_bytes()}).outcome is Outcome.PASSED


def test_a_compiled_file_that_reports_nothing_readable_is_refused(xhochschule: Path) -> None:
    """Alone, the compiled file of this release could never object: it is no rule set for us."""
    compiled = next((xhochschule / "sch").glob("*.xsl"))

    with pytest.raises(Exception, match="SVRL"):
        Rules.of({compiled.name: compiled.read_bytes()})


def test_a_publishers_compiled_rules_report_like_ours(runner: RuleRunner) -> None:
    """Ids, severity, words without values, places: a stylesheet that writes SVRL says the same as a source."""
    sheet = f"""<xsl:stylesheet version="2.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:svrl="{SVRL}">
      <xsl:output method="xml"/><xsl:template match="/"><svrl:schematron-output>
      <svrl:ns-prefix-in-attribute-values prefix="x" uri="urn:x"/><xsl:apply-templates select="//b"/>
      </svrl:schematron-output></xsl:template><xsl:template match="b"><svrl:fired-rule context="b"/>
      <xsl:message>secret: <xsl:value-of select="."/></xsl:message>
      <xsl:if test="not(@k)"><svrl:failed-assert test="@k"><xsl:attribute name="id">B1</xsl:attribute>
      <xsl:attribute name="flag">warning</xsl:attribute><xsl:attribute name="location" select="path(.)"/>
      <svrl:text>Wert <xsl:value-of select="."/> falsch.</svrl:text></svrl:failed-assert></xsl:if>
      <xsl:if test=". = 'zwei'"><svrl:successful-report id="B2" test="x"><svrl:text>Zwei.</svrl:text>
      </svrl:successful-report></xsl:if></xsl:template></xsl:stylesheet>"""

    stage = runner.run(b"<a><b k='1'>eins</b><b>zwei</b></a>", {"r.xsl": sheet.encode()})

    assert stage.outcome is Outcome.FAILED
    assert [(each.rule, each.severity, each.text.de, each.path) for each in stage.findings] == [
        ("B1", "warning", "Wert … falsch.", "/a/b[2]"),
        ("B2", "error", "Zwei.", "/a/b[2]"),
    ]
