"""A small routing folder to ask and to break: a Landkreis with a Große Kreisstadt, and a kreisfreie Stadt."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.routing import Tables

FILES = {
    "regions.csv": """\
ars,kind,name,inhabitants,plz
09,Land,Bayern,,
09178,Landkreis,Freising,,
091780124124,Große Kreisstadt,Freising,49126,85354
091780145145,Gemeinde,Neufahrn b.Freising,20165,85375
091785127,Verwaltungsgemeinschaft,Allershausen,,
091785127113,Gemeinde,Allershausen,5881,85391
09661,kreisfreie Stadt,Aschaffenburg,71002,63739
""",
    "former.csv": """\
ars,name,until,successor
091780888888,Altdorf,2026-01-01,091780145145
091780887887,Altheim,2026-01-01,
""",
    "directory.toml": """\
source = "Ein Verzeichnis"
as_of = 2026-01-01
""",
    "services.toml": """\
[wohnsitz]
title = "Wohnsitzmeldung"
leistungen = ["99115005104000"]
prefixes = ["ags"]

[[wohnsitz.messages]]
namespace = "urn:beispiel:wohnsitz"
roots = ["wohnsitz.anmeldung.0100"]
place = "//neueWohnung/gemeindeschluessel"

[bau]
title = "Bauantrag"
leistungen = ["99012070006000", "99012070006001"]
prefixes = ["bab", "gba"]

[[bau.messages]]
namespace = "urn:beispiel:bau"
roots = ["baugenehmigung.antrag.0200"]
place = "//baugrundstueck/gemeindeschluessel"

[[bau.messages]]
namespace = "urn:beispiel:bau"
roots = ["genehmigungsfreistellung.anzeige.0600"]
place = "//baugrundstueck/gemeindeschluessel"
own_rows = true
""",
    "authorities.csv": """\
ars,kind,name,kennungen
09178,Landratsamt,Landratsamt Freising,
091780124124,Große Kreisstadt,Stadt Freising,
091780145145,Gemeinde,Gemeinde Neufahrn b.Freising,
091785127,Verwaltungsgemeinschaft,Verwaltungsgemeinschaft Allershausen,ags:777
091785127113,Gemeinde,Gemeinde Allershausen,
09661,kreisfreie Stadt,Stadt Aschaffenburg,
""",
    "responsibility.csv": """\
subject,ars,authority,source,valid_from,valid_until,grade
wohnsitz,091780124124,091780124124,Melderecht,,,A
wohnsitz,091780145145,091780145145,Melderecht,,,A
wohnsitz,091785127,091785127,Melderecht,,,A
wohnsitz,09661,09661,Melderecht,,,A
bau,09178,09178,Baurecht,,,F
bau,091780124124,091780124124,Baurecht,2020-01-01,2026-12-31,F
bau,09661,09661,Baurecht,,,F
genehmigungsfreistellung.anzeige.0600,091780145145,091780145145,Baurecht,,,F
genehmigungsfreistellung.anzeige.0600,091785127113,091785127113,Baurecht,,,F
""",
    "destinations.toml": """\
[freising-bau]
adapter = "filedrop"
live = { folder = "{data}/{destination}", mode = 7 }
test = { folder = "{data}/{destination}-test", mode = 7 }
window = 2
open_for = 1.5

[aschaffenburg]
adapter = "filedrop"
live.folder = "/srv/eingang"
test.folder = "/srv/eingang-test"
""",
    "connections.csv": """\
service,authority,destination,state,order_number,order_date,ordered_through,live_since,contact
bau,09178,freising-bau,live,,2026-03-01,DigitalMarkt,2026-09-01,
bau,09661,aschaffenburg,paused,,,,,
wohnsitz,09661,,ordered,,,,,
wohnsitz,091785127,aschaffenburg,tested,,,,,
""",
}

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes the folder, with one text replaced in one file, and says where it is."""

    def write(file: str = "", old: str = "", new: str = "") -> Path:
        for name, text in FILES.items():
            assert name != file or old in text
            changed = text.replace(old, new, 1) if name == file else text
            (tmp_path / name).write_text(changed, encoding="utf-8")
        return tmp_path

    return write


@pytest.fixture
def tables(write: Write) -> Tables:
    """The small tables, as written."""
    return Tables.load(write(), Path("/var/lib/gateway"))
