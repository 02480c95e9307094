"""A document, a scan in two pieces, and a sign that says what they have to be. Light, because processes die with it."""

import hashlib
import json
from collections.abc import AsyncIterator

from gateway.adapter import Unclear, Unreachable
from gateway.transports.directory import Arrived, Directory, File, Streamed

DOCUMENT = b"<antrag/>" * 900
SCAN = bytes(range(256)) * 2_000


async def pieces() -> AsyncIterator[bytes]:
    half = len(SCAN) // 2
    yield SCAN[:half]
    yield SCAN[half:]


def sign(key: str) -> File:
    """A sign that says what has to be there, as a sidecar does."""
    expected = {f"{key}.xml": hashlib.sha256(DOCUMENT).hexdigest(), f"{key}.1.png": hashlib.sha256(SCAN).hexdigest()}
    return File(f"{key}.json", json.dumps(expected).encode())


async def hand_over(directory: Directory, key: str) -> Arrived | Unreachable | Unclear:
    files: list[File | Streamed] = [File(f"{key}.xml", DOCUMENT), Streamed(f"{key}.1.png", pieces())]
    return await directory.hand_over(key, files, sign(key))
