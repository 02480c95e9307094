"""How this program speaks to people: sentences on stderr, results on stdout, German unless English is asked for."""

from __future__ import annotations

import json
import sys
from typing import IO, Any, Final

from rich.console import Console, RenderableType
from rich.text import Text
from rich.theme import Theme

from gateway.errors import Language, Sentence

GOOD: Final = 0
BAD: Final = 1
"""the thing asked about is not good"""
CANNOT: Final = 2
"""it could not be asked"""

Said = Sentence | str

_THEME: Final = Theme(
    {
        "good": "green",
        "bad": "bold red",
        "hint": "yellow",
        "quiet": "dim",
        "name": "bold",
        "sandbox": "bold black on yellow",
    }
)
_WIDE: Final = 200
"""Columns where nobody looks: in a file or a pipe, tables are not squeezed."""


class Terminal:
    """Both streams, and the language. Nothing that is shown is read as markup: it may come from a document's name."""

    def __init__(self, language: Language = Language.GERMAN) -> None:
        self.language = language
        self.out = _console(sys.stdout)
        self.err = _console(sys.stderr)

    def words(self, said: Said) -> str:
        """What was said, in this terminal's language."""
        return said if isinstance(said, str) else said.into(self.language)

    def tell(self, said: Said, style: str = "") -> None:
        """A sentence for whoever is watching."""
        self.err.print(Text(self.words(said), style))

    def warn(self, said: Said) -> None:
        """What went wrong and what to do next."""
        self.err.print(Text("✗ ", "bad").append(self.words(said), "default"))

    def show(self, result: RenderableType | Sentence) -> None:
        """A result, for people."""
        self.out.print(self.words(result) if isinstance(result, Sentence) else result)

    def hand_out(self, result: Any) -> None:
        """A result, for machines: one line of JSON."""
        self.out.file.write(json.dumps(result, ensure_ascii=False, separators=(",", ":")) + "\n")


def _console(file: IO[str]) -> Console:
    watched = file.isatty()
    return Console(
        file=file,
        theme=_THEME,
        markup=False,
        emoji=False,
        highlight=False,
        soft_wrap=not watched,
        width=None if watched else _WIDE,
    )
