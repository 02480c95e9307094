"""Manifests of installed packages, as text: what the documents told, and a seal on each file."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final, TypeAlias

from gateway.validation.planning import Draft

_HEAD: Final = (
    "# Geschrieben von `gateway schemas install`. Von Hand ändern darf man valid_from, valid_until und strict.\n\n"
)

_Table: TypeAlias = Mapping[str, str]
_Plain: TypeAlias = str | bool | date | list[str]
_Entry: TypeAlias = _Plain | _Table


def written(draft: Draft, documents: Mapping[str, bytes], dates: Mapping[str, date | None]) -> bytes:
    """The manifest of a package that is new; dates are those of a standard with messages."""
    portrait = draft.portrait
    entries: dict[str, _Entry | None] = {
        "standard": portrait.standard,
        "library": None if portrait.standard else portrait.name,
        "version": portrait.version,
        "title": portrait.title,
        "namespace": draft.namespace,
        "source": portrait.source,
        **(dates if portrait.roots else {}),
        "uses": draft.uses,
        "absent": draft.absent,
        "parts": sorted(portrait.parts),
        "roots": portrait.roots,
        "leistungen": {root: " ".join(keys) for root, keys in portrait.leistungen.items()},
        "addresses": draft.addresses,
        "files": _seals(documents),
        "rules": _seals(draft.rules),
        "code_lists": _seals(draft.lists),
    }
    return _text({key: entry for key, entry in entries.items() if entry})


def amended(manifest: bytes, extras: Mapping[str, Mapping[str, bytes]], dates: Mapping[str, date]) -> bytes:
    """The same manifest with more files in these tables, and with these dates."""
    entries: dict[str, Any] = tomllib.loads(manifest.decode()) | dict(dates)
    for table, contents in extras.items():
        entries[table] = entries.get(table, {}) | _seals(contents)
    return _text(entries)


def _seals(contents: Mapping[str, bytes]) -> dict[str, str]:
    return {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}


def _text(entries: Mapping[str, _Entry]) -> bytes:
    return (_HEAD + "".join(_lines(entries))).encode()


def _lines(entries: Mapping[str, _Entry]) -> Iterator[str]:
    for key, entry in entries.items():
        if not isinstance(entry, Mapping):
            yield f"{key} = {_value(entry)}\n"
    for key, entry in entries.items():
        if isinstance(entry, Mapping):
            yield f"\n[{key}]\n"
            yield from (f"{_value(name)} = {_value(entry[name])}\n" for name in sorted(entry))


def _value(entry: _Plain) -> str:
    """A string of JSON is one of TOML, but for the one control character that JSON lets stand."""
    match entry:
        case bool():
            return "true" if entry else "false"
        case date():
            return entry.isoformat()
        case list():
            return "[" + ", ".join(map(_value, entry)) + "]"
        case _:
            return json.dumps(entry, ensure_ascii=False).replace("\x7f", "\\u007f")
