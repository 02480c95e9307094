"""One runner for the tests of this folder, and words for small rule sets."""

from collections.abc import Callable, Iterator

import pytest

from gateway.validation.schematron import Limits, RuleRunner
from gateway.validation.stages import Stage

Judge = Callable[..., Stage]


@pytest.fixture(scope="session")
def runner() -> Iterator[RuleRunner]:
    """The workers that most tests share; patient, because the machine may be busy."""
    with RuleRunner(Limits(seconds=60, patience=120, workers=2)) as runner:
        yield runner


@pytest.fixture
def judge(runner: RuleRunner) -> Judge:
    """Judge a document by the body of a rule set, and perhaps further files."""

    def judging(document: str, body: str, **files: str) -> Stage:
        rules = {"rules.sch": schema(body)} | {name.replace("_", "."): text.encode() for name, text in files.items()}
        return runner.run(document.encode(), rules)

    return judging


def schema(body: str, attributes: str = "") -> bytes:
    return (
        f'<schema xmlns="http://purl.oclc.org/dsdl/schematron" queryBinding="xslt2" {attributes}>'
        f'<ns prefix="x" uri="urn:x"/>{body}</schema>'
    ).encode()
