"""What the Fachverfahren lays into its outbox is collected whole, given again until acknowledged, and then gone."""

import hashlib
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from adapters.filedrop.adapter import FileDrop, open_filedrop
from adapters.filedrop.simulator import FolderWatcher
from adapters.filedrop.simulator.answering import lay_down
from gateway.adapter import Endpoint, Probe, Reply, Unreachable
from gateway.reply import Kind
from gateway.testing import Correspondence, an_answer
from gateway.transports.directory import WORKSPACE
from tests.drills.samples import plain
from tests.gateway.transports.interrupted import survives

pytestmark = pytest.mark.anyio

SUBMISSION = "019b78f5-5a00-7c1e-9d3b-2f6a8e4c0b17"


@pytest.fixture
async def filedrop() -> AsyncIterator[FileDrop]:
    async with open_filedrop() as filedrop:
        yield filedrop


@pytest.fixture
def watcher(tmp_path: Path) -> FolderWatcher:
    return FolderWatcher(tmp_path)


def endpoint(watcher: FolderWatcher) -> Endpoint:
    return Endpoint("musterstadt", test=False, settings=watcher.settings())


async def collected(filedrop: FileDrop, watcher: FolderWatcher) -> list[Reply | Unreachable]:
    return [found async for found in filedrop.collect(endpoint(watcher))]


def a_decision() -> Any:
    return an_answer(Kind.DECISION, Correspondence(), files={"bescheid-1": b"%PDF Bescheid", "karte": b"%PDF Karte"})


def left(watcher: FolderWatcher) -> list[str]:
    """What lies in the outbox, ours aside."""
    return sorted(path.name for path in watcher.outbox.rglob("*") if path.name != WORKSPACE)


async def test_an_answer_comes_whole_with_its_files(filedrop: FileDrop, watcher: FolderWatcher) -> None:
    """Document and files byte for byte, under the ids they have in the XML, and the submission they are for."""
    message = a_decision()
    lay_down(message, watcher.outbox, SUBMISSION)

    [reply] = await collected(filedrop, watcher)

    assert isinstance(reply, Reply)
    assert (reply.document, reply.submission) == (message.document, SUBMISSION)
    files = {file.name: b"".join([piece async for piece in file.stream.chunks(5)]) for file in reply.files}
    assert files == message.files
    assert {file.media_type for file in reply.files} == {"application/pdf"}


async def test_answers_come_in_the_order_in_which_they_were_laid_down(
    filedrop: FileDrop, watcher: FolderWatcher
) -> None:
    """The one that lies there longest comes first, whatever they are called."""
    marks: list[str] = []
    for age, message in enumerate((a_decision(), a_decision(), a_decision())):
        lay_down(message, watcher.outbox, None)
        sign = watcher.outbox / f"{message.uuid}.json"
        os.utime(sign, (1_000_000 - age, 1_000_000 - age))
        marks.insert(0, sign.name)

    found = await collected(filedrop, watcher)

    assert [reply.mark for reply in found if isinstance(reply, Reply)] == marks


async def test_an_answer_is_given_until_it_is_acknowledged(filedrop: FileDrop, watcher: FolderWatcher) -> None:
    """Asked twice it comes twice; acknowledged, twice too, it is gone with everything that belonged to it."""
    for message in (first := a_decision(), second := a_decision()):
        lay_down(message, watcher.outbox, None)
    [one, again] = [await collected(filedrop, watcher) for _ in range(2)]
    reply = next(found for found in one if isinstance(found, Reply) and found.mark.startswith(first.uuid))

    for _ in range(2):
        await filedrop.acknowledge(endpoint(watcher), reply)

    [rest] = await collected(filedrop, watcher)
    assert len(one) == len(again) == 2
    assert isinstance(rest, Reply)
    assert rest.document == second.document
    assert all(name.startswith(second.uuid) for name in left(watcher))


async def test_a_set_that_is_not_complete_is_nobodys_yet(filedrop: FileDrop, watcher: FolderWatcher) -> None:
    """Files without their sidecar are left alone, and tell nobody anything."""
    (watcher.outbox / "antwort.xml").write_bytes(b"<antwort/>")

    assert await collected(filedrop, watcher) == []
    assert left(watcher) == ["antwort.xml"]


DAMAGE: dict[str, Any] = {
    "a file is missing": lambda said, folder: (folder / said["files"][1]["name"]).unlink(),
    "a file was cut": lambda said, folder: (folder / said["files"][1]["name"]).write_bytes(b"%"),
    "the document was changed": lambda said, folder: (folder / said["files"][0]["name"]).write_bytes(b"<a/>"),
    "a file is a link": lambda said, folder: _linked(folder / said["files"][1]["name"]),
    "another format": lambda said, _: said.update(format=2),
    "no files": lambda said, _: said.update(files=[]),
    "files of another set": lambda said, _: said["files"][1].update(name="fremd.1.pdf"),
    "a path": lambda said, _: said["files"][1].update(name="../eingang/fremd.pdf"),
    "its own sidecar": lambda said, _: said["files"][1].update(name=said["files"][0]["name"].replace("xml", "json")),
    "the same file twice": lambda said, _: said["files"].append(said["files"][1]),
    "a file without an id": lambda said, _: said["files"][1].pop("attachment"),
    "a size that is none": lambda said, _: said["files"][1].update(size=True),
    "a digest that is none": lambda said, _: said["files"][1].update(sha256="x"),
    "a submission that is none": lambda said, _: said.update(submissionId="../../etc"),
}


def _linked(file: Path) -> None:
    target = file.with_name("woanders")
    file.rename(target)
    file.symlink_to(target)


@pytest.mark.parametrize("damage", DAMAGE)
async def test_a_set_that_is_not_right_stays_and_holds_up_nobody(
    filedrop: FileDrop, watcher: FolderWatcher, damage: str
) -> None:
    """It is told of after the others have come, with a code that says nothing of it."""
    broken, good = a_decision(), a_decision()
    for message in (broken, good):
        lay_down(message, watcher.outbox, None)
    sign = watcher.outbox / f"{broken.uuid}.json"
    said = json.loads(sign.read_bytes())
    DAMAGE[damage](said, watcher.outbox)
    sign.write_bytes(json.dumps(said).encode())

    reply, trouble = await collected(filedrop, watcher)

    assert isinstance(reply, Reply)
    assert reply.document == good.document
    assert trouble == Unreachable("answer-damaged")
    assert sign.name in left(watcher)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b"[" * 100_000], ids=lambda content: content[:3])
async def test_a_sidecar_that_is_none_is_told_of(filedrop: FileDrop, watcher: FolderWatcher, content: bytes) -> None:
    """Whatever it holds instead of what it should."""
    (watcher.outbox / "antwort.json").write_bytes(content)

    assert await collected(filedrop, watcher) == [Unreachable("answer-damaged")]


async def test_names_that_are_none_of_ours_are_passed_over(filedrop: FileDrop, watcher: FolderWatcher) -> None:
    """Hidden files, names with dots, paths and what people write are no signs."""
    for name in (".versteckt.json", "a.b.json", "Herr Müller.json", "json", ".json"):
        (watcher.outbox / name).write_bytes(b"{}")

    assert await collected(filedrop, watcher) == []


async def test_without_an_outbox_there_are_no_answers(filedrop: FileDrop, watcher: FolderWatcher) -> None:
    """An endpoint that names none is asked for nothing."""
    silent = Endpoint("musterstadt", test=False, settings={"directory": str(watcher.inbox)})

    assert [found async for found in filedrop.collect(silent)] == []


async def test_an_outbox_that_is_away_is_not_an_empty_one(filedrop: FileDrop, watcher: FolderWatcher) -> None:
    """Not there, or not prepared: nobody can say whether somebody has answered, and the probe says so too."""
    (watcher.outbox / WORKSPACE).rmdir()
    unprepared = await collected(filedrop, watcher)
    probed = await filedrop.probe(endpoint(watcher))
    watcher.fail(down=True)
    away = await collected(filedrop, watcher)

    assert unprepared == [Unreachable("folder-not-prepared")]
    assert probed == Probe(because="folder-not-prepared")
    assert away == [Unreachable("folder-missing")]


async def test_the_fachverfahren_answers_what_it_took(filedrop: FileDrop, watcher: FolderWatcher) -> None:
    """Eingangsbestätigung, Aktenzeichen and status, in this order, about the message it was brought."""
    antrag = plain("augsburg-nebenwohnung")
    (watcher.inbox.parent / "akten" / f"{SUBMISSION}.xml").write_bytes(antrag)

    uuids = watcher.answer(SUBMISSION)

    replies = [found for found in await collected(filedrop, watcher) if isinstance(found, Reply)]
    message = Correspondence.about(antrag).message
    assert message
    assert [reply.mark for reply in replies] == [f"{uuid}.json" for uuid in uuids]
    assert all(message.encode() in reply.document for reply in replies)


ACKNOWLEDGE = """
import asyncio, sys
from pathlib import Path
from adapters.filedrop import answers
from gateway.transports.outbox import Outbox
from tests.gateway.transports.interrupted import kill_at
async def main():
    outbox = Outbox(Path(sys.argv[1]))
    [sign] = await outbox.signs(answers.SIGN)
    kill_at(int(sys.argv[2]))
    await answers.take_away(outbox, sign)
asyncio.run(main())
"""


@pytest.mark.slow
async def test_killed_anywhere_an_acknowledged_answer_is_whole_or_gone(filedrop: FileDrop, tmp_path: Path) -> None:
    """Its death at any touch of the disk leaves a set that can be collected, or one that the next look removes."""
    finished, step = False, 0
    while not finished:
        step += 1
        watcher = FolderWatcher(tmp_path / f"{step}")
        lay_down(a_decision(), watcher.outbox, None)
        finished = survives(ACKNOWLEDGE, watcher.outbox, step)

        found = await collected(filedrop, watcher)

        if found:
            assert isinstance(found[0], Reply)
        else:
            assert left(watcher) == []
    assert step > 5


def test_the_readme_shows_a_sidecar_that_is_understood() -> None:
    """The example that vendors copy is one."""
    from adapters.filedrop.answers import understood

    readme = (Path(__file__).parents[3] / "adapters" / "filedrop" / "README.md").read_text("utf-8")
    example = readme.split("## Antworten", 1)[1].split("```json", 1)[1].split("```", 1)[0]
    said = understood(example.encode(), "bescheid-4711.json")

    assert said is not None
    assert said.submission == SUBMISSION
    assert [file.attachment for file in said.files] == ["", "bescheid-1"]
    assert hashlib.sha256(b"").hexdigest() != said.files[0].sha256
