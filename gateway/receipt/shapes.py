"""
The shapes of everything a sender is told, in JSON.

OpenAPI shows these classes and their docstrings to German portal developers, hence the language. Tests compare every
answer with its shape; mypy compares the code that builds it.
"""

from typing import Literal, NotRequired

from typing_extensions import TypedDict


class Authority(TypedDict):
    """Eine Behörde."""

    ars: str
    """Amtlicher Regionalschlüssel ihres Gebiets, so lang wie ihre Ebene"""
    name: str


class Links(TypedDict):
    """Wo mehr über eine Einreichung steht; Pfade auf diesem Gateway."""

    self: str
    events: str
    receipt: str
    replies: str


class Words(TypedDict):
    """Ein Satz in beiden Sprachen."""

    de: str
    en: str


class Finding(TypedDict):
    """Ein Befund der Prüfung. Er nennt Stelle und Grund, nie einen Wert aus dem Dokument."""

    code: str
    """sprachunabhängig und stabil, siehe docs/problems.md"""
    severity: Literal["error", "warning"]
    text: str
    """der Satz in der Sprache der Antwort"""
    message: Words
    """derselbe Satz in beiden Sprachen"""
    actor: Literal["portal", "applicant", "operator"]
    """wer es beheben kann: der Online-Dienst, die antragstellende Person, der Betreiber des Gateways"""
    path: NotRequired[str]
    """XPath mit den Präfixen des Dokuments, wie `/x:a/x:b[2]/c`; `*` für Namen, die das Schema nicht kennt"""
    line: NotRequired[int]
    """Zeile im Dokument, ab 1"""
    label: NotRequired[str]
    """wie das Element für Menschen heißt: nach dem Schema, sonst sein Name"""
    rule: NotRequired[str]
    """die verletzte Regel: eine Klausel von XML Schema wie `cvc-pattern-valid`, die Kennung einer Schematron-Regel"""
    expected: NotRequired[str]
    """was richtig gewesen wäre, wo das kurz zu sagen ist"""
    xoev: NotRequired[str]
    """Code aus der Liste des Standards, wo er einen hat"""


class Accepted(TypedDict):
    """Technische Quittung: die Einreichung ist dauerhaft gespeichert."""

    submissionId: str
    """Kennung der Einreichung (UUIDv7)"""
    state: Literal["accepted"]
    stateLabel: str
    receivedAt: str
    """Zeitpunkt des Empfangs (RFC 3339, UTC)"""
    service: str
    """Kurzname der Leistung"""
    authority: Authority
    test: bool
    """Testnachricht: sie geht nur an den Testzugang des Zustellpunkts"""
    messageUuid: NotRequired[str]
    """`nachrichtenUUID` des Dokuments, wenn es eine hat"""
    links: Links
    sandbox: NotRequired[Literal[True]]
    """dieses Gateway ist eine Sandbox: nichts davon erreicht eine echte Behörde"""
    replay: NotRequired[Literal[True]]
    """dieselbe Sendung kam schon einmal an: dies ist die erste Antwort noch einmal"""
    warnings: NotRequired[list[Finding]]


class Problem(TypedDict):
    """Warum eine Anfrage keinen Erfolg hatte (RFC 9457)."""

    type: str
    """`urn:antragsgateway:problem:` und der Code; erklärt in docs/problems.md"""
    title: str
    status: int
    detail: str
    """was geschah und was nun zu tun ist"""
    instance: str
    """die Einreichung, wo es eine gibt, sonst diese Anfrage (die Trace-ID, unter der der Betreiber sie findet)"""
    code: str
    """sprachunabhängig und stabil"""
    xoev: NotRequired[str]
    """Code aus der Liste des Standards, wo er einen hat"""
    findings: NotRequired[list[Finding]]
    submissionId: NotRequired[str]
    """Kennung der zurückgewiesenen Einreichung"""
    authority: NotRequired[Authority]
    """die zuständige Behörde, wo sie feststeht"""
    test: NotRequired[Literal[True]]
    sandbox: NotRequired[Literal[True]]


class Status(TypedDict):
    """Wo eine Einreichung steht."""

    submissionId: str
    state: Literal["rejected", "accepted", "handed_over", "delivered", "confirmed", "refused", "parked", "expired"]
    stateLabel: str
    grade: NotRequired[Literal["transport", "taken", "answered"]]
    """wie gut die Übergabe belegt ist: an den Transport gegeben, vom Fachverfahren angenommen, von ihm beantwortet"""
    gradeLabel: NotRequired[str]
    concluded: bool
    """ob dies das Ende ist"""
    concludedAt: NotRequired[str]
    attempts: int
    """bisherige Zustellversuche"""
    nextAttemptAt: NotRequired[str]
    """wann der nächste frühestens beginnt"""
    cause: NotRequired[str]
    """Code des letzten Hindernisses"""
    reference: NotRequired[str]
    """Kennung, die das Fachverfahren vergeben hat"""
    maintenanceUntil: NotRequired[str]
    """so lange nimmt der Zustellpunkt nichts entgegen; danach geht es von selbst weiter"""
    waitsFor: NotRequired[str]
    """die Einreichung desselben Vorgangs, die vor dieser ankommen muss"""
    heldBack: NotRequired[list[str]]
    """spätere Einreichungen desselben Vorgangs, die auf diese warten, in ihrer Reihenfolge; höchstens 100"""
    receivedAt: str
    updatedAt: str
    version: int
    """wächst mit jeder Änderung"""
    service: str
    authority: Authority | None
    test: bool
    messageUuid: NotRequired[str]
    findings: NotRequired[list[Finding]]
    links: Links
    sandbox: NotRequired[Literal[True]]


class Event(TypedDict):
    """Etwas, das mit der Einreichung geschah."""

    at: str
    name: str
    state: str
    """Stand danach"""
    stateLabel: str
    attempt: NotRequired[int]
    code: NotRequired[str]


class Events(TypedDict):
    """Was mit einer Einreichung geschah, das Älteste zuerst."""

    submissionId: str
    events: list[Event]


class Enclosed(TypedDict):
    """Eine Anlage, wie sie ankam."""

    name: str
    """ihre Kennung im Dokument"""
    mediaType: str
    size: int
    digest: str
    """SHA-256, hexadezimal"""


class TechnicalReceipt(TypedDict):
    """Beleg über den Empfang im Gateway. Keine Eingangsbestätigung der Behörde."""

    submissionId: str
    title: str
    text: str
    result: Literal["accepted", "rejected"]
    receivedAt: str
    service: str
    authority: Authority | None
    standard: str
    """Paket, nach dem geprüft wurde"""
    standardVersion: str
    root: str
    """Wurzelelement des Dokuments"""
    messageUuid: NotRequired[str]
    attachments: list[Enclosed]
    test: bool
    findings: NotRequired[list[Finding]]
    sandbox: NotRequired[Literal[True]]


class Schema(TypedDict):
    """Wonach geprüft wurde; `null`, wo kein eingespieltes Paket das Wurzelelement kennt."""

    standard: str | None
    version: str | None
    root: str | None
    """Wurzelelement der Nachricht, ohne Namensraum"""
    namespace: str | None
    digest: str | None
    """SHA-256 des Manifests, das die Prüfsumme jeder Datei des Pakets enthält"""


Outcome = Literal["passed", "failed", "partial", "skipped", "error"]


class Stage(TypedDict):
    """Ein Schritt der Prüfung."""

    name: str
    outcome: Outcome
    """bestanden; mit Fehlern; nur teilweise, weil etwas nicht eingespielt ist; ausgelassen; abgebrochen"""
    detail: str
    """wonach geprüft wurde, oder warum nicht"""


class Verdict(TypedDict):
    """Das Urteil über ein Dokument. Nichts davon wurde gespeichert."""

    valid: bool | None
    """gültig nach Schema und Regeln; `null`: die Prüfung kam nicht zu Ende, das Dokument gilt nicht als gültig"""
    standard: str
    """Paket, nach dem geprüft wurde; leer, wo keines passt"""
    version: str
    root: str
    namespace: str
    schema: Schema
    stages: list[Stage]
    findings: list[Finding]
    """in der Reihenfolge des Dokuments; mit `error` wird auch ein gültiges Dokument nicht angenommen"""
    findingsOmitted: int
    """weitere Befunde, die nicht aufgeführt sind"""
    sandbox: NotRequired[Literal[True]]


class PackageMessage(TypedDict):
    """Eine Nachricht, die ein Paket erklärt."""

    root: str
    """Wurzelelement, ohne Namensraum"""
    title: str
    leistungen: NotRequired[list[str]]
    """Leistungsschlüssel, die das Schema dazu nennt"""


class CodeList(TypedDict):
    """Eine Codeliste."""

    uri: str
    version: str


class Answers(TypedDict):
    """Womit ein Standard Nachrichten beantwortet: was auf `Accept: application/xml` kommt."""

    standard: str
    """das Paket, das die Antworten enthält"""
    version: str
    namespace: str
    codes: CodeList
    """die Liste der Rückweisungsgründe; aus ihr ist `xoev`"""
    rejection: NotRequired[str]
    """Wurzelelement der Rückweisung"""
    receipt: NotRequired[str]
    """Wurzelelement der Quittung; fehlt, wo der Standard keine hat, die ein Gateway senden darf"""


class Package(TypedDict):
    """Ein Namensraum eines eingespielten Schemapakets."""

    standard: str | None
    """`null`: die Dokumente gehören zu keinem Standard, sondern werden von anderen benutzt"""
    version: str | None
    namespace: str
    roots: list[str]
    """Wurzelelemente der Nachrichten; leer, wo es keine gibt"""
    name: str
    title: str
    source: str
    """`own`: eigenes Paket dieses Gateways, kein amtlicher Standard"""
    messages: list[PackageMessage]
    uses: list[str]
    """Pakete, aus denen es importiert"""
    digest: str
    """SHA-256 der Manifeste dieses Pakets und derer, die es benutzt"""
    validFrom: NotRequired[str]
    validUntil: NotRequired[str]
    """letzter Tag"""
    endsSoon: bool
    """ob der letzte Tag höchstens 90 Tage entfernt oder vorbei ist"""
    answers: NotRequired[Answers]
    """womit seine Nachrichten beantwortet werden; fehlt, wo es dafür nur JSON gibt"""


class Packages(TypedDict):
    """Wonach dieses Gateway prüft."""

    digest: str
    """eines für alle Pakete: wer gleich prüft, hat dasselbe"""
    schemas: list[Package]
    sandbox: NotRequired[Literal[True]]


class RouteConnection(TypedDict):
    """Eine Anbindung: diese Leistung dieser Behörde."""

    id: str
    """Leistung und ARS der Behörde"""
    state: Literal["ordered", "configured", "tested", "live", "paused", "retired"]
    liveSince: NotRequired[str]
    """erster Tag im Betrieb"""


class RouteRow(TypedDict):
    """Eine Zeile der Zuständigkeitstabelle."""

    line: int
    subject: str
    """Kurzname der Leistung, oder die Nachricht, die eigene Zeilen hat"""
    ars: str
    """Gebiet, für das sie gilt"""
    authority: Authority
    law: str
    grade: Literal["F", "A"]
    """F: in einer öffentlichen Quelle gelesen; A: Annahme, zu bestätigen"""
    validFrom: NotRequired[str]
    validUntil: NotRequired[str]


class Place(TypedDict):
    """Ein Gebiet des Gemeindeverzeichnisses."""

    ars: str
    kind: str
    name: str


class Route(TypedDict):
    """Wer für eine Leistung an einem Ort zuständig ist, und ob diese Behörde angebunden ist."""

    service: str | None
    """Kurzname der Leistung"""
    leistung: NotRequired[str]
    place: NotRequired[Place]
    """der Ort, der entschied"""
    authority: Authority | None
    """die eine zuständige Behörde, wo sie feststeht"""
    authorities: list[Authority]
    """eine; oder alle, wo jede für ihr Gebiet zuständig ist; leer, wo keine feststeht"""
    connection: RouteConnection | None
    state: Literal["ordered", "configured", "tested", "live", "paused", "retired", "none"]
    """Stand der Anbindung"""
    open: bool
    """ob Einreichungen angenommen werden"""
    code: NotRequired[str]
    """warum nicht"""
    xoev: NotRequired[str]
    maintenanceUntil: NotRequired[str]
    """so lange nimmt der Zustellpunkt nichts entgegen; was angenommen wird, wartet"""
    row: NotRequired[RouteRow]
    """die Zeile, die entschied"""
    lost: list[RouteRow]
    """Zeilen, die den Ort auch enthalten, aber nicht entschieden"""
    because: list[str]
    """dasselbe in Sätzen"""
    sandbox: NotRequired[Literal[True]]


class ServiceMessage(TypedDict):
    """Eine Nachricht, die zu einer Leistung gehört."""

    namespace: str
    root: str
    """Wurzelelement"""
    installed: bool
    """ob hier ein Schemapaket sie prüfen kann; ohne wird sie zurückgewiesen"""
    place: NotRequired[str]
    """Pfad zu dem Ort, der entscheidet"""
    ownRows: NotRequired[Literal[True]]
    """die Zuständigkeit folgt der Nachricht, nicht der Leistung"""


class Service(TypedDict):
    """Eine Leistung, die hier eingerichtet ist."""

    service: str
    """Kurzname"""
    title: str
    leistungen: list[str]
    """Leistungsschlüssel"""
    decides: str
    """welcher Ort über die Zuständigkeit entscheidet"""
    recipientPrefixes: list[str]
    """DVDV-Präfixe der Behörden, die angeschrieben werden können"""
    messages: list[ServiceMessage]


class Services(TypedDict):
    """Die Leistungen dieses Gateways."""

    services: list[Service]
    sandbox: NotRequired[Literal[True]]


WebhookState = Literal["accepted", "delivered", "confirmed", "refused", "parked", "expired"]


class WebhookData(TypedDict):
    """Worum es geht: Kennungen und Zustände, kein Inhalt und nichts über Personen."""

    submissionId: str
    state: WebhookState
    """der Zustand nach dem Ereignis; den jetzigen nennt der Stand der Einreichung"""
    test: bool
    """Testnachricht"""
    sandbox: bool
    """dieses Gateway ist eine Sandbox: nichts davon erreicht eine echte Behörde"""
    links: Links


class WebhookMessage(TypedDict):
    """Was einem Portal gemeldet wird (Standard Webhooks); docs/spec/webhooks.md erklärt, wie man es prüft."""

    type: Literal[
        "submission.accepted",
        "submission.delivered",
        "submission.confirmed",
        "submission.refused",
        "submission.parked",
        "submission.expired",
        "submission.reply_received",
    ]
    timestamp: str
    """wann es geschah (RFC 3339, UTC)"""
    data: WebhookData
