"""Reads an endpoint's settings strictly, with sentences that name the setting and never its value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, overload
from urllib.parse import urlsplit

from gateway.errors import BadSettings

_HOST: Final = re.compile(r"[A-Za-z0-9.:\[\]_-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Given:
    """
    What an operator wrote down for an endpoint of one adapter.

    Every question raises BadSettings where the answer is missing or impossible; with `optional` a missing one is None.
    """

    adapter: str
    settings: Mapping[str, Any]

    def has(self, *names: str) -> bool:
        """Whether one of these was set."""
        return any(name in self.settings for name in names)

    @overload
    def text(self, name: str, *, optional: Literal[False] = False) -> str: ...
    @overload
    def text(self, name: str, *, optional: Literal[True]) -> str | None: ...
    def text(self, name: str, *, optional: bool = False) -> str | None:
        """A text that is not empty."""
        if optional and name not in self.settings:
            return None
        value = self.settings.get(name)
        if not isinstance(value, str) or not value.strip() or not value.isprintable():
            raise self.wrong(name, "ein Text sein, der nicht leer ist", "be a text that is not empty")
        return value

    @overload
    def path(self, name: str, *, optional: Literal[False] = False) -> Path: ...
    @overload
    def path(self, name: str, *, optional: Literal[True]) -> Path | None: ...
    def path(self, name: str, *, optional: bool = False) -> Path | None:
        """An absolute path; whether there is something is seen where it is used."""
        if optional and name not in self.settings:
            return None
        value = self.settings.get(name)
        if not isinstance(value, str) or not Path(value).is_absolute() or "\0" in value:
            raise self.wrong(name, "ein absoluter Pfad sein", "be an absolute path")
        return Path(value)

    @overload
    def url(self, name: str, *schemes: str, optional: Literal[False] = False) -> str: ...
    @overload
    def url(self, name: str, *schemes: str, optional: Literal[True]) -> str | None: ...
    def url(self, name: str, *schemes: str, optional: bool = False) -> str | None:
        """An address with one of these schemes and a host, without a password in it."""
        if optional and name not in self.settings:
            return None
        value = self.settings.get(name)
        if not isinstance(value, str) or not _is_address(value, schemes):
            listed = "://… / ".join(schemes) + "://…"
            raise self.wrong(name, f"eine Adresse {listed} ohne Kennwort sein", f"be an address {listed}, no password")
        return value

    def number(self, name: str, *, least: float, most: float, default: float) -> float:
        """A number between these two."""
        value = self.settings.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            raise self.wrong(
                name, f"eine Zahl von {least:g} bis {most:g} sein", f"be a number from {least:g} to {most:g}"
            )
        return float(value)

    def flag(self, name: str, *, default: bool) -> bool:
        """`true` or `false`."""
        value = self.settings.get(name, default)
        if not isinstance(value, bool):
            raise self.wrong(name, "true oder false sein", "be true or false")
        return value

    def together(self, *names: str) -> bool:
        """Whether these were set, all of them; some without the others will not do."""
        there = [name for name in names if name in self.settings]
        if there and len(there) < len(names):
            missing = next(name for name in names if name not in self.settings)
            raise self.wrong(missing, f"zusammen mit {there[0]} gesetzt sein", f"be set together with {there[0]}")
        return bool(there)

    def wrong(self, name: str, de: str, en: str) -> BadSettings:
        """The error that says what a setting must be."""
        return BadSettings(f"{self.adapter}: {name} muss {de}.", f"{self.adapter}: {name} must {en}.")


def _is_address(value: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        return False
    host = parts.hostname is not None and _HOST.fullmatch(parts.netloc) is not None
    plain = not (parts.query or parts.fragment) and value.isascii() and value.isprintable() and " " not in value
    return parts.scheme in schemes and host and plain and port != 0
