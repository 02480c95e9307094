"""One package, compiled: libxml2 gives the verdict, and a second look says what is wrong and where."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from lxml import etree

from gateway.errors import BadPackage, HostileXml, NotChecked
from gateway.validation.packages import Package
from gateway.validation.places import XSD, Fault, Names
from gateway.validation.witness import Witness
from gateway.xml import Document
from gateway.xml.gate import HARDENED

NARROW: Final = 20_000
"""`<` in a document, and `=`, up to which the tree is judged: a tenth of a megabyte at least; see `Engine.faults`"""


class Engine:
    """
    A compiled package. Serves one thread: an XMLSchema of lxml mixes the error logs of threads that share it.

    Raises BadPackage where the package does not compile, or compiles to something else than it declares; NotChecked
    where there is no room to compile it.
    """

    def __init__(self, package: Package) -> None:
        self._package = package
        documents = {name: _read(package, name) for name in package.files}
        _stay_inside(package, documents)
        self._schema = _compiled(package)
        self.names: Final = Names(documents.values())
        self._same_roots(_roots(documents.values(), package.namespace))

    def accepts(self, document: Document, source: bytes) -> bool:
        """Whether a narrow document is valid, at once; False also where only `faults` can say."""
        try:
            return _narrow(source) and self._schema.validate(document.tree)
        except Exception:  # noqa: BLE001 - `faults` tells what broke
            return False

    def faults(self, document: Document, source: bytes, known: Sequence[Fault] = ()) -> tuple[Fault, ...]:
        """
        Nothing where the document is valid, else at most 200 faults in document order; or nothing where it is invalid
        for what is `known` of it already, at which only one of the two ways to judge looks.

        lxml gives each error a path by counting siblings, so that a list of 300,000 wrong items keeps a processor busy
        for minutes. The tree is therefore judged in narrow documents only; wide ones are judged while they are read
        again, which is slower and stops at the last fault we want. That second reading explains the narrow ones too.

        Raises HostileXml where a wide document has more than 1,000 namespaces in force at one place; NotChecked where
        the engine breaks down.
        """
        narrow = _narrow(source)
        try:
            if narrow and self._schema.validate(document.tree):
                return ()
            faults = Witness(self._schema).testify(source)
        except HostileXml:
            raise
        except Exception:  # noqa: BLE001 - whatever broke: a document that was not judged is not valid
            raise _not_checked() from None
        if any(fault.kind == etree.ErrorTypes.SCHEMAV_INTERNAL for fault in faults):
            raise _not_checked()
        if narrow and not faults and not known:
            raise _not_checked()
        return faults

    def _same_roots(self, declared: set[str]) -> None:
        """The engine knows each root the documents declare: an import that it skipped silently would show here."""
        known = {name for name in declared if self._knows(name)}
        listed = self._package.roots.keys() | self._package.parts
        for name in sorted((declared | listed) - (declared & listed & known)):
            raise BadPackage(
                f"{self._package.label}: Das Wurzelelement „{name}“ müsste im Manifest genannt, im Schema "
                "erklärt und der Prüfung bekannt sein; eines davon fehlt.",
                f'{self._package.label}: the root element "{name}" should be listed in the manifest, declared in the '
                "schema and known to the engine; one of these is missing.",
            )

    def _knows(self, root: str) -> bool:
        """Both ways to judge are asked, so that none of them can fall silent with a later libxml2."""
        bare = etree.Element(f"{{{self._package.namespace}}}{root}")
        faults = Witness(self._schema).testify(etree.tostring(bare))
        unanimous = self._schema.validate(bare) is not bool(faults)
        return unanimous and all(fault.kind != etree.ErrorTypes.SCHEMAV_CVC_ELT_1 for fault in faults)


def _narrow(source: bytes) -> bool:
    small = len(source) < 4 * NARROW
    return small or (source.count(b"<") < NARROW and source.count(b"=") < NARROW)


def _not_checked() -> NotChecked:
    return NotChecked(
        "Die Prüfung gegen das Schema konnte nicht zu Ende geführt werden. Bitte später noch einmal senden.",
        "The check against the schema could not be completed. Please send again later.",
    )


# ── a package becomes a schema ───────────────────────────────────────────────────────────────────────────────────────

_SCHEMA_PARSER: Final = HARDENED | {"encoding": None}
"""What a package holds is sealed, and in the encoding it declares."""


def _read(package: Package, name: str) -> etree._Element:
    parser: etree.XMLParser = etree.XMLParser(**_SCHEMA_PARSER)
    try:
        document = etree.fromstring(package.files[name], parser)
    except etree.XMLSyntaxError as refusal:
        raise BadPackage(
            f"{package.label}: {name} ist kein wohlgeformtes XML ({refusal}).",
            f"{package.label}: {name} is not well-formed XML ({refusal}).",
        ) from None
    if document.getroottree().docinfo.internalDTD is not None:
        raise BadPackage(
            f"{package.label}: {name} hat eine Dokumenttyp-Deklaration; bitte ohne sie einspielen.",
            f"{package.label}: {name} has a document type declaration; please install it without.",
        )
    return document


def _stay_inside(package: Package, documents: Mapping[str, etree._Element]) -> None:
    """What a document includes or imports lies in the package, so that nothing is looked for elsewhere."""
    for name, document in documents.items():
        for reference in document.iter(XSD + "include", XSD + "import", XSD + "redefine"):
            location = reference.get("schemaLocation")
            if location is not None and location not in package.files:
                raise BadPackage(
                    f"{package.label}: {name}:{reference.sourceline} verweist auf {location}; "
                    "das Paket enthält kein solches Dokument.",
                    f"{package.label}: {name}:{reference.sourceline} refers to {location}; "
                    "the package holds no such document.",
                )


def _compiled(package: Package) -> etree.XMLSchema:
    """
    From files of its own, which hold what was sealed, whatever has happened to the package's folder since.

    A resolver could hand the documents out of memory, but lxml finds resolvers through a loader that the whole process
    shares: while another thread parses, an include gets lost now and then.
    """
    try:
        with TemporaryDirectory(prefix="xsd-") as folder:
            for name, content in package.files.items():
                Path(folder, name).write_bytes(content)
            parser: etree.XMLParser = etree.XMLParser(**_SCHEMA_PARSER)
            schema = etree.XMLSchema(etree.parse(Path(folder, package.entry), parser))
    except etree.XMLSchemaParseError as refusal:
        raise _does_not_compile(package, refusal.error_log) from None
    except OSError as trouble:
        raise NotChecked(
            f"{package.label} konnte nicht übersetzt werden: kein Ordner für Zwischendateien ({trouble.strerror}).",
            f"{package.label} could not be compiled: no folder for temporary files ({trouble.strerror}).",
        ) from None
    if schema.error_log:  # libxml2 only warns where it leaves an import out and judges without it
        raise _does_not_compile(package, schema.error_log)
    return schema


def _does_not_compile(package: Package, complaints: etree._ListErrorLog) -> BadPackage:
    first = complaints[0]
    where = f"{Path(first.filename).name}:{first.line}"
    return BadPackage(
        f"{package.label}: Das Schema lässt sich nicht übersetzen ({where}): {first.message}",
        f"{package.label}: the schema does not compile ({where}): {first.message}",
    )


def _roots(documents: Iterable[etree._Element], namespace: str) -> set[str]:
    return {
        element.get("name", "")
        for document in documents
        if document.get("targetNamespace") == namespace
        for element in document.iterchildren(XSD + "element")
        if element.get("abstract") not in {"true", "1"}
    }
