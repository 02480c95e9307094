"""Hostile documents are refused, each with its own refusal, in time, and without a trip to disk or network."""

import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway.errors import HostileXml, NotXml, WrongEncoding
from gateway.validation import Schemas
from gateway.validation.verdict import MOST_SHOWN
from tests.evil.cell import Cell, Seen
from tests.evil.documents import AWAY, EXAMPLE, REACHING, READABLE, REFUSED, SLOW, UNREADABLE, Evil, Odd

XSD = EXAMPLE.parents[4]


@pytest.fixture(scope="module")
def schemas() -> Schemas:
    return Schemas.load(XSD)


@pytest.fixture(scope="module")
def cell() -> Iterator[Cell]:
    with Cell() as cell:
        yield cell


@pytest.fixture
def elsewhere() -> Iterator[socket.socket]:
    """A place on the network where nobody should call."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        yield listener


def judged(cell: Cell, document: bytes, elsewhere: socket.socket) -> Seen:
    """What becomes of a document whose addresses lead to that place; and nobody has called there."""
    address = "{}:{}".format(*elsewhere.getsockname())

    seen = cell.judge(document.replace(AWAY.encode(), address.encode()))

    assert seen.reached == ()
    with pytest.raises(BlockingIOError):
        elsewhere.accept()
    return seen


@pytest.mark.parametrize("evil", REFUSED, ids=lambda evil: evil.tries)
def test_an_attack_earns_its_refusal(cell: Cell, elsewhere: socket.socket, evil: Evil) -> None:
    """Each is refused in a sentence of its own, soon, in little memory, and without a call to anywhere."""
    seen = judged(cell, evil.write(), elsewhere)

    assert seen.refusal == evil.earns.__name__
    assert evil.says in seen.en
    assert seen.de != seen.en
    assert (seen.de, seen.en) != (evil.earns.title.de, evil.earns.title.en)
    assert seen.seconds <= evil.seconds
    assert seen.mebibytes <= evil.mebibytes


@pytest.mark.parametrize("odd", [*REACHING, *SLOW], ids=lambda odd: odd.tries)
def test_what_is_judged_reaches_nowhere_and_ends_soon(cell: Cell, elsewhere: socket.socket, odd: Odd) -> None:
    """A document may name addresses, or be made of faults: it gets its verdict soon, in little memory, from here."""
    seen = judged(cell, odd.write(), elsewhere)

    assert seen.verdict is odd.valid
    assert len(seen.codes) <= MOST_SHOWN + 1
    assert "root:" not in seen.de + seen.en
    assert seen.seconds <= odd.seconds
    assert seen.mebibytes <= odd.mebibytes


def test_calls_and_crashes_would_be_noticed(cell: Cell, elsewhere: socket.socket) -> None:
    """The place on the network hears who calls, and the cell tells of memory that a document takes."""
    with socket.create_connection(elsewhere.getsockname()):
        wire, _ = elsewhere.accept()
        wire.close()

    assert cell.judge(b"<a>%s</a>" % (b"<b/>" * 200_000)).mebibytes > 10


@pytest.mark.parametrize("write", READABLE.values(), ids=READABLE.keys())
def test_what_xerces_reads_is_judged_and_cannot_be_submitted(schemas: Schemas, write: Callable[[str], bytes]) -> None:
    """A valid document in another encoding is valid, with an objection; at the door it is refused."""
    document = write(EXAMPLE.read_text())

    verdict = schemas.judge(document)

    assert verdict.valid is True
    assert [(finding.code, finding.xoev) for finding in verdict.findings] == [("wrong-encoding", "S001")]
    with pytest.raises(WrongEncoding):
        schemas.glance(document)
    with pytest.raises(WrongEncoding):
        schemas.judge(document, only_utf8=True)


@pytest.mark.parametrize("write", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_what_nobody_reads_is_not_judged(schemas: Schemas, write: Callable[[str], bytes]) -> None:
    """An encoding that lies or is not read is refused, whoever asks."""
    document = write(EXAMPLE.read_text())

    with pytest.raises((WrongEncoding, NotXml)):
        schemas.judge(document)
    assert schemas.examine(document).valid is False


def test_another_encoding_hides_nothing(schemas: Schemas) -> None:
    """A document type in UTF-16 is found as in UTF-8."""
    with pytest.raises(HostileXml):
        schemas.judge('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'.encode("utf-16"))


INVENTED_NAMES = """
import resource
from gateway.xml import parse

NAMES = b"".join(b"<n%dN/>" % n for n in range(50_000))

def peak_after(runs):
    for run in runs:
        parse(b"<r>%s</r>" % NAMES.replace(b"N", b"%x" % run))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

warm = peak_after(range(30))
print(peak_after(range(30, 90)) - warm)
"""


def test_invented_names_do_not_fill_the_memory() -> None:
    """Whoever invents new names in every document makes the process grow for a while, and then no more."""
    grown = subprocess.run(
        [sys.executable, "-c", INVENTED_NAMES],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )

    assert int(grown.stdout) < 60, (
        "MiB in sixty documents of 0.6 MB; three times as much where the parser never forgets"
    )
