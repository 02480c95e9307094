"""Requests that nobody sends who means well: each is cut off early, with an answer where somebody could read it."""

import re
import socket
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.events import write_log
from gateway.intake import Connection, Limits
from tests.gateway.intake.documents import antrag
from tests.gateway.intake.house import TOKEN, House, open_house

MB = 1024 * 1024
GB = 1024 * MB
LIMITS = Limits(
    document=25 * MB, attachment=30 * MB, together=40 * MB, attachments=10, body_seconds=1.0, idle_seconds=0.3
)


class Hasty(Connection):
    """A connection that does not wait long for headers."""

    head_seconds = 0.3


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house with a short patience."""
    with Path("/dev/null").open("w", encoding="utf-8") as nowhere:
        write_log(nowhere)
        with open_house(tmp_path_factory.mktemp("house"), limits=LIMITS, connection=Hasty) as opened:
            yield opened
    write_log()


@dataclass
class Seen:
    """What an attacker got: the status (0 for none), the answer, how much was sent until then, and how long it took."""

    status: int
    answer: str
    sent: int
    seconds: float


def head(*lines: str, path: str = "/v1/submissions", method: str = "POST") -> bytes:
    start = (f"{method} {path} HTTP/1.1", "Host: x", f"Authorization: Bearer {TOKEN}")
    return "\r\n".join([*start, *lines, "", ""]).encode()


def attack(house: House, start: bytes, flood: Iterable[bytes] = (), *, pause: float = 0.0) -> Seen:
    """Send a start, then the flood, until an answer comes or the connection ends; then read what there is."""
    began = time.perf_counter()
    sent = 0
    with house.connect() as wire:
        try:
            wire.sendall(start)
            for piece in flood:
                if answered(wire, pause):
                    break
                wire.sendall(piece)
                sent += len(piece)
        except ConnectionError:
            pass
        answer = read(wire)
    status = int(answer[9:12]) if answer.startswith("HTTP/1.1 ") else 0
    return Seen(status, answer, sent, time.perf_counter() - began)


def answered(wire: socket.socket, within: float) -> bool:
    wire.settimeout(within or 0.000_001)
    try:
        wire.recv(1, socket.MSG_PEEK)
    except (TimeoutError, BlockingIOError):
        return False
    except ConnectionError:
        return True
    finally:
        wire.settimeout(30)
    return True


def read(wire: socket.socket) -> str:
    got = b""
    try:
        while piece := wire.recv(65_536):
            got += piece
    except ConnectionError:
        pass
    return got.decode()


def endless(piece: bytes, until: int = GB) -> Iterator[bytes]:
    for _ in range(until // len(piece)):
        yield piece


def chunk(content: bytes) -> bytes:
    return f"{len(content):x}\r\n".encode() + content + b"\r\n"


def untouched(house: House) -> tuple[int, list[str]]:
    return house.ledger().received, house.files()


XML = "Content-Type: application/xml"
MULTIPART = "Content-Type: multipart/form-data; boundary=b"


@pytest.mark.parametrize("path", ["/v1/submissions", "/v1/validations"])
def test_a_gigabyte_as_declared(house: House, path: str) -> None:
    """What declares itself too large is refused before it is read, and cut off."""
    before = untouched(house)

    seen = attack(house, head(XML, f"Content-Length: {GB}", path=path), endless(b" " * MB))

    assert seen.status == 413
    assert '"too-large"' in seen.answer
    assert "connection: close" in seen.answer
    assert seen.sent < 32 * MB
    assert untouched(house) == before


@pytest.mark.parametrize("path", ["/v1/submissions", "/v1/validations"])
def test_a_gigabyte_undeclared(house: House, path: str) -> None:
    """What turns out too large is refused when it does, and cut off; only so much was ever held."""
    before = untouched(house)

    seen = attack(house, head(XML, "Transfer-Encoding: chunked", path=path), endless(chunk(b" " * MB)))

    assert seen.status == 413
    assert seen.sent < 64 * MB
    assert untouched(house) == before


def test_a_gigabyte_of_attachment(house: House) -> None:
    """An attachment beyond its limit is cut off, and its beginning does not stay on the disk."""
    before = untouched(house)
    document = b'--b\r\nContent-Disposition: form-data; name="document"\r\n\r\n' + antrag() + b"\r\n"
    part = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n'

    start = head(MULTIPART, "Transfer-Encoding: chunked") + chunk(document + part)
    seen = attack(house, start, endless(chunk(b" " * MB)))

    assert seen.status == 413
    assert seen.sent < 80 * MB
    assert untouched(house) == before


def test_a_gigabyte_of_declared_attachments(house: House) -> None:
    """A parcel that declares more than all limits together is refused before it is read."""
    seen = attack(house, head(MULTIPART, f"Content-Length: {GB}"), endless(b" " * MB))

    assert seen.status == 413
    assert seen.sent < 32 * MB


def test_a_gigabyte_from_nobody(house: House) -> None:
    """Who is not known is told so before the body, however large it is."""
    start = f"POST /v1/submissions HTTP/1.1\r\nHost: x\r\n{XML}\r\nContent-Length: {GB}\r\n\r\n".encode()

    seen = attack(house, start, endless(b" " * MB))

    assert seen.status == 401
    assert seen.sent < 32 * MB


@pytest.mark.parametrize("method, path, status", [("GET", "/livez", 200), ("POST", "/nix", 404), ("PUT", "/", 405)])
def test_a_gigabyte_where_nobody_reads(house: House, method: str, path: str, status: int) -> None:
    """A body that nobody asked for ends the connection with the answer."""
    seen = attack(house, head(f"Content-Length: {GB}", method=method, path=path), endless(b" " * MB))

    assert seen.status == status
    assert "connection: close" in seen.answer
    assert seen.sent < 32 * MB


def test_asking_before_sending(house: House) -> None:
    """Who asks with `Expect: 100-continue` learns of the refusal without sending anything."""
    seen = attack(house, head(XML, f"Content-Length: {GB}", "Expect: 100-continue"))

    assert seen.status == 413


def test_a_document_at_the_limit(house: House) -> None:
    """The limit itself is not too large, sent in one go by a client that does not wait."""
    document = antrag()
    comment = b"<!--" + b" " * (MB - 7) + b"-->"
    padded = document + comment * 24 + b" " * (MB - len(document))

    seen = attack(house, head(XML, f"Content-Length: {25 * MB}", "Connection: close") + padded)

    assert seen.status == 202


def test_a_body_that_stands_still(house: House) -> None:
    """A body that stops arriving is 408, and the connection ends."""
    before = untouched(house)

    seen = attack(house, head(XML, "Content-Length: 1000") + b"<a>")

    assert seen.status == 408
    assert '"too-slow"' in seen.answer
    assert seen.seconds < 10
    assert untouched(house) == before


def test_a_body_that_drips(house: House) -> None:
    """A body that keeps arriving byte by byte has so long altogether, and no longer."""
    seen = attack(house, head(XML, "Content-Length: 1000"), endless(b" ", 1000), pause=0.02)

    assert seen.status == 408
    assert 3 < seen.sent < 1000


def test_an_attachment_that_drips(house: House) -> None:
    """The same goes for each part, and what came of it does not stay."""
    before = untouched(house)
    start = b'--b\r\nContent-Disposition: form-data; name="document"\r\n\r\n' + antrag()
    start += b'\r\n--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n'

    seen = attack(house, head(MULTIPART, "Transfer-Encoding: chunked") + chunk(start), endless(chunk(b"x")), pause=0.02)

    assert seen.status == 408
    assert untouched(house) == before


def test_a_slow_line_and_a_large_parcel(house: House) -> None:
    """Each part has its own time, so that a parcel of many parts arrives over a slow line, too."""
    start = b'--b\r\nContent-Disposition: form-data; name="document"\r\n\r\n' + antrag()
    parts = [b'\r\n--b\r\nContent-Disposition: form-data; name="%d"\r\n\r\nx' % number for number in range(8)]
    flood = [chunk(part) for part in parts] + [chunk(b"\r\n--b--"), b"0\r\n\r\n"]

    seen = attack(
        house, head(MULTIPART, "Transfer-Encoding: chunked", "Connection: close") + chunk(start), flood, pause=0.2
    )

    assert seen.seconds > LIMITS.body_seconds
    assert seen.status == 202


@pytest.mark.parametrize("start", [b"", b"POST /v1/submissions HTTP/1.1\r\nHost: x\r\n"])
def test_headers_that_do_not_come(house: House, start: bytes) -> None:
    """A connection without a request, or with half of one, is closed after a while."""
    seen = attack(house, start)

    assert seen.answer == ""
    assert seen.seconds < 10


def test_headers_without_end(tmp_path: Path) -> None:
    """Headers that grow and grow are cut off, however patient the house is."""
    start = b"POST /v1/submissions HTTP/1.1\r\nHost: x\r\nX-Padding: "

    with open_house(tmp_path) as patient:
        seen = attack(patient, start, endless(b"x" * 65_536, 256 * MB))

    assert seen.status in (0, 400)
    assert seen.sent < 32 * MB


@pytest.mark.parametrize(
    "lines",
    [
        ("Content-Length: -1",),
        ("Content-Length: 1e3",),
        ("Content-Length: 5", "Content-Length: 6"),
        ("Content-Length: 5", "Transfer-Encoding: chunked"),
        ("Transfer-Encoding: gzip, chunked, gzip",),
    ],
)
def test_two_truths_about_the_length(house: House, lines: tuple[str, ...]) -> None:
    """A request whose end could be seen in two places is no request."""
    before = untouched(house)

    seen = attack(house, head(XML, *lines) + b"0\r\n\r\nGET /livez HTTP/1.1\r\nHost: x\r\n\r\n")

    assert seen.status in (0, 400)
    assert seen.answer.count("HTTP/1.1 ") <= 1
    assert untouched(house) == before


def test_a_length_that_is_too_short(house: House) -> None:
    """What lies behind the declared end is no part of the document, and is not taken for anything else."""
    before = untouched(house)
    document = antrag()

    seen = attack(house, head(XML, f"Content-Length: {len(document) // 2}") + document)

    assert set(re.findall(r"HTTP/1\.1 (\d+)", seen.answer)) == {"400"}
    assert untouched(house) == before


def test_a_length_of_nothing(house: House) -> None:
    """A body that declares to be empty is an empty document, whatever follows."""
    before = untouched(house)

    seen = attack(house, head(XML, "Content-Length: 0") + antrag())

    assert seen.status == 400
    assert "202" not in re.findall(r"HTTP/1\.1 (\d+)", seen.answer)
    assert untouched(house) == before


@pytest.mark.parametrize("size", [b"5", b"fffffffffffffffff", b"-1", b"0x10", b"zz", b""])
def test_a_chunk_that_lies_about_its_size(house: House, size: bytes) -> None:
    """A chunk that is not as long as it says ends the request, and nothing of it is kept."""
    before = untouched(house)
    document = antrag()

    seen = attack(house, head(XML, "Transfer-Encoding: chunked") + size + b"\r\n" + document + b"\r\n0\r\n\r\n")

    assert seen.status in (0, 400, 408, 413)
    assert seen.answer.count("HTTP/1.1 ") <= 1
    assert untouched(house) == before


@pytest.mark.parametrize("length", [0, 1, GB])
def test_a_part_that_lies_about_its_length(house: House, length: int) -> None:
    """What a part says of its length is not believed: its boundary ends it."""
    start = f'--b\r\nContent-Disposition: form-data; name="document"\r\nContent-Length: {length}\r\n\r\n'.encode()
    body = start + antrag() + b"\r\n--b--"

    seen = attack(house, head(MULTIPART, f"Content-Length: {len(body)}", "Connection: close") + body)

    assert seen.status == 202


def test_two_requests_in_one_go(house: House) -> None:
    """Pipelined requests are answered one after the other, in their order."""
    document = antrag()
    first = head(XML, f"Content-Length: {len(document)}") + document
    second = head("Connection: close", method="GET", path="/livez")

    seen = attack(house, first + second)

    assert re.findall(r"HTTP/1\.1 (\d+)", seen.answer) == ["202", "200"]


BOMB = b"<!DOCTYPE a [<!ENTITY l0 'ha'>%s]><a>&l9;</a>" % b"".join(
    b"<!ENTITY l%d '%s'>" % (level, b"&l%d;" % (level - 1) * 10) for level in range(1, 10)
)


@pytest.mark.parametrize(
    "status, document",
    [
        (400, BOMB),
        (400, b"<!DOCTYPE a [<!ENTITY e '%s'>]><a>%s</a>" % (b"x" * 50_000, b"&e;" * 50_000)),
        (400, b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>'),
        (400, b'<!DOCTYPE a [<!ENTITY % e SYSTEM "http://127.0.0.1:9/e">%e;]><a/>'),
        (400, b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd"><a/>'),
        (400, b"<a>" * 100_000),
        (400, b"<a>" * 300 + b"</a>" * 300),
        (400, b"\x00" * 1000),
        (400, b"<a>\x00</a>"),
        (400, b"<?xml-stylesheet href='http://127.0.0.1:9/x'?><a/>"),
        (413, b"<a>" + b"x" * (11 * MB) + b"</a>"),
        (422, b'<a xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="file:///etc/passwd"/></a>'),
        (
            422,
            b'<a xmlns:x="http://www.w3.org/2001/XMLSchema-instance" x:noNamespaceSchemaLocation="http://127.0.0.1:9"/>',
        ),
    ],
)
def test_documents_that_attack(house: House, status: int, document: bytes) -> None:
    """What attacks parsers is refused in no time, and nothing from elsewhere is read."""
    seen = attack(house, head(XML, f"Content-Length: {len(document)}", "Connection: close") + document)

    assert seen.status == status
    assert "root:" not in seen.answer
    assert seen.seconds < 10


@pytest.mark.parametrize(
    "status, body",
    [
        (400, b"--b\r\n" + b"X-A: 1\r\n" * 10_000),
        (400, b"--b\r\nX-A: " + b"x" * 100_000),
        (400, b'--b\r\nContent-Disposition: form-data; name="document"; name="a"\r\n\r\n<a/>\r\n--b--'),
        (400, b"\r\n" * 100_000),
        (400, b"--b--b--b--b"),
    ],
)
def test_parts_that_attack(house: House, status: int, body: bytes) -> None:
    """Multipart bodies made of nothing but headers or boundaries are refused."""
    before = untouched(house)

    seen = attack(house, head(MULTIPART, f"Content-Length: {len(body)}", "Connection: close") + body)

    assert seen.status == status
    assert untouched(house) == before


def test_parts_without_number(house: House) -> None:
    """A parcel of ten thousand tiny attachments is refused with the first that is too many."""
    before = untouched(house)
    parts = b"".join(
        b'--b\r\nContent-Disposition: form-data; name="%d"\r\n\r\nx\r\n' % number for number in range(10_000)
    )
    body = b'--b\r\nContent-Disposition: form-data; name="document"\r\n\r\n' + antrag() + b"\r\n" + parts + b"--b--"

    seen = attack(house, head(MULTIPART, f"Content-Length: {len(body)}") + body)

    assert seen.status == 413
    assert untouched(house) == before


def test_the_house_still_stands(house: House) -> None:
    """After all of that, an honest Antrag is taken as before."""
    document = antrag()

    seen = attack(house, head(XML, f"Content-Length: {len(document)}", "Connection: close") + document)

    assert seen.status == 202
