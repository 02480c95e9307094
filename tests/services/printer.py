"""A browser that prints, and what is then on the paper: Debian's Chromium without a screen, and poppler for its PDF."""

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from tests.services.packages import CHROMIUM, LIBERATION, PDFINFO, PDFTOTEXT
from tests.services.processes import ServerFailed

_MM: Final = 72 / 25.4
"""points of a millimetre"""

_PAGE: Final = re.compile(r'<page width="([\d.]+)" height="([\d.]+)">(.*?)</page>', re.DOTALL)
_WORD: Final = re.compile(r'<word xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">(.*?)</word>')


@dataclass(frozen=True, slots=True)
class Word:
    """A word where it stands on a page; millimetres from the upper left corner."""

    text: str
    left: float
    top: float
    right: float
    bottom: float

    def touches(self, other: "Word") -> bool:
        """Whether one is printed over the other, or so near that they read as one."""
        near = 0.3
        return (
            self.left < other.right + near
            and other.left < self.right + near
            and self.top < other.bottom - 1
            and other.top < self.bottom - 1
        )


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page; millimetres."""

    width: float
    height: float
    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        """Everything on it, without line breaks; words that were broken are whole again."""
        whole = " ".join(word.text for word in self.words)
        return whole.replace("\u00ad\u2010 ", "").replace("\u00ad", "").replace("- ", "-")


@dataclass(frozen=True)
class Printed:
    """A PDF as a reader of paper sees it."""

    pdf: Path

    @cached_property
    def sheets(self) -> tuple[Sheet, ...]:
        """Its pages."""
        return tuple(_sheets(_run(PDFTOTEXT.path(), "-bbox", self.pdf, "-")))

    @cached_property
    def papers(self) -> list[str]:
        """The paper of each page, by its name: `A4`."""
        told = _run(PDFINFO.path(), "-f", "1", "-l", "999", self.pdf)
        return re.findall(r"^Page +\d+ size: .*\((\w+)\)$", told, re.MULTILINE)


def print_page(html: str, folder: Path) -> Printed:
    """
    Print a page as a browser would, without its own header and footer.

    Raises:
        MissingProgram: no browser is installed; says which package has it.
        ServerFailed: the browser printed nothing.
    """
    LIBERATION.path()
    page, pdf = folder / "page.html", folder / "page.pdf"
    page.write_text(html, encoding="utf-8")
    options = ["--headless", "--disable-gpu", f"--user-data-dir={folder / 'browser'}", f"--print-to-pdf={pdf}"]
    options += ["--no-pdf-header-footer", "--host-resolver-rules=MAP * ~NOTFOUND"]
    if os.geteuid() == 0:
        options.append("--no-sandbox")  # Chromium's own walls cannot be put up by root; the page is ours
    _run(CHROMIUM.path(), *options, page.as_uri())
    if not pdf.is_file():
        raise ServerFailed(f"The browser made no {pdf}.")
    return Printed(pdf)


def _run(*command: str | Path) -> str:
    done = subprocess.run(
        [str(word) for word in command], stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=90
    )
    if done.returncode != 0:
        raise ServerFailed(f"{command[0]} failed with {done.returncode}:\n{done.stderr.decode(errors='replace')}")
    return done.stdout.decode()


def _sheets(boxes: str) -> Iterator[Sheet]:
    for width, height, content in _PAGE.findall(boxes):
        words = tuple(
            Word(text, *(float(edge) / _MM for edge in (left, top, right, bottom)))
            for left, top, right, bottom, text in _WORD.findall(content)
        )
        yield Sheet(float(width) / _MM, float(height) / _MM, words)
