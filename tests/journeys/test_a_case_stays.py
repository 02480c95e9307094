"""A case stays with the authority that accepted it, wherever its later messages would lead by themselves."""

import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.connection import ConnectionState
from gateway.submission import State
from gateway.testing import FakeVendor
from tests.conftest import ROOT
from tests.journeys.small_town import SmallTown, small_town
from tests.rig.tables import with_directories

pytestmark = pytest.mark.anyio

EXAMPLES = ROOT / "xsd" / "ag-wohnsitz" / "1.0" / "examples" / "valid"


def without_attachments(example: str) -> bytes:
    return re.sub(rb"<w:anlagen>.*</w:anlagen>\s*", b"", (EXAMPLES / example).read_bytes(), flags=re.DOTALL)


FIRST = without_attachments("augsburg-grossfamilie.xml")
LATER = without_attachments("augsburg-korrektur-mit-bezug.xml")
UNRELATED = without_attachments("augsburg-nebenwohnung.xml")
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


def connected(town: SmallTown, **changes: Any) -> None:
    """From now on the connection of Augsburg is like this."""
    town.gateway.board.connect(
        replace(one, **changes) if one.id == "wohnsitz/09761" else one for one in town.gateway.tables.connections
    )


async def test_it_stays_when_somebody_else_becomes_responsible(tmp_path: Path) -> None:
    """From one day to the next Aschaffenburg answers for Augsburg: new cases go there, the old one does not."""
    tables = Path(shutil.copytree(with_directories(), tmp_path / "routing"))
    rows = (tables / "responsibility.csv").read_text("utf-8")
    until, since = "wohnsitz,09761,09761,Melderecht,,2026-01-01,A", "wohnsitz,09761,09661,Melderecht,2026-01-02,,A"
    changed, times = re.subn(r"^wohnsitz,09761,.*$", f"{until}\n{since}", rows, flags=re.MULTILINE)
    assert times == 1
    (tables / "responsibility.csv").write_text(changed, "utf-8")

    async with small_town(tmp_path, FakeVendor(), routing=tables) as town:
        first = await town.send(FIRST)
        town.clock.advance(86_400)
        later = await town.standing((await town.send(LATER)).submission)
        anew = await town.send(UNRELATED)

    assert first.authority == "09761"
    assert (later.state, later.submission.authority) == (State.ACCEPTED, "09761")
    assert (anew.state, [finding.code for finding in anew.findings]) == (State.REJECTED, ["not-responsible"])
    assert "Stadt Aschaffenburg (09661)" in anew.findings[0].text.de


async def test_it_stays_with_the_connection_wherever_that_leads(tmp_path: Path) -> None:
    """The authority changed its Fachverfahren meanwhile: the later message goes to the new one."""
    async with small_town(tmp_path, FakeVendor()) as town:
        await town.send(FIRST)
        connected(town, destination="augsburg-bau")
        later = await town.standing((await town.send(LATER)).submission)

    assert (later.state, later.submission.authority) == (State.ACCEPTED, "09761")
    assert later.submission.destination == "augsburg-bau"


async def test_it_waits_where_the_connection_is_paused(tmp_path: Path) -> None:
    """Taken with 202, and nothing leaves before the connection goes on."""
    async with small_town(tmp_path, FakeVendor()) as town:
        await town.send(FIRST)
        connected(town, state=ConnectionState.PAUSED)
        later = await town.send(ELSEWHERE)

    assert (later.state, later.authority) == (State.ACCEPTED, "09761")


@pytest.mark.parametrize("state", [ConnectionState.RETIRED, ConnectionState.ORDERED])
async def test_it_is_refused_rather_than_sent_elsewhere(tmp_path: Path, state: ConnectionState) -> None:
    """Where the connection takes nothing any more, the answer names the authority that has the case."""
    async with small_town(tmp_path, FakeVendor()) as town:
        await town.send(FIRST)
        connected(town, state=state)
        later = await town.send(ELSEWHERE)

    assert (later.state, [finding.code for finding in later.findings]) == (State.REJECTED, ["not-live"])
    assert "Stadt Augsburg (09761)" in later.findings[0].text.de
    assert state.told.de in later.findings[0].text.de
