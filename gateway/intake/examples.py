"""What OpenAPI shows: prose in German, and an example of every answer, most of them made as the real ones are."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from gateway import receipt
from gateway.errors import (
    BadRequest,
    JournalUnavailable,
    Language,
    NotAllowed,
    NotFound,
    NotIdentified,
    NotXml,
    Sentence,
    TooLarge,
    TooMany,
    UuidConflict,
    WrongMediaType,
)
from gateway.intake.refusals import TooSlow
from gateway.journal import Entry
from gateway.receipt import Receipt, offer_shapes, reply_shapes, shapes
from gateway.reply import Effect, Kind, Origin, StoredReply
from gateway.submission import Actor, Attachment, Finding, Micros, State, Submission, SubmissionId

ID: Final = SubmissionId("0199c0de-0001-7000-8000-000000000001")
AT: Final = Micros(1_793_350_800_000_000)
SERVICE: Final = "wohnsitz"
AUTHORITY: Final[shapes.Authority] = {"ars": "09761", "name": "Stadt Augsburg"}
TRACE: Final = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

ABOUT: Final = (
    "Fehler sind `application/problem+json` (RFC 9457). `code` ist stabil und sprachunabhängig; was er bedeutet, wer "
    "etwas tun muss und was, steht in docs/problems.md. Keine Antwort wiederholt einen Wert aus einem Dokument."
)
ABOUT_SANDBOX: Final = " **Sandbox: nichts von hier erreicht eine echte Behörde.**"
ABOUT_WEBHOOKS: Final = (
    "Das Gateway sendet dies an die Adressen, die der Betreiber für ein Portal eingetragen hat "
    "(`gateway webhooks add`), nach den Regeln von Standard Webhooks. Die Meldung sagt, dass etwas geschah, nicht was "
    "in der Einreichung steht; den Stand fragt das Portal ab. Sie kommt mindestens einmal, und mehrere können in "
    "anderer Reihenfolge ankommen, als es geschah. Wie man die Signatur prüft, zeigt docs/spec/webhooks.md."
)
SUBMIT: Final = (
    "Nimmt einen Antrag an, wenn sein Dokument gültig ist und die zuständige Behörde angebunden. Nach der Antwort 202 "
    "geht nichts mehr verloren. Anlagen kommen als weitere Teile einer multipart/form-data-Anfrage, nach dem Dokument."
)
ABOUT_RECEIPT: Final = (
    "Belegt den Empfang im Gateway. Eine Eingangsbestätigung gibt nur die Behörde. Mit `Accept: application/xml` kommt "
    "die Nachricht, die der Standard dafür hat und ein Gateway senden darf: die Rückweisung, wo eine Einreichung "
    "zurückgewiesen wurde, sonst die Quittung. Hat er keine, ist die Antwort 406 oder, wo `Accept` es zulässt, JSON."
)
ABOUT_CONNECTIONS: Final = (
    "Welche Behörde wofür angebunden ist, soweit dieser Zugang dorthin senden darf: zu lesen, bevor ein Formular "
    "gezeigt wird. Mit If-None-Match kostet eine Wiederholung fast nichts. Warum an einem Ort jemand zuständig ist, "
    "erklärt /v1/routes. Unter coverage steht, wie weit jede Leistung schon reicht."
)

_AWAY: Final = JournalUnavailable()
_NOBODY: Final = NotIdentified(
    "Dieses Token gilt hier nicht oder nicht mehr. Tokens vergibt der Betreiber des Gateways.",
    "This token is not valid here, or no longer. The gateway's operator issues tokens.",
)
_NOT_XML: Final = NotXml("Die Anfrage enthält kein Dokument.", "The request holds no document.")

ON_VALIDATING: Final = (_NOT_XML, _NOBODY, TooSlow(), TooLarge(), WrongMediaType(), TooMany(), _AWAY)
ON_SUBMITTING: Final = (*ON_VALIDATING, NotAllowed(), UuidConflict())
ON_ASKING: Final = (BadRequest(), _NOBODY, _AWAY)
ON_LOOKING: Final = (*ON_ASKING, NotFound())
"""Refusals by call; 500 belongs to every one."""

FINDING: Final = Finding(
    "schema-invalid",
    Sentence(
        "Das Element „geburtsdatum“ enthält kein Datum der Form JJJJ-MM-TT.",
        'The element "geburtsdatum" contains no date of the form YYYY-MM-DD.',
    ),
    path="/x:wohnsitz.anmeldung.0100/x:anmeldung/x:person/x:geburtsdatum",
    line=52,
    xoev="X001",
    rule="cvc-datatype-valid.1.2.1",
    label="Geburtsdatum",
    expected=Sentence("JJJJ-MM-TT", "YYYY-MM-DD"),
    actor=Actor.APPLICANT,
)
_SUBMISSION: Final = Submission(
    id=ID,
    client="portal-beispiel",
    service=SERVICE,
    leistung="99115005104000",
    authority=AUTHORITY["ars"],
    destination="",
    adapter="",
    root="wohnsitz.anmeldung.0100",
    standard="AG-Wohnsitz",
    version="1.0",
    message_uuid="0199c0de-0004-7000-8000-000000000004",
    reference_uuid=None,
    case_key=None,
    test=False,
    received_at=AT,
)
_ENTRY: Final = Entry(submission=_SUBMISSION, state=State.ACCEPTED, digest="", size=0)
_TURNED_DOWN: Final = Entry(
    submission=replace(_SUBMISSION, service="", leistung="", authority=""),
    state=State.REJECTED,
    digest="",
    size=0,
    findings=(FINDING,),
)
ACCEPTED: Final = receipt.accepted(
    Receipt.first(_ENTRY, sandbox=False, authority=AUTHORITY["name"], seen_before=False), Language.GERMAN
)
REJECTED: Final = receipt.rejected(
    Receipt.first(_TURNED_DOWN, sandbox=False, authority="", seen_before=False), Language.GERMAN
)
STATUS: Final[shapes.Status] = {
    "submissionId": ID,
    "state": "delivered",
    "stateLabel": "übergeben",
    "grade": "transport",
    "gradeLabel": "an den Transport übergeben",
    "concluded": True,
    "concludedAt": receipt.moment(Micros(AT + 2_400_000)),
    "attempts": 1,
    "receivedAt": receipt.moment(AT),
    "updatedAt": receipt.moment(Micros(AT + 2_400_000)),
    "version": 3,
    "service": SERVICE,
    "authority": AUTHORITY,
    "test": False,
    "links": receipt.links(ID),
}
EVENTS: Final[shapes.Events] = {
    "submissionId": ID,
    "events": [
        {"at": receipt.moment(AT), "name": "submission.accepted", "state": "accepted", "stateLabel": "angenommen"}
    ],
}
REPLY_ID: Final = "0199c0de-0001-7000-8000-00000000000a"
FILE_ID: Final = "5d1c3a52e70a4b0f9d1b6d7f9a1e2b3c"
REPLIES_ABOUT: Final = (
    "Was die Behörde geantwortet hat: Eingangsbestätigung, Aktenzeichen, Bearbeitungsstand, Bescheid, Rückweisung. "
    "Jede ist geprüft wie ein Antrag und gehört zu genau dieser Einreichung. Dokument und Anlagen stehen hinter den "
    "Verweisen."
)
REPLIES: Final[reply_shapes.Replies] = receipt.replies(
    ID,
    [
        StoredReply(
            id=REPLY_ID,
            origin=Origin(adapter="filedrop", destination="augsburg-wohnsitz", test=False, by=""),
            submission=ID,
            kind=Kind.STATUS,
            effect=Effect.CONFIRM,
            code="in-bearbeitung",
            box="",
            settled_at=None,
            received_at=Micros(AT + 86_400_000_000),
            root="prozessnachricht.status.1170",
            standard="AG-Prozess",
            version="1.0",
            message_uuid="0199c0de-0064-7000-8000-000000000064",
            message_type="1170",
            answers="0199c0de-0004-7000-8000-000000000004",
            digest="",
            size=1_702,
            findings=(),
            files=(
                Attachment(id=FILE_ID, name="anlage-1", media_type="application/pdf", size=48_213, digest="60" * 32),
            ),
        )
    ],
    Language.GERMAN,
    sandbox=False,
)
TOLD: Final[shapes.WebhookMessage] = {
    "type": "submission.delivered",
    "timestamp": receipt.moment(Micros(AT + 2_400_000)),
    "data": {"submissionId": ID, "state": "delivered", "test": False, "sandbox": False, "links": receipt.links(ID)},
}
RECEIPT: Final[shapes.TechnicalReceipt] = {
    "submissionId": ID,
    "title": "Technische Quittung",
    "text": "Das Antragsgateway hat diese Einreichung geprüft und dauerhaft gespeichert. "
    "Eine Eingangsbestätigung kann nur die Behörde geben.",
    "result": "accepted",
    "receivedAt": receipt.moment(AT),
    "service": SERVICE,
    "authority": AUTHORITY,
    "standard": "AG-Wohnsitz",
    "standardVersion": "1.0",
    "root": "wohnsitz.anmeldung.0100",
    "attachments": [],
    "test": False,
}
VERDICT: Final[shapes.Verdict] = {
    "valid": False,
    "standard": "AG-Wohnsitz",
    "version": "1.0",
    "root": "wohnsitz.anmeldung.0100",
    "namespace": "urn:antragsgateway:xsd:wohnsitz:1.0",
    "schema": {
        "standard": "AG-Wohnsitz",
        "version": "1.0",
        "root": "wohnsitz.anmeldung.0100",
        "namespace": "urn:antragsgateway:xsd:wohnsitz:1.0",
        "digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    },
    "stages": [
        {"name": "well-formed", "outcome": "passed", "detail": ""},
        {"name": "schema", "outcome": "failed", "detail": "AG-Wohnsitz 1.0, Prüfsumme 9f86d081884c"},
        {"name": "schematron", "outcome": "skipped", "detail": "Das Dokument entspricht nicht seinem Schema."},
        {"name": "conventions", "outcome": "skipped", "detail": "Das Dokument entspricht nicht seinem Schema."},
        {"name": "code-lists", "outcome": "skipped", "detail": "Das Dokument entspricht nicht seinem Schema."},
        {"name": "characters", "outcome": "skipped", "detail": "Das Dokument entspricht nicht seinem Schema."},
    ],
    "findings": REJECTED["findings"],
    "findingsOmitted": 0,
}
ROUTE: Final[shapes.Route] = {
    "service": SERVICE,
    "leistung": "99115005104000",
    "place": {"ars": "09761", "kind": "kreisfreie Stadt", "name": "Augsburg"},
    "authority": AUTHORITY,
    "authorities": [AUTHORITY],
    "connection": {"id": f"{SERVICE}/09761", "state": "live"},
    "state": "live",
    "open": True,
    "row": {
        "line": 1_200,
        "subject": SERVICE,
        "ars": "09761",
        "authority": AUTHORITY,
        "law": "Art. 1 Abs. 1 BayGMPP",
        "grade": "A",
    },
    "lost": [],
    "because": ["Ihre Anbindung führt zum Zustellpunkt augsburg-wohnsitz und ist in Betrieb."],
}
SERVICES: Final[shapes.Services] = {
    "services": [
        {
            "service": SERVICE,
            "title": "Elektronische Wohnsitzmeldung (eWA)",
            "leistungen": ["99115005104000"],
            "decides": "die neue Wohnung",
            "recipientPrefixes": ["ags"],
            "messages": [
                {
                    "namespace": "urn:antragsgateway:xsd:wohnsitz:1.0",
                    "root": "wohnsitz.anmeldung.0100",
                    "installed": True,
                    "place": "//neueWohnung/gemeinde/gemeindeschluessel",
                }
            ],
        }
    ]
}
CONNECTIONS: Final[offer_shapes.Connections] = {
    "connections": [
        {
            "id": f"{SERVICE}/09761",
            "service": SERVICE,
            "leistungen": ["99115005104000"],
            "authority": AUTHORITY,
            "state": "live",
            "stateLabel": "in Betrieb",
            "open": True,
            "openForTests": True,
            "liveSince": "2026-10-01",
        }
    ],
    "coverage": [
        {
            "service": SERVICE,
            "title": "Elektronische Wohnsitzmeldung (eWA)",
            "responsible": {"authorities": 1_385, "inhabitants": 13_124_737},
            "connected": {"authorities": 4, "inhabitants": 388_341},
            "live": {"authorities": 4, "inhabitants": 388_341},
        }
    ],
}
PACKAGES: Final[shapes.Packages] = {
    "digest": "9f0c2a4ed6c1b1a3a6a94b6c2f1f3f5d0c0d9f6a7b8e1c2d3f4a5b6c7d8e9f00",
    "schemas": [
        {
            "standard": "AG-Wohnsitz",
            "version": "1.0",
            "namespace": "urn:antragsgateway:xsd:wohnsitz:1.0",
            "roots": ["wohnsitz.anmeldung.0100"],
            "name": "AG-Wohnsitz",
            "title": "Wohnsitzanmeldung des Antragsgateways",
            "source": "own",
            "messages": [{"root": "wohnsitz.anmeldung.0100", "title": "Anmeldung eines Wohnsitzes"}],
            "uses": ["AG-Basis 1.0"],
            "digest": "4b1f5d0e7c3a29486f5e1d0c9b8a7f6e5d4c3b2a190817263544536271809fae",
            "validFrom": "2026-07-01",
            "endsSoon": False,
            "answers": {
                "standard": "AG-Prozess",
                "version": "1.0",
                "namespace": "urn:antragsgateway:xsd:prozess:1.0",
                "codes": {"uri": "urn:antragsgateway:codeliste:rueckweisungsgrund", "version": "1"},
                "rejection": "prozessnachricht.rueckweisung.1100",
            },
        }
    ],
}
