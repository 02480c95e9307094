"""
What no rule may ask for: anything beyond the one document.

Rules are installed by operators and written by others. What can be seen in their text is refused when they are
installed. What cannot, meets an engine that opens no address, and a process that can open no file and no socket.
"""

from __future__ import annotations

from typing import Final

from lxml import etree

from gateway.validation.schematron.vocabulary import XSL, broken, local
from gateway.validation.schematron.xpath import calls

INSTRUCTIONS: Final = frozenset(
    {
        *("import", "include", "use-package", "import-schema", "package", "expose"),
        *("result-document", "source-document", "stream", "merge", "evaluate"),
    }
)
"""of XSLT: they read other files, write files, or run text as code"""

FUNCTIONS: Final = frozenset(
    {
        *("document", "doc", "doc-available", "collection", "uri-collection"),
        *("unparsed-text", "unparsed-text-lines", "unparsed-text-available", "json-doc"),
        *("environment-variable", "available-environment-variables"),
        *("transform", "load-xquery-module", "function-lookup", "put"),
    }
)
"""of XPath: they read files and addresses, look at the process, or call what cannot be seen here"""


def allowed(name: str, stylesheet: etree._Element) -> None:
    """Raises BadPackage, naming the file and what it asks for."""
    for element in stylesheet.iter("*"):
        instruction = str(element.tag).startswith(XSL)
        if instruction and local(element) in INSTRUCTIONS:
            raise _refused(name, element, f"xsl:{local(element)}")
        for value in element.attrib.values():
            if instruction or "{" in value:
                _functions(name, element, str(value))
        if instruction and element.text and "{" in element.text:
            _functions(name, element, element.text)


def _functions(name: str, element: etree._Element, expression: str) -> None:
    for _, function in calls(expression):
        if function in FUNCTIONS:
            raise _refused(name, element, f"{function}()")


def _refused(name: str, element: etree._Element, what: str) -> Exception:
    return broken(
        name,
        element,
        f"{what} ist in Regeln nicht erlaubt: Sie sehen nur das eine Dokument.",
        f"{what} is not allowed in rules: they see the one document only.",
    )
