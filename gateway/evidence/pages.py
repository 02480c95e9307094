"""Coverage and operation as pages to print: HTML in German, made for A4, with nothing to load from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from html import escape
from itertools import groupby
from typing import Final

from gateway.evidence.coverage import Counts, Coverage, Stage
from gateway.evidence.operation import AVAILABILITY, WAITING, Line, Operation
from gateway.submission import SECOND

_STYLE: Final = """
@page {
  size: A4 SIDE; margin: 14mm 12mm 16mm;
  @bottom-left { content: "FOOT"; font: 7.5pt "Liberation Sans", Arial, sans-serif; color: #555; }
  @bottom-right {
    content: "Seite " counter(page) " von " counter(pages);
    font: 7.5pt "Liberation Sans", Arial, sans-serif; color: #555;
  }
}
* { box-sizing: border-box; }
body { font: 9pt/1.35 "Liberation Sans", Arial, sans-serif; color: #1a1a1a; margin: 0 auto; max-width: WIDTH; }
h1 { font-size: 16pt; margin: 0 0 2mm; }
h2 { font-size: 11.5pt; margin: 6mm 0 1.5mm; break-after: avoid; }
p { margin: 0 0 2mm; }
.note { color: #555; font-size: 8.5pt; break-inside: avoid; }
.flag { border: 0.6pt solid #8a5a00; background: #fff6e0; padding: 1mm 3mm; display: inline-block; margin-right: 2mm; }
table { border-collapse: collapse; width: 100%; table-layout: fixed; }
thead { display: table-header-group; }
tr { break-inside: avoid; }
th, td { text-align: left; vertical-align: top; padding: 0.7mm 1.2mm; border-bottom: 0.4pt solid #ccc; }
th:first-child, td:first-child { padding-left: 0; }
th:last-child, td:last-child { padding-right: 0; }
th { font-size: 7.5pt; color: #333; border-bottom: 0.8pt solid #333; vertical-align: bottom; hyphens: manual; }
th, td { overflow-wrap: anywhere; }
td { white-space: pre-line; }
.n { text-align: right; font-variant-numeric: tabular-nums; }
td.n { white-space: nowrap; overflow-wrap: normal; }
@media screen { body { padding: 6mm; } }
@media print { .flag { -webkit-print-color-adjust: exact; print-color-adjust: exact; } }
"""

_SANDBOX: Final = '<p class="flag">Sandbox: Nichts davon betrifft eine echte Behörde.</p>'
_SHY: Final = "\u00ad"


# ── operation ────────────────────────────────────────────────────────────────────────────────────────────────────────

_OPERATED: Final = (
    ("Behörde", 56),
    ("Bestellung", 31),
    ("in Betrieb seit", 19),
    (f"ange{_SHY}nommen", 17),
    (f"über{_SHY}geben", 15),
    (f"bestä{_SHY}tigt", 15),
    (f"ver{_SHY}weigert", 16),
    ("Test", 11),
    ("im Ziel", 16),
    ("Wartezeit", 21),
    (f"Verfüg{_SHY}barkeit", 18),
    ("Schema und Adapter", 38),
)
"""Headings and widths, of 273."""


def operation_page(account: Operation) -> str:
    """The account of a month. A closed month is the same page, byte for byte, whenever it is printed."""
    flag = "" if account.closed else '<p class="flag">Vorläufig: Der Monat ist noch nicht abgeschlossen.</p>'
    body = (
        f"{_SANDBOX if account.sandbox else ''}{flag}"
        f"<p>{len(account.lines)} Anbindungen. Gezählt sind Ereignisse, die im Monat geschahen "
        "(Kalendermonat, Europe/Berlin); Testnachrichten stehen für sich.</p>"
        + "".join(
            f"<h2>{escape(title)}</h2>" + _table(_OPERATED, map(_operated, lines), numbers=range(3, 11))
            for title, lines in groupby(account.lines, key=lambda line: line.service)
        )
        + '<h2>Wie dies zu lesen ist</h2><p class="note">'
        + f"Im Ziel: Anteil der übergebenen Anträge, die binnen {account.target // 60} Minuten nach Eingang übergeben "
        + f"waren. {escape(AVAILABILITY.de)} {escape(WAITING.de)}</p>"
        + f'<p class="note">Prüfsumme der zugrunde liegenden Ereignisse (SHA-256): {account.digest}</p>'
    )
    return _page(f"Betriebsnachweis {account.month.name}", body, landscape=True)


def _operated(line: Line) -> Sequence[str]:
    connection = line.connection
    said = (connection.order_number, _day(connection.order_date), connection.ordered_through)
    order = "\n".join(part for part in said if part)
    return (
        f"{line.authority} ({connection.authority})",
        order or "–",
        _day(connection.live_since) or "–",
        *(_number(number) for number in (line.accepted, line.delivered, line.confirmed, line.refused, line.tests)),
        _percent(line.share_in_time),
        _span(line.waiting // SECOND),
        _percent(line.availability),
        "\n".join((*line.schemas, *line.adapters)) or "–",
    )


# ── coverage ─────────────────────────────────────────────────────────────────────────────────────────────────────────

_DUE: Final = (("Leistung", 42), ("Behörde", 68), ("Zustand", 22), ("Bestellung", 34), ("Tage seither", 20))


def coverage_page(found: Coverage) -> str:
    """How far the roll-in has come, service by service and Kreis by Kreis."""
    titles = {one.service: one.title for one in found.services}
    stages = (("Leistung", 56), *((stage.told.de, 26) for stage in Stage))
    authorities, people = (
        _table(
            stages,
            ((one.title, *_stages(one.counts, people=people)) for one in found.services),
            numbers=range(1, len(stages)),
        )
        for people in (False, True)
    )
    kreise = _table(
        (("Kreis", 46), *((title, 28) for title in titles.values())),
        (
            (kreis.name, *(_live_of(kreis.services[name]) if name in kreis.services else "–" for name in titles))
            for kreis in found.kreise
        ),
        numbers=range(1, len(titles) + 1),
    )
    due = _table(
        _DUE,
        (
            (
                titles.get(due.connection.service, due.connection.service),
                f"{due.authority} ({due.connection.authority})",
                due.connection.state.told.de,
                due.connection.order_number or "–",
                "–" if due.days is None else _number(due.days),
            )
            for due in found.due
        ),
        numbers=range(4, 5),
    )
    body = (
        f"{_SANDBOX if found.sandbox else ''}"
        f"<p>Stand {_day(found.day)}. Orte und Einwohner: {escape(found.source)}, Stand {_day(found.as_of)}.</p>"
        f"<h2>Behörden je Leistung</h2>{authorities}"
        f"<h2>Einwohner je Leistung</h2>{people}{_unlisted(found)}"
        '<h2>Je Landkreis und kreisfreier Stadt</h2><p class="note">Behörden in Betrieb von zuständigen; dahinter der '
        f"Anteil der Einwohner, für die die Leistung erreichbar ist.</p>{kreise}"
        f"<h2>Was aussteht</h2>{due if found.due else '<p>Nichts: Was bestellt ist, ist in Betrieb.</p>'}"
    )
    return _page("Flächendeckung der Anbindungen", body, landscape=False)


def _unlisted(found: Coverage) -> str:
    missing = [f"{one.title}: {found.unlisted[one.service]}" for one in found.services if one.service in found.unlisted]
    said = f"Gemeinden, für die keine Behörde eingetragen ist: {'; '.join(missing)}."
    return f'<p class="note">{escape(said)}</p>' if missing else ""


def _stages(counts: Counts, *, people: bool) -> list[str]:
    """The number at each stage, and its share of what is responsible."""
    numbers = [counts[stage].inhabitants if people else counts[stage].authorities for stage in Stage]
    whole = numbers[0]
    rest = [f"{_number(number)} ({_percent(number / whole if whole else None)})" for number in numbers[1:]]
    return [_number(whole), *rest]


def _live_of(counts: Counts) -> str:
    whole, live = counts[Stage.RESPONSIBLE], counts[Stage.LIVE]
    if not live.authorities:
        return f"0/{whole.authorities}"
    share = live.inhabitants / whole.inhabitants if whole.inhabitants else None
    return f"{live.authorities}/{whole.authorities} ({_percent(share)})"


# ── a page ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _page(title: str, body: str, *, landscape: bool) -> str:
    style = _STYLE.replace("SIDE", "landscape" if landscape else "portrait")
    style = style.replace("WIDTH", "273mm" if landscape else "186mm").replace("FOOT", title)
    return (
        '<!doctype html>\n<html lang="de">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{escape(title)}</title>\n<style>{style}</style>\n</head>\n<body>\n"
        f"<h1>{escape(title)}</h1>\n{body}\n</body>\n</html>\n"
    )


def _table(head: Sequence[tuple[str, int]], rows: Iterable[Sequence[str]], *, numbers: range) -> str:
    """A table whose head is repeated on every page; the widths of its columns are shares of all of them."""

    def cells(tag: str, texts: Sequence[str], scope: str = "") -> str:
        opened = (f'<{tag}{scope} class="n">' if at in numbers else f"<{tag}{scope}>" for at in range(len(texts)))
        return "".join(f"{begin}{escape(text)}</{tag}>" for begin, text in zip(opened, texts, strict=True))

    whole = sum(width for _, width in head)
    widths = "".join(f'<col style="width: {100 * width / whole:.2f}%">' for _, width in head)
    lines = "\n".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    heads = cells("th", [heading for heading, _ in head], ' scope="col"')
    return f"<table><colgroup>{widths}</colgroup><thead><tr>{heads}</tr></thead>\n<tbody>\n{lines}\n</tbody></table>\n"


def _number(number: int) -> str:
    return f"{number:,}".replace(",", ".")


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %".replace(".", ",")


def _day(day: date | None) -> str:
    """As German tables write it, `01.10.2026`; empty where it is not known."""
    return f"{day:%d.%m.%Y}" if day else ""


def _span(seconds: int) -> str:
    if not seconds:
        return "–"
    hours, rest = divmod(seconds, 3_600)
    if hours:
        return f"{_number(hours)} h {rest // 60} min"
    return f"{rest // 60} min {rest % 60} s" if rest >= 60 else f"{rest} s"
