"""Tells the story at a terminal as it happens, and remembers what was not as expected."""

from __future__ import annotations

from typing import Final

from rich.text import Text

from gateway.errors import Language, Sentence
from gateway.terminal import Said, Terminal

_LEFT: Final = 3
_DEEPER: Final = 5
_LINE: Final = 68
"""Columns that steps fill before they go on below."""


class Narrator:
    """
    Chapters, lines, and steps that appear one after the other.

    In a file or a pipe it tells the same, without colours; nothing that was shown is taken back or painted over.
    """

    def __init__(self, terminal: Terminal) -> None:
        self.surprises: list[str] = []
        self._terminal = terminal
        self._out = terminal.out
        self._chapter = 0
        self._column = 0

    def words(self, said: Said) -> str:
        """What was said, in the terminal's language."""
        return self._terminal.words(said)

    def banner(self, said: Said) -> None:
        """What must not be overlooked."""
        self._out.print(Text(f" {self.words(said)} ", "sandbox"))

    def chapter(self, title: Sentence, about: Sentence) -> None:
        """A new part of the story, and what it shows."""
        self._chapter += 1
        self._out.print()
        self._out.print(Text(f"{self._chapter}  ", "quiet").append(self.words(title), "name"))
        self._wrapped(self.words(about), _LEFT, "quiet")

    def gap(self) -> None:
        """An empty line."""
        self._out.print()

    def line(self, said: Said, style: str = "") -> None:
        """One line of the part."""
        self._wrapped(self.words(said), _LEFT, style)

    def detail(self, said: Said) -> None:
        """Something about the line before."""
        self._wrapped(self.words(said), _DEEPER, "quiet")

    def code(self, *lines: str, about: Said = "") -> None:
        """Lines to copy, unbroken, and what they are for."""
        if about:
            self._out.print()
            self._out.print(Text(f"{' ' * _LEFT}# {self.words(about)}", "quiet"))
        for line in lines:
            indented = "\n".join(" " * _LEFT + part for part in line.split("\n"))
            self._out.print(Text(indented), soft_wrap=True)

    def step(self, said: Said) -> None:
        """Something that happened, beside what happened before."""
        words = self.words(said)
        before = " → " if self._column else " " * _DEEPER
        if self._column + len(before) + len(words) > _LINE:
            self._out.print()
            self._column = 0
            before = " " * _DEEPER + "→ "
        self._out.print(Text(before, "quiet").append(words, "default"), end="")
        self._out.file.flush()
        self._column += len(before) + len(words)

    def well(self, said: Said = "") -> None:
        """The end of the steps, as it was expected."""
        self._end(Text(" ✓ ", "good").append(self.words(said), "quiet"))

    def surprise(self, said: Said) -> None:
        """The end of the steps, and not as it was expected."""
        self.surprises.append(self.words(said))
        self._end(Text(" ✗ ", "bad").append(self.words(said), "default"))

    def expect(self, condition: bool, said: Said, otherwise: Said) -> None:  # noqa: FBT001 - reads as a sentence
        """`well` or `surprise`."""
        if condition:
            self.well(said)
        else:
            self.surprise(otherwise)

    def duration(self, seconds: float) -> str:
        """A short time, as people write it."""
        if seconds < 1:
            return f"{seconds * 1000:.0f} ms"
        written = f"{seconds:.1f} s"
        return written if self._terminal.language is Language.ENGLISH else written.replace(".", ",")

    def _end(self, end: Text) -> None:
        self._out.print(end if self._column else Text(" " * (_DEEPER - 1)).append_text(end))
        self._column = 0

    def _wrapped(self, text: str, left: int, style: str) -> None:
        """Long sentences are broken where somebody reads them, and left whole where a file does."""
        whole = Text(text, style)
        lines = whole.wrap(self._out, self._out.width - left) if self._out.is_terminal else [whole]
        for line in lines:
            line.rstrip()
            self._out.print(Text(" " * left).append_text(line))
