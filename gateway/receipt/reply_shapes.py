"""The shapes of what a portal reads of the authority's answers; as `shapes`, and in German for the same reason."""

from typing import Literal, NotRequired

from typing_extensions import TypedDict


class ReplyDocument(TypedDict):
    """Das Dokument einer Antwort, Byte für Byte, wie es vom Fachverfahren kam."""

    href: str
    """wo es liegt; Pfad auf diesem Gateway"""
    mediaType: Literal["application/xml"]
    size: int


class ReplyFile(TypedDict):
    """Eine Anlage einer Antwort."""

    name: str
    """ihre Kennung im Dokument der Antwort"""
    href: str
    """wo sie liegt; Pfad auf diesem Gateway"""
    mediaType: str
    size: int
    digest: str
    """SHA-256, hexadezimal"""


class Reply(TypedDict):
    """Eine Antwort der Behörde."""

    replyId: str
    """Kennung der Antwort (UUIDv7)"""
    kind: Literal["acknowledgement", "file-number", "status", "decision", "rejection", "message"]
    """Eingangsbestätigung, Aktenzeichen, Bearbeitungsstand, Bescheid, Rückweisung, andere Mitteilung"""
    kindLabel: str
    receivedAt: str
    """wann sie im Gateway ankam (RFC 3339, UTC)"""
    root: str
    """Wurzelelement ihres Dokuments"""
    standard: str
    standardVersion: str
    messageType: NotRequired[str]
    """`nachrichtentyp` aus dem Kopf"""
    messageUuid: NotRequired[str]
    code: NotRequired[str]
    """der Code, auf den es ankommt: Bearbeitungsstand oder Rückweisungsgrund, aus der Liste des Standards"""
    fileNumber: NotRequired[str]
    """Aktenzeichen der Behörde, wo die Antwort es mitteilt"""
    test: bool
    document: ReplyDocument | None
    """`null`, wo es nicht mehr aufbewahrt wird"""
    attachments: list[ReplyFile]


class Replies(TypedDict):
    """Was die Behörde auf eine Einreichung geantwortet hat, das Neueste zuletzt."""

    submissionId: str
    replies: list[Reply]
    sandbox: NotRequired[Literal[True]]
