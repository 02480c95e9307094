"""The rules of a package, compiled: what judges a document, and the name by which a worker keeps it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from gateway.errors import BadPackage
from gateway.validation.schematron.checks import Compiled
from gateway.validation.schematron.compiler import compile_rules
from gateway.validation.schematron.published import published, speaks
from gateway.validation.schematron.sources import Sources


@dataclass(frozen=True, slots=True)
class Rules:
    """The rule sets of a package; each document is judged by all of them."""

    sets: tuple[Compiled, ...]
    digest: str
    """hex SHA-256 over the files as they came"""

    @property
    def count(self) -> int:
        """How many assertions and reports there are."""
        return sum(len(each.checks) for each in self.sets)

    @classmethod
    def of(cls, files: Mapping[str, bytes]) -> Rules:
        """
        Every Schematron schema among the files; only where there is none, the stylesheets that report in SVRL.

        Raises BadPackage, naming file and reason, for rules that cannot be used or are none.
        """
        sources = Sources(files)
        if schemas := sources.schemas():
            sets = tuple(compile_rules(name, sources) for name in schemas)
        else:
            sheets = sources.stylesheets()
            chosen = [name for name in sheets if speaks(sources, name)] or sheets
            sets = tuple(published(name, sources) for name in chosen)
        if files and not sets:
            names = ", ".join(sorted(files))
            raise BadPackage(f"{names}: Darin stehen keine Regeln.", f"{names}: there are no rules in it.")
        return cls(sets, _digest(files))


def _digest(files: Mapping[str, bytes]) -> str:
    whole = hashlib.sha256()
    for name, content in sorted(files.items()):
        whole.update(f"{hashlib.sha256(content).hexdigest()}  {name}\n".encode())
    return whole.hexdigest()
