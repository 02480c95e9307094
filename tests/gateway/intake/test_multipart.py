"""A document with attachments: they stream into the store, and stay there only with an accepted submission."""

import hashlib
import time
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from gateway.events import RequestRefused
from gateway.intake import Limits
from gateway.submission import SubmissionId
from tests.gateway.intake.documents import ATTACHMENT, PDF, antrag, antrag_with_attachment, invalid_antrag
from tests.gateway.intake.house import NARROW_TOKEN, House, open_house

SMALL = Limits(document=64_000, attachment=200_000, attachments=3, together=300_000)

Part = tuple[str, bytes]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, log: Any) -> Iterator[House]:
    """A house with small limits."""
    with open_house(tmp_path_factory.mktemp("house"), limits=SMALL) as opened:
        yield opened


def part(content: bytes, name: str, *, media_type: str = "application/pdf", more: str = "") -> Part:
    """A part as browsers and curl write it."""
    head = f'Content-Disposition: form-data; name="{name}"; filename="Kanaria Beispielvogel.pdf"'
    return f"{head}\r\nContent-Type: {media_type}\r\n{more}\r\n", content


def document(content: bytes, **headers: str) -> Part:
    return part(content, "document", **{"media_type": "application/xml", **headers})


def body(*parts: Part) -> bytes:
    return b"".join(b"--grenze\r\n" + head.encode() + content + b"\r\n" for head, content in parts) + b"--grenze--\r\n"


def send(portal: httpx2.Client, content: bytes, boundary: str = "grenze") -> httpx2.Response:
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    return portal.post("/v1/submissions", content=content, headers=headers)


def test_a_document_with_its_attachment(house: House, portal: httpx2.Client) -> None:
    """The attachment lies in the store under an id of ours, and the submission knows its digest."""
    content = PDF * 5000

    answer = send(portal, body(document(antrag_with_attachment(enclosing=content)), part(content, ATTACHMENT)))

    assert answer.status_code == 202
    standing = house.run(house.gateway.journal.standing(SubmissionId(answer.json()["submissionId"])))
    assert standing is not None
    (kept,) = standing.submission.attachments
    assert (kept.name, kept.media_type, kept.size) == (ATTACHMENT, "application/pdf", len(content))
    assert kept.digest == hashlib.sha256(content).hexdigest()
    assert (house.folder / "attachments" / kept.id).read_bytes() == content


def test_a_content_id_names_the_attachment(house: House, portal: httpx2.Client) -> None:
    """A part's Content-ID goes before its name."""
    named = part(PDF, "irgendwie", more=f"Content-ID: <{ATTACHMENT}>\r\n")

    answer = send(portal, body(document(antrag_with_attachment()), named))

    assert answer.status_code == 202
    receipt = portal.get(answer.json()["links"]["receipt"]).json()
    assert [one["name"] for one in receipt["attachments"]] == [ATTACHMENT]


def test_a_document_alone(portal: httpx2.Client) -> None:
    """Multipart without attachments is fine, and so is a document whose part says no media type."""
    bare = ('Content-Disposition: form-data; name="document"\r\n\r\n', antrag())

    assert send(portal, body(document(antrag()))).status_code == 202
    assert send(portal, body(bare)).status_code == 202


def test_what_stands_after_the_end(portal: httpx2.Client) -> None:
    """An epilogue is overlooked."""
    assert send(portal, body(document(antrag())) + b"x" * 100_000).status_code == 202


def test_the_same_parcel_again(house: House, portal: httpx2.Client) -> None:
    """A repetition keeps no second copy of its attachments; with other bytes in them it is a conflict."""
    content = antrag_with_attachment()
    first = send(portal, body(document(content), part(PDF, ATTACHMENT)))
    files = house.files()

    again = send(portal, body(document(content), part(PDF, ATTACHMENT)))
    other = send(portal, body(document(content), part(PDF + b".", ATTACHMENT)))

    assert (again.status_code, again.json()["replay"]) == (202, True)
    assert again.json()["submissionId"] == first.json()["submissionId"]
    assert other.status_code == 409
    assert house.files() == files


@pytest.mark.parametrize("size", [1, 7, 64, 1000])
def test_a_body_in_small_pieces(house: House, portal: httpx2.Client, size: int) -> None:
    """However the network cuts a body, also through its boundaries, the same comes out."""
    content = PDF + b"\r\n--grenz\r\n--" + PDF
    whole = body(document(antrag_with_attachment(enclosing=content)), part(content, ATTACHMENT))

    answer = portal.post(
        "/v1/submissions",
        content=(whole[start : start + size] for start in range(0, len(whole), size)),
        headers={"Content-Type": 'multipart/form-data; boundary="grenze"'},
    )

    assert answer.status_code == 202
    receipt = portal.get(answer.json()["links"]["receipt"]).json()
    assert [one["digest"] for one in receipt["attachments"]] == [hashlib.sha256(content).hexdigest()]


@pytest.mark.parametrize(
    "status, code, content",
    [
        (400, "bad-request", b""),
        (400, "bad-request", b"kein multipart"),
        (400, "bad-request", b"--grenze--\r\n"),
        (400, "bad-request", body(document(antrag()))[:-12]),
        (400, "bad-request", body(document(antrag()), part(PDF, ATTACHMENT))[:-60]),
        (400, "bad-request", body(part(antrag(), "antrag", media_type="application/xml"))),
        (400, "bad-request", body(part(PDF, ATTACHMENT), document(antrag()))),
        (400, "bad-request", body(document(antrag()), document(antrag()))),
        (400, "bad-request", body(document(antrag()), part(PDF, ""))),
        (400, "bad-request", body(document(antrag()), part(PDF, "n" * 300))),
        (400, "bad-request", body(document(antrag()), part(PDF, "zeile\u2028zeile"))),
        (400, "bad-request", body(document(antrag()), ("Content-Type: application/pdf\r\n\r\n", PDF))),
        (400, "not-well-formed", body(document(b""))),
        (413, "too-large", body(document(antrag() + b" " * 64_000))),
        (413, "too-large", body(document(antrag()), part(b"." * 200_001, "a"))),
        (413, "too-large", body(document(antrag()), part(b"." * 150_001, "a"), part(b"." * 150_000, "b"))),
        (413, "too-large", body(document(antrag()), *(part(PDF, name) for name in "abcd"))),
        (415, "wrong-media-type", body(document(antrag(), media_type="application/json"))),
        (
            415,
            "wrong-media-type",
            body(document(antrag()), part(PDF, "a", more="Content-Transfer-Encoding: base64\r\n")),
        ),
        (422, "attachment-missing", body(document(antrag_with_attachment()))),
        (422, "attachment-unknown", body(document(antrag_with_attachment()), part(PDF, ATTACHMENT), part(PDF, "b"))),
        (422, "attachment-changed", body(document(antrag_with_attachment()), part(PDF + b".", ATTACHMENT))),
        (422, "attachment-doubled", body(document(antrag_with_attachment()), part(PDF, "wgb-1"), part(PDF, "wgb-1"))),
        (422, "schema-invalid", body(document(invalid_antrag()), part(PDF, "a"))),
    ],
)
def test_a_parcel_that_is_not_taken(
    house: House, portal: httpx2.Client, status: int, code: str, content: bytes
) -> None:
    """Whatever is wrong with a parcel, none of its attachments stays behind."""
    files = house.files()

    answer = send(portal, content)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert house.files() == files


def test_a_parcel_outside_the_scope(house: House) -> None:
    """Attachments of a parcel that its client may not send are forgotten, too."""
    files = house.files()

    with house.client(NARROW_TOKEN) as narrow:
        answer = send(narrow, body(document(antrag_with_attachment()), part(PDF, ATTACHMENT)))

    assert answer.status_code == 403
    assert house.files() == files


@pytest.mark.parametrize("boundary", ["", "b" * 300])
def test_a_boundary_that_is_none(portal: httpx2.Client, boundary: str) -> None:
    """Multipart without a usable boundary cannot be taken apart."""
    answer = send(portal, body(document(antrag())), boundary)

    assert (answer.status_code, answer.json()["code"]) == (400, "bad-request")


def test_a_sender_who_hangs_up(house: House) -> None:
    """Who leaves in the middle of an attachment leaves nothing behind."""
    files = house.files()
    content = body(document(antrag_with_attachment()), part(b"." * 150_000, ATTACHMENT))
    head = (
        "POST /v1/submissions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ag_beispiel-portal-eins\r\n"
        f"Content-Type: multipart/form-data; boundary=grenze\r\nContent-Length: {len(content)}\r\n\r\n"
    )

    with house.connect() as gone:
        gone.sendall(head.encode() + content[:100_000])
    deadline = time.monotonic() + 10
    while [event.code for event in house.heard(RequestRefused)][-1:] != ["client-gone"]:
        assert time.monotonic() < deadline
        time.sleep(0.005)

    assert house.files() == files
