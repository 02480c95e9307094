"""A manifest is read strictly: nothing is guessed, everything wrong is named."""

from dataclasses import fields
from pathlib import Path

import pytest

from gateway.adapter import Manifest
from gateway.errors import BadAdapter
from gateway.manifest import READERS, read_manifest
from gateway.submission import Grade

LEAST = {
    "name": '"beispiel"',
    "vendor": '"Beispielhaus"',
    "product": '"Beispielverfahren"',
    "interface": '"assumed"',
    "services": '["wohnsitz"]',
    "schemas": '["*"]',
    "best_grade": '"taken"',
    "when_unclear": '"park"',
    "can_ask": "false",
}


def manifest_of(folder: Path, **lines: str | None) -> Path:
    file = folder / "manifest.toml"
    kept = {key: value for key, value in {**LEAST, **lines}.items() if value is not None}
    file.write_text("".join(f"{key} = {value}\n" for key, value in kept.items()), "utf-8")
    return file


def test_the_least_that_must_be_said_is_enough(tmp_path: Path) -> None:
    """What has a default may be left out."""
    assert read_manifest(manifest_of(tmp_path)) == Manifest(
        name="beispiel",
        vendor="Beispielhaus",
        product="Beispielverfahren",
        interface="assumed",
        services=("wohnsitz",),
        schemas=("*",),
        best_grade=Grade.TAKEN,
        when_unclear="park",
        can_ask=False,
    )


def test_every_field_can_be_said() -> None:
    """No field of the manifest is without a reader, and no reader without a field."""
    assert set(READERS) == {field.name for field in fields(Manifest)}


def test_limits_are_read(tmp_path: Path) -> None:
    """Seconds may be whole or broken, counts are whole."""
    manifest = read_manifest(manifest_of(tmp_path, time_limit="30", concurrency="1", max_document="1024"))

    assert (manifest.time_limit, manifest.concurrency, manifest.max_document) == (30.0, 1, 1024)


@pytest.mark.parametrize("key", sorted(LEAST))
def test_a_missing_key_is_named(tmp_path: Path, key: str) -> None:
    """Without it the adapter is refused, in both languages."""
    with pytest.raises(BadAdapter) as refusal:
        read_manifest(manifest_of(tmp_path, **{key: None}))

    assert key in refusal.value.detail.de
    assert key in refusal.value.detail.en


@pytest.mark.parametrize(
    "key, value",
    [
        ("name", '"Bei Spiel"'),
        ("vendor", '" "'),
        ("interface", '"guessed"'),
        ("services", "[]"),
        ("services", '"wohnsitz"'),
        ("schemas", "[1]"),
        ("best_grade", '"perfect"'),
        ("when_unclear", '"ask"'),
        ("can_ask", '"yes"'),
        ("time_limit", "0"),
        ("time_limit", "inf"),
        ("time_limit", "true"),
        ("concurrency", "0"),
        ("max_document", "1.5"),
        ("max_attachments", "true"),
        ("bestgrade", '"taken"'),
    ],
)
def test_an_impossible_or_unknown_key_is_named(tmp_path: Path, key: str, value: str) -> None:
    """A wrong type, a word outside its list, a limit of nothing and a misspelt key are refused by name."""
    with pytest.raises(BadAdapter, match=rf"\b{key}\b"):
        read_manifest(manifest_of(tmp_path, **{key: value}))


@pytest.mark.parametrize("content", [b"name = ", b"\xff\xfe"])
def test_what_is_no_toml_is_refused(tmp_path: Path, content: bytes) -> None:
    """A file that cannot be parsed is named; so is one that is not there."""
    file = tmp_path / "manifest.toml"
    with pytest.raises(BadAdapter, match=r"manifest\.toml is missing"):
        read_manifest(file)
    file.write_bytes(content)
    with pytest.raises(BadAdapter, match=r"manifest\.toml is not TOML"):
        read_manifest(file)
