"""Small packages, written on the spot."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

MANIFEST = """
standard = "{standard}"
version = "{version}"
title = "Ein Paket für Tests"
namespace = "{namespace}"
source = "own"
entry = "{entry}"
valid_from = 2026-01-01

[roots]
{roots}

[reading]
case = "vorgang"
leistung = "leistung"
attachments = "anlage/id"

[files]
{files}
"""

SCHEMA = """<?xml version="1.0" encoding="UTF-8"?>
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:t="{namespace}" targetNamespace="{namespace}"
    elementFormDefault="qualified">
{body}
</xs:schema>
"""

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a package of one standard; returns the folder that holds all packages."""

    def package(
        body: str = '<xs:element name="a.b.0100" type="xs:token"/>',
        *,
        roots: tuple[str, ...] = ("a.b.0100",),
        standard: str = "T",
        version: str = "1",
        namespace: str = "urn:t",
        more: dict[str, str] | None = None,
    ) -> Path:
        folder = tmp_path / standard.lower() / version
        folder.mkdir(parents=True)
        documents = {"t.xsd": SCHEMA.format(namespace=namespace, body=body), **(more or {})}
        for name, text in documents.items():
            (folder / name).write_text(text)
        digests = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in documents.items()}
        (folder / "manifest.toml").write_text(
            MANIFEST.format(
                standard=standard,
                version=version,
                namespace=namespace,
                entry="t.xsd",
                roots="\n".join(f'"{root}" = "Nachricht"' for root in roots),
                files="\n".join(f'"{name}" = "{digest}"' for name, digest in digests.items()),
            )
        )
        return tmp_path

    return package
