"""One real path: a Bauantrag of XBau and the answers to it, in XBau's own messages and by the official packages."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway import way_back
from gateway.adapter import Reply
from gateway.reply import Kind, Origin, ReplyTables
from gateway.submission import Grade, State
from gateway.testing import CollectingVendor
from gateway.validation import Schemas
from tests.conftest import ROOT
from tests.gateway.xbau import ANTRAG, ANTRAG_UUID, CASE, REPLIES
from tests.journeys.small_town import ADAPTER, SmallTown, small_town

pytestmark = pytest.mark.anyio

BAUAUFSICHT = Origin(adapter=ADAPTER, destination="aschaffenburg-bau", test=False, by="worker")


@pytest.fixture
async def town(tmp_path: Path, official_schemas: Schemas) -> AsyncIterator[SmallTown]:
    """A town that has XBau installed."""
    async with small_town(tmp_path, CollectingVendor()) as town:
        yield replace(town, gateway=replace(town.gateway, schemas=official_schemas))


async def answer(town: SmallTown, document: bytes) -> None:
    """The Fachverfahren lays it down, the worker collects it, the gateway takes it in."""
    town.vendor.waiting.append(Reply(document))  # type: ignore[attr-defined]  # it collects
    await way_back.collect(BAUAUFSICHT, bench=town.bench)
    assert await way_back.take_in_arrivals(gateway=town.gateway) == 1


async def test_four_answers_of_xbau_come_home(town: SmallTown) -> None:
    """Eingangsbestätigung, Aktenzeichen, status and a late Rückweisung: each its kind, and what follows from it."""
    antrag = await town.standing((await town.send(ANTRAG)).submission)
    await town.attempt(antrag.submission.id)
    states: list[tuple[State, Grade | None, str]] = []
    for document in REPLIES.values():
        await answer(town, document)
        now = await town.standing(antrag.submission.id)
        states.append((now.state, now.grade, now.cause))

    replies = await town.journal.replies(antrag.submission.id)
    answered = (State.CONFIRMED, Grade.ANSWERED, "")
    assert (antrag.submission.message_uuid, antrag.submission.case_id) == (ANTRAG_UUID, CASE)
    assert [(one.kind, one.code) for one in replies] == [
        (Kind.ACKNOWLEDGEMENT, ""),
        (Kind.FILE_NUMBER, ""),
        (Kind.STATUS, "02"),
        (Kind.REJECTION, "S999"),
    ]
    assert states == [answered, answered, answered, (State.REFUSED, None, "rejection-S999")]
    assert (await town.standing(antrag.submission.id)).reference == "41-602-BA-2026/0031"
    ledger = await town.journal.ledger()
    assert (ledger.received, ledger.concluded, ledger.imbalance) == (1, 1, 0)


async def test_an_answer_about_another_matter_is_boxed(town: SmallTown) -> None:
    """The same authority's answer that names another matter of the portal fits nothing here."""
    antrag = await town.send(ANTRAG)
    await town.attempt(antrag.submission)

    await answer(town, REPLIES[Kind.STATUS].replace(CASE.encode(), b"d" + CASE[1:].encode()))

    assert [one.box for one in await town.journal.box()] == ["no-submission"]
    assert (await town.standing(antrag.submission)).state is State.DELIVERED


def test_every_message_in_the_tables_is_one_of_its_standard(official_schemas: Schemas) -> None:
    """No root is invented: each is a message of the package that is installed."""
    known = {(package.standard, root) for package in official_schemas.packages for root in package.roots}

    assert set(ReplyTables.load(ROOT / "xsd" / "replies").messages) <= known
