"""What has to be seen in an XPath expression without understanding it: its strings, variables and function calls."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

_NAME: Final = r"[^\W\d][\w.\-·]*"
_PIECE: Final = re.compile(rf"(?P<literal>\"(?:[^\"]|\"\")*\"|'(?:[^']|'')*')|(?P<comment>\(:)|\$(?P<variable>{_NAME})")
_MARK: Final = re.compile(r"\(:|:\)")
_CALL: Final = re.compile(rf"(?:Q\{{(?P<uri>[^}}]*)\}}|(?P<prefix>{_NAME}):)?(?P<name>{_NAME})\s*(?:\(|#)")


def renamed(expression: str, names: Mapping[str, str]) -> str:
    """The expression with variables under other names; strings and comments stay as they are."""
    return "".join(f"${names.get(text, text)}" if kind == "variable" else text for kind, text in _pieces(expression))


def substituted(expression: str, values: Mapping[str, str]) -> str:
    """
    The expression with each `$name` replaced by the text of the parameter, as abstract patterns want it.

    A macro of text, so that it reaches into strings as well; a longer name is never cut short (`$ab` is not `$a`).
    """
    return re.sub(rf"\$({_NAME})", lambda found: _value(found[1], found[0], values), expression)


def _value(name: str, written: str, values: Mapping[str, str]) -> str:
    """A name takes in trailing dots that may be punctuation; the longest known one wins where it ends with those."""
    if name in values:
        return values[name]
    known = name.rstrip(".")
    return values[known] + name[len(known) :] if known in values else written


def calls(expression: str) -> Iterator[tuple[str, str]]:
    """Every function that is called or referred to by name: its prefix or namespace, and its local name."""
    code = "".join(f"${text}" if kind == "variable" else text for kind, text in _pieces(expression) if kind in _CODE)
    for found in _CALL.finditer(code):
        yield found["uri"] or found["prefix"] or "", found["name"]


_CODE: Final = {"code", "variable"}


def _pieces(expression: str) -> Iterator[tuple[str, str]]:
    """The expression in pieces: `code`, `literal`, `comment`, and `variable` with its name alone."""
    at = 0
    while found := _PIECE.search(expression, at):
        if found.start() > at:
            yield "code", expression[at : found.start()]
        at = found.end()
        if found["variable"] is not None:
            yield "variable", found["variable"]
        elif found["literal"] is not None:
            yield "literal", found["literal"]
        else:
            at = _end_of_comment(expression, at)
            yield "comment", expression[found.start() : at]
    yield "code", expression[at:]


def _end_of_comment(expression: str, at: int) -> int:
    depth = 1
    while depth and (mark := _MARK.search(expression, at)):
        depth += 1 if mark[0] == "(:" else -1
        at = mark.end()
    return len(expression) if depth else at
