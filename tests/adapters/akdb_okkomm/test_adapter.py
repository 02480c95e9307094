"""What OK.KOMM is sent, and what comes back from it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.akdb_okkomm import plugin
from adapters.akdb_okkomm.adapter import open_okkomm
from adapters.akdb_okkomm.settings import EXPLAINED, read_settings
from adapters.akdb_okkomm.simulator import okkomm
from gateway.adapter import Consignment, Delivered, Endpoint, Refused, Reply, ReplyFile, Unreachable
from gateway.errors import BadSettings
from gateway.events import Event, MailboxShared, watched
from gateway.testing import a_consignment, an_enclosure
from gateway.testing.xta import ProcedureBehindXta
from gateway.transports.xta import Carriers
from gateway.xml import parse
from tests.conftest import ROOT

pytestmark = pytest.mark.anyio

ANMELDUNG = (ROOT / "xsd/ag-wohnsitz/1.0/examples/valid/aschaffenburg-einzelperson.xml").read_bytes()


@pytest.fixture
async def procedure(tmp_path: Path, shared_data: Path) -> AsyncIterator[ProcedureBehindXta]:
    """OK.KOMM, which refuses what the official schemas refuse."""
    simulated = okkomm(tmp_path / "okkomm", shared_data / "xta-2.1.1")
    async with simulated.server:
        yield simulated
    assert simulated.server.invalid == []


@pytest.fixture
async def adapter() -> AsyncIterator[Carriers]:
    async with open_okkomm() as adapter:
        yield adapter


def brought_to(procedure: ProcedureBehindXta, document: bytes = ANMELDUNG, *, test: bool = False) -> Consignment:
    scan = an_enclosure(b"scan" * 1_000, name="Anlage Größe 1", media_type="image/png")
    settings = {**procedure.settings(), "service_uri": "http://dienst.example/annahme.wsdl"}
    return a_consignment(document, [scan], settings, test=test, service="wohnsitz", adapter="akdb_okkomm")


def endpoint(procedure: ProcedureBehindXta, **changes: object) -> Endpoint:
    return Endpoint("musterstadt-wohnsitz", test=False, settings={**procedure.settings(), **changes})


async def collected(adapter: Carriers, there: Endpoint) -> list[Reply | Unreachable]:
    return [one async for one in adapter.collect(there)]


async def whole(file: ReplyFile) -> bytes:
    return b"".join([piece async for piece in file.stream.chunks()])


async def test_a_real_message_is_carried_validly(adapter: Carriers, procedure: ProcedureBehindXta) -> None:
    """An Anmeldung travels to its reader's service under an id of its own, marked as a test if it is one."""
    sent = brought_to(procedure, test=True)

    outcome = await adapter.deliver(sent)

    assert isinstance(outcome, Delivered)
    assert outcome.reference == f"urn:de:xta:messageid:antragsgateway:{sent.submission.id}"
    carried = procedure.server.carried[outcome.reference]
    assert (carried.reader, carried.service, carried.test) == (
        "ags:09000000",
        "http://dienst.example/annahme.wsdl",
        True,
    )
    assert list(carried.taken.attachments) == ["Anlage Größe 1"]


async def test_what_is_larger_than_the_server_takes_is_refused(
    adapter: Carriers, procedure: ProcedureBehindXta
) -> None:
    """The limit is XTA's own unless a setting says otherwise; nobody is asked."""
    settings = {name: value for name, value in procedure.settings().items() if name != "most_megabytes"}
    large = an_enclosure(b"x" * 40_000_001)

    assert await adapter.deliver(a_consignment(ANMELDUNG, [large], settings)) == Refused("too-large")
    assert not procedure.server.asked


async def test_replies_come_out_of_the_mailbox(adapter: Carriers, procedure: ProcedureBehindXta) -> None:
    """What the procedure writes is brought with its files, again until it is acknowledged, and then no more."""
    procedure.write(b"<antwort/>", ("bescheid-1", "application/pdf", b"%PDF-1.7"))
    there = endpoint(procedure)

    first, again = await collected(adapter, there), await collected(adapter, there)
    (reply,) = first
    assert isinstance(reply, Reply)
    files = []
    async for one in adapter.collect(there):
        assert isinstance(one, Reply)
        files += [(file.name, file.media_type, await whole(file)) for file in one.files]
    await adapter.acknowledge(there, reply)
    await adapter.acknowledge(there, reply)

    assert (reply.document, files) == (b"<antwort/>", [("bescheid-1", "application/pdf", b"%PDF-1.7")])
    assert len(again) == 1
    assert await collected(adapter, there) == []


async def test_nothing_is_collected_unless_it_was_said(adapter: Carriers, procedure: ProcedureBehindXta) -> None:
    """Without a lock nobody reads the mailbox; while the server is away that is told."""
    procedure.write(b"<antwort/>")
    silent = {name: value for name, value in procedure.settings().items() if name != "mailbox_lock"}

    assert await collected(adapter, Endpoint("musterstadt", test=False, settings=silent)) == []
    procedure.fail(down=True)
    assert await collected(adapter, endpoint(procedure)) == [Unreachable("connection-refused")]


async def test_another_reader_is_told(adapter: Carriers, procedure: ProcedureBehindXta) -> None:
    """A message that vanishes before it is fetched is an event for operators."""
    for document in (b"<a/>", b"<b/>"):
        procedure.write(document)
    told: list[Event] = []
    with watched(told.append):
        async for _ in adapter.collect(endpoint(procedure)):
            procedure.server.mailbox.clear()

    assert told == [MailboxShared(adapter="akdb_okkomm", destination="musterstadt-wohnsitz")]


async def test_a_probe_asks_the_server(adapter: Carriers, procedure: ProcedureBehindXta) -> None:
    """It says whether the authority offers the service, and sends nothing."""
    well = await adapter.probe(endpoint(procedure))
    procedure.server.offered = False

    assert (well.because, well.confirmed) == ("", True)
    assert (await adapter.probe(endpoint(procedure))).because == "service-not-offered"
    assert procedure.ledger() == []


async def test_every_setting_is_explained(procedure: ProcedureBehindXta) -> None:
    """The simulator's settings are among those that are explained, and read as they are meant."""
    simulated = procedure.settings()

    assert set(simulated) < set(EXPLAINED)
    assert read_settings(simulated).most == 200_000_000


@pytest.mark.parametrize("missing", ["url", "author", "reader", "service_uri", "exclusive_reader"])
async def test_what_is_missing_is_named(procedure: ProcedureBehindXta, missing: str) -> None:
    """Nothing about a server, an authority or a mailbox is guessed."""
    settings = {name: value for name, value in procedure.settings().items() if name != missing}

    with pytest.raises(BadSettings, match=f"akdb_okkomm: {missing} "):
        plugin.check(settings)


def test_the_example_is_what_it_seems() -> None:
    """The Anmeldung of these tests is one of the package's own."""
    assert parse(ANMELDUNG).root.startswith("wohnsitz.anmeldung")
