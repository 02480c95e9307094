"""Where not exactly one package knows a document: what the sender is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from gateway.errors import AmbiguousSchema, Sentence
from gateway.rejections import Table
from gateway.submission import Actor, Finding
from gateway.validation.packages import Package
from gateway.xml import Document

UNKNOWN_SCHEMA: Final = "unknown-schema"
V000: Final = "V000"
"""version not supported, in the generic XÖV list of reasons for rejection"""
UNKNOWN_SERVICE: Final = "unknown-service"
"""what `gateway.routing` says of a message that nobody here takes: the standards' lists make no difference"""


def unknown(document: Document, packages: Sequence[Package], rejections: Mapping[str, Table]) -> Finding:
    """What would have been known, and which of the usual mistakes this looks like."""
    hint = (
        _same_namespace(document, packages)
        or _same_root(document, packages)
        or _same_standard(document, packages)
        or Sentence("", "")
    )
    installed = ", ".join(f"{package.label} ({package.namespace})" for package in packages)
    return Finding(
        UNKNOWN_SCHEMA,
        Sentence(
            f"Kein eingespieltes Schemapaket kennt dieses Wurzelelement. {hint.de}Eingespielt sind: {installed}.",
            f"No installed schema package knows this root element. {hint.en}Installed are: {installed}.",
        ),
        xoev=_xoev(document, packages, rejections),
    )


def ambiguous(packages: Sequence[Package]) -> Finding:
    """Nothing the sender did wrong: the operator has installed packages that contradict each other."""
    labels = ", ".join(package.label for package in packages)
    return Finding(
        AmbiguousSchema.code,
        Sentence(
            f"Mehrere eingespielte Schemapakete kennen dieses Wurzelelement: {labels}. "
            "Der Betreiber muss alle bis auf eines entfernen.",
            f"Several installed schema packages know this root element: {labels}. "
            "The operator has to remove all but one.",
        ),
        actor=Actor.OPERATOR,
    )


def _xoev(document: Document, packages: Sequence[Package], rejections: Mapping[str, Table]) -> str:
    """Whether the version is not supported, or of a version that is, this message."""
    tables = (rejections.get(one.standard) for one in packages if one.namespace == document.namespace)
    return next((table.own_code(UNKNOWN_SERVICE) for table in tables if table), None) or V000


def _same_namespace(document: Document, packages: Sequence[Package]) -> Sentence | None:
    for package in packages:
        if package.namespace == document.namespace:
            roots = ", ".join(sorted(package.roots))
            return Sentence(
                f"Der Namensraum ist der von {package.label}; dieses Paket kennt: {roots}. ",
                f"The namespace is that of {package.label}; this package knows: {roots}. ",
            )
    return None


def _same_root(document: Document, packages: Sequence[Package]) -> Sentence | None:
    for package in packages:
        if document.root in package.roots:
            return Sentence(
                f"{package.label} hat eine Nachricht dieses Namens, aber in einem anderen Namensraum: "
                "Wahrscheinlich ist eine andere Version oder ein anderer Standard gemeint. ",
                f"{package.label} has a message of this name, but in another namespace: "
                "probably another version or another standard is meant. ",
            )
    return None


def _same_standard(document: Document, packages: Sequence[Package]) -> Sentence | None:
    standard = document.attribute("standard")
    versions = ", ".join(package.version for package in packages if package.standard == standard)
    if not versions:
        return None
    return Sentence(
        f"Der Standard ist bekannt, aber nur in Version {versions}. ",
        f"The standard is known, but in version {versions} only. ",
    )
