"""A Bauantrag and its answers in XBau's own messages, as short as the schemas allow; nobody in it exists."""

from __future__ import annotations

from typing import Final

from gateway.reply import Kind

ANTRAG_UUID: Final = "5b0e8f2a-7c1d-4e3b-9f60-2d8a4c6e1b73"
CASE: Final = "c4a7d9e1-3f52-4b86-8e0d-71f3a5b9c2d4"
"""the id that the portal gave to the whole matter"""

_PERSON: Final = """<natuerlichePerson><id>0b1c2d3e-4f50-4a6b-8c7d-9e0f1a2b3c4d</id>
<name><familienname><name>Beispiel</name></familienname>
<vorname><name>Bea</name></vorname></name>
<anschrift><ort>Aschaffenburg</ort></anschrift></natuerlichePerson>"""


def _head(type_: str, uuid: str, portal_reads: bool) -> str:
    portal, authority = ("bap:09000001", "Bauportal"), ("bab:09661000", "Bauaufsicht")
    reader, author = (portal, authority) if portal_reads else (authority, portal)
    return f"""<nachrichtenkopf.g2g>
<identifikation.nachricht><nachrichtenUUID>{uuid}</nachrichtenUUID>
<nachrichtentyp><code>{type_}</code></nachrichtentyp>
<erstellungszeitpunkt>2026-11-02T08:05:00+01:00</erstellungszeitpunkt></identifikation.nachricht>
<leser>{_party(*reader)}</leser><autor>{_party(*author)}</autor></nachrichtenkopf.g2g>"""


def _party(kennung: str, name: str) -> str:
    directory = '<verzeichnisdienst listVersionID="3"><code>DVDV</code></verzeichnisdienst>'
    return f"{directory}<kennung>{kennung}</kennung><name>{name}</name>"


ANTRAG: Final = f"""<b:baugenehmigung.antrag.0200 xmlns:b="http://www.xleitstelle.de/xbau/2/5"
 produkt="Beispielportal" produkthersteller="Beispielhaus" standard="XBau-Hochbau" version="2.5">
{_head("0200", ANTRAG_UUID, portal_reads=False)}
<b:referenzAntragsservice><referenzAntragsservice>{CASE}</referenzAntragsservice></b:referenzAntragsservice>
<b:antragsteller>{_PERSON}</b:antragsteller>
<b:bauvorhaben><b:bezeichnungDesBauvorhabens>Gartenhaus</b:bezeichnungDesBauvorhabens>
<b:beteiligte><b:bauherr><b:bauherr>{_PERSON}</b:bauherr></b:bauherr>
<b:gebuehrenpflichtiger>{_PERSON}</b:gebuehrenpflichtiger></b:beteiligte>
<b:gegenstand><b:anzahlDerGebaeude>
<b:anzahlDerGebaeudeImBauvorhaben>1</b:anzahlDerGebaeudeImBauvorhaben></b:anzahlDerGebaeude>
<b:artDerMassnahme><code>10</code></b:artDerMassnahme></b:gegenstand>
<b:verortung><b:baugrundstueck><b:grundstueck>
<b:anschrift><ort>Aschaffenburg</ort>
<b:gemeindeschluessel listURI="urn:de:bund:destatis:bevoelkerungsstatistik:schluessel:ags"
 listVersionID="2020-12-31"><code>09661000</code></b:gemeindeschluessel></b:anschrift>
<b:flurstueck><bundesland listVersionID="2010-04-01"><code>09</code></bundesland>
<kodierungFlurstueck><gemarkung><bezeichnung>Damm</bezeichnung></gemarkung>
<zaehler>1</zaehler></kodierungFlurstueck></b:flurstueck>
</b:grundstueck></b:baugrundstueck></b:verortung></b:bauvorhaben>
<b:anlagen><anlage><bezeichnung>Lageplan</bezeichnung><versionsnummer>1</versionsnummer><datum>2026-11-01</datum>
<anlageart listVersionID="2.0"><code>1</code></anlageart>
<mimeType listURI="urn:xoev-de:xbau:codeliste:mimetype" listVersionID="1"><code>1</code></mimeType>
<anhangOderVerlinkung><uriVerlinkung>urn:beispiel:lageplan</uriVerlinkung></anhangOderVerlinkung></anlage></b:anlagen>
</b:baugenehmigung.antrag.0200>""".encode()


def _reply(name: str, type_: str, uuid: str, body: str) -> bytes:
    root = f"k:prozessnachrichten.{name}.{type_}"
    return f"""<{root} xmlns:k="http://www.xleitstelle.de/xbau/kernmodul/1/2/2"
 xmlns:g="http://xoev.de/schemata/basisnachricht/g2g/1_1"
 produkt="Beispielverfahren" produkthersteller="Beispielhaus" standard="XBau-Kernmodul" version="1.2.2">
{_head(type_, uuid, portal_reads=True)}
{body}
</{root}>""".encode()


def _identified(element: str) -> str:
    return f"""<{element}><g:nachrichtenUUID>{ANTRAG_UUID}</g:nachrichtenUUID>
<g:nachrichtentyp><code>0200</code></g:nachrichtentyp>
<g:erstellungszeitpunkt>2026-11-02T08:05:00+01:00</g:erstellungszeitpunkt></{element}>"""


REPLIES: Final = {
    Kind.ACKNOWLEDGEMENT: _reply(
        "eingangsbestaetigung",
        "1120",
        "11200000-0000-4000-8000-000000000001",
        f"<bezug><referenz>{CASE}</referenz>{_identified('bezugNachricht')}</bezug>",
    ),
    Kind.FILE_NUMBER: _reply(
        "aktenzeichen",
        "1121",
        "11210000-0000-4000-8000-000000000001",
        f"<bezug><referenz>{CASE}</referenz><vorgang>41-602-BA-2026/0031</vorgang></bezug>",
    ),
    Kind.STATUS: _reply(
        "statusFuerAntragsportal",
        "1170",
        "11700000-0000-4000-8000-000000000001",
        f"""<bezug><referenz>{CASE}</referenz></bezug>
<statusAntragsportal listURI="urn:xoev-de:xbau:codeliste:statusbauportal" listVersionID="3.0"><code>02</code>
</statusAntragsportal>""",
    ),
    Kind.REJECTION: _reply(
        "rueckweisung.G2G",
        "1100",
        "11000000-0000-4000-8000-000000000001",
        f"""<rueckweisungDaten>
<rueckweisungsgrund><grund listVersionID="2.2"><code>S999</code></grund>
<fehlertext>Beispieltext</fehlertext></rueckweisungsgrund>
{_identified("idNachricht")}<nachricht>PGEvPg==</nachricht></rueckweisungDaten>""",
    ),
}
