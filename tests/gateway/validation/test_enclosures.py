"""Whether what came along is what the document names."""

import hashlib

import pytest

from gateway.submission import Attachment, Reading
from gateway.validation import Schemas, unmatched_enclosures
from tests.conftest import ROOT
from tests.gateway.validation.conftest import Write

SHA = {content: hashlib.sha256(content).hexdigest() for content in (b"a", b"b")}
SHA_512 = hashlib.sha512(b"a").hexdigest()


def sent(*names: str, content: bytes = b"a") -> list[Attachment]:
    return [
        Attachment(id=f"id-{name}", name=name, media_type="application/pdf", size=1, digest=SHA[content])
        for name in names
    ]


def reading(*names: str, checksums: tuple[str, ...] = ()) -> Reading:
    return Reading(root="r", namespace="n", attachments=names, checksums=checksums)


@pytest.mark.parametrize(
    ("named", "came", "codes"),
    [
        (reading("x", "y"), sent("y", "x"), []),
        (reading("x", "y"), sent("x"), ["attachment-missing"]),
        (reading("x"), sent("x", "y"), ["attachment-unknown"]),
        (reading("x"), sent("x", "x"), ["attachment-doubled"]),
        (reading(), sent("x"), []),
        (reading("x", checksums=(SHA[b"a"],)), sent("x"), []),
        (reading("x", checksums=(SHA[b"a"].upper(),)), sent("x"), []),
        (reading("x", checksums=(SHA[b"b"],)), sent("x"), ["attachment-changed"]),
        (reading("x", "y", checksums=(SHA[b"a"], SHA[b"b"])), sent("y", "x"), ["attachment-changed"]),
        (reading("x", checksums=(SHA_512,)), sent("x"), []),
    ],
    ids=[
        *("all there", "one missing", "one too many", "one doubled", "a document that names none"),
        *("as said", "in capitals", "another file", "one of two", "a sum that is not compared"),
    ],
)
def test_what_came_is_held_against_what_is_named(named: Reading, came: list[Attachment], codes: list[str]) -> None:
    """By their ids, and by their checksums where the document says them."""
    assert [finding.code for finding in unmatched_enclosures(named, came)] == codes


def test_own_documents_say_the_checksum_of_each() -> None:
    """Every attachment that a valid example names has its checksum, and the gateway reads both."""
    schemas = Schemas.load(ROOT / "xsd")
    readings = [schemas.judge(path.read_bytes()).reading for path in ROOT.glob("xsd/*/1.0/examples/valid/*.xml")]

    assert all(len(one.checksums) == len(one.attachments) for one in readings)
    assert sum(len(one.checksums) for one in readings) > 50


@pytest.mark.parametrize("sums", [f"<sha>{SHA[b'a']}</sha>", "<sha>Kanaria</sha><sha/>", ""])
def test_half_of_the_checksums_is_none(write: Write, sums: str) -> None:
    """Where one is missing or is none, nobody knows which belongs to which."""
    folder = write('<xs:element name="a.b.0100"/>')
    manifest = folder / "t/1/manifest.toml"
    manifest.write_text(manifest.read_text().replace("[reading]", '[reading]\nchecksums = "sha"'))
    document = f"<a.b.0100 xmlns='urn:t'><anlage><id>x</id></anlage><anlage><id>y</id></anlage>{sums}</a.b.0100>"

    found = Schemas.load(folder).judge(document.encode()).reading

    assert (found.attachments, found.checksums) == (("x", "y"), ())
