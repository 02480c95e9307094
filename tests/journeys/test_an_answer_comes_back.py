"""From the Fachverfahren home: a reply is kept, judged, matched, and does what follows; or a human looks."""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import generate_latest

from gateway import journey, way_back
from gateway.adapter import Delivered, Refused, Reply, ReplyFile, Unreachable
from gateway.errors import JournalUnavailable
from gateway.events import (
    REGISTRY,
    CollectingBroke,
    Event,
    RepliesNotCollected,
    ReplyBoxed,
    ReplyReceived,
    TaskFailed,
    watched,
)
from gateway.reply import Incoming, Kind, Origin, ReplyPost
from gateway.submission import Grade, State, SubmissionId
from gateway.testing import (
    CANARIES,
    CollectingVendor,
    Correspondence,
    FakeVendor,
    MemoryStream,
    Raises,
    an_answer,
)
from gateway.testing.answers import Message
from tests.drills.samples import plain
from tests.evil.documents import REFUSED, Evil
from tests.journeys.small_town import ADAPTER, SmallTown, small_town

pytestmark = pytest.mark.anyio

ANTRAG = plain("augsburg-nebenwohnung")
ABOUT = Correspondence.about(ANTRAG)
TOWN = Origin(adapter=ADAPTER, destination="augsburg-wohnsitz", test=False, by="worker")


def reply(message: Message | bytes, **files: bytes) -> Reply:
    """As an adapter would bring it."""
    if isinstance(message, bytes):
        return Reply(message)
    return Reply(
        message.document,
        tuple(ReplyFile(name, "application/pdf", MemoryStream(content)) for name, content in message.files.items()),
    )


async def home(town: SmallTown, origin: Origin = TOWN) -> int:
    """Whatever waits at the Fachverfahren is collected and judged."""
    await way_back.collect(origin, bench=town.bench)
    return await way_back.take_in_arrivals(gateway=town.gateway)


async def kinds(town: SmallTown, submission: SubmissionId) -> list[Kind | None]:
    return [one.kind for one in await town.journal.replies(submission)]


@asynccontextmanager
async def an_answering_town(folder: Path, *waiting: Any, **manifest: Any) -> AsyncIterator[tuple[SmallTown, Any]]:
    """A town whose Fachverfahren has taken one Antrag, and in which these answers wait to be collected."""
    vendor = CollectingVendor(waiting=waiting)
    async with small_town(folder, vendor, **manifest) as town:
        receipt = await town.send(ANTRAG)
        await town.attempt(receipt.submission)
        yield town, receipt.submission


async def test_acknowledgement_file_number_and_status_come_home(tmp_path: Path) -> None:
    """Collected in one round: three kinds at the submission, which is confirmed and carries the Aktenzeichen."""
    answers = [reply(an_answer(kind, ABOUT)) for kind in (Kind.ACKNOWLEDGEMENT, Kind.FILE_NUMBER, Kind.STATUS)]
    async with an_answering_town(tmp_path, *answers) as (town, submission):
        assert await home(town) == 3

        standing = await town.standing(submission)
        stored = await town.journal.replies(submission)
        assert await kinds(town, submission) == [Kind.ACKNOWLEDGEMENT, Kind.FILE_NUMBER, Kind.STATUS]
        assert (standing.state, standing.grade) == (State.CONFIRMED, Grade.ANSWERED)
        assert standing.reference == "41-602-BA-2026/0031"
        assert [one.code for one in stored] == ["", "", "in-bearbeitung"]
        assert await town.journal.reply_document(stored[2].id) == answers[2].document
        assert town.vendor.acknowledged == answers  # type: ignore[attr-defined]  # it collects


async def test_a_decision_comes_with_its_files(tmp_path: Path) -> None:
    """A Bescheid names its attachments, and they are kept byte for byte."""
    decision = an_answer(Kind.DECISION, ABOUT, files={"bescheid-1": b"%PDF-1.7 Bescheid"})
    async with an_answering_town(tmp_path, reply(decision)) as (town, submission):
        await home(town)

        [stored] = await town.journal.replies(submission)
        [file] = stored.files
        pieces = [piece async for piece in town.gateway.attachments.open(file).chunks()]
        assert (file.name, b"".join(pieces)) == ("bescheid-1", b"%PDF-1.7 Bescheid")


async def test_a_rejection_that_comes_late_refuses(tmp_path: Path) -> None:
    """First confirmed, then turned away; the ledger had counted it already, and moves once."""
    answers = [reply(an_answer(Kind.ACKNOWLEDGEMENT, ABOUT)), reply(an_answer(Kind.REJECTION, ABOUT))]
    async with an_answering_town(tmp_path, *answers) as (town, submission):
        await home(town)

        standing, ledger = await town.standing(submission), await town.journal.ledger()
        assert (standing.state, standing.cause) == (State.REFUSED, "rejection-S999")
        assert (ledger.received, ledger.concluded, ledger.imbalance) == (1, 1, 0)
        assert (await town.history(submission))[-4:] == [
            "reply.received",
            "submission.confirmed",
            "reply.received",
            "submission.refused",
        ]


async def test_what_comes_with_the_outcome_is_safe_before_the_outcome_counts(tmp_path: Path) -> None:
    """A Fachverfahren that answers at once: its reply was left before the report, and names no submission itself."""
    nameless = an_answer(Kind.ACKNOWLEDGEMENT, Correspondence())
    vendor = FakeVendor(Delivered("", Grade.TRANSPORT, (reply(nameless),)))
    async with small_town(tmp_path, vendor) as town:
        receipt = await town.send(ANTRAG)
        await town.attempt(receipt.submission)
        left = await town.journal.arrivals()

        await way_back.take_in_arrivals(gateway=town.gateway)

        assert len(left) == 1
        assert await kinds(town, receipt.submission) == [Kind.ACKNOWLEDGEMENT]
        assert (await town.standing(receipt.submission)).state is State.CONFIRMED


async def test_a_refusal_can_bring_its_rejection(tmp_path: Path) -> None:
    """The vendor's no and the message that says why come together; the submission is refused once."""
    vendor = FakeVendor(Refused("unknown-form", "", (reply(an_answer(Kind.REJECTION, ABOUT)),)))
    async with small_town(tmp_path, vendor) as town:
        receipt = await town.send(ANTRAG)
        await town.attempt(receipt.submission)
        await way_back.take_in_arrivals(gateway=town.gateway)

        assert (await town.standing(receipt.submission)).cause == "unknown-form"
        assert await kinds(town, receipt.submission) == [Kind.REJECTION]
        assert (await town.history(receipt.submission)).count("submission.refused") == 1


@dataclass
class Away:
    """A way back that does not exist so many times, and then is this one."""

    then: ReplyPost
    times: int
    paused: list[float] = field(default_factory=list)

    async def bring(self, reply: Reply, origin: Origin) -> None:
        if self.times:
            self.times -= 1
            raise JournalUnavailable
        await self.then.bring(reply, origin)

    async def pause(self, seconds: float) -> None:
        self.paused.append(seconds)


async def test_a_reply_that_cannot_be_kept_holds_back_the_outcome(tmp_path: Path) -> None:
    """The journal is away for long: nobody hears of success, the lease ends, and the next attempt asks."""
    vendor = FakeVendor(Delivered("", Grade.TRANSPORT, (reply(an_answer(Kind.ACKNOWLEDGEMENT, ABOUT)),)))
    async with small_town(tmp_path, vendor) as town:
        receipt = await town.send(ANTRAG)
        letters = await town.journal.hand_over()
        away, told = Away(town.bench.way_back, 10**9), list[Event]()
        with watched(told.append):
            await journey.deliver(letters[0], bench=_with(town, way_back=away, pause=away.pause))
        town.clock.advance(10_000)
        lapsed = await journey.lapse(gateway=town.gateway)

        standing = await town.standing(receipt.submission)
        assert lapsed == 1
        assert (standing.state, standing.cause) == (State.ACCEPTED, "lease-ended")
        assert [one.because for one in told if isinstance(one, RepliesNotCollected)] == ["journal-unavailable"]
        assert sum(away.paused) > 120


async def test_a_journal_that_comes_back_in_time_costs_no_attempt(tmp_path: Path) -> None:
    """The reply is brought until it is on disk, and only then the outcome is reported."""
    vendor = FakeVendor(Delivered("", Grade.TRANSPORT, (reply(an_answer(Kind.ACKNOWLEDGEMENT, ABOUT)),)))
    async with small_town(tmp_path, vendor) as town:
        receipt = await town.send(ANTRAG)
        letters = await town.journal.hand_over()
        away = Away(town.bench.way_back, 3)
        await journey.deliver(letters[0], bench=_with(town, way_back=away, pause=away.pause))
        async with asyncio.timeout(10):
            while not (await town.standing(receipt.submission)).attempts:
                await asyncio.sleep(0.005)
        await way_back.take_in_arrivals(gateway=town.gateway)

        assert vendor.calls == [receipt.submission]
        assert (await town.standing(receipt.submission)).state is State.CONFIRMED
        assert away.paused == [0.2, 0.4, 0.8]


def _with(town: SmallTown, **changes: Any) -> journey.Workbench:
    return replace(town.bench, **changes)


async def test_lost_acknowledgements_change_nothing_twice(tmp_path: Path) -> None:
    """A worker that dies before it acknowledges collects the same again, as often as it dies."""
    answer = reply(an_answer(Kind.FILE_NUMBER, ABOUT))
    async with an_answering_town(tmp_path, answer) as (town, submission):
        await home(town)
        once = await town.standing(submission), await town.history(submission)
        for _ in range(3):
            town.vendor.waiting.append(answer)  # type: ignore[attr-defined]  # it collects
            await home(town)

        assert (await town.standing(submission), await town.history(submission)) == once
        assert len(await town.journal.replies(submission)) == 1
        assert await town.journal.boxed() == 0


async def test_a_reply_that_fits_nothing_waits_for_a_human_and_alarms(tmp_path: Path) -> None:
    """An event, a metric, a place in the box; the submission that is there is left alone."""
    stray = reply(an_answer(Kind.STATUS, Correspondence(message="0199c0de-9999-7000-8000-000000009999")))
    told: list[Event] = []
    async with an_answering_town(tmp_path, stray) as (town, submission):
        before = await town.standing(submission)
        with watched(told.append):
            await home(town)

        [boxed] = await town.journal.box()
        [alarm] = [event for event in told if isinstance(event, ReplyBoxed)]
        assert (boxed.box, alarm.cause, alarm.reply) == ("no-submission", "no-submission", boxed.id)
        assert b"gateway_replies_boxed_total" in generate_latest(REGISTRY)
        assert await town.standing(submission) == before
        assert town.vendor.acknowledged == [stray]  # type: ignore[attr-defined]  # it collects


@pytest.mark.parametrize("evil", [one for one in REFUSED if len(one.write()) < 100_000], ids=lambda evil: evil.tries)
async def test_a_hostile_reply_is_no_reply(tmp_path: Path, evil: Evil) -> None:
    """The same gate as for Anträge: it moves nothing, reaches no portal, and lies unread in the box."""
    async with an_answering_town(tmp_path, Reply(evil.write(), submission=None)) as (town, submission):
        before = await town.standing(submission)
        await home(town)

        [boxed] = await town.journal.box()
        assert (boxed.kind, boxed.box) == (None, evil.earns.code)
        assert await town.standing(submission) == before
        assert await town.journal.replies(submission) == []


STRANGE: dict[str, tuple[bytes, str]] = {
    "against the schema": (
        an_answer(Kind.STATUS, ABOUT)
        .document.replace(b"<pn:zeitpunkt>", b"<pn:zeit>")
        .replace(b"</pn:zeitpunkt>", b"</pn:zeit>"),
        "schema-invalid",
    ),
    "a code in no list": (an_answer(Kind.STATUS, ABOUT, said="nirgends").document, "unknown-code"),
    "an Antrag": (ANTRAG, "no-reply"),
    "a message nobody knows": (b"<unbekannt/>", "unknown-schema"),
    "a test message": (
        an_answer(Kind.STATUS, Correspondence(message=ABOUT.message, test="1")).document,
        "test-reply",
    ),
    "a file too few": (
        an_answer(Kind.DECISION, ABOUT, files={"bescheid-1": b"%PDF"}).document,
        "attachment-missing",
    ),
}


@pytest.mark.parametrize("strange", STRANGE)
async def test_what_is_not_valid_is_no_reply(tmp_path: Path, strange: str) -> None:
    """Schema, code lists, tables and attachments: each has its say, and the box its reason."""
    document, cause = STRANGE[strange]
    async with an_answering_town(tmp_path, Reply(document)) as (town, submission):
        await home(town)

        [boxed] = await town.journal.box()
        assert boxed.box == cause
        assert await town.journal.replies(submission) == []


async def test_nobody_answers_for_another_destination(tmp_path: Path) -> None:
    """The Fachverfahren of Aschaffenburg names Augsburg's message: for it, that does not exist."""
    answer = reply(an_answer(Kind.REJECTION, ABOUT))
    async with an_answering_town(tmp_path, answer) as (town, submission):
        await home(town, Origin(adapter=ADAPTER, destination="aschaffenburg-wohnsitz", test=False, by="worker"))

        [boxed] = await town.journal.box()
        assert boxed.box == "no-submission"
        assert (await town.standing(submission)).state is State.DELIVERED


async def test_what_is_too_large_stays_where_it_is(tmp_path: Path) -> None:
    """Neither the document nor a file beyond the limits gets in; operators are told, and the rest comes home."""
    large = Reply(b"<a>" + b"x" * 100_000 + b"</a>", mark="document")
    heavy = reply(an_answer(Kind.DECISION, ABOUT, files={"bescheid-1": b"x" * 1_001}))
    good = reply(an_answer(Kind.STATUS, ABOUT))
    told: list[Event] = []
    async with an_answering_town(tmp_path, large, heavy, good) as (town, submission):
        with watched(told.append):
            await home(town)

        assert town.vendor.waiting == [large, heavy]  # type: ignore[attr-defined]  # it collects
        assert await kinds(town, submission) == [Kind.STATUS]
        assert [event.because for event in told if isinstance(event, RepliesNotCollected)] == ["too-large"] * 2
        assert await town.gateway.attachments.sweep(frozenset(), -1.0) == 0


@pytest.mark.parametrize(
    "trouble, because",
    [(Unreachable("folder-missing"), "folder-missing"), (Raises(ValueError(CANARIES[0])), None)],
    ids=["away", "a bug"],
)
async def test_who_cannot_be_asked_now_is_asked_again(tmp_path: Path, trouble: Any, because: str | None) -> None:
    """Away, or an adapter with a bug: operators are told without a word of it, and the next round tries again."""
    answer = reply(an_answer(Kind.STATUS, ABOUT))
    told: list[Event] = []
    async with an_answering_town(tmp_path, trouble, answer) as (town, submission):
        with watched(told.append):
            await home(town)
            town.vendor.waiting.remove(trouble)  # type: ignore[attr-defined]  # it collects
            await home(town)

        troubles = [event for event in told if isinstance(event, RepliesNotCollected | CollectingBroke)]
        assert [getattr(event, "because", None) for event in troubles] == [because]
        assert await kinds(town, submission) == [Kind.STATUS]
        assert CANARIES[0] not in town.log.getvalue()


async def test_nothing_of_a_reply_is_told(tmp_path: Path) -> None:
    """Name, birth date and IBAN in a reply, its files and its numbers: no log line, event or metric has them."""
    name, born, account = CANARIES
    spoken = an_answer(Kind.FILE_NUMBER, ABOUT, said=account)
    broken = an_answer(Kind.STATUS, ABOUT, said=name)
    stray = an_answer(Kind.STATUS, Correspondence(case=account, portal=("mbp:1", name), authority=("ags:1", born)))
    told: list[Event] = []
    waiting = [reply(one) for one in (spoken, broken, stray)] + [Reply(f"<{name}>{born}".encode())]
    async with an_answering_town(tmp_path, *waiting) as (town, submission):
        with watched(told.append):
            await home(town)
        kept = _outside_the_document_store(town.file)
        heard = town.log.getvalue() + repr(told) + generate_latest(REGISTRY).decode()

        assert (await town.standing(submission)).reference == account
        assert [event.kind for event in told if isinstance(event, ReplyReceived)] == ["file-number"]
        assert await town.journal.boxed() == 3
        for canary in CANARIES:
            assert canary not in heard
            assert canary not in kept


def _outside_the_document_store(file: Path) -> str:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(file)) as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        kept = io.StringIO()
        for table in set(tables) - {"documents", "attachments", "words", "arrivals"}:
            kept.writelines(f"{row}\n" for row in connection.execute(f"SELECT * FROM {table}"))
    return kept.getvalue()


async def test_while_one_waits_for_a_verdict_the_others_come_home(tmp_path: Path) -> None:
    """What cannot be judged now stays among the arrivals, and holds up nobody."""
    first, second = an_answer(Kind.ACKNOWLEDGEMENT, ABOUT), an_answer(Kind.STATUS, ABOUT)
    async with an_answering_town(tmp_path, reply(first), reply(second)) as (town, submission):
        from gateway.errors import NotChecked
        from gateway.validation import Schemas

        class OneIsHard(Schemas):
            def glance(self, document: bytes, *args: Any, **options: Any) -> Any:
                if document == first.document:
                    raise NotChecked
                return super().glance(document, *args, **options)

        hard = replace(town.gateway, schemas=OneIsHard(town.gateway.schemas.packages))
        await way_back.collect(TOWN, bench=town.bench)
        came = await way_back.take_in_arrivals(gateway=hard)
        later = await way_back.take_in_arrivals(gateway=town.gateway)

        assert (came, later) == (1, 1)
        assert await kinds(town, submission) == [Kind.STATUS, Kind.ACKNOWLEDGEMENT]


async def test_a_name_that_no_database_takes_holds_up_nobody(tmp_path: Path) -> None:
    """A Fachverfahren gives a file half a character and a NUL for a name: its answer comes home, and the next too."""
    name = "anlage-\ud83d\0"
    odd = Reply(an_answer(Kind.STATUS, ABOUT).document, (ReplyFile(name, "application/pdf", MemoryStream(b"%PDF")),))
    async with an_answering_town(tmp_path, odd, reply(an_answer(Kind.ACKNOWLEDGEMENT, ABOUT))) as (town, submission):
        assert await home(town) == 2

        assert await kinds(town, submission) == [Kind.STATUS, Kind.ACKNOWLEDGEMENT]


async def test_a_bug_with_one_answer_holds_up_no_other(tmp_path: Path) -> None:
    """It stays among the arrivals, operators are told, and what lies behind it comes home."""
    first, second = an_answer(Kind.ACKNOWLEDGEMENT, ABOUT), an_answer(Kind.STATUS, ABOUT)
    told: list[Event] = []
    async with an_answering_town(tmp_path, reply(first), reply(second)) as (town, submission):

        class OneBreaks:
            async def receive(self, incoming: Incoming) -> Any:
                if incoming.document == first.document:
                    raise ZeroDivisionError
                return await town.journal.receive(incoming)

            def __getattr__(self, name: str) -> Any:
                return getattr(town.journal, name)

        journal: Any = OneBreaks()
        await way_back.collect(TOWN, bench=town.bench)
        with watched(told.append):
            assert await way_back.take_in_arrivals(gateway=replace(town.gateway, journal=journal)) == 1

        assert [event.error for event in told if isinstance(event, TaskFailed)] == ["ZeroDivisionError"]
        assert await kinds(town, submission) == [Kind.STATUS]
        assert len(await town.journal.arrivals()) == 1


async def test_a_round_that_hangs_is_given_up(tmp_path: Path) -> None:
    """A Fachverfahren that never answers costs its own turn, no more."""

    class Hanging(CollectingVendor):
        async def collect(self, endpoint: Any) -> AsyncIterator[Reply | Unreachable]:
            await asyncio.Event().wait()
            yield Unreachable("never")

    told: list[Event] = []
    async with small_town(tmp_path, Hanging()) as town:
        with watched(told.append):
            assert await way_back.collect(TOWN, bench=town.bench) == 0

    assert [event.because for event in told if isinstance(event, RepliesNotCollected)] == ["time-limit"]
