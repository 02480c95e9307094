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
{facts}

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
        facts: str = "",
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
                facts=facts,
                roots="\n".join(f'"{root}" = "Nachricht"' for root in roots),
                files="\n".join(f'"{name}" = "{digest}"' for name, digest in digests.items()),
            )
        )
        return tmp_path

    return package


@pytest.fixture
def write_library(tmp_path: Path) -> Write:
    """Write a package without messages beside those of `write`; returns the folder that holds all packages."""

    def library(
        documents: dict[str, str],
        *,
        name: str = "Basis",
        version: str = "1",
        namespace: str = "urn:basis",
        facts: str = "",
    ) -> Path:
        folder = tmp_path / name.lower() / version
        folder.mkdir(parents=True)
        for file, text in documents.items():
            (folder / file).write_text(text)
        digests = {file: hashlib.sha256(text.encode()).hexdigest() for file, text in documents.items()}
        files = "\n".join(f'"{file}" = "{digest}"' for file, digest in digests.items())
        (folder / "manifest.toml").write_text(
            f'library = "{name}"\nversion = "{version}"\ntitle = "Gemeinsames"\nnamespace = "{namespace}"\n'
            f'source = "own"\n{facts}\n[files]\n{files}\n'
        )
        return tmp_path

    return library
