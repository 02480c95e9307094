"""A name, a birth date and an IBAN go down every failure path; nothing that people or machines keep repeats them."""

import io
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import httpx2
import pytest
from fastapi import APIRouter, Query

from gateway.testing import CANARIES
from tests.gateway.intake.documents import XML, antrag, antrag_with_attachment, invalid_antrag
from tests.gateway.intake.house import NARROW_TOKEN, OTHER_TOKEN, House, open_house
from tests.gateway.intake.test_multipart import body, document, part

NAME, BORN, IBAN = CANARIES
ALL = " ".join(CANARIES).encode()
MULTIPART = {"Content-Type": "multipart/form-data; boundary=grenze"}

Failure = Callable[[House, httpx2.Client], httpx2.Response]

declared = APIRouter()


@declared.get("/declared")
async def declared_with_types(number: Annotated[int, Query()]) -> int:
    """A call as FastAPI would have it: a value that is no number is refused by FastAPI itself."""
    return number


@declared.get("/broken")
async def broken() -> None:
    """A call with a bug that knows a secret."""
    raise RuntimeError(ALL)


@pytest.fixture(scope="module")
def stray() -> Iterator[io.StringIO]:
    """What libraries log beside our events."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    logging.getLogger().addHandler(handler)
    yield written
    logging.getLogger().removeHandler(handler)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, log: io.StringIO, stray: io.StringIO) -> Iterator[House]:
    with open_house(tmp_path_factory.mktemp("house"), routers=[declared]) as opened:
        yield opened


def posting(content: bytes, path: str = "/v1/submissions", **headers: str) -> Failure:
    return lambda _house, portal: portal.post(path, content=content, headers={**XML, **headers})


def getting(path: str) -> Failure:
    return lambda _house, portal: portal.get(path)


def as_somebody_else(token: str, failure: Failure) -> Failure:
    def path(house: House, _portal: httpx2.Client) -> httpx2.Response:
        with house.client(token) as other:
            return failure(house, other)

    return path


def the_same_uuid_again(_house: House, portal: httpx2.Client) -> httpx2.Response:
    message = "0199c0de-aaaa-7000-8000-000000000001"
    portal.post("/v1/submissions", content=antrag(message), headers=XML)
    return portal.post("/v1/submissions", content=antrag(message).replace(b"93073", b"93074"), headers=XML)


def hung_up(house: House, _portal: httpx2.Client) -> httpx2.Response:
    with house.connect() as gone:
        head = f"POST /v1/submissions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {OTHER_TOKEN}\r\n"
        gone.sendall(head.encode() + b"Content-Type: text/xml\r\nContent-Length: 9999\r\n\r\n" + antrag())
    return httpx2.Response(499)


PATHS: dict[str, tuple[int, Failure]] = {
    "accepted": (202, posting(antrag())),
    "no XML": (400, posting(ALL)),
    "cut off": (400, posting(antrag()[:-40])),
    "Latin-1": (400, posting(f"<a>ä{NAME}</a>".encode("latin-1"))),
    "an entity": (400, posting(f'<!DOCTYPE a [<!ENTITY e "{NAME}">]><a>&e;</a>'.encode())),
    "an element nobody knows": (422, posting(f"<{NAME.replace(' ', '.')}>{IBAN}</{NAME.replace(' ', '.')}>".encode())),
    "a namespace nobody knows": (422, posting(f'<a xmlns="urn:{IBAN}">{NAME}</a>'.encode())),
    "a value against the schema": (422, posting(invalid_antrag())),
    "a place nobody knows": (422, posting(antrag(place="09999999"))),
    "a reader nobody knows": (422, posting(antrag(reader=f"{NAME.replace(' ', '.')}:{BORN}"))),
    "another authority": (422, posting(antrag(reader="ags:096610000001"))),
    "not connected": (422, posting(antrag(place="09273121", reader="ags:09273121"))),
    "a parameter nobody knows": (400, posting(antrag(), f"/v1/submissions?name={quote(NAME)}")),
    "a parameter called like that": (400, posting(antrag(), f"/v1/submissions?{quote(NAME)}=1")),
    "a wrong ars": (400, posting(antrag(), f"/v1/submissions?ars={quote(NAME)}")),
    "a wrong leistung": (400, getting(f"/v1/routes?ars=09&leistung={IBAN}")),
    "a wrong key": (400, posting(antrag(), **{"Idempotency-Key": NAME})),
    "a wrong media type": (415, posting(antrag(), **{"Content-Type": f"text/{IBAN}"})),
    "a wrong charset": (400, posting(antrag(), **{"Content-Type": f"text/xml; charset={IBAN}"})),
    "a wrong encoding": (415, posting(antrag(), **{"Content-Encoding": IBAN})),
    "a wrong token": (401, as_somebody_else(IBAN, posting(antrag()))),
    "a wrong trace": (202, posting(antrag(), traceparent=IBAN)),
    "a wrong language": (202, posting(antrag(), **{"Accept-Language": IBAN})),
    "outside the scope": (403, as_somebody_else(NARROW_TOKEN, posting(antrag()))),
    "a path nobody knows": (404, getting(f"/v1/{quote(NAME)}?{IBAN}")),
    "an id nobody knows": (404, getting(f"/v1/submissions/{IBAN}")),
    "a method nobody knows": (405, lambda _house, portal: portal.delete(f"/v1/submissions/{IBAN}")),
    "the same uuid again": (409, the_same_uuid_again),
    "too large": (413, posting(antrag() + ALL * 600_000)),
    "a verdict": (200, posting(invalid_antrag(), "/v1/validations")),
    "a verdict on nothing": (400, posting(ALL, "/v1/validations")),
    "a boundary nobody knows": (400, posting(ALL, **{"Content-Type": f"multipart/form-data; boundary={IBAN}"})),
    "a part called like that": (400, posting(body(part(antrag(), NAME)), **MULTIPART)),
    "an attachment called like that": (
        422,
        posting(body(document(antrag_with_attachment()), part(ALL, f"{NAME}")), **MULTIPART),
    ),
    "a part of a wrong type": (415, posting(body(document(ALL, media_type=f"x/{IBAN}")), **MULTIPART)),
    "headers of a part": (400, posting(b"--grenze\r\n" + NAME.encode() + b"\r\n\r\n\r\n--grenze--", **MULTIPART)),
    "hung up": (499, hung_up),
    "a declared type": (400, getting(f"/declared?number={quote(NAME)}")),
    "a bug": (500, getting("/broken")),
}


@pytest.mark.parametrize("path", PATHS)
def test_no_answer_repeats_a_value(house: House, portal: httpx2.Client, path: str) -> None:
    """Whatever goes wrong, the answer and its headers repeat nothing of what was sent."""
    status, fail = PATHS[path]

    answer = fail(house, portal)

    assert answer.status_code == status
    said = f"{answer.text if status != 499 else ''} {answer.headers}"
    assert not [canary for canary in CANARIES if canary in said]
    assert NAME.replace(" ", ".") not in said


def test_nothing_that_is_kept_repeats_a_value(house: House, log: io.StringIO, stray: io.StringIO) -> None:
    """After all of that, log lines, libraries' logs, metrics and OpenAPI know nobody."""
    with house.client() as portal:
        for _, fail in PATHS.values():
            fail(house, portal)
        kept = {
            "log": log.getvalue(),
            "libraries": stray.getvalue(),
            "metrics": portal.get("/metrics").text,
            "openapi": portal.get("/openapi.json").text,
            "ready": portal.get("/readyz").text,
        }

    assert kept["libraries"] == ""
    assert "request.refused" in kept["log"]
    assert "gateway_requests_refused_total" in kept["metrics"]
    for where, text in kept.items():
        found = [canary for canary in (*CANARIES, NAME.replace(" ", "."), quote(NAME)) if canary in text]
        assert not found, f"{where} repeats {found}"


def test_events_in_the_journal_repeat_nothing(house: House) -> None:
    """The append-only events outlive the documents, and know nobody."""
    with house.client() as portal:
        rejected = portal.post("/v1/submissions", content=invalid_antrag(), headers=XML).json()
        answers = [portal.get(f"{rejected['instance']}{rest}").text for rest in ("", "/events", "/receipt")]

    assert not [canary for canary in CANARIES if canary in " ".join(answers)]


class Recording:
    """A telemetry provider as operators might configure one: whatever is asked of it is written down."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __getattr__(self, name: str) -> Any:
        self.asked.append(name)
        return lambda *_args, **_options: self


def test_telemetry_learns_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, log: io.StringIO) -> None:
    """FastAPI's own telemetry would pass on queries and exceptions; it stays off, even where somebody listens."""
    listening = Recording()
    monkeypatch.setattr("opentelemetry.trace.get_tracer_provider", lambda: listening)
    monkeypatch.setattr("opentelemetry._logs.get_logger_provider", lambda: listening)
    monkeypatch.setattr("opentelemetry.metrics.get_meter_provider", lambda: listening)

    with open_house(tmp_path, routers=[declared]) as house, house.client() as portal:
        answers = [portal.get("/broken").status_code, portal.get(f"/declared?number={quote(NAME)}").status_code]

    assert answers == [500, 400]
    assert listening.asked == []
