"""What the compiler makes of each part of the language, seen by what is found in a document."""

import pytest

from gateway.errors import BadPackage
from gateway.submission import Severity
from gateway.validation.schematron import RuleRunner, Rules, compile_rules
from gateway.validation.stages import Outcome, Stage
from tests.gateway.validation.schematron.conftest import Judge, schema

DOCUMENT = '<x:a xmlns:x="urn:x" n="1"><x:b k="v">eins</x:b><x:b>zwei</x:b><c>drei</c></x:a>'


def rules_of(stage: Stage) -> list[str | None]:
    return [finding.rule for finding in stage.findings]


def test_an_assertion_that_fails_is_a_finding_with_its_place(judge: Judge) -> None:
    """The id of the assertion, its words, and a path with the document's own prefixes."""
    stage = judge(
        DOCUMENT, '<pattern><rule context="x:b"><assert id="B1" test="@k">Es fehlt k.</assert></rule></pattern>'
    )

    assert stage.outcome is Outcome.FAILED
    (found,) = stage.findings
    assert (found.code, found.rule, found.path, found.line, found.xoev) == (
        "rule-violated",
        "B1",
        "/x:a/x:b[2]",
        1,
        "X002",
    )
    assert found.text.de == "Es fehlt k."
    assert "B1" in found.text.en


def test_a_report_that_succeeds_is_a_finding(judge: Judge) -> None:
    """A report says what is the case, an assertion what is not."""
    body = (
        '<pattern><rule context="x:b"><report id="R" test="@k">k</report>'
        '<report id="S" test="@q">q</report></rule></pattern>'
    )

    assert rules_of(judge(DOCUMENT, body)) == ["R"]


def test_the_first_rule_that_fits_wins_within_a_pattern(judge: Judge) -> None:
    """A node meets one rule of each pattern; another pattern looks at it anew."""
    body = (
        '<pattern><rule context="x:b[@k]"><assert id="1" test="false()"/></rule>'
        '<rule context="x:b"><assert id="2" test="false()"/></rule></pattern>'
        '<pattern><rule context="x:b"><assert id="3" test="false()"/></rule></pattern>'
    )

    assert rules_of(judge(DOCUMENT, body)) == ["1", "2", "3", "3"]


@pytest.mark.parametrize(
    ("context", "path"),
    [
        ("@k", "/x:a/x:b[1]/@k"),
        ("c/text()", "/x:a/c/text()"),
        ("/", "/"),
        ("/*", "/x:a"),
        ("x:a/c | x:zzz", "/x:a/c"),
    ],
)
def test_every_kind_of_node_can_be_a_context(judge: Judge, context: str, path: str) -> None:
    """Attributes, texts, the document itself: a rule may mean any of them."""
    stage = judge(DOCUMENT, f'<pattern><rule context="{context}"><assert test="false()">nein</assert></rule></pattern>')

    assert [finding.path for finding in stage.findings] == [path]


def test_variables_are_known_where_they_are_declared(judge: Judge) -> None:
    """Schema, pattern and rule have variables of their own; the nearest of a name counts."""
    body = (
        '<let name="n" value="1"/><let name="m" value="/x:a/@n"/>'
        '<pattern><let name="n" value="$n + 1"/><rule context="x:a"><assert id="p" test="$n ne 2"/></rule>'
        '<rule context="c"><let name="n" value="$n + 1"/><assert id="r" test="$n ne 3"/></rule></pattern>'
        '<pattern><rule context="x:a"><assert id="s" test="$n ne 1 or $m ne \'1\'"/></rule></pattern>'
    )

    assert rules_of(judge(DOCUMENT, body)) == ["p", "r", "s"]


def test_an_abstract_rule_is_found_in_another_pattern_too(judge: Judge) -> None:
    """Official rule sets extend across patterns; an own one of the same name comes first."""
    body = (
        '<pattern><rule abstract="true" id="full"><let name="t" value="string(.)"/>'
        '<assert id="F" test="$t = \'\'"/></rule></pattern>'
        '<pattern><rule context="c"><extends rule="full"/><assert id="G" test="false()"/></rule></pattern>'
    )

    assert rules_of(judge(DOCUMENT, body)) == ["F", "G"]


def test_an_abstract_pattern_is_filled_in_for_each_use(judge: Judge) -> None:
    """Parameters are text, a longer name is not a shorter one with a rest, and variables of two uses stay apart."""
    body = (
        '<pattern abstract="true" id="needs"><let name="want" value="\'$what\'"/><rule context="$where">'
        '<assert id="N" test="@*[name() = $want] or $whatever">x</assert></rule></pattern>'
        '<pattern is-a="needs"><param name="what" value="k"/><param name="where" value="x:b"/>'
        '<param name="whatever" value="false()"/></pattern>'
        '<pattern is-a="needs"><param name="what" value="n"/><param name="where" value="c"/>'
        '<param name="whatever" value="true()"/></pattern>'
    )

    assert [finding.path for finding in judge(DOCUMENT, body).findings] == ["/x:a/x:b[2]"]


def test_files_include_and_extend_each_other(judge: Judge) -> None:
    """An include brings a part of another file, by id where it names one; a rule may extend one of another file."""
    sch = 'xmlns="http://purl.oclc.org/dsdl/schematron"'
    body = '<include href="part.sch"/><pattern><rule context="c"><extends href="part.sch#more"/></rule></pattern>'
    part = f'<pattern {sch}><rule context="x:a" id="more"><assert id="A" test="false()"/></rule></pattern>'

    assert rules_of(judge(DOCUMENT, body, part_sch=part)) == ["A", "A"]


def test_only_the_patterns_of_a_phase_are_active(runner: RuleRunner) -> None:
    """The default phase of the schema counts, and its variables are known then."""
    body = (
        '<phase id="half"><let name="limit" value="1"/><active pattern="one"/></phase>'
        '<pattern id="one"><rule context="c"><assert id="1" test="$limit ne 1"/></rule></pattern>'
        '<pattern id="two"><rule context="c"><assert id="2" test="false()"/></rule></pattern>'
    )

    stage = runner.run(DOCUMENT.encode(), {"r.sch": schema(body, 'defaultPhase="half"')})

    assert rules_of(stage) == ["1"]


def test_functions_and_keys_of_xslt_are_taken_over(judge: Judge) -> None:
    """XSLT at the top belongs to the rules, and the prefix xs needs no declaration."""
    xsl = 'xmlns:xsl="http://www.w3.org/1999/XSL/Transform"'
    body = (
        f'<ns prefix="f" uri="urn:f"/><xsl:function {xsl} xmlns:f="urn:f" name="f:twice" as="xs:integer">'
        '<xsl:param name="n" as="xs:integer"/><xsl:sequence select="2 * $n"/></xsl:function>'
        f'<xsl:key {xsl} name="by" match="x:b" use="string(.)"/>'
        '<pattern><rule context="x:a"><assert id="f" test="f:twice(xs:integer(@n)) ne 2"/>'
        "<assert id=\"k\" test=\"empty(key('by', 'zwei'))\"/></rule></pattern>"
    )

    assert rules_of(judge(DOCUMENT, body)) == ["f", "k"]


@pytest.mark.parametrize(
    ("written", "severity"),
    [
        ("", Severity.ERROR),
        ('role="error"', Severity.ERROR),
        ('flag="fatal"', Severity.ERROR),
        ('role="warning"', Severity.WARNING),
        ('role="WARN"', Severity.WARNING),
        ('flag="information"', Severity.WARNING),
        ('role="info"', Severity.WARNING),
    ],
)
def test_role_and_flag_say_how_grave_it_is(judge: Judge, written: str, severity: Severity) -> None:
    """What is no warning by name is an error, and warnings alone do not fail the stage."""
    stage = judge(DOCUMENT, f'<pattern><rule context="c"><assert test="false()" {written}>x</assert></rule></pattern>')

    assert [finding.severity for finding in stage.findings] == [severity]
    assert (stage.outcome is Outcome.FAILED) == (severity is Severity.ERROR)


def test_a_message_never_holds_a_value_of_the_document(judge: Judge) -> None:
    """Where the author wants a value or a name, three dots stand; emphasis keeps its words."""
    body = (
        '<pattern><rule context="c"><assert test="false()">Der Wert <value-of select="."/> von <name/> ist '
        "<emph>nicht</emph>\n gut.</assert></rule></pattern>"
    )

    (found,) = judge(DOCUMENT, body).findings

    assert found.text.de == "Der Wert … von … ist nicht gut."
    assert "drei" not in repr(found)


def test_a_diagnostic_adds_its_words(judge: Judge) -> None:
    """German ones follow the message, an English one is the English sentence."""
    body = (
        '<pattern><rule context="c"><assert diagnostics="d e none" test="false()">Falsch.</assert></rule></pattern>'
        '<diagnostics><diagnostic id="d">Bitte ändern.</diagnostic>'
        '<diagnostic id="e" xml:lang="en">Wrong.</diagnostic></diagnostics>'
        '<properties><property id="p">egal</property></properties>'
    )

    (found,) = judge(DOCUMENT, body).findings

    assert (found.text.de, found.text.en) == ("Falsch. Bitte ändern.", "Wrong.")


def test_an_assertion_without_id_gets_one_that_stays() -> None:
    """The id depends on context and test alone, not on what stands around."""
    rule = '<rule context="c"><assert test="d">x</assert></rule>'
    alone = compile_rules("r", {"r": schema(f"<pattern>{rule}</pattern>")})
    among = compile_rules("r", {"r": schema(f'<pattern><rule context="y"><assert test="z"/></rule>{rule}</pattern>')})

    assert alone.checks[0].rule == among.checks[1].rule
    assert among.checks[0].rule != among.checks[1].rule


def test_a_rule_set_without_rules_passes(judge: Judge) -> None:
    """Official packages ship such files (XBildung); no rules at all are skipped."""
    assert judge(DOCUMENT, "<pattern><!-- later --></pattern>").outcome is Outcome.PASSED


def test_comments_do_not_cut_a_text_in_two(judge: Judge) -> None:
    """Rules see what the rest of the gateway sees."""
    body = '<pattern><rule context="c"><assert test="text() = \'0961\'">x</assert></rule></pattern>'

    assert judge("<c>09<!-- -->61</c>", body).outcome is Outcome.PASSED


@pytest.mark.parametrize(
    "body",
    [
        '<include href="gone.sch"/>',
        '<include href="http://example.org/far.sch"/>',
        '<include href="#none"/>',
        '<pattern is-a="none"/>',
        '<pattern><rule context="c"><extends rule="none"/></rule></pattern>',
        (
            '<pattern><rule abstract="true" id="a"><extends rule="a"/></rule>'
            '<rule context="c"><extends rule="a"/></rule></pattern>'
        ),
        '<pattern><rule><assert test="1"/></rule></pattern>',
        '<pattern><rule context="c"><assert test=""/></rule></pattern>',
        '<pattern documents="\'other.xml\'"><rule context="c"><assert test="1"/></rule></pattern>',
        '<pattern id="p"><include href="#p"/></pattern>',
    ],
)
def test_what_leads_nowhere_is_refused_with_its_file(body: str) -> None:
    """A rule set that refers to nothing, or to itself, is refused and says where."""
    with pytest.raises(BadPackage, match=r"rules\.sch:\d+"):
        Rules.of({"rules.sch": schema(body)})


def test_another_query_language_is_refused() -> None:
    """XPath 1 compares in another way: rules written for it would be judged wrong."""
    other = schema("<pattern/>").replace(b'"xslt2"', b'"xslt"')

    with pytest.raises(BadPackage, match="xslt2"):
        Rules.of({"rules.sch": other})


def test_what_the_engine_does_not_take_is_refused_at_install(runner: RuleRunner) -> None:
    """Broken XPath and unknown variables show when a package is installed, with the file and the reason."""
    for test in ("1 +", "$unknown", "x:none()"):
        rules = {"rules.sch": schema(f'<pattern><rule context="c"><assert test="{test}"/></rule></pattern>')}

        with pytest.raises(BadPackage, match=r"rules\.sch.*XP"):
            runner.examine(rules)


def test_parameters_cannot_grow_without_bound() -> None:
    """A few lines that multiply themselves are refused, not expanded."""
    levels = "".join(
        f'<rule abstract="true" id="r{n}">{f"<extends rule={chr(34)}r{n + 1}{chr(34)}/>" * 10}<assert test="1"/></rule>'
        for n in range(9)
    )
    last = '<rule abstract="true" id="r9"><assert test="1"/></rule><rule context="c"><extends rule="r0"/></rule>'
    body = f"<pattern>{levels}{last}</pattern>"

    with pytest.raises(BadPackage, match="grow"):
        Rules.of({"rules.sch": schema(body)})
