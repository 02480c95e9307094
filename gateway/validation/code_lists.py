"""
Code lists, and the look at a document by them: is each code in the list that its element refers to?

A schema checks the values of code type 1 only. For types 2 to 4 the values are in Genericode files, which XRepository
publishes list by list and version by version; that some are not installed is the rule and no reason to turn a document
away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple, Protocol, TypeAlias

from lxml import etree

from gateway.errors import BadPackage, Sentence
from gateway.submission import Actor, Finding, Severity
from gateway.validation.declarations import Caught, CodeUse, Declarations
from gateway.validation.stages import CODE_LISTS, Outcome, Stage
from gateway.xml.gate import HARDENED

UNKNOWN_CODE: Final = "unknown-code"
UNKNOWN_CODE_LIST: Final = "unknown-code-list"
S010: Final = "S010"
"""code list not valid, in the generic XÖV list of reasons for rejection"""
S011: Final = "S011"
"""code not in its list, likewise"""

MOST_FINDINGS: Final = 50

Locate: TypeAlias = Callable[[etree._Element], str]  # noqa: SLF001 - lxml has no other name for it
"""an element's path, as findings name it"""


# ── a list ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class CodeList:
    """One version of one code list."""

    uri: str
    version: str
    name: str
    """what people call it"""
    keys: tuple[str, ...]
    """the columns whose values identify a row, the recommended one first"""
    names: Mapping[str, str]
    """other names of the key columns, and the columns they mean"""
    values: Mapping[str, frozenset[str]]
    """for each key column what it holds"""

    def codes(self, column: str | None) -> frozenset[str]:
        """The codes, by the column that a standard says it uses; else by the recommended one."""
        asked = column or self.keys[0]
        return self.values.get(self.names.get(asked, asked)) or self.values[self.keys[0]]


class Lists(Protocol):
    """Where code lists are looked up."""

    def find(self, uri: str, version: str | None) -> CodeList | None:
        """That version of the list; None where it is not installed, or where no version is asked for."""
        ...


def read(content: bytes) -> CodeList:
    """
    A list out of a Genericode 1.0 document.

    Raises BadPackage where the document is something else; XRepository answers a question for an unknown list with an
    error document, which downloads then carry under the name of the list.
    """
    root = _parsed(content)
    if root.tag != GENERICODE + "CodeList":
        raise _no_list(*_WHAT_ELSE.get(_local(root), (f"<{_local(root)}>", f"<{_local(root)}>")))
    uri = _text(root, "Identification/CanonicalUri")
    version = _text(root, "Identification/Version")
    columns = {column.get("Id") or "": _text(column, "ShortName") for column in root.iterfind("ColumnSet/Column")}
    keys = tuple(dict.fromkeys(column for column in _key_columns(root) if column in columns))
    if not (uri and version and keys):
        raise _no_list("eine Codeliste ohne Kennung, Version oder Schlüssel", "a list without URI, version or key")
    values: dict[str, set[str]] = {key: set() for key in keys}
    for row in root.iterfind("SimpleCodeList/Row"):
        for column, value in _cells(row, tuple(columns)):
            if column in values:
                values[column].add(value)
    if not any(values[key] for key in keys):
        raise _no_list("eine Codeliste ohne Werte", "a list without values")
    return CodeList(
        uri=uri,
        version=version,
        name=_text(root, "Identification/LongName") or _text(root, "Identification/ShortName") or uri,
        keys=keys,
        names={columns[key]: key for key in keys if columns[key] not in columns},
        values={column: frozenset(found) for column, found in values.items()},
    )


GENERICODE: Final = "{http://docs.oasis-open.org/codelist/ns/genericode/1.0/}"

_RECOMMENDED: Final = frozenset({"recommendedKeyColumn", "empfohleneCodeSpalte", "xoev-code"})
"""how the successive handbooks of XÖV mark the key column that they recommend"""

_WHAT_ELSE: Final = {
    "Fehler": ("eine Fehlermeldung des XRepository", "an error message of XRepository"),
    "ColumnSet": ("eine Spaltenbeschreibung ohne Werte", "a description of columns without values"),
    "CodeListSet": ("eine Sammlung von Verweisen auf Codelisten", "a collection of references to code lists"),
}


def _parsed(content: bytes) -> etree._Element:
    lenient: dict[str, Any] = HARDENED | {"encoding": None, "remove_pis": True}
    parser: etree.XMLParser = etree.XMLParser(**lenient)
    try:
        return etree.fromstring(content, parser)
    except etree.XMLSyntaxError:
        raise _no_list("kein wohlgeformtes XML", "no well-formed XML") from None


def _no_list(de: str, en: str) -> BadPackage:
    return BadPackage(
        f"Statt einer Codeliste (Genericode 1.0): {de}.", f"Instead of a code list (Genericode 1.0): {en}."
    )


def _key_columns(root: etree._Element) -> Iterator[str]:
    """The columns of keys that consist of one column; marked ones first."""
    keys = [key for key in root.iterfind("ColumnSet/Key") if len(key.findall("ColumnRef")) == 1]
    for key in sorted(keys, key=lambda key: not _recommended(key)):
        yield key.find("ColumnRef").get("Ref") or ""  # type: ignore[union-attr] # counted in the line above


def _recommended(key: etree._Element) -> bool:
    return any(_local(mark) in _RECOMMENDED for mark in key.iterfind("Annotation/AppInfo/*"))


def _cells(row: etree._Element, columns: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Column and value; a value that names no column belongs to the one after its neighbour's."""
    position = 0
    for value in row.iterfind("Value"):
        named = value.get("ColumnRef")
        if named in columns:
            position = columns.index(named)
        if (text := value.findtext("SimpleValue")) is not None and (named or position < len(columns)):
            yield named or columns[position], _collapsed(text)
        position += 1


def _local(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _text(element: etree._Element, path: str) -> str:
    return (element.findtext(path) or "").strip()


def _collapsed(text: str) -> str:
    """As the type `token` of a code has it."""
    return " ".join(text.split())


# ── the look at a document ───────────────────────────────────────────────────────────────────────────────────────────


def stage(coded: Iterable[Caught], declarations: Declarations, lists: Lists, locate: Locate, *, strict: bool) -> Stage:
    """
    Whether the codes of a valid document are in their lists.

    `coded` are its elements of `Kind.CODE`. Where `strict`, what is found is an error: such a package brings its lists
    along, so that a list which is not there was named wrongly. Else it is a warning, and a list that is not installed
    makes the look partial.
    """
    look = _Look(lists)
    for element, declaration in coded:
        if declaration.code:
            look.at(element, declaration.code)
    if not look.found:
        return _PASSED
    found = tuple(_Telling(declarations, locate, strict=strict).of(one) for one in look.found)
    if strict:
        return Stage(CODE_LISTS, Outcome.FAILED, found)
    if look.missing:
        return Stage(CODE_LISTS, Outcome.PARTIAL, found, _partial(len(look.missing)))
    return Stage(CODE_LISTS, Outcome.PASSED, found)


@dataclass(frozen=True, slots=True)
class _Miss:
    """An element whose code is not in its list, or whose list is not installed (`list` is None)."""

    element: etree._Element
    use: CodeUse
    list: CodeList | None


class _Meant(NamedTuple):
    """The list that an element means: its URI and version, and the list with its codes where it is installed."""

    name: tuple[str, str | None]
    list: CodeList | None
    codes: frozenset[str]


class _Look:
    """Over the codes of one document: each list is looked up once, and told once where it is missing."""

    def __init__(self, lists: Lists) -> None:
        self._lists: Final = lists
        self._meant: Final[dict[tuple[str | None, ...], _Meant]] = {}
        self.missing: Final[set[tuple[str, str | None]]] = set()
        self.found: Final[list[_Miss]] = []

    def at(self, element: etree._Element, use: CodeUse) -> None:
        code = _code(element, use.child)
        if code is None:
            return
        said = (use.uri or element.get("listURI"), use.version or element.get("listVersionID"), use.column)
        meant = self._meant.get(said)
        if meant is None:
            meant = self._meant[said] = self._looked_up(*said)
        if meant.list is None:
            if meant.name not in self.missing:
                self.missing.add(meant.name)
                self._note(_Miss(element, use, None))
        elif code not in meant.codes and _collapsed(code) not in meant.codes:
            self._note(_Miss(element, use, meant.list))

    def _looked_up(self, uri: str | None, version: str | None, column: str | None) -> _Meant:
        name = (_collapsed(uri or ""), _collapsed(version or "") or None)
        found = self._lists.find(*name)
        return _Meant(name, found, found.codes(column) if found else frozenset())

    def _note(self, miss: _Miss) -> None:
        if len(self.found) < MOST_FINDINGS:
            self.found.append(miss)


def _code(element: etree._Element, child: str) -> str | None:
    for one in element:
        if one.tag == child:
            return one.text or ""
    return None


_PASSED: Final = Stage(CODE_LISTS, Outcome.PASSED)


# ── what people are told ─────────────────────────────────────────────────────────────────────────────────────────────


class _Telling:
    def __init__(self, declarations: Declarations, locate: Locate, *, strict: bool) -> None:
        self._declarations = declarations
        self._locate = locate
        self._strict = strict

    def of(self, miss: _Miss) -> Finding:
        declaration = self._declarations.of(miss.element)
        label = (declaration and declaration.label) or _local(miss.element)
        code, text, xoev = (
            (UNKNOWN_CODE, _not_in(miss.list), S011)
            if miss.list
            else (UNKNOWN_CODE_LIST, _not_installed(miss.use, strict=self._strict), S010)
        )
        return Finding(
            code,
            text,
            severity=Severity.ERROR if self._strict else Severity.WARNING,
            path=self._locate(miss.element),
            line=miss.element.sourceline,
            xoev=xoev,
            label=label,
            expected=_expected(miss.list, miss.use) if miss.list else None,
            actor=Actor.PORTAL if miss.list or self._strict else Actor.OPERATOR,
        )


def _not_in(known: CodeList) -> Sentence:
    return Sentence(
        f"Der Code steht nicht in der Codeliste „{known.name}“ ({known.uri}, Version {known.version}).",
        f'The code is not in the code list "{known.name}" ({known.uri}, version {known.version}).',
    )


@lru_cache
def _not_installed(use: CodeUse, *, strict: bool) -> Sentence:
    """Names the list as far as the schema does: what only the message says is not repeated."""
    match use.type:
        case 4:
            de, en = "Die Codeliste, die das Dokument nennt,", "The code list that the document names"
        case 3:
            de = f"Die Codeliste {use.uri} in der Version, die das Dokument nennt,"
            en = f"The code list {use.uri} in the version that the document names"
        case _:
            de = f"Die Codeliste {use.uri}, Version {use.version},"
            en = f"The code list {use.uri}, version {use.version},"
    if strict:
        return Sentence(
            f"{de} gibt es nicht. Bitte Kennung und Version der Codeliste prüfen.",
            f"{en} does not exist. Please check URI and version of the code list.",
        )
    return Sentence(
        f"{de} ist nicht eingespielt; der Code wurde nicht geprüft.",
        f"{en} is not installed; the code was not checked.",
    )


_FEW: Final = 12
"""codes that can be told at a glance"""


def _expected(known: CodeList, use: CodeUse) -> Sentence | None:
    codes = sorted(known.codes(use.column))
    if len(codes) > _FEW or sum(map(len, codes)) > 120:
        return None
    listed = ", ".join(codes)
    return Sentence(f"einer der Codes {listed}", f"one of the codes {listed}")


def _partial(missing: int) -> Sentence:
    if missing == 1:
        return Sentence("Eine Codeliste ist nicht eingespielt.", "One code list is not installed.")
    return Sentence(f"{missing} Codelisten sind nicht eingespielt.", f"{missing} code lists are not installed.")
