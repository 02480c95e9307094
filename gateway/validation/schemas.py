"""Document in, verdict out: exactly one package knows the root, and it says yes or why not."""

from __future__ import annotations

import hashlib
import re
import threading
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple

from lxml import etree

from gateway.errors import BadPackage, NotChecked, NotReadable, Sentence, TooLarge, WrongEncoding
from gateway.rejections import CODES, Table, load
from gateway.submission import Actor, Finding, Reading, Severity
from gateway.validation.against_schema import AgainstSchema
from gateway.validation.beyond_schema import SKIPPED, BeyondSchema
from gateway.validation.characters import within_b
from gateway.validation.choice import ambiguous, unknown
from gateway.validation.declarations import OVERLOOKED, Declarations, Kind, Sieve, Sifted
from gateway.validation.engine import Engine
from gateway.validation.manifests import MANIFEST
from gateway.validation.packages import Library, Package
from gateway.validation.reading import read
from gateway.validation.schematron import RuleRunner
from gateway.validation.stages import SCHEMA, SCHEMATRON, WELL_FORMED, Outcome, Stage
from gateway.validation.store import packages_in
from gateway.validation.verdict import Invalid, Undecided, Valid, Verdict, concluded
from gateway.xml import MOST_BYTES, Document, as_utf8, parse


class Schemas:
    """The schema packages of this gateway, loaded once; `judge` may be called from any thread."""

    def __init__(
        self,
        packages: tuple[Package, ...],
        libraries: tuple[Library, ...] = (),
        rejections: Mapping[str, Table] | None = None,
    ) -> None:
        self.packages: Final = packages
        """sorted by standard and version"""
        self.libraries: Final = libraries
        """what the packages use of each other and of the common modules; sorted likewise"""
        self.rejections: Final = rejections or {}
        """how messages of a standard are turned down and acknowledged, by its name"""
        self.digest: Final = _digest(packages, self.rejections)
        """hex SHA-256 over all packages and tables: replicas that judge and answer alike have the same"""
        self._by_root: Final = _by_root(packages)
        self._engines: Final = _Engines()
        self._declarations: Final = {one: Declarations(one.files, one.entry) for one in packages}
        self._sieves: Final[dict[tuple[str, str], _Sieves]] = {}
        self._against_schema: Final = {one: AgainstSchema(one, self._declarations[one]) for one in packages}
        self._runner: Final = RuleRunner()
        self._beyond: Final = {one: BeyondSchema(one, self._declarations[one], self._runner) for one in packages}
        by_rules = (one for one in packages if self._beyond[one].has_rules)
        self._by_rules: Final = frozenset(root.encode() for one in by_rules for root in one.roots)
        """the names of roots that are judged by rules, too: a document with one of them need not be parsed to know"""

    @classmethod
    def load(cls, *folders: Path, tables: Path | None = None) -> Schemas:
        """
        The packages in each `folder`/<standard>/<version>/, checked against their manifests and compiled once.

        With them come the tables of rejections beside the packages, and those in the folder `tables`, which has no
        packages that count. A folder may be missing or empty, but not all of them. Raises BadPackage, naming the file.
        """
        found = sorted(packages_in(*folders), key=lambda one: (one.standard or one.name, one.version or ""))
        if not found:
            where = ", ".join(map(str, folders))
            raise BadPackage(
                f"In {where} liegt kein Schemapaket (…/<Standard>/<Version>/{MANIFEST}).",
                f"There is no schema package in {where} (…/<standard>/<version>/{MANIFEST}).",
            )
        rejections = load(*dict.fromkeys((*folders, *((tables,) if tables else ()))))
        schemas = cls(
            tuple(_with_case(one, rejections) for one in found if isinstance(one, Package)),
            tuple(one for one in found if isinstance(one, Library)),
            rejections,
        )
        for package in schemas.packages:
            schemas._engines.of(package)
        return schemas

    def judge(
        self, document: bytes, charset: str | None = None, *, most: int = MOST_BYTES, only_utf8: bool = False
    ) -> Verdict:
        """
        Whether a document is valid, and what can be read from it either way.

        `charset` and `most` as for `gateway.xml.parse`, whose errors pass through; documents in other encodings are
        read like Xerces reads them, unless `only_utf8`. Takes the caller's thread: a tenth of a millisecond for 4 KB
        that are valid, some milliseconds where there is something to explain, and seconds for the worst that 25 MB can
        hold.

        Raises NotXml, WrongEncoding, HostileXml, TooLarge.
        """
        parsed, source, well_formed = self._read(document, charset, most, only_utf8=only_utf8)
        match self._by_root.get((parsed.namespace, parsed.root), ()):
            case (package,):
                sifted = self._sift(package, parsed, source)
                schema = self._schema_stage(package, parsed, source, sifted)
                return self._concluded(package, _Seen(parsed, source, sifted), well_formed, schema)
            case ():
                found = unknown(parsed, self.packages, self.rejections)
                stages = (well_formed, Stage(SCHEMA, Outcome.FAILED, (found,)), *SKIPPED)
                return Invalid(read(parsed, None), (*well_formed.findings, found), stages)
            case several:
                found = ambiguous(several)
                stages = (well_formed, Stage(SCHEMA, Outcome.ERROR, (found,)), *SKIPPED)
                return Undecided(read(parsed, None), (*well_formed.findings, found), stages)

    def glance(self, document: bytes, charset: str | None = None, *, most: int = MOST_BYTES) -> Valid | None:
        """
        The verdict where it is quickly found and good; None where it takes `judge`, some milliseconds, and a thread.

        Raises as `judge` does with `only_utf8`.
        """
        if (name := _ROOT.search(document)) and name[1] in self._by_rules:
            return None
        parsed = parse(document, charset=charset, most=most, blanks=False)
        match self._by_root.get((parsed.namespace, parsed.root), ()):
            case (package,) if not self._beyond[package].has_rules:
                sifted = self._sift(package, parsed, document)
                schema = self._against_schema[package].glance(
                    parsed, document, self._engines.of(package), sifted.doubtful
                )
                if schema is None:
                    return None
                verdict = self._concluded(package, _Seen(parsed, document, sifted), _WELL_FORMED, schema)
                return verdict if isinstance(verdict, Valid) else None
            case _:
                return None

    def prepare(self) -> bool:
        """
        Make ready what explaining takes for one package more, so that the first wrong document need not wait for it.

        Takes the caller's thread for up to a second of its processor. False where nothing is left to do.
        """
        return any(one.prepare() for one in self._against_schema.values())

    def examine(self, document: bytes, *, most: int = MOST_BYTES) -> Verdict:
        """The same for whoever only wants to know: what cannot be read is not valid, and says why."""
        try:
            return self.judge(document, most=most)
        except (NotReadable, TooLarge) as refusal:
            found = Finding(refusal.code, refusal.detail, xoev=X000)
            skipped = Stage(SCHEMA, Outcome.SKIPPED)
            return Invalid(NOTHING_READ, (found,), (Stage(WELL_FORMED, Outcome.FAILED, (found,)), skipped, *SKIPPED))

    def coded(self, standard: str, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
        """The findings with the codes of the standard's own list, where a table says how they are told in it."""
        table = self.rejections.get(standard)
        if table is None:
            return findings
        told = [table.own_code(one.code) if one.code in CODES else one.xoev for one in findings]
        if all(one.xoev == code for one, code in zip(findings, told, strict=True)):
            return findings
        return tuple(replace(one, xoev=code) for one, code in zip(findings, told, strict=True))

    def package(self, standard: str, version: str) -> Package | None:
        """That version of a standard, where it is installed."""
        return next((one for one in self.packages if (one.standard, one.version) == (standard, version)), None)

    def _sift(self, package: Package, document: Document, source: bytes) -> Sifted:
        """With sieves made when a root's first document comes: of the hundred messages of a standard few are used."""
        key = (document.namespace, document.root)
        sieves = self._sieves.get(key)
        if sieves is None:
            declarations, tag = self._declarations[package], str(document.tree.tag)
            sieves = self._sieves[key] = _Sieves(
                declarations.sieve(*OF_INTEREST, root=tag), declarations.sieve(*OF_INTEREST_WITHIN_B, root=tag)
            )
        return sieves.sift(document.tree, source)

    def _read(
        self, document: bytes, charset: str | None, most: int, *, only_utf8: bool
    ) -> tuple[Document, bytes, Stage]:
        try:
            return parse(document, charset=charset, most=most, blanks=False), document, _WELL_FORMED
        except WrongEncoding:
            other = None if only_utf8 or len(document) > most else as_utf8(document)
            if other is None:
                raise
            return parse(other, most=2 * most, blanks=False), other, _IN_ANOTHER_ENCODING

    def _concluded(self, package: Package, seen: _Seen, well_formed: Stage, schema: Stage) -> Verdict:
        if package.strict and well_formed.findings:
            graver = tuple(replace(finding, severity=Severity.ERROR) for finding in well_formed.findings)
            well_formed = replace(well_formed, findings=graver)
        beyond = SKIPPED
        if schema.outcome is Outcome.PASSED:
            names = self._engines.of(package).names
            beyond = self._beyond[package].judge(seen.document, seen.source, seen.sifted, names)
        stages = (well_formed, schema, *beyond)
        if any([stage.findings for stage in stages]):  # noqa: C419 - six of them: a list is sooner made
            stages = tuple(self._in_own_codes(stage, package) for stage in stages)
        return concluded(seen.document, package, stages, DECISIVE)

    def _in_own_codes(self, stage: Stage, package: Package) -> Stage:
        findings = self.coded(package.standard, stage.findings)
        return stage if findings is stage.findings else replace(stage, findings=findings)

    def _schema_stage(self, package: Package, parsed: Document, source: bytes, sifted: Sifted) -> Stage:
        try:
            return self._against_schema[package].judge(parsed, source, self._engines.of(package), sifted.doubtful)
        except NotChecked as trouble:
            return Stage(SCHEMA, Outcome.ERROR, (_broke_down(trouble.detail),))


_ROOT: Final = re.compile(rb"<(?:[\w.-]+:)?([\w.-]+)")
"""what looks like a document's first element; a guess that decides nothing but which way is tried first"""


class _Seen(NamedTuple):
    """A document as it was parsed, the bytes it was read from, and what was sifted from it."""

    document: Document
    source: bytes
    sifted: Sifted


class _Sieves(NamedTuple):
    """For any document with a certain root, and for one whose texts are within datatype B, so that fewer matter."""

    any: Sieve
    within_b: Sieve

    def sift(self, root: etree._Element, source: bytes) -> Sifted:
        fewer = len(self.within_b.names) < len(self.any.names)
        return (self.within_b if fewer and within_b(root) else self.any).sift(root, source)


OF_INTEREST: Final = (*OVERLOOKED, Kind.CODE, Kind.CHARACTERS)
"""the kinds of elements that are looked at once more"""
OF_INTEREST_WITHIN_B: Final = (*OVERLOOKED, Kind.CODE, Kind.NAMES)


def _broke_down(what: Sentence) -> Finding:
    return Finding(NOT_CHECKED, what, actor=Actor.OPERATOR)


NOT_CHECKED: Final = NotChecked.code
X000: Final = "X000"
"""not readable, in the XÖV lists of reasons for rejection"""
NOTHING_READ: Final = Reading(root="", namespace="")

DECISIVE: Final = (SCHEMA, SCHEMATRON)
"""the stages by which a readable document is valid or not; what the others find are warnings or objections"""

_WELL_FORMED: Final = Stage(WELL_FORMED, Outcome.PASSED)
_IN_ANOTHER_ENCODING: Final = Stage(
    WELL_FORMED,
    Outcome.PASSED,
    (
        Finding(
            WrongEncoding.code,
            Sentence(
                "Das Dokument ist nicht in UTF-8 kodiert, wie es die Standards verlangen. Einreichen lässt es sich so "
                "nicht.",
                "The document is not encoded in UTF-8, which the standards demand. It cannot be submitted like that.",
            ),
            severity=Severity.WARNING,
            xoev="S001",
        ),
    ),
)


class _Engines(threading.local):
    """The packages as this thread has compiled them."""

    def __init__(self) -> None:
        self._compiled: dict[Package, Engine] = {}

    def of(self, package: Package) -> Engine:
        engine = self._compiled.get(package)
        if engine is None:
            engine = self._compiled[package] = Engine(package)
        return engine


def _by_root(packages: tuple[Package, ...]) -> dict[tuple[str, str], tuple[Package, ...]]:
    known: defaultdict[tuple[str, str], tuple[Package, ...]] = defaultdict(tuple)
    for package in packages:
        for root in package.roots:
            known[package.namespace, root] += (package,)
    return dict(known)


def _with_case(package: Package, rejections: Mapping[str, Table]) -> Package:
    """What the manifest does not say of the case's id, the standard's table may know."""
    table = rejections.get(package.standard)
    if table is None or table.case is None or package.reading.case:
        return package
    return replace(package, reading=replace(package.reading, case=table.case))


def _digest(packages: tuple[Package, ...], rejections: Mapping[str, Table]) -> str:
    lines = "".join(f"{package.digest}  {package.label}\n" for package in packages)
    lines += "".join(f"{table.digest}  {standard}\n" for standard, table in sorted(rejections.items()))
    return hashlib.sha256(lines.encode()).hexdigest()
