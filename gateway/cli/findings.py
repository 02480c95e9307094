"""Findings as people read them at a terminal: place, sentence, codes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from rich.text import Text

from gateway.cli.running import terminal
from gateway.errors import Sentence


def show_findings(findings: Iterable[Mapping[str, Any]], document: bytes = b"", *, beside: bool = False) -> None:
    """
    What, where and by which rule; in the shape in which the API tells them.

    Whoever has the `document` is shown the line: it is theirs, and it stays on their screen. `beside` shows them as
    progress, beside results for machines.
    """
    out = terminal().err if beside else terminal().out
    lines = document.splitlines()
    for finding in findings:
        out.print(Text(f"    {finding['text']}"))
        place = " ".join(part for part in (_line(finding), finding.get("path", "")) if part)
        codes = ", ".join(finding[name] for name in ("code", "xoev", "rule") if name in finding)
        out.print(Text(f"      {place}  [{codes}]" if place else f"      [{codes}]", "quiet"))
        number = finding.get("line", 0)
        if 0 < number <= len(lines):
            out.print(Text(f"      │ {_shown(lines[number - 1])}", "quiet"))


def _shown(line: bytes) -> str:
    """No control characters: the terminal is asked to show a line, not to obey it."""
    text = line.decode(errors="replace").strip()[:MOST_COLUMNS]
    return "".join(sign if sign.isprintable() else " " for sign in text)


def _line(finding: Mapping[str, Any]) -> str:
    if "line" not in finding:
        return ""
    return terminal().words(Sentence(f"Zeile {finding['line']}", f"line {finding['line']}"))


MOST_COLUMNS: Final = 120
