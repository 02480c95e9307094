"""
The shapes of everything a site is told, and of what it sends, in JSON.

OpenAPI shows these classes and their docstrings to German developers, hence the language.
"""

from typing import Annotated, Any, Literal, NotRequired

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from gateway.receipt.shapes import Authority, Finding

Grade = Literal["transport", "taken", "answered"]
Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Seconds = Annotated[float, Field(ge=1, le=3_600)]

_SENT = with_config(ConfigDict(extra="forbid", strict=True, use_attribute_docstrings=True))


# ── what a site is told ──────────────────────────────────────────────────────────────────────────────────────────────


class LetterLinks(TypedDict):
    """Wohin es von einem wartenden Brief aus geht; Pfade auf diesem Gateway."""

    lease: str


class WaitingLetter(TypedDict):
    """Ein Brief, der auf den Standort wartet. Er sagt, dass etwas da ist, und nichts aus dem Dokument."""

    letter: str
    """Kennung des Briefes: die der Einreichung"""
    attempt: int
    """der wievielte Versuch es wäre"""
    adapter: str
    service: str
    authority: Authority
    destination: str
    """Zustellpunkt"""
    test: bool
    size: int
    """Bytes des Dokuments"""
    attachments: int
    """Zahl der Anlagen"""
    receivedAt: str
    waitingSince: str
    links: LetterLinks


class Letters(TypedDict):
    """Was auf den Standort wartet, das Älteste zuerst; höchstens 100 auf einmal."""

    letters: list[WaitingLetter]
    sandbox: NotRequired[Literal[True]]


class LeaseLinks(TypedDict):
    """Wohin es mit dem Schlüssel geht; Pfade auf diesem Gateway."""

    document: str
    renew: str
    outcome: str
    replies: str
    """für Antworten der Behörde; ohne Schlüssel, auch lange danach"""


class LeasedAttachment(TypedDict):
    """Eine Anlage der Einreichung."""

    name: str
    """ihre Kennung im Dokument"""
    mediaType: str
    size: int
    digest: str
    """SHA-256 der Bytes, hexadezimal; auch ihr ETag"""
    link: str


class LeasedSubmission(TypedDict):
    """Die Einreichung, um die es geht: Kennungen, nie Inhalt."""

    submissionId: str
    """daran erkennt ein Fachverfahren eine zweite Zustellung"""
    client: str
    """Zugang, über den sie kam"""
    service: str
    leistung: str
    authority: Authority
    standard: str
    standardVersion: str
    root: str
    messageUuid: NotRequired[str]
    referenceUuid: NotRequired[str]
    caseKey: NotRequired[str]
    """was Nachrichten eines Vorgangs gemeinsam haben"""
    caseId: NotRequired[str]
    """Kennung des Vorgangs, wo die Nachricht sie nennt"""
    messageType: NotRequired[str]
    """Code des Nachrichtentyps"""
    createdAt: NotRequired[str]
    """Erstellungszeitpunkt, wie die Nachricht ihn nennt"""
    reader: NotRequired[str]
    """`leser/kennung`"""
    author: NotRequired[str]
    """`autor/kennung`"""
    test: bool
    receivedAt: str
    traceparent: NotRequired[str]


class LeasedDestination(TypedDict):
    """Wohin zugestellt wird."""

    name: str
    settings: dict[str, Any]
    """Einstellungen aus destinations.toml, für Test oder Betrieb schon gewählt; Geheimnisse liegen nur am Standort"""


class Lease(TypedDict):
    """Der Anspruch auf einen Versuch: wer ihn hat, stellt zu und meldet, wie es ausging."""

    letter: str
    attempt: int
    adapter: str
    key: str
    """einmaliger Schlüssel; er wird nur hier genannt und als Header Lease-Key mitgesendet"""
    until: str
    """bis dahin gilt der Anspruch"""
    ask: bool
    """ein früherer Versuch kann angekommen sein: erst das Fachverfahren fragen, ob es die Einreichung schon hat"""
    submission: LeasedSubmission
    destination: LeasedDestination
    attachments: list[LeasedAttachment]
    links: LeaseLinks
    sandbox: NotRequired[Literal[True]]


class Renewed(TypedDict):
    """Der Anspruch gilt weiter."""

    letter: str
    until: str


class Brought(TypedDict):
    """Die Antwort ist dauerhaft gespeichert und braucht am Standort nicht mehr aufbewahrt zu werden."""

    replyId: str
    result: Literal["kept", "boxed"]
    """sie gehört zu einer Einreichung; oder sie passt zu nichts, und beim Betreiber sieht ein Mensch nach"""
    repeated: bool
    """dieselbe Antwort war schon da; es hat sich nichts geändert"""
    letter: NotRequired[str]
    """die Einreichung, zu der sie gehört"""
    kind: NotRequired[Literal["acknowledgement", "file-number", "status", "decision", "rejection", "message"]]
    code: NotRequired[str]
    """warum sie zu nichts passt; siehe docs/replies.md"""
    findings: NotRequired[list[Finding]]


class SiteDestination(TypedDict):
    """Ein Zustellpunkt des Standorts, für Betrieb oder Test."""

    name: str
    adapter: str
    test: bool
    settings: dict[str, Any]
    """aus destinations.toml; Geheimnisse liegen nur am Standort"""


class Destinations(TypedDict):
    """Wo die Fachverfahren des Standorts sind."""

    destinations: list[SiteDestination]


class Counted(TypedDict):
    """Der Ausgang ist gezählt."""

    letter: str
    attempt: int
    outcome: Literal["delivered", "refused", "unreachable", "unclear", "broken"]
    repeated: bool
    """er war schon gemeldet; es hat sich nichts geändert"""


# ── what a site sends ────────────────────────────────────────────────────────────────────────────────────────────────


@_SENT
class LeaseWish(TypedDict):
    """Wie lange der Anspruch gelten soll."""

    seconds: NotRequired[Seconds]
    """ohne Angabe 300"""


@_SENT
class Delivered(TypedDict):
    """Angekommen, so weit `grade` es sagt."""

    outcome: Literal["delivered"]
    grade: Grade
    """an den Transport gegeben (transport), vom Fachverfahren angenommen (taken), von ihm beantwortet (answered)"""
    reference: NotRequired[Annotated[str, Field(max_length=500)]]
    """Kennung, die das Fachverfahren vergeben hat"""


@_SENT
class Refused(TypedDict):
    """Angesehen und nicht angenommen; ein weiterer Versuch hülfe nicht."""

    outcome: Literal["refused"]
    code: Code
    """kurzer Code des Herstellers, nie ein Freitext"""
    reason: NotRequired[Annotated[str, Field(max_length=4_000)]]
    """was das Fachverfahren dazu sagt"""


@_SENT
class Unreachable(TypedDict):
    """Sicher nicht angekommen; es wird wieder versucht."""

    outcome: Literal["unreachable"]
    because: Code
    """kurzer Code, wie `connection-refused`"""
    wait: NotRequired[Annotated[float, Field(ge=0, le=86_400)]]
    """frühestens nach so vielen Sekunden"""


@_SENT
class Unclear(TypedDict):
    """Gesendet, und keine Antwort: es kann angekommen sein."""

    outcome: Literal["unclear"]
    because: Code
    """kurzer Code, wie `no-answer`"""


@_SENT
class Broken(TypedDict):
    """Die Software am Standort hat einen Fehler: ein Mensch sieht nach."""

    outcome: Literal["broken"]
    error: Annotated[str, Field(pattern=r"^[\w.]{1,100}$")]
    """Klasse des Fehlers, nie seine Meldung"""
    frames: NotRequired[Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=12)]]
    """`Modul:Funktion:Zeile`, die innerste zuletzt"""


Outcome = Annotated[Delivered | Refused | Unreachable | Unclear | Broken, Field(discriminator="outcome")]


@_SENT
class SiteCertificate(TypedDict):
    """Ein Zertifikat am Standort."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    until: Annotated[str, Field(max_length=40)]
    """wann es endet (RFC 3339)"""


@_SENT
class Heartbeat(TypedDict):
    """Was ein Worker am Standort von sich sagt."""

    worker: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
    """sein Name, der bleibt, wenn er neu startet"""
    version: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$")]
    certificates: NotRequired[Annotated[list[SiteCertificate], Field(max_length=20)]]


TOLD = (Letters, Lease, Renewed, Counted, Brought, Destinations)
TOLD_PARTS = (
    LetterLinks,
    WaitingLetter,
    LeaseLinks,
    LeasedAttachment,
    LeasedSubmission,
    LeasedDestination,
    SiteDestination,
)
SENT = (LeaseWish, Delivered, Refused, Unreachable, Unclear, Broken, Heartbeat)
OUTCOMES = (Delivered, Refused, Unreachable, Unclear, Broken)
