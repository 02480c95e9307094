"""An adapter's `manifest.toml`, read strictly: what is missing, unknown or impossible is refused by name."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final

from gateway.adapter import Manifest
from gateway.errors import BadAdapter, Sentence
from gateway.submission import Grade

_NAME: Final = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)


def read_manifest(file: Path | Traversable) -> Manifest:
    """
    What an adapter says of itself. The keys are the fields of `Manifest`.

    Raises:
        BadAdapter: the file cannot be read, or a key is missing, unknown or impossible.
    """
    said = _toml(file)
    _insist_on_keys(said, str(file))
    read: dict[str, Any] = {key: _read(key, value, str(file)) for key, value in said.items()}
    return Manifest(**read)


def _toml(file: Path | Traversable) -> Mapping[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise BadAdapter(f"{file} fehlt oder ist nicht lesbar.", f"{file} is missing or unreadable.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadAdapter(f"{file} ist kein TOML: {error}", f"{file} is not TOML: {error}") from error


def _insist_on_keys(said: Mapping[str, Any], file: str) -> None:
    if unknown := sorted(set(said) - set(READERS)):
        listed = ", ".join(unknown)
        raise BadAdapter(f"{file}: unbekannt ist {listed}.", f"{file}: {listed} is unknown.")
    if missing := [key for key in REQUIRED if key not in said]:
        listed = ", ".join(missing)
        raise BadAdapter(f"{file}: es fehlt {listed}.", f"{file}: {listed} is missing.")


def _read(key: str, value: object, file: str) -> object:
    try:
        return READERS[key](value)
    except _Impossible as wanted:
        raise BadAdapter(
            f"{file}: {key} muss {wanted.sentence.de} sein.", f"{file}: {key} must be {wanted.sentence.en}."
        ) from None


class _Impossible(Exception):
    """The value is not `sentence`."""

    def __init__(self, de: str, en: str) -> None:
        super().__init__(en)
        self.sentence = Sentence(de, en)


def _name(value: object) -> str:
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise _Impossible(
            "ein Name aus kleinen Buchstaben, Ziffern und Unterstrichen",
            "a name of small letters, digits and underscores",
        )
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _Impossible("ein Text", "a text")
    return value


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(item, str) and item for item in value):
        raise _Impossible("eine Liste von Texten", "a list of texts")
    return tuple(value)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise _Impossible("true oder false", "true or false")
    return value


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise _Impossible("eine ganze Zahl ab 1", "a whole number of at least 1")
    return value


def _seconds(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < float("inf"):
        raise _Impossible("eine Zahl von Sekunden über 0", "a number of seconds above 0")
    return float(value)


def _one_of(*words: str) -> Callable[[object], str]:
    def read(value: object) -> str:
        if value not in words:
            raise _Impossible(f"eines von {', '.join(words)}", f"one of {', '.join(words)}")
        return str(value)

    return read


def _grade(value: object) -> Grade:
    return Grade(_one_of(*Grade)(value))


READERS: Final[Mapping[str, Callable[[object], object]]] = {
    "name": _name,
    "vendor": _text,
    "product": _text,
    "interface": _one_of("published", "assumed"),
    "services": _texts,
    "schemas": _texts,
    "transports": _texts,
    "best_grade": _grade,
    "when_unclear": _one_of("redeliver", "park"),
    "can_ask": _flag,
    "collects": _flag,
    "order_matters": _flag,
    "time_limit": _seconds,
    "max_document": _count,
    "max_attachment": _count,
    "max_attachments": _count,
    "concurrency": _count,
    "contact": _text,
}
"""How each key is read; the same names as the fields of `Manifest`."""

REQUIRED: Final = tuple(field.name for field in fields(Manifest) if field.default is MISSING)
