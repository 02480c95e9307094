"""Schema packages as JSON: what this gateway can judge, by which documents, and until when."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from gateway.answering import answering_package
from gateway.receipt import shapes
from gateway.validation import Library, Package, Schemas, ends_soon


def packages(schemas: Schemas, today: date, *, sandbox: bool) -> shapes.Packages:
    """Everything that is installed; libraries, which judge nothing, included."""
    body: shapes.Packages = {"digest": schemas.digest, "schemas": listed(schemas, today)}
    if sandbox:
        body["sandbox"] = True
    return body


def listed(schemas: Schemas, today: date) -> list[shapes.Package]:
    """One entry for each version and namespace: first what judges, then what it is made of."""
    installed: Iterable[Package | Library] = (*schemas.packages, *schemas.libraries)
    return [described(one, schemas, today) for one in installed]


def described(one: Package | Library, schemas: Schemas, today: date) -> shapes.Package:
    """A package or library as `GET /v1/schemas` and `schemas list` show it."""
    roots = one.roots if isinstance(one, Package) else {}
    body: shapes.Package = {
        "standard": one.standard,
        "version": one.version,
        "namespace": one.namespace,
        "roots": sorted(roots),
        "name": one.name,
        "title": one.title,
        "source": one.source,
        "messages": [_message(one, root) for root in sorted(roots)] if isinstance(one, Package) else [],
        "uses": [*one.uses],
        "digest": one.digest,
        "endsSoon": ends_soon(one, today),
    }
    if one.valid_from:
        body["validFrom"] = one.valid_from.isoformat()
    if one.valid_until:
        body["validUntil"] = one.valid_until.isoformat()
    if isinstance(one, Package) and (answers := _answers(one, schemas)):
        body["answers"] = answers
    return body


def _answers(one: Package, schemas: Schemas) -> shapes.Answers | None:
    """The messages in which its own are turned down and acknowledged, where they are installed."""
    table = schemas.rejections.get(one.standard)
    package = answering_package(table, one, schemas) if table else None
    if table is None or package is None:
        return None
    answers: shapes.Answers = {
        "standard": package.standard,
        "version": package.version,
        "namespace": package.namespace,
        "codes": {"uri": table.codes.uri, "version": table.codes.version},
    }
    if table.rejection and table.rejection.root_name in package.roots:
        answers["rejection"] = table.rejection.root_name
    if table.receipt and table.receipt.root_name in package.roots:
        answers["receipt"] = table.receipt.root_name
    return answers


def _message(package: Package, root: str) -> shapes.PackageMessage:
    body: shapes.PackageMessage = {"root": root, "title": package.roots[root]}
    if root in package.leistungen:
        body["leistungen"] = [*package.leistungen[root]]
    return body
