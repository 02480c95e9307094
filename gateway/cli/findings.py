"""Findings as people read them at a terminal: place, sentence, codes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rich.text import Text

from gateway.cli.running import terminal
from gateway.errors import Sentence


def show_findings(findings: Iterable[Mapping[str, Any]]) -> None:
    """Each on two lines; in the shape in which the API tells them."""
    for finding in findings:
        codes = ", ".join(finding[name] for name in ("code", "xoev") if name in finding)
        place = " ".join(part for part in (_line(finding), finding.get("path", "")) if part)
        terminal().show(Text(f"    {finding['text']}"))
        terminal().show(Text(f"      {place}  [{codes}]" if place else f"      [{codes}]", "quiet"))


def _line(finding: Mapping[str, Any]) -> str:
    if "line" not in finding:
        return ""
    return terminal().words(Sentence(f"Zeile {finding['line']}", f"line {finding['line']}"))
