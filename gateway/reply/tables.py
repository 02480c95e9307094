"""Which message of which standard is what kind of reply: `xsd/replies/<standard>.toml`, read strictly."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gateway.errors import BadTables
from gateway.reply.kinds import Effect, Kind
from gateway.submission import Reading
from gateway.xml import Document

FOLDER: Final = "replies"
"""the folder of these tables, beside the packages"""

Name = Annotated[str, Field(min_length=1)]
Place = Annotated[str, Field(pattern=r"^(//)?[\w.\-]+(/[\w.\-]+)*$")]

_UUID: Final = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_CASE: Final = re.compile(r"(?=\S*\d)[\w./:\-]{1,100}")
_CODE: Final = re.compile(r"[\w.\-]{1,40}", re.ASCII)
_FILE_NUMBER: Final = re.compile(r"[^\x00-\x1f\x7f]{1,200}")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Message(_Strict):
    """Eine Nachricht des Standards, die eine Antwort der Behörde ist."""

    root: Name
    """Wurzelelement, ohne Namensraum"""
    kind: Kind
    """was sie ist: Eingangsbestätigung, Aktenzeichen, Bearbeitungsstand, Bescheid, Rückweisung, andere Mitteilung"""
    effect: Effect
    """was sie am Stand der Einreichung ändert: bestätigt, verweigert, nichts"""
    answers: Place | None = None
    """wo die nachrichtenUUID der beantworteten Nachricht steht, wenn der Kopf keine referenzUUID hat"""
    case: Place | None = None
    """wo die Kennung des Vorgangs steht, die das Portal vergeben hat, wenn das Paket sie nicht nennt"""
    code: Place | None = None
    """wo der Code steht, auf den es ankommt: Bearbeitungsstand, Rückweisungsgrund, Entscheidung"""
    file_number: Place | None = None
    """wo das Aktenzeichen steht, das die Behörde vergeben hat"""


class Table(_Strict):
    """Die Antworten eines Standards."""

    standard: Name
    """Name des Standards, wie ihn sein Schemapaket nennt"""
    messages: Annotated[tuple[Message, ...], Field(min_length=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """
    What a valid message means: what it is, what it does, and by what it finds the submission it answers.

    `file_number` may be personal; it goes to the document store only.
    """

    kind: Kind
    effect: Effect
    answers: str | None = None
    """nachrichtenUUID of the message it answers, in lower case"""
    case: str | None = None
    code: str = ""
    file_number: str = ""


class ReplyTables:
    """All tables of a gateway, by standard and root; without any, no message is a reply."""

    def __init__(self, tables: Iterable[Table] = (), digest: str = "") -> None:
        self.digest: Final = digest
        """hex SHA-256 over all files"""
        self._messages: Final = {(table.standard, one.root): one for table in tables for one in table.messages}

    @classmethod
    def load(cls, *folders: Path) -> ReplyTables:
        """
        The tables `*.toml` in each folder; a folder may be missing.

        Raises:
            BadTables: a file cannot be read, says something unknown or impossible, or a message stands in two places.
        """
        files = [file for folder in folders for file in sorted(folder.glob("*.toml"))]
        read: dict[Path, Table] = {}
        digest = hashlib.sha256()
        for file in files:
            content = _content(file)
            digest.update(hashlib.sha256(content).digest())
            read[file] = _table(file, content)
        _insist_on_once(read)
        return cls(read.values(), digest.hexdigest())

    @property
    def messages(self) -> Mapping[tuple[str, str], Message]:
        """Every message that is a reply, by standard and root."""
        return self._messages

    def meaning(self, reading: Reading, document: Document) -> Meaning | None:
        """What a valid document means as a reply; None where no table knows it."""
        message = self._messages.get((reading.standard, reading.root))
        if message is None:
            return None
        named = reading.reference_uuid or _read(document, message.answers, _UUID)
        return Meaning(
            kind=message.kind,
            effect=message.effect,
            answers=named.lower() if named else None,
            case=reading.case_id or _read(document, message.case, _CASE),
            code=_read(document, message.code, _CODE) or "",
            file_number=_read(document, message.file_number, _FILE_NUMBER) or "",
        )


def _read(document: Document, path: str | None, shape: re.Pattern[str]) -> str | None:
    text = document.text(path) if path else None
    return text if text is not None and shape.fullmatch(text) else None


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise _fault(file, "", "ist nicht lesbar", "cannot be read") from error


def _table(file: Path, content: bytes) -> Table:
    try:
        return Table.model_validate(tomllib.loads(content.decode()))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _fault(file, "", f"ist kein lesbares TOML: {error}", f"is no readable TOML: {error}") from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(step + 1) if isinstance(step, int) else str(step) for step in first["loc"])
        raise _fault(
            file,
            place,
            f"fehlt, ist unbekannt oder unzulässig ({first['msg']})",
            f"is missing, unknown or impossible ({first['msg']})",
        ) from None


def _insist_on_once(read: Mapping[Path, Table]) -> None:
    seen: dict[tuple[str, str], Path] = {}
    for file, place, key in _keys(read):
        if key in seen:
            raise _fault(file, place, f"steht schon in {seen[key].name}", f"is in {seen[key].name} already")
        seen[key] = file


def _keys(read: Mapping[Path, Table]) -> Iterator[tuple[Path, str, tuple[str, str]]]:
    for file, table in read.items():
        for number, message in enumerate(table.messages, start=1):
            yield file, f"messages.{number}.root", (table.standard, message.root)


def _fault(file: Path, place: str, de: str, en: str) -> BadTables:
    where = f"{file.name}: {place}" if place else file.name
    fault = BadTables(f"{where} {de}.", f"{where} {en}.")
    fault.place = where
    return fault
