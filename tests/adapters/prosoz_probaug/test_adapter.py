"""What ProBAUG is sent over HTTPS, what its answers mean, and what comes back later."""

import json
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from adapters.prosoz_probaug import plugin
from adapters.prosoz_probaug.adapter import ProBaug, open_probaug
from adapters.prosoz_probaug.mapping import answer_of, outcome_of, replies_of
from adapters.prosoz_probaug.settings import EXPLAINED, Settings
from adapters.prosoz_probaug.simulator import ProBaugSimulator, Waiting
from adapters.prosoz_probaug.simulator.answers import answers_to
from gateway.adapter import Consignment, Delivered, Endpoint, NotThere, Refused, Reply, ReplyFile, Unclear, Unreachable
from gateway.errors import BadSettings
from gateway.submission import Grade, Micros
from gateway.testing import a_consignment, an_enclosure
from gateway.testing.moods import Mood
from gateway.transports.https import Response
from gateway.validation import Schemas, Valid
from gateway.validation.installing import install
from tests.conftest import ROOT

pytestmark = pytest.mark.anyio

BAUANTRAG = next((ROOT / "xsd/ag-bau/1.0/examples/valid").glob("*.xml")).read_bytes()
NOW = Micros(time.time_ns() // 1_000)


@pytest.fixture
async def probaug(tmp_path: Path) -> AsyncIterator[ProBaugSimulator]:
    simulated = ProBaugSimulator(tmp_path / "probaug")
    async with simulated.web:
        yield simulated


@pytest.fixture
async def adapter() -> AsyncIterator[ProBaug]:
    async with open_probaug() as adapter:
        yield adapter


def brought_to(probaug: ProBaugSimulator, **settings: object) -> Consignment:
    plan = an_enclosure(b"plan" * 50_000, name="bauplan-1")
    return a_consignment(BAUANTRAG, [plan], {**probaug.settings(), **settings}, service="bau")


def endpoint(probaug: ProBaugSimulator, **settings: object) -> Endpoint:
    return Endpoint("landkreis-bau", test=False, settings={**probaug.settings(), **settings})


async def collected(adapter: ProBaug, there: Endpoint) -> list[Reply | Unreachable]:
    return [one async for one in adapter.collect(there)]


# ── there ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_it_is_taken_and_known(adapter: ProBaug, probaug: ProBaugSimulator) -> None:
    """The Fachverfahren says that it took it, and says the same when it is brought again or asked."""
    sent = brought_to(probaug)

    outcomes = [await adapter.deliver(sent), await adapter.deliver(sent), await adapter.ask(sent)]

    assert outcomes == [Delivered(f"VG-{sent.submission.id[-12:]}", Grade.TAKEN)] * 3
    taken = probaug.taken(sent.submission.id)
    assert taken is not None
    assert taken.attachments == {"bauplan-1": sent.enclosures[0].attachment.digest}


async def test_a_stylesheet_changes_the_document(adapter: ProBaug, probaug: ProBaugSimulator, tmp_path: Path) -> None:
    """Where one is written down, ProBAUG gets what it makes of the document; one that will not do is named."""
    style = tmp_path / "abbildung.xsl"
    style.write_text(
        '<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">'
        '<xsl:template match="/"><umschlag><xsl:copy-of select="*"/></umschlag></xsl:template></xsl:stylesheet>'
    )
    sent = brought_to(probaug, stylesheet=str(style))

    assert isinstance(await adapter.deliver(sent), Delivered)
    document = (tmp_path / "probaug/dokumente" / f"{sent.submission.id}.xml").read_bytes()
    assert b"<umschlag>" in document

    style.unlink()
    assert await adapter.deliver(brought_to(probaug, stylesheet=str(style))) == Unreachable("stylesheet-unusable")


def said(status: int, what: object) -> Response:
    return Response(status, {}, what if isinstance(what, bytes) else json.dumps(what).encode())


@pytest.mark.parametrize(
    ("response", "outcome"),
    [
        (said(202, {"vorgang": "7"}), Delivered("7", Grade.TAKEN)),
        (said(409, {"vorgang": "7"}), Delivered("7", Grade.TAKEN)),
        (said(202, {"vorgang": ""}), Unclear("answer-not-understood")),
        (said(200, b"<html>"), Unclear("answer-not-understood")),
        (said(200, b"[" * 50_000), Unclear("answer-not-understood")),
        (said(204, b""), Unclear("answer-not-understood")),
        (said(400, {"text": "?"}), Unclear("answer-not-understood")),
        (said(413, b""), Refused("too-large")),
        (said(422, {"fehlerkennzahl": "A004", "text": "zu groß"}), Refused("xbau-a004", "zu groß")),
        (said(422, {"fehlerkennzahl": "Kanaria Beispielvogel"}), Refused("refused-by-vendor")),
        (said(422, b""), Refused("refused-by-vendor")),
        (said(403, b""), Unreachable("not-allowed")),
        (said(500, {"vorgang": "7"}), Unclear("server-error")),
    ],
)
def test_what_an_answer_means(response: Response, outcome: object) -> None:
    """XBau's numbers become codes, words go where they may lie, and what is not understood is unclear."""
    assert outcome_of(response, NOW) == outcome


@pytest.mark.parametrize(
    ("response", "answer"),
    [
        (said(404, {"zustand": "unbekannt"}), NotThere()),
        (said(404, b"<html>"), Unreachable("address-unknown")),
        (said(200, {"vorgang": "7", "zustand": "abgewiesen", "fehlerkennzahl": "S090"}), Refused("xbau-s090")),
        (said(200, {"zustand": "vielleicht"}), Unreachable("answer-not-understood")),
    ],
)
def test_what_an_answer_to_a_question_means(response: Response, answer: object) -> None:
    """Only its own word says that it is not there: a page of some proxy does not."""
    assert answer_of(response, NOW) == answer


# ── and back ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_answers_come_again_until_they_are_acknowledged(adapter: ProBaug, probaug: ProBaugSimulator) -> None:
    """Eingangsbestätigung and Aktenzeichen are collected with the submission that they answer."""
    sent = brought_to(probaug)
    await adapter.deliver(sent)
    numbers, there = probaug.answer(sent.submission.id), endpoint(probaug)

    first, again = await collected(adapter, there), await collected(adapter, there)
    for reply in first:
        assert isinstance(reply, Reply)
        await adapter.acknowledge(there, reply)
        await adapter.acknowledge(there, reply)

    assert first == again
    assert [(one.mark, one.submission) for one in first if isinstance(one, Reply)] == [
        (number, sent.submission.id) for number in numbers
    ]
    assert await collected(adapter, there) == []


async def test_files_of_an_answer_are_fetched(adapter: ProBaug, probaug: ProBaugSimulator) -> None:
    """A Bescheid brings its file, under the id that the XML uses."""
    decision = bytes(range(256)) * 2_000
    probaug.waiting["7"] = Waiting("nicht-unsere", b"<bescheid/>", (("bescheid-1", "application/pdf", decision),))

    found: list[object] = []
    async for reply in adapter.collect(endpoint(probaug)):
        assert isinstance(reply, Reply)
        found += [reply.submission, *[(file.name, file.media_type, await whole(file)) for file in reply.files]]

    assert found == [None, ("bescheid-1", "application/pdf", decision)]


async def whole(file: ReplyFile) -> bytes:
    return b"".join([piece async for piece in file.stream.chunks()])


async def test_an_answer_that_cannot_be_fetched_holds_up_nobody(
    adapter: ProBaug, probaug: ProBaugSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One with a file larger than is borne stays and is told of at the end; what lies behind it is collected."""
    monkeypatch.setattr("adapters.prosoz_probaug.adapter.MOST_OF_A_FILE", 3)
    probaug.waiting["7"] = Waiting("x", b"<a/>", (("plan", "application/pdf", b"%PDF"),))
    probaug.waiting["8"] = Waiting("x", b"<b/>")

    first, last = await collected(adapter, endpoint(probaug))

    assert isinstance(first, Reply)
    assert first.document == b"<b/>"
    assert last == Unreachable("answer-too-large")


async def test_away_and_odd_are_told(adapter: ProBaug, probaug: ProBaugSimulator) -> None:
    """Nobody can say now, where ProBAUG is down; where replies come by another way, nobody asks."""
    probaug.waiting["7"] = Waiting("x", b"<a/>")
    assert await collected(adapter, endpoint(probaug, collect_replies=False)) == []
    assert await collected(adapter, endpoint(probaug, replies_path="/woanders")) == [Unreachable("address-unknown")]
    probaug.fail(down=True)

    assert await collected(adapter, endpoint(probaug)) == [Unreachable("connection-refused")]


@pytest.mark.parametrize(
    "listed",
    [
        b"<html>",
        {"antworten": "keine"},
        {"antworten": [7]},
        {"antworten": [{"nummer": "../nachrichten"}]},
        {"antworten": [{"nummer": "7", "anlagen": [{"id": "a"}]}]},
        {"antworten": [{"nummer": "7", "anlagen": "viele"}]},
    ],
)
def test_a_list_that_is_none_is_not_understood(listed: object) -> None:
    """A number that could lead elsewhere is no number."""
    assert replies_of(said(200, listed)) is None


# ── what it stands on ────────────────────────────────────────────────────────────────────────────────────────────────


async def test_every_setting_is_explained(probaug: ProBaugSimulator) -> None:
    """Usual paths need not be written down; those that are impossible are refused by name."""
    settings = Settings.read(probaug.settings())

    assert set(probaug.settings()) < set(EXPLAINED)
    assert (settings.messages, settings.replies, settings.collects) == ("/nachrichten", "/antworten", True)
    bad: Mapping[str, Any] = {"messages_path": "nachrichten", "stylesheet": "x.xsl", "collect_replies": "ja"}
    for name, value in bad.items():
        with pytest.raises(BadSettings, match=f"prosoz_probaug: {name} "):
            plugin.check({**probaug.settings(), name: value})


async def test_its_own_moods_are_its_own(adapter: ProBaug, probaug: ProBaugSimulator) -> None:
    """A submission that it rejects a day later says so when asked."""
    probaug.behave(Mood.REJECTS_LATER)
    sent = brought_to(probaug)

    assert isinstance(await adapter.deliver(sent), Delivered)
    assert await adapter.ask(sent) == Refused("xbau-s090")


def test_the_simulators_answers_to_xbau_are_xbau(shared_data: Path, tmp_path: Path) -> None:
    """Asked in XBau it answers in messages that are valid by the official package."""
    folders = [shared_data / "xoev" / name for name in ("xoev-common", "xbau-kernmodul-1.2.2")]
    install(tmp_path, folders)
    schemas = Schemas.load(ROOT / "xsd", tmp_path)
    asked = BAUANTRAG.replace(b'standard="AG-Bau"', b'standard="XBau"')
    assert asked != BAUANTRAG

    verdicts = [schemas.judge(answer) for _, answer in answers_to(asked, "VG-1")]

    assert [type(verdict) for verdict in verdicts] == [Valid] * 3, verdicts
    assert [verdict.reading.root.rpartition(".")[2] for verdict in verdicts] == ["1120", "1121", "1170"]
