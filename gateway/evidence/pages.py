"""Coverage and operation as pages to print: HTML in German, made for A4, with nothing to load from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from html import escape
from typing import Final

from gateway.evidence.coverage import Counts, Coverage, Stage
from gateway.evidence.operation import AVAILABILITY, WAITING, Line, Operation
from gateway.submission import SECOND

_STYLE: Final = """
@page { size: A4 SIDE; margin: 15mm 12mm 18mm; }
* { box-sizing: border-box; }
body { font: 9.5pt/1.4 "Liberation Sans", Arial, sans-serif; color: #1a1a1a; margin: 0 auto; max-width: WIDTH; }
h1 { font-size: 16pt; margin: 0 0 2mm; }
h2 { font-size: 12pt; margin: 7mm 0 2mm; break-after: avoid; }
p { margin: 0 0 2mm; }
.note { color: #555; font-size: 8.5pt; }
.provisional { border: 0.6pt solid #8a5a00; background: #fff6e0; padding: 1mm 3mm; display: inline-block; }
table { border-collapse: collapse; width: 100%; table-layout: auto; }
thead { display: table-header-group; }
tr { break-inside: avoid; }
th, td { text-align: left; vertical-align: top; padding: 0.8mm 1.6mm 0.8mm 0; border-bottom: 0.4pt solid #ccc; }
th { font-size: 8pt; color: #333; border-bottom: 0.8pt solid #333; hyphens: manual; }
td { overflow-wrap: break-word; }
.n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
th.n { white-space: normal; }
"""


def operation_page(account: Operation) -> str:
    """The account of a month. A closed month is the same page, byte for byte, whenever it is printed."""
    flag = "" if account.closed else '<p class="provisional">Vorläufig: Der Monat ist noch nicht abgeschlossen.</p>'
    head = (
        *("Leistung", "Behörde", "Bestellung", "in Betrieb seit"),
        *("ange\u00adnommen", "über\u00adgeben", "bestä\u00adtigt", "ver\u00adweigert", "Test"),
        *("im Ziel", "Warte\u00adzeit", "Verfüg\u00adbarkeit", "Schema", "Adapter"),
    )
    minutes = account.target // 60
    body = (
        f"{flag}"
        f"<p>{len(account.lines)} Anbindungen. Gezählt sind Ereignisse, die im Monat geschahen "
        "(Kalendermonat, Europe/Berlin); Testnachrichten stehen für sich.</p>"
        + _table(head, (_operated(line) for line in account.lines), numbers=range(4, 12))
        + '<h2>Wie dies zu lesen ist</h2><p class="note">'
        + f"Im Ziel: Anteil der übergebenen Anträge, die binnen {minutes} Minuten nach Eingang übergeben waren. "
        + f"{escape(AVAILABILITY.de)} {escape(WAITING.de)}</p>"
        + f'<p class="note">Prüfsumme der zugrunde liegenden Ereignisse (SHA-256): {account.digest}</p>'
    )
    return _page(f"Betriebsnachweis {account.month.name}", body, landscape=True)


def _operated(line: Line) -> Sequence[str]:
    connection = line.connection
    order = " ".join(part for part in (connection.order_number, _day(connection.order_date)) if part)
    return (
        connection.service,
        f"{line.authority} ({connection.authority})",
        order or "–",
        _day(connection.live_since) or "–",
        *(str(number) for number in (line.accepted, line.delivered, line.confirmed, line.refused, line.tests)),
        _percent(line.share_in_time),
        _span(line.waiting // SECOND),
        _percent(line.availability),
        ", ".join(line.schemas) or "–",
        line.adapter or "–",
    )


def coverage_page(found: Coverage) -> str:
    """How far the roll-in has come, service by service and Kreis by Kreis."""
    heads = ("Leistung", *(stage.told.de for stage in Stage))
    authorities, people = (
        _table(
            heads,
            ((one.title, *_stages(one.counts, people=people)) for one in found.services),
            numbers=range(1, len(heads)),
        )
        for people in (False, True)
    )
    names = [one.service for one in found.services]
    kreise = _table(
        ("Kreis", *names),
        (
            (
                kreis.name,
                *(_live_of(kreis.services[name]) if name in kreis.services else "–" for name in names),
            )
            for kreis in found.kreise
        ),
        numbers=range(1, len(names) + 1),
    )
    due = _table(
        ("Leistung", "Behörde", "Zustand", "Bestellung", "Tage seither"),
        (
            (
                due.connection.service,
                due.authority,
                due.connection.state.told.de,
                due.connection.order_number or "–",
                "–" if due.days is None else str(due.days),
            )
            for due in found.due
        ),
        numbers=range(4, 5),
    )
    body = (
        f"<p>Stand {_day(found.day)}. Einwohner nach: {escape(found.source)}.</p>"
        f"<h2>Behörden je Leistung</h2>{authorities}"
        f"<h2>Einwohner je Leistung</h2>{people}"
        '<h2>Je Landkreis und kreisfreier Stadt</h2><p class="note">Behörden in Betrieb von zuständigen; dahinter der '
        f"Anteil der Einwohner, für die die Leistung erreichbar ist.</p>{kreise}"
        f"<h2>Was aussteht</h2>{due if found.due else '<p>Nichts: Was bestellt ist, ist in Betrieb.</p>'}"
    )
    return _page("Flächendeckung der Anbindungen", body, landscape=False)


def _stages(counts: Counts, *, people: bool) -> list[str]:
    """The number at each stage, and its share of what is responsible."""
    numbers = [counts[stage].inhabitants if people else counts[stage].authorities for stage in Stage]
    whole = numbers[0]
    rest = [f"{_number(number)} ({_percent(number / whole if whole else None)})" for number in numbers[1:]]
    return [_number(whole), *rest]


def _live_of(counts: Counts) -> str:
    whole, live = counts[Stage.RESPONSIBLE], counts[Stage.LIVE]
    share = live.inhabitants / whole.inhabitants if whole.inhabitants else None
    return f"{live.authorities}/{whole.authorities} ({_percent(share)})"


# ── a page ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _page(title: str, body: str, *, landscape: bool) -> str:
    style = _STYLE.replace("SIDE", "landscape" if landscape else "portrait")
    style = style.replace("WIDTH", "273mm" if landscape else "186mm")
    return (
        '<!doctype html>\n<html lang="de">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{escape(title)}</title>\n<style>{style}</style>\n</head>\n<body>\n"
        f"<h1>{escape(title)}</h1>\n{body}\n</body>\n</html>\n"
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: range) -> str:
    def cells(tag: str, texts: Sequence[str], scope: str = "") -> str:
        opened = (f'<{tag}{scope} class="n">' if at in numbers else f"<{tag}{scope}>" for at in range(len(texts)))
        return "".join(f"{begin}{escape(text)}</{tag}>" for begin, text in zip(opened, texts, strict=True))

    lines = "\n".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    heads = cells("th", head, ' scope="col"')
    return f"<table><thead><tr>{heads}</tr></thead>\n<tbody>\n{lines}\n</tbody></table>\n"


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
    return f"{hours} h {rest // 60} min" if hours else f"{rest // 60} min {rest % 60} s"
