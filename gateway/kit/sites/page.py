"""The report as a page to print and to file: HTML in German, for A4, with nothing to load from elsewhere."""

from __future__ import annotations

from html import escape
from typing import Final

from gateway.kit.page import STYLE
from gateway.kit.sites.report import Report
from gateway.kit.sites.rules import NAMED, Ruling

_LEVELS: Final = {"MUST": "muss", "SHOULD": "soll"}


def page(report: Report) -> str:
    """The report on paper; the digest at its end is that of the same report as JSON."""
    verdict = "keine Pflicht verletzt" if report.good else "nicht bestanden"
    if report.good and report.untried:
        verdict += f", {report.untried} nicht geprüft"
    facts = {
        "Ergebnis": verdict,
        "Client": f"{report.client} {report.version}".strip() or "sendet kein Lebenszeichen",
        "User-Agent": ", ".join(report.agents) or "–",
        "Geprüft am": f"{report.day:%d.%m.%Y}",
        "Geprüft mit": f"Antragsgateway {report.gateway}, Abholtür einer Sandbox, {report.requests} Anfragen",
        "Neu gestartet": f"{report.ended}-mal, weil der Client von selbst endete" if report.ended else "nie",
    }
    listed = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts.items())
    rows = "\n".join(_row(one) for one in report.rulings)
    return (
        '<!doctype html>\n<html lang="de">\n<head>\n<meta charset="utf-8">\n'
        f"<title>Prüfbericht Abholung</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"<h1>Prüfbericht für einen Client der Abholtür</h1>\n<dl>{listed}</dl>\n"
        '<table><thead><tr><th scope="col">Regel</th><th scope="col">Stufe</th><th scope="col">Ergebnis</th>'
        f'<th scope="col">Gesehen</th></tr></thead>\n<tbody>\n{rows}\n</tbody></table>\n'
        '<p class="note">Die Regeln stehen mit ihren Namen in docs/spec/pickup.md. Geprüft wird an der Tür: Was der '
        "Client im Fachverfahren tut, zeigt nur dessen Bestand. Nicht geprüft heißt: Dazu kam es nicht, oder es lässt "
        "sich von hier aus nicht sehen.</p>\n"
        f'<p class="note">SHA-256 dieses Berichts als JSON: {report.digest}</p>\n</body>\n</html>\n'
    )


def _row(one: Ruling) -> str:
    rule = NAMED[one.rule]
    cells = (rule.says.de, _LEVELS[rule.level], one.told.de, one.evidence.de)
    name = f'<br><span class="note">{escape(one.rule)}</span>'
    first, *rest = (f"<td>{escape(text)}{name if number == 0 else ''}</td>" for number, text in enumerate(cells))
    return f'<tr class="{"broken" if one.bad else "rule"}">{first}{"".join(rest)}</tr>'
