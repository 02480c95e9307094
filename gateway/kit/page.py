"""A scorecard as a page to print and to file: HTML in German, for A4, with nothing to load from elsewhere."""

from __future__ import annotations

import hashlib
import json
from html import escape
from typing import Final

from gateway.kit.scorecard import FOR_GOLD, FOR_SILVER, Ruling, Scorecard

STYLE: Final = """
@page { size: A4; margin: 18mm 15mm; }
body { font: 10pt/1.45 "Liberation Sans", Arial, sans-serif; color: #1a1a1a; max-width: 180mm; margin: 0 auto; }
h1 { font-size: 16pt; margin: 0 0 4mm; }
dl { display: grid; grid-template-columns: 45mm 1fr; row-gap: 1mm; margin: 0 0 5mm; }
dt { color: #555; } dd { margin: 0; }
table { border-collapse: collapse; width: 100%; }
thead { display: table-header-group; }
tr { break-inside: avoid; }
th, td { text-align: left; vertical-align: top; padding: 1mm 2mm 1mm 0; border-bottom: 0.4pt solid #ccc; }
th { border-bottom: 0.8pt solid #333; }
td { overflow-wrap: anywhere; }
.broken td { background: #fdeaea; }
.note { color: #555; font-size: 8.5pt; }
"""

_GERMAN: Final = {
    "delivers-complete": "Dokument und Anlagen kommen Byte für Byte an.",
    "answers-in-time": "Eine Übergabe endet in der angegebenen Zeit, und sofort, wenn sie abgebrochen wird.",
    "recognises-repetition": "Dieselbe Einreichung, wiederholt oder zweimal zugleich, wird einmal übernommen.",
    "tells-the-truth-when-asked": "Auf die Frage „habt ihr das?“ kommt die Wahrheit.",
    "admits-absence": "Ein Fachverfahren, das nicht da ist, gilt als nicht erreichbar, nie als erreicht.",
    "leaves-nothing-half-done": "Eine abgebrochene Übergabe hinterlässt nichts, was übernommen werden könnte.",
    "goes-where-it-is-told": "Übergeben wird an den genannten Zustellpunkt und sonst nirgends.",
    "keeps-to-its-manifest": "Kein Ausgang behauptet mehr, als das Manifest verspricht.",
    "refuses-unknown-settings": "Unbekannte, fehlende und unmögliche Einstellungen werden beim Namen genannt.",
    "speaks-in-codes": "Gründe sind eigene kurze Wörter, nie Text des Fachverfahrens.",
    "keeps-silent": "Nichts aus Dokumenten, Dateinamen und Antworten gelangt in Protokolle.",
    "works-at-once": "Viele Übergaben zugleich stören einander nicht.",
    "streams-attachments": "Eine Anlage liegt nie ganz im Arbeitsspeicher.",
    "survives-a-hostile-vendor": "Was auch immer das Fachverfahren tut: Der Ausgang stimmt, und nichts wird doppelt.",
    "forgets-what-is-done": "Nach Tausenden von Übergaben ist nicht mehr Speicher belegt als vorher.",
    "gives-back-answers": "Antworten kommen ganz, immer wieder bis zur Bestätigung, und danach nicht mehr.",
    "ships-a-simulator": "Ein Simulator spielt das Fachverfahren und führt Buch.",
    "explains-itself": "Eine Anleitung sagt auf Deutsch, was einzurichten und was angenommen ist.",
    "sees-only-the-contract": "Der Adapter benutzt vom Gateway nur, was der Vertrag nennt.",
    "invents-nothing": "Veröffentlichtes und Angenommenes sind getrennt.",
    "keeps-secrets": "Kennwörter und Schlüssel kommen aus Einstellungen und stehen sonst nirgends.",
}


def page(card: Scorecard) -> str:
    """The scorecard on paper; the digest at its end is that of the same scorecard as JSON."""
    manifest = card.manifest
    interface = "vom Hersteller veröffentlicht" if manifest.interface == "published" else "angenommen"
    facts = {
        "Stufe": card.tier.told.de,
        "Adapter": f"{manifest.name} {card.version}".strip(),
        "Hersteller, Produkt": f"{manifest.vendor}, {manifest.product}",
        "Schnittstelle": interface,
        "Leistungen": ", ".join(manifest.services),
        "Schemata": ", ".join(manifest.schemas),
        "Wege": ", ".join(manifest.transports) or "–",
        "Geprüft am": f"{card.day:%d.%m.%Y}",
        "Geprüft mit": f"Antragsgateway {card.gateway}, Simulator des Adapters, {card.deliveries} Übergaben in Folge",
    }
    listed = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts.items())
    rows = "\n".join(_row(one) for one in card.rulings)
    digest = hashlib.sha256(json.dumps(card.as_json(), ensure_ascii=False, sort_keys=True).encode()).hexdigest()
    return (
        '<!doctype html>\n<html lang="de">\n<head>\n<meta charset="utf-8">\n'
        f"<title>Prüfbericht {escape(manifest.name)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"<h1>Prüfbericht für den Adapter „{escape(manifest.name)}“</h1>\n<dl>{listed}</dl>\n"
        '<table><thead><tr><th scope="col">Regel</th><th scope="col">Für</th><th scope="col">Ergebnis</th>'
        f'<th scope="col">Anmerkung</th></tr></thead>\n<tbody>\n{rows}\n</tbody></table>\n'
        '<p class="note">Bronze: Nichts geht verloren und nichts wird verraten. Silber: und der Adapter trägt, was ein '
        "ganzes Land sendet. Gold: und er kennt auch nach einem schlechten Tag die Wahrheit; eine Ausnahme schließt "
        "Gold aus. Geprüft wird gegen den Simulator, der mit dem Adapter kommt; ob er sich verhält wie das wirkliche "
        "Fachverfahren, prüft niemand als der Mensch, der beide kennt.</p>\n"
        f'<p class="note">SHA-256 dieses Berichts als JSON: {digest}</p>\n</body>\n</html>\n'
    )


def _row(one: Ruling) -> str:
    tier = "Silber" if one.rule in FOR_SILVER else "Gold" if one.rule in FOR_GOLD else "Bronze"
    cells = (_GERMAN[one.rule], tier, one.answer.told.de, one.because)
    return f'<tr class="{one.answer.value}">' + "".join(f"<td>{escape(text)}</td>" for text in cells) + "</tr>"
