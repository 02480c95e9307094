"""
More than a thousand changed messages of official packages and our own: xmlschema says the same of each as we do.

Xerces is asked about many more of them in `make drill`.
"""

from collections import Counter
from pathlib import Path
from typing import Final

import pytest

from gateway.validation import Schemas
from tests.gateway.validation.mutants import (
    Difference,
    Mutant,
    Stock,
    compiled,
    installed,
    of_xmlschema,
    ours,
    outdated,
    probed,
    questions,
    stock,
    unexplained,
)

pytestmark = pytest.mark.slow

SHARE: Final = 0.25
"""of the kinds of mutants, for each package: there are ten packages, so that most kinds occur"""

_POLICY: Final = "the gateway reads no such thing, whatever engines would make of it"
_BLANKS: Final = "xmlschema strips whatever Python calls white space; XML Schema knows four such characters"
_URIS: Final = "xmlschema takes any text for an address"

DIFFERENCES: Final = (
    Difference("a document type.*|an instruction .*", "forbidden-xml", "valid", _POLICY),
    Difference(r".* in .*(\\xa0|\\u2003|\\x85).*|base64Binary.*\\xa0.*", "invalid", "valid", _BLANKS),
    Difference(r"odd blanks between elements|a line separator .*", "invalid", "valid", _BLANKS),
    Difference(r".*string.*'(\\t)?a\\u2028b ?'", "invalid", "valid", _BLANKS),
    Difference(r"string.*'\\xa0'|shape <x:token.1>.*", "valid", "invalid", _BLANKS),
    Difference("anyURI.*", "invalid", "valid", _URIS),
    Difference(r".*'(\\t)?(1_000|٣|９) ?'", "invalid", "valid", "xmlschema reads whole numbers as Python does"),
    Difference(r"decimal.*'(\\t)?(1 2|- 1) ?'", "invalid", "valid", "xmlschema takes a number in pieces"),
    Difference(r"decimal.*'(\\t)?9{20,}'", "valid", "invalid", "xmlschema gives up at a number of 400 digits"),
    Difference(
        r"gYear.*(more digits|123456789012.*)", "valid", "invalid", "xmlschema gives up at a year of many digits"
    ),
    Difference(r"duration.*'(\\t)?PT\.5S ?'", "valid", "invalid", "xmlschema wants a digit before the point"),
    Difference(r"(ID|NCName|Name).*ୱ.*", "invalid", "valid", "it is a letter of names since the fifth edition of XML"),
    Difference("shape <x:egal>a</x:egal>", "invalid", "valid", "xmlschema takes text beside any elements"),
    Difference("shape <x:vorgabe> </x:vorgabe>", "undecided", "invalid", "libxml2 contradicts itself: nobody says"),
    Difference("ENTITY.*", "invalid", "valid", "xmlschema does not ask whether an entity is declared"),
    Difference('.*version="(1.9|2.0)".*', "invalid", "valid", "expat reads versions of XML that do not exist"),
    Difference("(encoded as )?.*(UTF8|utf8|cp1252).*", "invalid", "valid", "expat asks Python for names of encodings"),
)
"""where we differ from xmlschema; the reference is Xerces, which agrees with us in all of these"""


@pytest.fixture(scope="module")
def schemas(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Schemas:
    return installed(shared_data / "xoev", tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="module")
def stocks(schemas: Schemas, shared_data: Path) -> list[Stock]:
    return [stock(package, shared_data / "xoev", grown=4) for package in schemas.packages]


@pytest.fixture(scope="module")
def answers(schemas: Schemas, stocks: list[Stock]) -> list[tuple[Mutant, str, str]]:
    """Each mutant of a real package with our answer and that of xmlschema."""
    return [
        (mutant, ours(schemas, mutant.document), of_xmlschema(one.schema, mutant.document))
        for one in stocks
        for mutant in one.mutants(1, SHARE)
    ]


@pytest.fixture(scope="module")
def answers_of_the_probe(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Mutant, str, str]]:
    """Every value for every built-in type, likewise."""
    probe = probed(tmp_path_factory.mktemp("probe"))
    schema = compiled(probe.packages[0])
    asked = questions(facets=False)
    return [(one, ours(probe, one.document), of_xmlschema(schema, one.document)) for one in asked]


def test_the_corpus_is_large_and_mixed(answers: list[tuple[Mutant, str, str]]) -> None:
    """More than a thousand mutants, of every package and in many ways, and many of them are still valid."""
    said = Counter(ours for _, ours, _ in answers)

    assert len(answers) >= 1_000
    assert min(Counter(mutant.package for mutant, _, _ in answers).values()) >= 60
    assert len({mutant.package for mutant, _, _ in answers}) == 10
    assert len({mutant.change for mutant, _, _ in answers}) > 300
    assert said["valid"] > 250
    assert said["invalid"] > 500


def test_the_corpus_is_the_same_every_time(shared_data: Path, stocks: list[Stock]) -> None:
    """What fails today fails tomorrow."""
    one = next(one for one in stocks if one.package.standard == "AG-Prozess")
    again = stock(one.package, shared_data / "xoev", grown=4)

    assert list(again.mutants(1, SHARE)) == list(one.mutants(1, SHARE))


def test_xmlschema_agrees_but_where_it_is_known_not_to(
    answers: list[tuple[Mutant, str, str]], answers_of_the_probe: list[tuple[Mutant, str, str]]
) -> None:
    """Two engines that share no line of code give the same verdict; each exception has its reason."""
    assert not unexplained([*answers, *answers_of_the_probe], DIFFERENCES)


def test_every_exception_still_occurs(
    answers: list[tuple[Mutant, str, str]], answers_of_the_probe: list[tuple[Mutant, str, str]]
) -> None:
    """A case that a new version of an engine has mended leaves the table."""
    assert not outdated([*answers, *answers_of_the_probe], DIFFERENCES)
