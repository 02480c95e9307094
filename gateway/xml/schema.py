"""The schema of a web service, for its messages; submissions are judged by `gateway.validation`."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from lxml import etree

from gateway.errors import BadPackage
from gateway.xml.document import Document


class Schema:
    """Compiled; it serves one thread. Nothing is ever fetched from a network."""

    def __init__(self, compiled: etree.XMLSchema) -> None:
        self._compiled = compiled

    @classmethod
    def of_wsdl(cls, file: Path) -> Self:
        """
        The types of a WSDL, with the files beside it that they include and import.

        Raises:
            BadPackage: something is missing, or does not compile.
        """
        parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True)
        try:
            types = etree.parse(file, parser).find(".//{http://www.w3.org/2001/XMLSchema}schema")
            if types is None:
                raise BadPackage(f"{file} enthält kein Schema.", f"{file} has no schema.")
            return cls(etree.XMLSchema(types))
        except (OSError, etree.XMLSyntaxError, etree.XMLSchemaParseError) as error:
            raise BadPackage(
                f"{file} oder eine Datei daneben ist unbrauchbar: {error}",
                f"{file} or a file beside it is no use: {error}",
            ) from error

    def faults(self, document: Document) -> tuple[str, ...]:
        """What is wrong with a document, in the parser's words, which repeat its values; nothing where it is valid."""
        self._compiled.validate(document.tree)
        return tuple(f"{one.line}: {one.message}" for one in self._compiled.error_log)
