"""What a building authority answers: in the standard that it was asked in, XBau or the project's own."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from gateway.reply import Kind
from gateway.testing.answers import Correspondence, an_answer
from gateway.xml import Document, Element, parse, written

_KERNMODUL: Final = "http://www.xleitstelle.de/xbau/kernmodul/1/2/2"
_G2G: Final = "http://xoev.de/schemata/basisnachricht/g2g/1_1"


def answers_to(document: bytes, case: str) -> list[tuple[str, bytes]]:
    """Eingangsbestätigung, Aktenzeichen and status, each with its nachrichtenUUID."""
    asked = parse(document, most=len(document))
    if (asked.attribute("standard") or "").startswith("XBau"):
        return [
            _xbau(asked, "eingangsbestaetigung.1120"),
            _xbau(asked, "aktenzeichen.1121", case=case),
            _xbau(asked, "statusFuerAntragsportal.1170", _STATUS),
        ]
    about = Correspondence.about(document)
    made = [an_answer(kind, about) for kind in (Kind.ACKNOWLEDGEMENT, Kind.STATUS)]
    made.insert(1, an_answer(Kind.FILE_NUMBER, about, said=case))
    return [(one.uuid, one.document) for one in made]


_STATUS: Final = Element(
    "statusAntragsportal",
    (Element("code", "02"),),
    {"listURI": "urn:xoev-de:xbau:codeliste:statusbauportal", "listVersionID": "3.0"},
)
"""changes have come in"""


def _xbau(asked: Document, name: str, *more: Element, case: str = "") -> tuple[str, bytes]:
    """A message of XBau's Kernmodul, from whoever was asked to whoever asked."""
    own, head = str(uuid.uuid4()), asked.leaves("nachrichtenkopf.g2g")
    type_ = Element("nachrichtentyp", (Element("code", name.rpartition(".")[2]),))
    identified = (Element("nachrichtenUUID", own), type_, Element("erstellungszeitpunkt", _now()))
    answered = (
        Element("bn-g2g:nachrichtenUUID", head.get("identifikation.nachricht/nachrichtenUUID", "")),
        Element(
            "bn-g2g:nachrichtentyp", (Element("code", head.get("identifikation.nachricht/nachrichtentyp/code", "")),)
        ),
        Element("bn-g2g:erstellungszeitpunkt", head.get("identifikation.nachricht/erstellungszeitpunkt", "")),
    )
    about = [Element("vorgang", case)] if case else []
    attributes = {
        "produkt": "Simulator",
        "produkthersteller": "Antragsgateway",
        "standard": "XBau-Kernmodul",
        "version": "1.2.2",
    }
    if (test := asked.attribute("test")) is not None:
        attributes["test"] = test
    message = Element(
        f"xbauk:prozessnachrichten.{name}",
        (
            Element(
                "nachrichtenkopf.g2g",
                (
                    Element("identifikation.nachricht", identified),
                    _party("leser", "autor", head),
                    _party("autor", "leser", head),
                ),
            ),
            Element("bezug", (*about, Element("bezugNachricht", answered))),
            *more,
        ),
        attributes,
    )
    return own, written(message, {"xbauk": _KERNMODUL, "bn-g2g": _G2G})


def _party(role: str, was: str, head: Mapping[str, str]) -> Element:
    return Element(
        role,
        (
            Element("verzeichnisdienst", (Element("code", "DVDV"),), {"listVersionID": "3"}),
            Element("kennung", head.get(f"{was}/kennung", "")),
            Element("name", head.get(f"{was}/name", "")),
        ),
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
