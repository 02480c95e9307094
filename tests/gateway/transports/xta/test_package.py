"""What an XTA server sends is taken apart within limits, and refused where it is not what it should be."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.transports.https import BadAnswer, Body, Head
from gateway.transports.xta.package import Unpacked, decoded, packed, unpacked

pytestmark = pytest.mark.anyio

MTOM = 'multipart/related; boundary=b; type="application/xop+xml"; start="<root>"'
ROOT = b"--b\r\nContent-ID: <root>\r\nContent-Type: application/xop+xml\r\n\r\n<e/>\r\n"
PART = b"--b\r\nContent-ID: <teil@1>\r\nContent-Transfer-Encoding: binary\r\n\r\n\x00\xff--b\r\n"
END = b"--b--\r\n"


async def in_pieces(content: bytes, size: int = 7) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


async def take_apart(content: bytes, folder: Path, media_type: str = MTOM, most: int = 10_000) -> Unpacked:
    return await unpacked(Head(200, {"content-type": media_type}), in_pieces(content), folder, most)


async def test_a_package_is_taken_apart(tmp_path: Path) -> None:
    """The envelope is told by its id, wherever it stands; the other parts are kept with size and digest."""
    for content in (ROOT + PART + END, PART + ROOT + END):
        folder = tmp_path / str(content.index(b"<root>"))
        folder.mkdir()
        got = await take_apart(content, folder)

        assert got.envelope == b"<e/>"
        part = got.parts["teil@1"]
        assert (part.size, b"".join([piece async for piece in part.chunks()])) == (5, b"\x00\xff--b")


async def test_what_was_packed_is_unpacked(tmp_path: Path) -> None:
    """Both ways fit together, for contents of any bytes."""
    contents = [Body.of("image/png", bytes(range(256)) * 40), Body.of("text/plain", b"")]
    package = packed(b"<e/>", "urn:action", contents)
    content = b"".join([piece async for piece in package.pieces()])

    got = await take_apart(content, tmp_path, package.media_type, most=100_000)

    assert len(content) == package.size
    assert got.envelope == b"<e/>"
    assert [part.size for part in got.parts.values()] == [10_240, 0]


async def test_a_bare_envelope_will_do(tmp_path: Path) -> None:
    """MTOM is what servers should speak; a plain envelope is understood too."""
    assert (await take_apart(b"<e/>", tmp_path, "application/soap+xml; charset=utf-8")).envelope == b"<e/>"


@pytest.mark.parametrize(
    ("content", "media_type", "because"),
    [
        (b"<p/>", "text/html", "answer-not-understood"),
        (b"<p/>", "", "answer-not-understood"),
        (b"<p/>", "multipart/related", "answer-not-understood"),
        (b"Guten Tag", MTOM, "answer-not-understood"),
        (PART + END, MTOM, "answer-not-understood"),
        (ROOT + PART, MTOM, "answer-broken"),
        (ROOT[:-8], MTOM, "answer-broken"),
        (b"", MTOM, "answer-broken"),
        (ROOT.replace(b"Type: ", b"Transfer-Encoding: base64\r\nX: ") + END, MTOM, "answer-not-understood"),
        (
            ROOT.replace(b"X", b"X: " + b"x" * 9_000),
            MTOM.replace("=b;", "=" + "b" * 300 + ";"),
            "answer-not-understood",
        ),
        (ROOT + PART * 400 + END, MTOM, "answer-too-large"),
    ],
)
async def test_what_is_not_understood_is_refused(tmp_path: Path, content: bytes, media_type: str, because: str) -> None:
    """Broken, cut, encoded or endless: nothing of it is used."""
    with pytest.raises(BadAnswer) as refusal:
        await take_apart(content, tmp_path, media_type)

    assert refusal.value.because == because


async def test_there_is_an_end_to_parts(tmp_path: Path) -> None:
    """Many empty parts cost nobody a folder full of files."""
    empty = b"--b\r\nContent-ID: <x>\r\n\r\n\r\n"

    with pytest.raises(BadAnswer) as refusal:
        await take_apart(ROOT + empty * 1_001 + END, tmp_path, most=1_000_000)

    assert refusal.value.because == "answer-too-large"


def test_contents_in_the_envelope_are_decoded() -> None:
    """Base64 may be broken into lines; what is none is refused."""
    assert decoded(" aGFs\n bG8= ") == b"hallo"
    for broken in ("aGFs*", "aGFsb", "ä"):
        with pytest.raises(BadAnswer):
            decoded(broken)
