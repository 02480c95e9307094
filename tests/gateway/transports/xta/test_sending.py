"""A submission is entrusted to an XTA server once, and what the server has can be told afterwards."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from gateway.adapter import Answer, Delivered, NotThere, Outcome, Refused, Unclear, Unreachable
from gateway.submission import Grade, SubmissionId, new_id
from gateway.testing.clock import BEGINNING
from gateway.testing.moods import Mood
from gateway.testing.xta import XtaServer
from gateway.transports.settings import Given
from gateway.transports.xta import OwnIds, RememberedIds, Sending, Server, Xta
from tests.gateway.transports.xta.conftest import settings
from tests.gateway.transports.xta.test_client import READER, SERVICE, a_message, an_order

pytestmark = pytest.mark.anyio


class Sender:
    """Delivers and asks as an adapter would."""

    def __init__(self, sending: Sending) -> None:
        self._sending = sending
        self.submission = new_id(BEGINNING)

    async def deliver(self, submission: SubmissionId | None = None) -> Outcome:
        return await self._sending.deliver(submission or self.submission, an_order, a_message(), [])

    async def ask(self) -> Answer:
        return await self._sending.ask(self.submission)


@pytest.fixture(params=["own", "server"])
def sender(request: pytest.FixtureRequest, xta: Xta, tmp_path: Path) -> Sender:
    (tmp_path / "memory").mkdir()
    ids = OwnIds("gateway") if request.param == "own" else RememberedIds(tmp_path / "memory")
    return Sender(Sending(xta, ids, READER, SERVICE))


async def test_a_delivery_goes_through_all_steps(sender: Sender, server: XtaServer) -> None:
    """Account and service are looked at, the message is sent under one id, and the report is read."""
    outcome = await sender.deliver()

    assert isinstance(outcome, Delivered)
    assert outcome.grade is Grade.TRANSPORT
    assert list(server.carried) == [outcome.reference]
    asked = [word for word in server.asked if word != "CreateMessageID"]
    assert asked == ["CheckAccountActive", "IsServiceAvailable", "SendMessage", "GetTransportReport"]
    assert await sender.ask() == outcome


async def test_what_was_found_well_is_believed_for_a_while(sender: Sender, server: XtaServer) -> None:
    """The second message asks neither for the account nor for the service."""
    await sender.deliver()
    await sender.deliver(new_id(BEGINNING))

    assert server.asked.count("CheckAccountActive") == 1
    assert len(server.carried) == 2


async def test_the_same_again_is_sent_once(sender: Sender, server: XtaServer) -> None:
    """A repetition and two at the same time are delivered, and the server has one."""
    outcomes = [*await asyncio.gather(sender.deliver(), sender.deliver()), await sender.deliver()]

    assert all(isinstance(outcome, Delivered) for outcome in outcomes)
    assert len(server.carried) == 1


async def test_before_anything_it_is_not_there(sender: Sender) -> None:
    """What was never sent is not there."""
    assert await sender.ask() == NotThere()


async def test_taken_and_never_said_is_found_out(sender: Sender, server: XtaServer) -> None:
    """A server that took it and fell silent leaves it open; asked later it has it, and a repetition changes nothing."""
    await sender.deliver(new_id(BEGINNING))
    server.behave(Mood.TAKES_AND_HANGS)
    outcome = await sender.deliver()
    server.behave(Mood.GOOD)
    answer = await sender.ask()

    assert outcome == Unclear("no-answer")
    assert isinstance(answer, Delivered)
    assert await sender.deliver() == answer
    assert len(server.carried) == 2


async def test_a_red_light_refuses(sender: Sender, server: XtaServer) -> None:
    """What could not be carried is refused with the server's words, at once or when asked later."""
    server.behave(Mood.REJECTS_LATER)
    at_first = await sender.deliver()

    assert isinstance(at_first, Delivered)
    assert await sender.ask() == Refused("carrying-failed", "carrying; Der Leser hat die Nachricht zurückgewiesen.")


@pytest.mark.parametrize(
    ("word", "number", "ending"),
    [
        ("CheckAccountActive", "9011", Unreachable("account-locked")),
        ("CheckAccountActive", "9030", Unreachable("server-error")),
        ("IsServiceAvailable", "9031", Unreachable("directory-away")),
        ("IsServiceAvailable", "9050", Unreachable("schema-violated")),
        ("SendMessage", "9013", Unreachable("service-not-booked")),
        ("SendMessage", "9023", Refused("too-large", "Simulierter Fehler")),
        ("SendMessage", "9032", Unclear("carrying-failed")),
        ("SendMessage", "9060", Refused("malware-found", "Simulierter Fehler")),
        ("SendMessage", "9070", Unreachable("message-id-unknown")),
    ],
)
async def test_a_fault_ends_a_delivery(
    sender: Sender, server: XtaServer, word: str, number: str, ending: Outcome
) -> None:
    """Before the message is sent nothing is ever unclear or refused; afterwards the fault decides."""
    server.refusals[word] = number

    assert await sender.deliver() == ending
    assert server.carried == {}


async def test_a_reader_that_offers_no_such_service_gets_nothing(sender: Sender, server: XtaServer) -> None:
    """Nothing is sent where the directory says no; where it does not know, it is tried."""
    server.offered = False
    refused = await sender.deliver()
    server.offered = None

    assert refused == Unreachable("service-not-offered")
    assert isinstance(await sender.deliver(), Delivered)


async def test_a_report_that_does_not_come_takes_nothing_back(sender: Sender, server: XtaServer) -> None:
    """Once the server has taken it, a report that fails changes nothing."""
    server.refusals["GetTransportReport"] = "9030"

    assert isinstance(await sender.deliver(), Delivered)
    assert await sender.ask() == Unreachable("server-error")


async def test_a_probe_tells_whether_a_delivery_could_begin(xta: Xta, server: XtaServer) -> None:
    """It goes as far as the service, sends nothing, and says when the first certificate ends."""
    sending = Sending(xta, OwnIds("gateway"), READER, SERVICE)
    well = await sending.probe()
    server.offered = False
    refused = await sending.probe()
    server.fail(down=True)

    assert (well.because, well.confirmed) == ("", True)
    assert well.certificate_until is not None
    assert (refused.because, refused.confirmed) == ("service-not-offered", None)
    assert (await sending.probe()).because == "connection-refused"
    assert server.carried == {}


# ── ids that the server makes ────────────────────────────────────────────────────────────────────────────────────────


async def an_id() -> str:
    return "urn:de:xta:messageid:server:1"


async def test_an_id_is_remembered_before_it_is_used(tmp_path: Path) -> None:
    """Another process that shares the folder knows it, and makes no second one."""
    submission = new_id(BEGINNING)
    first = await RememberedIds(tmp_path).of(submission, an_id)

    async def another() -> str:
        return "urn:de:xta:messageid:server:2"

    assert await RememberedIds(tmp_path).of(submission, another) == first
    assert await RememberedIds(tmp_path).known(submission) == first
    assert [path.name for path in tmp_path.iterdir()] == [submission]


async def test_of_two_at_once_one_counts(tmp_path: Path) -> None:
    """Two workers who make an id for the same submission both use the one that was written first."""
    submission, ids = new_id(BEGINNING), RememberedIds(tmp_path)
    both = asyncio.Barrier(2)

    def making(word: str) -> Callable[[], Awaitable[str]]:
        async def make() -> str:
            await both.wait()
            return word

        return make

    first, second = await asyncio.gather(ids.of(submission, making("urn:1")), ids.of(submission, making("urn:2")))

    assert first == second


async def test_a_folder_that_is_missing_is_no_proof(tmp_path: Path) -> None:
    """Without its memory nobody may say that a message never left."""
    ids = RememberedIds(tmp_path / "weg")

    assert await ids.known(new_id(BEGINNING)) == Unreachable("memory-missing")
    assert await ids.of(new_id(BEGINNING), an_id) == Unreachable("memory-missing")


# ── settings ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_server_is_described_by_settings(server: XtaServer, tmp_path: Path) -> None:
    """Paths, namespace, parties and ids are read as they are written down."""
    given = settings(
        server, send_path="/xta/send", party_type="DVDV", message_ids="server", memory=str(tmp_path), namespace="urn:x"
    )
    described = Server.read(Given("muster", given))

    assert (described.namespace, described.author.type, described.reader.identifier) == (
        "urn:x",
        "DVDV",
        "ags:09661000",
    )
    assert "/xta/send" in dict(described.paths).values()
    assert described.ids == RememberedIds(tmp_path)
