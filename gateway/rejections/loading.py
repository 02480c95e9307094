"""
`rejections/*.toml`: read strictly, because a table that is wrong would turn people down with the wrong code.

A message is written down as its leaves, in the order of the document: each line is a path from the root's children
down, and what stands there. `a/b/@c` is an attribute. A step that ends in `?` is left out, with all that is in it,
where something in it is not known; one that ends in `*` comes once for each reason.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from gateway.errors import BadPackage
from gateway.rejections.table import CODES, FACTS, REASON_FACTS, CodeListName, Form, Part, Table

FOLDER: Final = "rejections"
"""the folder of the tables, beside the packages"""

_NAME: Final = r"(?:[A-Za-z_][\w.\-]*:)?[A-Za-z_][\w.\-]*"
_STEP: Final = re.compile(rf"({_NAME})([?*]?)", re.ASCII)
_ATTRIBUTE: Final = re.compile(rf"@({_NAME})(\??)", re.ASCII)
_FACT: Final = re.compile(r"\{([^{}]*)\}")


def load(*folders: Path) -> dict[str, Table]:
    """
    The tables in each `folder`/rejections/, by the names of the standards they are for.

    Raises BadPackage, naming file and entry, where one is missing, wrong or unknown, or a standard has two tables.
    """
    tables: dict[str, Table] = {}
    for file in (file for folder in folders for file in sorted((folder / FOLDER).glob("*.toml"))):
        table = _Reader(file).table()
        for standard in table.standards:
            if (other := tables.setdefault(standard, table)) is not table:
                raise BadPackage(
                    f"{file}: Für {standard} gilt schon {other.file}. Ein Standard hat eine Tabelle.",
                    f"{file}: {standard} has {other.file} already. A standard has one table.",
                )
    return tables


class _Reader:
    def __init__(self, file: Path) -> None:
        self._file = file
        try:
            content = file.read_bytes()
            self._facts: dict[str, Any] = tomllib.loads(content.decode())
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as broken:
            reason = broken.strerror if isinstance(broken, OSError) else broken
            raise BadPackage(f"{file} ist nicht lesbar: {reason}", f"{file} cannot be read: {reason}") from None
        self._digest = hashlib.sha256(content).hexdigest()

    def table(self) -> Table:
        top = self._facts
        prefixes = self._texts(top, "prefixes", optional=True)
        codes = self._texts(top, "list")
        if codes.keys() != {"uri", "version"}:
            raise self._wrong("list")
        code_of = self._texts(top, "codes")
        for unknown in code_of.keys() - CODES:
            raise self._wrong(f"codes.{unknown}")
        table = Table(
            file=self._file,
            digest=self._digest,
            standards=self._standards(top),
            package=self._text(top, "package"),
            codes=CodeListName(codes["uri"], codes["version"]),
            code_of=code_of,
            otherwise=self._text(top, "otherwise"),
            case=self._text(top, "case") if "case" in top else None,
            rejection=self._form(top, "rejection", prefixes),
            receipt=self._form(top, "receipt", prefixes),
        )
        for left in top:
            raise self._wrong(left)
        return table

    def _standards(self, top: dict[str, Any]) -> tuple[str, ...]:
        named = top.pop("standards", None)
        if not isinstance(named, list) or not named or not all(isinstance(one, str) and one for one in named):
            raise self._wrong("standards")
        return tuple(named)

    def _text(self, table: dict[str, Any], key: str, within: str = "") -> str:
        value = table.pop(key, None)
        if not isinstance(value, str) or not value:
            raise self._wrong(within + key)
        return value

    def _texts(self, table: dict[str, Any], key: str, within: str = "", *, optional: bool = False) -> dict[str, str]:
        values = table.pop(key, {} if optional else None)
        if not isinstance(values, dict):
            raise self._wrong(within + key)
        for name, value in values.items():
            if not isinstance(value, str) or not value:
                raise self._wrong(f"{within}{key}.{name}")
        return values

    def _form(self, top: dict[str, Any], key: str, prefixes: Mapping[str, str]) -> Form | None:
        if key not in top:
            return None
        table = top.pop(key)
        if not isinstance(table, dict):
            raise self._wrong(key)
        root = self._text(table, "root", f"{key}.")
        message = self._texts(table, "message", f"{key}.")
        for left in table:
            raise self._wrong(f"{key}.{left}")
        own, colon, _ = root.partition(":")
        if not _STEP.fullmatch(root) or root.endswith(("?", "*")) or not colon or own in prefixes or not message:
            raise self._wrong(f"{key}.root")
        leaves = [self._leaf(f"{key}.message", path, value) for path, value in message.items()]
        whole = Form(self._joined(f"{key}.message", root, leaves), prefixes)
        for name in _names(whole.root):
            if ":" in name and name.partition(":")[0] not in {own, *prefixes}:
                raise self._wrong(f"{key}.message.{name}")
        return whole

    def _leaf(self, where: str, path: str, value: str) -> tuple[tuple[str, ...], str]:
        steps = tuple(path.split("/"))
        *above, last = steps
        good = all(map(_STEP.fullmatch, above)) and (_STEP.fullmatch(last) or _ATTRIBUTE.fullmatch(last))
        starred = sum(step.endswith("*") for step in steps)
        known = FACTS | REASON_FACTS if starred else FACTS
        found = _FACT.fullmatch(value)
        if not good or starred > 1 or last.endswith("*") or (found[1] not in known if found else "{" in value):
            raise self._wrong(f"{where}.{path}")
        return steps, value

    def _joined(self, where: str, name: str, leaves: list[tuple[tuple[str, ...], str]], at: str = "") -> Part:
        """One element out of the leaves below it; those of one child stand together."""
        part, begun = _part(name), set[str]()
        attributes: list[Part] = []
        parts: list[Part] = []
        waiting: list[tuple[tuple[str, ...], str]] = []

        def close() -> None:
            if waiting:
                step = waiting[0][0][0]
                parts.append(
                    self._joined(where, step, [(steps[1:], value) for steps, value in waiting], f"{at}{step}/")
                )
                waiting.clear()

        for (step, *rest), value in leaves:
            if not rest:
                close()
                if step.rstrip("?") in begun or (step.startswith("@") and parts):
                    raise self._wrong(f"{where}.{at}{step}")
                begun.add(step.rstrip("?"))
                (attributes if step.startswith("@") else parts).append(replace(_part(step), text=value))
            elif waiting and waiting[0][0][0] == step:
                waiting.append(((step, *rest), value))
            else:
                close()
                if step.rstrip("?*") in begun:
                    raise self._wrong(f"{where}.{at}{'/'.join((step, *rest))}")
                begun.add(step.rstrip("?*"))
                waiting.append(((step, *rest), value))
        close()
        return replace(part, attributes=tuple(attributes), parts=tuple(parts))

    def _wrong(self, key: str) -> BadPackage:
        return BadPackage(
            f"{self._file}: Der Eintrag „{key}“ fehlt, ist unzulässig oder unbekannt.",
            f'{self._file}: the entry "{key}" is missing, not permitted or unknown.',
        )


def _part(step: str) -> Part:
    name = step.removeprefix("@").rstrip("?*")
    return Part(name, optional=step.endswith("?"), each=step.endswith("*"))


def _names(part: Part) -> Iterable[str]:
    yield part.name
    for below in (*part.attributes, *part.parts):
        yield from _names(below)
