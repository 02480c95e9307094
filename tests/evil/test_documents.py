"""Hostile documents are refused, each with its own refusal, in time, and without a trip to disk or network."""

import http.server
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway.errors import HostileXml, NotXml, SendersFault, WrongEncoding
from gateway.validation import Invalid, Schemas, Valid
from gateway.validation.verdict import MOST_SHOWN
from tests.evil.documents import EXAMPLE, READABLE, REFUSED, SLOW, UNREADABLE, Evil

XSD = EXAMPLE.parents[4]
NAMESPACES = " ".join(f'xmlns:n{n}="u"' for n in range(30_000))


@pytest.fixture(scope="module")
def schemas() -> Schemas:
    return Schemas.load(XSD)


@pytest.fixture
def visits() -> Iterator[list[str]]:
    """A web server that nobody should visit, its address first, then the paths asked for."""
    seen: list[str] = []

    class Door(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.path)
            self.send_error(404)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the overridden method
            """Quiet."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        seen.append(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield seen
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("evil", REFUSED, ids=lambda evil: evil.tries)
def test_an_attack_earns_its_refusal(schemas: Schemas, evil: Evil) -> None:
    """Every attack is a sender's fault with a sentence in each language, and the sentence is its own."""
    with pytest.raises(SendersFault) as refusal:
        schemas.judge(evil.write(), only_utf8=True)

    assert type(refusal.value) is evil.earns
    assert refusal.value.detail.de != refusal.value.detail.en
    assert refusal.value.detail != refusal.value.title


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


@pytest.mark.parametrize("write", SLOW.values(), ids=SLOW.keys())
def test_no_document_keeps_the_judge_busy(schemas: Schemas, write: Callable[[], bytes]) -> None:
    """A document made of faults is judged in time that grows with its size and not with its square."""
    document = write()

    began = time.process_time()
    verdict = schemas.judge(document)

    assert isinstance(verdict, Invalid)
    assert len(verdict.findings) <= MOST_SHOWN + 1
    assert time.process_time() - began < 10


def test_a_crowd_of_namespaces_is_refused(schemas: Schemas) -> None:
    """Thirty thousand namespaces in force at once would be searched for every type that is named."""
    document = EXAMPLE.read_text().replace("<w:anmeldung>", f"<w:anmeldung {NAMESPACES}>")

    with pytest.raises(HostileXml, match="namespaces"):
        schemas.judge(document.encode())


@pytest.mark.parametrize(
    "hint",
    [
        'xsi:schemaLocation="urn:antragsgateway:xsd:wohnsitz:1.0 {address}/w.xsd urn:x {address}/x.xsd"',
        'xsi:noNamespaceSchemaLocation="{address}/x.xsd"',
    ],
)
def test_hints_at_other_schemas_lead_nowhere(schemas: Schemas, visits: list[str], hint: str) -> None:
    """A document may name an address for its schema; it is judged by the installed one, and nobody goes there."""
    text = EXAMPLE.read_text().replace(
        "<w:wohnsitz.anmeldung.0100 ",
        '<w:wohnsitz.anmeldung.0100 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        + hint.format(address=visits[0])
        + " ",
    )

    assert isinstance(schemas.judge(text.encode()), Valid)
    assert len(visits) == 1


def test_an_inclusion_includes_nothing(schemas: Schemas, visits: list[str]) -> None:
    """XInclude is an unknown element like any other."""
    text = EXAMPLE.read_text().replace(
        "<vornamen>Erika</vornamen>",
        '<vornamen><xi:include xmlns:xi="http://www.w3.org/2001/XInclude" parse="text" '
        f'href="{visits[0]}/x"/></vornamen>',
    )

    verdict = schemas.judge(text.encode())

    assert isinstance(verdict, Invalid)
    assert verdict.findings[0].text.en == 'The element "vornamen" must not contain elements.'
    assert len(visits) == 1


@pytest.mark.parametrize(
    "subset",
    ['<!DOCTYPE a SYSTEM "{address}/a.dtd">', '<!DOCTYPE a [<!ENTITY % x SYSTEM "{address}/x"> %x;]>'],
)
def test_a_document_type_fetches_nothing(schemas: Schemas, visits: list[str], subset: str) -> None:
    """The refusal comes before anything is resolved."""
    with pytest.raises(HostileXml):
        schemas.judge(f"{subset.format(address=visits[0])}<a/>".encode())

    assert len(visits) == 1


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
