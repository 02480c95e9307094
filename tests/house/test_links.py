"""Every page leads where it says."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.house.tree import ROOT, files_of, lines_of, syntax_of, text_of

LINK = re.compile(r"(?<!!)\[[^\]]*\]\((?P<target>[^)\s]+)(?:\s+\"[^\"]*\")?\)")
IMAGE = re.compile(r"!\[[^\]]*\]\((?P<target>[^)\s]+)\)")
PLACE = re.compile(r"`(?P<target>[\w./-]+\.py::\w+(?:\.\w+)?)`")
FENCE = re.compile(r"^\s*(```|~~~)")


def links() -> Iterator[tuple[str, Path, str]]:
    """Place, page and target of every relative link and every `file.py::name` in the project's own pages."""
    for page in files_of(".md"):
        fenced = False
        for place, line in lines_of(page):
            fenced ^= bool(FENCE.match(line))
            if fenced:
                continue
            found = [match for pattern in (LINK, IMAGE, PLACE) for match in pattern.finditer(line)]
            for target in (match["target"] for match in found):
                if not re.match(r"[a-z]+:", target):
                    yield place, page, target


LINKS = list(links())


def test_the_readme_and_the_tour_lead_into_the_tree() -> None:
    """A reader gets from the README to the pages, and from the tour to the code."""
    assert {"README.md", "docs/tour.md"} <= {str(page) for _, page, _ in LINKS}


def test_every_link_leads_to_what_it_names() -> None:
    """The file is there, the heading is on the page, the name is in the module."""
    broken = [f"{place} -> {target}" for place, page, target in LINKS if not _leads(page, target)]

    assert not broken


def _leads(page: Path, target: str) -> bool:
    path, _, name = target.replace("::", "#", 1).partition("#")
    file = _resolve(page, path, from_root="::" in target)
    if not file.exists():
        return False
    relative = file.relative_to(ROOT)
    if name and file.suffix == ".py":
        return name in set(_names(syntax_of(relative)))
    if name and file.suffix == ".md":
        return name in set(_anchors(relative))
    return True


def _resolve(page: Path, path: str, *, from_root: bool) -> Path:
    """Links start at their page; `file.py::name` in running text starts at the root, as pytest writes it."""
    if not path:
        return ROOT / page
    start = ROOT if from_root else (ROOT / page).parent
    return (start / path).resolve()


def _names(module: ast.Module) -> Iterator[str]:
    """Top-level names, and `Class.member` for what stands in a class."""
    for node in module.body:
        for name in _bound(node):
            yield name
            if isinstance(node, ast.ClassDef):
                yield from (f"{name}.{member}" for inner in node.body for member in _bound(inner))


def _bound(node: ast.stmt) -> list[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.Assign(targets=targets):
            return [target.id for target in targets if isinstance(target, ast.Name)]
        case ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
    return []


def _anchors(page: Path) -> Iterator[str]:
    """Headings as the usual renderers turn them into anchors."""
    for line in (text_of(page) or "").splitlines():
        if heading := re.match(r"#+\s+(?P<title>.+)", line):
            title = re.sub(r"[^\w\s-]", "", heading["title"].lower())
            yield re.sub(r"\s", "-", title.strip())
