"""docs/problems.md explains every code that a sender can meet, and no other."""

import ast
import re
from collections.abc import Iterator

from gateway import errors
from gateway.errors import GatewayError, NobodysFault, SendersFault
from gateway.intake import refusals
from gateway.intake.refusals import Failure, status_of
from gateway.routing import Absence
from tests.gateway.intake.house import ROOT

_HEADING = re.compile(r"^### `([a-z-]+)` · (\d{3})$", re.MULTILINE)
_CODE = re.compile(r"[a-z]+(-[a-z]+)+")


def explained() -> dict[str, int]:
    page = (ROOT / "docs" / "problems.md").read_text(encoding="utf-8")
    return {code: int(status) for code, status in _HEADING.findall(page)}


def below(kind: type[GatewayError]) -> Iterator[type[GatewayError]]:
    yield kind
    for one in kind.__subclasses__():
        if one.__module__ in (errors.__name__, refusals.__name__):
            yield from below(one)


def of_errors() -> dict[str, int]:
    kinds: list[type[GatewayError]] = [*below(SendersFault), *below(NobodysFault), Failure]
    return {kind.code: status_of(kind()) for kind in kinds}


def of_findings() -> dict[str, int]:
    """Codes in the validation's source: the first argument of whatever makes a finding, and constants named so."""
    found = {absence.value for absence in Absence}
    for file in (ROOT / "gateway" / "validation").rglob("*.py"):
        if file.name == "stages.py":  # its constants name stages
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Constant):
                found.add(str(node.value.value))
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                name = node.func.id if isinstance(node.func, ast.Name) else ""
                if name.lower().endswith("finding"):
                    found.add(str(node.args[0].value))
    return {code: 422 for code in found if _CODE.fullmatch(code)}


def test_every_code_is_explained() -> None:
    """A code without a heading, a heading without a code or a wrong status is a lie of the page."""
    assert explained() == {**of_findings(), **of_errors(), "seen-before": 202}


def test_each_says_who_and_what_in_both_languages() -> None:
    """Each section answers the three questions, in German and in English."""
    page = (ROOT / "docs" / "problems.md").read_text(encoding="utf-8")
    for section in re.split(r"^#+ .*$", page, flags=re.MULTILINE)[1:]:
        if "**Wer:**" in section or "Who:" in section:
            assert "**Wer:**" in section
            assert re.search(r"\*\*Was\s+tun:\*\*", section)
            assert re.search(r"Who:", section)
            assert re.search(r"What\s+to\s+do:", section)
    assert page.count("**Wer:**") == page.count("Who:") == len(explained())
