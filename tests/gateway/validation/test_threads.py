"""Four threads judge at once, and no document is told what belongs to another. 40,000 of them in `make drill`."""

import random
from dataclasses import replace

import pytest

from gateway.validation import Schemas
from tests.conftest import ROOT
from tests.gateway.validation.crowd import Mixture, examples, mistaken, mixture


@pytest.fixture(scope="module")
def schemas() -> Schemas:
    return Schemas.load(ROOT / "xsd")


@pytest.fixture(scope="module")
def mixed(schemas: Schemas) -> Mixture:
    return mixture(schemas, examples(), random.Random(1), broken=60)


def test_no_finding_belongs_to_another_document(schemas: Schemas, mixed: Mixture) -> None:
    """Valid and invalid documents of all our packages, in any order on four threads: each is told the same as alone."""
    found = mistaken(schemas, mixed, random.Random(2), documents=4_000, invalid=0.25, threads=4)

    assert found == []


def test_a_finding_of_another_document_would_be_noticed(schemas: Schemas, mixed: Mixture) -> None:
    """No two documents of the mixture are told the same, so that one that is told another's findings stands out."""
    one, other = mixed.invalid[:2]
    swapped = mixed.told | {one: mixed.told[other]}
    two = replace(mixed, invalid=mixed.invalid[:2], told=swapped)

    found = mistaken(schemas, two, random.Random(2), documents=40, invalid=1.0, threads=4)

    assert 0 < len(found) < 40
