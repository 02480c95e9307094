"""A case stays with the authority that accepted it, wherever its later messages would lead by themselves."""

import re
from pathlib import Path

import pytest

from gateway.submission import State
from gateway.testing import FakeVendor
from tests.conftest import ROOT
from tests.journeys.small_town import small_town

pytestmark = pytest.mark.anyio

EXAMPLES = ROOT / "xsd" / "ag-wohnsitz" / "1.0" / "examples" / "valid"


def without_attachments(example: str) -> bytes:
    return re.sub(rb"<w:anlagen>.*</w:anlagen>\s*", b"", (EXAMPLES / example).read_bytes(), flags=re.DOTALL)


FIRST = without_attachments("augsburg-grossfamilie.xml")
LATER = without_attachments("augsburg-korrektur-mit-bezug.xml")
ELSEWHERE = LATER.replace(b"<gemeindeschluessel>09761000<", b"<gemeindeschluessel>09661000<")


async def test_a_later_message_goes_where_the_case_is(tmp_path: Path) -> None:
    """A correction whose new address would lead to Aschaffenburg goes to Augsburg, which accepted the Anmeldung."""
    async with small_town(tmp_path, FakeVendor()) as town:
        first = (await town.standing((await town.send(FIRST)).submission)).submission
        later = await town.standing((await town.send(ELSEWHERE)).submission)

    assert (first.authority, first.destination) == ("09761", "augsburg-wohnsitz")
    assert (later.state, later.submission.authority) == (State.ACCEPTED, "09761")
    assert later.submission.destination == first.destination


async def test_without_the_case_its_place_decides(tmp_path: Path) -> None:
    """The same message, where nobody knows what it refers to: reader and place contradict one another."""
    async with small_town(tmp_path, FakeVendor()) as town:
        later = await town.send(ELSEWHERE)

    assert later.state is State.REJECTED
    assert [finding.code for finding in later.findings] == ["not-responsible"]
