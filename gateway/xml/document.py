"""A document that came through the gate, asked by local names."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Final

from lxml import etree

ANYWHERE: Final = "//"


class Document:
    """
    A parsed document, without its comments.

    Paths name elements by local name, from the root's children down, as in `nachrichtenkopf.g2g/leser/kennung`; a path
    that begins with `//` starts at any descendant of the root. Namespaces and prefixes do not matter, because XÖV
    standards qualify the same element differently.
    """

    __slots__ = ("_leaves", "namespace", "root", "tree")

    def __init__(self, tree: etree._Element) -> None:
        namespace, _, name = str(tree.tag).rpartition("}")
        self.tree: Final = tree
        """the root element as the parser built it, for `gateway.validation` alone"""
        self.root: Final = name
        """local name of the root element"""
        self.namespace: Final = namespace.removeprefix("{")
        """namespace of the root element, empty where it has none"""
        self._leaves: Final[dict[str, dict[str, str]]] = {}

    def text(self, path: str) -> str | None:
        """The text of the first element at `path`, stripped; None where there is no such element or text."""
        for element in self.elements(path):
            if text := _stripped(element):
                return text
        return None

    def texts(self, path: str) -> tuple[str, ...]:
        """The texts of all elements at `path` in document order, stripped, without empty ones."""
        return tuple(text for element in self.elements(path) if (text := _stripped(element)))

    def leaves(self, path: str) -> Mapping[str, str]:
        """
        What the first element at `path` holds: the texts of the elements below it that have no children, stripped.

        Keyed by their path from there; of several with the same path the first. One walk instead of many, and one for
        all who ask: a head is looked at in every document.
        """
        found = self._leaves.get(path)
        if found is None:
            found = self._leaves[path] = {}
            for element in self.elements(path):
                _gather(element, "", found)
                break
        return found

    def each(self, path: str) -> Iterator[Document]:
        """The elements at `path` in document order, each as a document of its own; `*` is any name."""
        return (Document(element) for element in self.elements(path))

    def filled(self, name: str, namespace: str, text: Callable[[Document], str]) -> Document:
        """A copy in which a text stands where each element of this name stood; it must be alone in its parent."""
        tree = copy.deepcopy(self.tree)
        for element in list(tree.iter(f"{{{namespace}}}{name}")):
            parent = element.getparent()
            if parent is not None:
                parent.remove(element)
                parent.text = text(Document(element))
        return Document(tree)

    @property
    def own(self) -> str:
        """The root's own text, stripped."""
        return _stripped(self.tree)

    def attribute(self, name: str) -> str | None:
        """The value of the root's attribute `name`, as written; None where it has none."""
        return self.tree.get(name)

    def elements(self, path: str) -> Iterator[etree._Element]:
        """The elements at `path` in document order, for `gateway.validation` alone."""
        if not path.startswith(ANYWHERE):
            return _at(self.tree, _steps(path))
        first, *below = _steps(path.removeprefix(ANYWHERE))
        return chain.from_iterable(_at(each, below) for each in self.tree.iterdescendants(first))


def _at(element: etree._Element, steps: Sequence[str]) -> Iterator[etree._Element]:
    if not steps:
        return iter((element,))
    children = element.iterchildren(steps[0])
    below = steps[1:]
    return chain.from_iterable(_at(child, below) for child in children) if below else children


@lru_cache(maxsize=256)
def _steps(path: str) -> tuple[str, ...]:
    return tuple("{*}" + name for name in path.split("/"))


def _gather(element: etree._Element, path: str, found: dict[str, str]) -> None:
    for child in element:
        below = path + _local(child.tag)  # type: ignore[arg-type]  # a text: comments and instructions are gone
        if len(child):
            _gather(child, below + "/", found)
        else:
            found.setdefault(below, (child.text or "").strip())


@lru_cache(maxsize=1024)
def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _stripped(element: etree._Element) -> str:
    return (element.text or "").strip()
