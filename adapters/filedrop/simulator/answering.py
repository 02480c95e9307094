"""How the Fachverfahren lays down its answers: documents under a passing name, the sidecar last."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from adapters.filedrop.answers import SIGN, sidecar
from gateway.testing.answers import Message


def lay_down(message: Message, outbox: Path, submission: str | None) -> None:
    """Put a message and its files into the outbox; the sidecar says that all are there."""
    files = [_written(outbox, f"{message.uuid}.xml", message.document, "application/xml")]
    files += _numbered(message, outbox)
    _put(outbox / f"{message.uuid}{SIGN}", sidecar(files, submission))


def _numbered(message: Message, outbox: Path) -> Iterable[dict[str, Any]]:
    for number, (attachment, content) in enumerate(message.files.items(), start=1):
        said = _written(outbox, f"{message.uuid}.{number}.pdf", content, "application/pdf")
        yield {**said, "attachment": attachment}


def _written(outbox: Path, name: str, content: bytes, media_type: str) -> dict[str, Any]:
    _put(outbox / name, content)
    digest = hashlib.sha256(content).hexdigest()
    return {"name": name, "mediaType": media_type, "size": len(content), "sha256": digest}


def _put(file: Path, content: bytes) -> None:
    passing = file.with_name(f".{file.name}")
    passing.write_bytes(content)
    passing.rename(file)
