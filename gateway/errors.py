"""
What can go wrong, grouped by who has to act.

    GatewayError
    ├── SendersFault                answered with a reason, never retried by us
    │   ├── NotReadable             nothing could be read, so nothing is counted
    │   │   ├── NotXml
    │   │   ├── WrongEncoding
    │   │   └── HostileXml
    │   ├── BadRequest
    │   ├── TooLarge
    │   ├── WrongMediaType
    │   ├── NotIdentified
    │   ├── NotAllowed
    │   ├── NotFound
    │   ├── UuidConflict
    │   ├── TooMany
    │   ├── LetterTaken
    │   ├── LeaseOver
    │   └── OutcomeConflict
    ├── OperatorsFault              refuses to start, or alarms
    │   ├── BadSettings
    │   ├── BadTables
    │   │   └── MissingSecret
    │   ├── BadPackage
    │   ├── BadAdapter
    │   ├── WrongJournal
    │   ├── JournalInUse
    │   └── NotResponsible
    └── NobodysFault                waits, and is tried again
        ├── JournalUnavailable
        ├── BrokerUnavailable
        └── NotChecked
            └── AmbiguousSchema

Expected endings (a verdict, a missing door, an outcome) are values, not errors; see `validation`, `routing`
and `adapter`. No error carries a value from a document.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar


class Language(StrEnum):
    """The languages people are answered in; German unless they ask for English."""

    GERMAN = "de"
    ENGLISH = "en"


@dataclass(frozen=True, slots=True)
class Sentence:
    """One thing said to people, in both languages."""

    de: str
    en: str

    def into(self, language: Language) -> str:
        """The sentence in the language asked for."""
        return self.en if language is Language.ENGLISH else self.de


class GatewayError(Exception):
    """
    Anything this software refuses, with what happened and what to do next.

    `code` is stable and language-free; `title` names the kind of error, `detail` this one.
    """

    code: ClassVar[str] = "gateway-error"
    title: ClassVar[Sentence] = Sentence("Fehler im Antragsgateway", "Error in the gateway")

    def __init__(self, de: str | None = None, en: str | None = None) -> None:
        self.detail = Sentence(de, en or de) if de else self.title
        super().__init__(self.detail.en)


class SendersFault(GatewayError):
    """The sender has to change something before sending again."""

    code = "bad-request"
    title = Sentence("Die Anfrage kann so nicht angenommen werden", "The request cannot be taken as it is")


class NotReadable(SendersFault):
    """Nothing could be read from the body: no submission exists, and none is counted."""

    code = "not-readable"
    title = Sentence("Das Dokument ist nicht lesbar", "The document is not readable")


class NotXml(NotReadable):
    """The body is not a well-formed XML document."""

    code = "not-well-formed"
    title = Sentence("Das Dokument ist kein wohlgeformtes XML", "The document is not well-formed XML")


class WrongEncoding(NotReadable):
    """The bytes are not what the XML declaration or the media type says."""

    code = "wrong-encoding"
    title = Sentence("Die Zeichenkodierung stimmt nicht", "The character encoding is wrong")


class HostileXml(NotReadable):
    """The document uses XML features that no application needs and attacks do."""

    code = "forbidden-xml"
    title = Sentence("Das Dokument enthält verbotene XML-Bestandteile", "The document uses forbidden XML features")


class BadRequest(SendersFault):
    """A parameter, header or part of the request is missing or malformed."""


class TooLarge(SendersFault):
    """The document or an attachment exceeds a limit."""

    code = "too-large"
    title = Sentence("Die Sendung ist zu groß", "The submission is too large")


class WrongMediaType(SendersFault):
    """The body's media type is none that is taken here."""

    code = "wrong-media-type"
    title = Sentence("Dieser Medientyp wird nicht angenommen", "This media type is not accepted")


class NotIdentified(SendersFault):
    """No token, an unknown one, or a revoked one."""

    code = "not-identified"
    title = Sentence("Nicht angemeldet", "Not identified")


class NotAllowed(SendersFault):
    """The client is known, and may not do this."""

    code = "not-allowed"
    title = Sentence("Dafür fehlt die Berechtigung", "Not allowed")


class NotFound(SendersFault):
    """There is no such thing for this client; another client's things do not exist for it."""

    code = "not-found"
    title = Sentence("Nicht gefunden", "Not found")


class UuidConflict(SendersFault):
    """The same key or message UUID came before with other content."""

    code = "uuid-conflict"
    title = Sentence(
        "Dieselbe Kennung wurde schon mit anderem Inhalt verwendet",
        "The same identifier was used before with other content",
    )


class TooMany(SendersFault):
    """The client sends faster than it may."""

    code = "too-many-requests"
    title = Sentence("Zu viele Anfragen", "Too many requests")


class LetterTaken(SendersFault):
    """The letter waits for nobody any more: somebody leased it, or its submission moved on."""

    code = "letter-taken"
    title = Sentence("Der Brief ist schon vergeben", "The letter is taken")


class LeaseOver(SendersFault):
    """The key opens nothing any more: its time is over, or the attempt has ended."""

    code = "lease-over"
    title = Sentence("Der Anspruch auf diesen Brief gilt nicht mehr", "The lease of this letter is over")


class OutcomeConflict(SendersFault):
    """Another outcome was reported with the same key before; that one counts."""

    code = "outcome-conflict"
    title = Sentence(
        "Für diesen Versuch wurde schon ein anderer Ausgang gemeldet", "Another outcome was reported before"
    )


class OperatorsFault(GatewayError):
    """Whoever runs the gateway has to change something."""

    code = "operator"
    title = Sentence("Die Einrichtung des Gateways ist fehlerhaft", "The gateway is set up wrongly")


class BadSettings(OperatorsFault):
    """A setting is missing, unknown or impossible."""

    code = "bad-settings"
    title = Sentence("Eine Einstellung stimmt nicht", "A setting is wrong")


class BadTables(OperatorsFault):
    """A routing table contradicts itself or the rest; names file and line."""

    code = "bad-tables"
    title = Sentence("Eine Zuständigkeits- oder Anbindungstabelle ist fehlerhaft", "A routing table is wrong")
    place: str = ""
    """file and line, for the log"""


class MissingSecret(BadTables):
    """A secret that a destination refers to is not there, or not kept as it has to be; says its name and no more."""

    code = "secret-missing"
    title = Sentence("Ein Geheimnis fehlt oder ist nicht geschützt", "A secret is missing or not protected")
    place = "destinations.toml"


class BadPackage(OperatorsFault):
    """A schema package is incomplete, changed or broken; names the file."""

    code = "bad-package"
    title = Sentence("Ein Schemapaket ist unbrauchbar", "A schema package is unusable")


class BadAdapter(OperatorsFault):
    """An adapter does not keep the contract; names it and the reason."""

    code = "bad-adapter"
    title = Sentence("Ein Adapter ist unbrauchbar", "An adapter is unusable")


class WrongJournal(OperatorsFault):
    """The journal has another schema version, or belongs to the other kind of gateway (sandbox or production)."""

    code = "wrong-journal"
    title = Sentence("Das Journal passt nicht zu diesem Gateway", "The journal does not fit this gateway")


class JournalInUse(OperatorsFault):
    """Another serving process holds this SQLite journal."""

    code = "journal-in-use"
    title = Sentence("Das Journal wird schon benutzt", "The journal is in use")


class NotResponsible(OperatorsFault):
    """An operator asked for something outside the authorities they act for, or in a state that forbids it."""

    code = "not-possible"
    title = Sentence("Das ist hier nicht möglich", "This is not possible here")


class NobodysFault(GatewayError):
    """Something is away for a while; trying again is right."""

    code = "unavailable"
    title = Sentence("Zurzeit nicht verfügbar", "Unavailable at the moment")


class JournalUnavailable(NobodysFault):
    """The journal cannot write or read now; nothing was stored."""

    code = "journal-unavailable"
    title = Sentence("Das Journal ist zurzeit nicht beschreibbar", "The journal cannot be written at the moment")


class BrokerUnavailable(NobodysFault):
    """The broker did not take a message: not connected, no confirm in time, or no queue for it."""

    code = "broker-unavailable"
    title = Sentence(
        "Der Nachrichtenvermittler ist zurzeit nicht erreichbar", "The broker is unreachable at the moment"
    )


class NotChecked(NobodysFault):
    """A check could not run to its end; the document is neither valid nor invalid, and nothing was stored."""

    code = "not-checked"
    title = Sentence("Das Dokument konnte nicht geprüft werden", "The document could not be checked")


class AmbiguousSchema(NotChecked):
    """Several installed packages know the document's root element; the operator has to remove all but one."""

    code = "ambiguous-schema"
    title = Sentence("Mehrere Schemapakete kennen dieses Dokument", "Several schema packages know this document")
