"""What a 200 MB attachment costs in memory."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import AsyncIterator

import httpx2

from gateway.validation import Schemas
from tests.benchmarks.memory import forget_peak, peak, resident
from tests.conftest import ROOT
from tests.rig import installed

MEGABYTE = 1_000_000
_SAMPLE = ROOT / "xsd" / "ag-bau" / "1.0" / "examples" / "valid" / "kelheim-einfamilienhaus.xml"


async def large(megabytes: int = 200) -> str:
    """Post one, and compare the gateway's peak with what it held before."""
    async with installed() as installation:
        assert installation.gateway is not None
        pid = installation.gateway.pid
        await _post(installation.url, installation.token, 1)
        before = resident(pid)
        forget_peak(pid)
        await _post(installation.url, installation.token, megabytes)
        extra = peak(pid) - before
    return f"attachment of {megabytes} MB: {extra:.0f} MiB extra memory at the peak; wanted < 50 MiB"


async def _post(url: str, token: str, megabytes: int) -> None:
    boundary = uuid.uuid4().hex
    headers = {"Authorization": f"Bearer {token}", "Content-Type": f"multipart/form-data; boundary={boundary}"}
    async with httpx2.AsyncClient(timeout=120) as client:
        answer = await client.post(f"{url}/v1/submissions", headers=headers, content=_body(boundary, megabytes))
    assert answer.status_code == 202, answer.text


async def _body(boundary: str, megabytes: int) -> AsyncIterator[bytes]:
    document = re.sub(rb"(?<=nachrichtenUUID>)[0-9a-f-]{36}(?=<)", str(uuid.uuid4()).encode(), _SAMPLE.read_bytes())
    reading = Schemas.load(ROOT / "xsd").judge(document).reading
    (said,) = {checksum.encode() for checksum in reading.checksums}
    document = document.replace(said, _checksum(megabytes), 1).replace(said, _checksum(1))
    yield _part(boundary, "document", "application/xml") + document
    for name in reading.attachments:
        yield b"\r\n" + _part(boundary, name, "application/pdf")
        for _ in range(megabytes):
            yield bytes(MEGABYTE)
        megabytes = 1
    yield f"\r\n--{boundary}--\r\n".encode()


def _checksum(megabytes: int) -> bytes:
    digest = hashlib.sha256()
    for _ in range(megabytes):
        digest.update(bytes(MEGABYTE))
    return digest.hexdigest().encode()


def _part(boundary: str, name: str, media_type: str) -> bytes:
    return (
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="file"\r\n'
        f"Content-Type: {media_type}\r\n\r\n"
    ).encode()
