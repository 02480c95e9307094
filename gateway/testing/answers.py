"""What an authority that does not exist answers: messages of the project's own package `xsd/ag-prozess`."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Final

from gateway.reply import Kind
from gateway.xml import parse


@dataclass(frozen=True, slots=True, kw_only=True)
class Correspondence:
    """Who answers whom, about which message; the names are those of kennung and name in a head."""

    message: str | None = None
    """nachrichtenUUID of the message that is answered"""
    case: str | None = None
    portal: tuple[str, str] = ("mbp:090000000001", "Beispielportal")
    authority: tuple[str, str] = ("ags:09761000", "Beispielstadt")
    test: str | None = None

    @classmethod
    def about(cls, document: bytes) -> Correspondence:
        """Whoever is asked in a message answers whoever asked."""
        asked = parse(document)
        head = asked.leaves("nachrichtenkopf.g2g")
        return cls(
            message=head.get("identifikation.nachricht/nachrichtenUUID"),
            portal=(head.get("autor/kennung", "mbp:090000000001"), head.get("autor/name", "Beispielportal")),
            authority=(head.get("leser/kennung", "ags:09761000"), head.get("leser/name", "Beispielstadt")),
            test=asked.attribute("test"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message of an authority, ready to be brought: its XML, and its files by their id in it."""

    uuid: str
    document: bytes
    files: Mapping[str, bytes] = field(default_factory=dict)


_TYPES: Final = {
    Kind.REJECTION: ("rueckweisung", "1100"),
    Kind.ACKNOWLEDGEMENT: ("eingangsbestaetigung", "1120"),
    Kind.FILE_NUMBER: ("aktenzeichen", "1121"),
    Kind.STATUS: ("status", "1170"),
    Kind.DECISION: ("bescheid", "1180"),
}

AT: Final = "2026-11-10T09:00:12+01:00"
"""when everything in these messages happens"""


def an_answer(
    kind: Kind,
    about: Correspondence,
    *,
    uuid_: str = "",
    said: str = "",
    files: Mapping[str, bytes] | None = None,
) -> Message:
    """
    A valid message of this kind, with a nachrichtenUUID of its own unless it is given.

    `said` is the Aktenzeichen, the state of processing or the reason, where the kind has one.
    """
    name, number = _TYPES[kind]
    own, files = uuid_ or str(uuid.uuid4()), files or {}
    root = f"prozessnachricht.{name}.{number}"
    test = f' test="{escape(about.test)}"' if about.test is not None else ""
    return Message(
        uuid=own,
        files=files,
        document=f"""<?xml version="1.0" encoding="UTF-8"?>
<pn:{root} xmlns:pn="urn:antragsgateway:xsd:prozess:1.0"
    produkt="Beispielverfahren" produkthersteller="Beispielhersteller"
    standard="AG-Prozess" version="1.0"{test}>
  <nachrichtenkopf.g2g>
    <identifikation.nachricht>
      <nachrichtenUUID>{own}</nachrichtenUUID>
      <nachrichtentyp><code>{number}</code></nachrichtentyp>
      <erstellungszeitpunkt>{AT}</erstellungszeitpunkt>
    </identifikation.nachricht>
    {_party("leser", about.portal)}
    {_party("autor", about.authority)}
    {_optional("referenzUUID", about.message)}
  </nachrichtenkopf.g2g>
  {f"<pn:bezug><vorgang>{escape(about.case)}</vorgang></pn:bezug>" if about.case else ""}
  {_BODIES[kind].format(said=escape(said or _USUAL.get(kind, "")), at=AT, day=AT[:10])}
  {_files(kind, files)}
</pn:{root}>
""".encode(),
    )


_USUAL: Final = {Kind.FILE_NUMBER: "41-602-BA-2026/0031", Kind.STATUS: "in-bearbeitung", Kind.REJECTION: "S999"}
_BODIES: Final = {
    Kind.ACKNOWLEDGEMENT: "<pn:eingang><pn:eingegangenAm>{at}</pn:eingegangenAm></pn:eingang>",
    Kind.FILE_NUMBER: (
        "<pn:aktenzeichen><pn:aktenzeichen>{said}</pn:aktenzeichen>"
        "<pn:vergebenAm>{day}</pn:vergebenAm></pn:aktenzeichen>"
    ),
    Kind.STATUS: (
        '<pn:bearbeitung><pn:status listVersionID="1"><code>{said}</code></pn:status>'
        "<pn:zeitpunkt>{at}</pn:zeitpunkt></pn:bearbeitung>"
    ),
    Kind.DECISION: (
        "<pn:bescheid><pn:entscheidung><code>stattgegeben</code></pn:entscheidung>"
        "<pn:datum>{day}</pn:datum></pn:bescheid>"
    ),
    Kind.REJECTION: (
        "<pn:rueckweisung><pn:rueckweisungsgrund><pn:grund><code>{said}</code></pn:grund>"
        "<pn:fehlertext>Beispieltext</pn:fehlertext></pn:rueckweisungsgrund></pn:rueckweisung>"
    ),
}
_SORTS: Final = {Kind.ACKNOWLEDGEMENT: "bestaetigung", Kind.STATUS: "sonstige", Kind.DECISION: "bescheid"}


def _party(role: str, party: tuple[str, str]) -> str:
    kennung, name = party
    return (
        f'<{role}><verzeichnisdienst listVersionID="1"><code>DVDV</code></verzeichnisdienst>'
        f"<kennung>{escape(kennung)}</kennung><name>{escape(name)}</name></{role}>"
    )


def _optional(element: str, value: str | None) -> str:
    return f"<{element}>{escape(value)}</{element}>" if value else ""


def _files(kind: Kind, files: Mapping[str, bytes]) -> str:
    if not files:
        return ""
    return f"<pn:anlagen>{''.join(_file(kind, name, content) for name, content in files.items())}</pn:anlagen>"


def _file(kind: Kind, name: str, content: bytes) -> str:
    return (
        f"<pn:anlage><id>{escape(name)}</id><dateiname>{escape(name)}.pdf</dateiname>"
        "<mimetype>application/pdf</mimetype><pruefsumme><verfahren><code>SHA-256</code></verfahren>"
        f"<wert>{hashlib.sha256(content).hexdigest()}</wert></pruefsumme>"
        f"<pn:art><code>{_SORTS[kind]}</code></pn:art></pn:anlage>"
    )
