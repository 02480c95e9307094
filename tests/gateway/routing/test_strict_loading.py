"""A table that contradicts itself or the rest is refused, with file and line, in both languages."""

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pytest

from gateway.errors import BadTables
from gateway.routing import Tables, read_cases
from tests.gateway.routing.conftest import FILES

Write = Callable[..., Path]


class Fault(NamedTuple):
    """One text replaced in one file, a word of the sentence that follows, and the line it must point to."""

    file: str
    old: str
    new: str
    word: str
    line: str = ""
    """a text in that line of the changed file; what was put in, unless said otherwise"""


AUTHORITIES, RESPONSIBILITY, SERVICES = "authorities.csv", "responsibility.csv", "services.toml"
REGIONS, DESTINATIONS, CONNECTIONS = "regions.csv", "destinations.toml", "connections.csv"
FREISTELLUNG = "genehmigungsfreistellung.anzeige.0600"

FAULTS = {
    "a column nobody knows": Fault(AUTHORITIES, "kennungen\n", "kennungen,fax\n", "fax", "ars,"),
    "a column missing": Fault(AUTHORITIES, "name,kennungen", "name", "kennungen", "ars,"),
    "too few fields": Fault(AUTHORITIES, "Stadt Freising,", "Stadt Freising", "3"),
    "quotes that do not match": Fault(AUTHORITIES, "Stadt Freising", '"Stadt Freising', "Anführungszeichen", "09661"),
    "a kind that does not exist": Fault(REGIONS, "Große Kreisstadt", "Kreisstadt", "Große Kreisstadt", "Kreisstadt,F"),
    "a kind at the wrong level": Fault(REGIONS, "09178,Landkreis", "09178,Gemeinde", "12"),
    "a place twice": Fault(REGIONS, "09661,kreisfreie Stadt", "09178,Landkreis", "Zeile 3", "71002"),
    "inhabitants that are no number": Fault(REGIONS, "49126", "49.126", "inhabitants"),
    "an ARS without its leading zero": Fault(REGIONS, "09661,", "9661,", "Null"),
    "an ARS of seven digits": Fault(RESPONSIBILITY, "bau,09178,", "bau,0917800,", "0917800"),
    "an ARS filled up with zeros": Fault(RESPONSIBILITY, "bau,09661,", "bau,096610000000,", "also 09661"),
    "an ARS of no place": Fault(RESPONSIBILITY, "bau,09661,", "bau,09662,", "regions.csv"),
    "an authority for another kind of place": Fault(AUTHORITIES, "09178,Landratsamt", "09178,Markt", "Landkreis"),
    "an authority twice": Fault(AUTHORITIES, "09661,kreisfreie Stadt", "09178,Landratsamt", "Zeile 2", "Aschaff"),
    "an authority without a name": Fault(AUTHORITIES, "Stadt Freising", "", "name", "Große Kreisstadt,,"),
    "a Kennung that is none": Fault(AUTHORITIES, "ags:777", "777", "777"),
    "a Kennung twice": Fault(AUTHORITIES, "Stadt Freising,", "Stadt Freising,ags:777", "Zeile 3", "Allershausen,ags"),
    "an unknown subject": Fault(RESPONSIBILITY, "bau,09178,", "jagd,09178,", "jagd"),
    "a root without own_rows": Fault(RESPONSIBILITY, "bau,09178,", "baugenehmigung.antrag.0200,09178,", "own_rows"),
    "an unknown authority": Fault(RESPONSIBILITY, "09661,09661", "09661,09273", "authorities.csv"),
    "a row without a legal source": Fault(RESPONSIBILITY, "09178,Baurecht", "09178,", "source", "bau,09178"),
    "a grade that does not exist": Fault(RESPONSIBILITY, "Melderecht,,,A", "Melderecht,,,B", "F, A"),
    "a date that is none": Fault(RESPONSIBILITY, "2020-01-01", "1.1.2020", "valid_from"),
    "an end before the beginning": Fault(RESPONSIBILITY, "2026-12-31", "2019-12-31", "valid_until"),
    "two rows in force at once": Fault(RESPONSIBILITY, "bau,09661,09661", "bau,09178,09661", "Zeile 6"),
    "two rows that overlap": Fault(RESPONSIBILITY, "bau,09661,09661", "bau,091780124124,09661", "Zeile 7"),
    "a root without a row": Fault(SERVICES, '.0600"', '.0600", "a.b.1"', "a.b.1", "whole file"),
    "TOML that is none": Fault(SERVICES, 'prefixes = ["ags"]', "prefixes = [", "TOML", "[[wohnsitz"),
    "a key twice in TOML": Fault(SERVICES, "[bau]\n", '[bau]\ntitle = "x"\n', "TOML", 'title = "Bauantrag"'),
    "a key nobody knows": Fault(SERVICES, "[bau]\n", '[bau]\ncolour = "x"\n', "„colour“", "colour"),
    "a key nobody knows in a message": Fault(SERVICES, "own_rows", "own_row", "„own_row“"),
    "a title missing": Fault(SERVICES, 'title = "Bauantrag"\n', "", "title", "[bau]"),
    "a list that is a text": Fault(SERVICES, '["bab", "gba"]', '"bab"', "prefixes"),
    "a truth value that is a text": Fault(SERVICES, "own_rows = true", 'own_rows = "ja"', "own_rows"),
    "a name in capitals": Fault(SERVICES, "[wohnsitz]", "[Wohnsitz]", "Wohnsitz"),
    "a Leistungsschlüssel that is none": Fault(SERVICES, '"99115005104000"', '"12345678901234"', "12345678901234"),
    "a Leistungsschlüssel of two services": Fault(SERVICES, '"99012070006000"', '"99115005104000"', "3", "06001"),
    "a root twice": Fault(SERVICES, '["wohnsitz.anmeldung.0100"]', '["a.b.1", "a.b.1"]', "Zeile 8"),
    "a root with own_rows here and not there": Fault(
        SERVICES, '["wohns', f'["{FREISTELLUNG}", "wohns', "own_rows", '600"]'
    ),
    "a path that is none": Fault(SERVICES, "//neueWohnung/", "neueWohnung ", "Pfad"),
    "messages that are no list": Fault(SERVICES, "[[wohnsitz.messages]]", "[wohnsitz.messages]", "messages"),
    "an unknown key of a destination": Fault(DESTINATIONS, "window", "windows", "„windows“"),
    "a window of nothing": Fault(DESTINATIONS, "window = 2", "window = 0", "window"),
    "a time below zero": Fault(DESTINATIONS, "1.5", "-1.5", "open_for"),
    "no test endpoint": Fault(DESTINATIONS, 'test.folder = "/srv/eingang-test"\n', "", "test", "[aschaffenburg]"),
    "a test endpoint that is the live one": Fault(DESTINATIONS, "/srv/eingang-test", "/srv/eingang", "live", "test.f"),
    "a destination in capitals": Fault(DESTINATIONS, "[aschaffenburg]", "[Aschaffenburg]", "Kleinbuchstaben"),
    "a connection to nowhere": Fault(CONNECTIONS, "freising-bau", "freising", "destinations.toml"),
    "a connection of no service": Fault(CONNECTIONS, "bau,09178", "jagd,09178", "services.toml"),
    "a connection of no authority": Fault(CONNECTIONS, "bau,09178", "bau,09273", "authorities.csv"),
    "a connection of nobody responsible": Fault(CONNECTIONS, "bau,09178", "wohnsitz,09178", "nirgends"),
    "a connection twice": Fault(CONNECTIONS, "bau,09661,aschaffenburg", "bau,09178,aschaffenburg", "Zeile 2"),
    "a state that does not exist": Fault(CONNECTIONS, ",live,", ",open,", "ordered, configured"),
    "a live connection without a destination": Fault(CONNECTIONS, "freising-bau", "", "Zustellpunkt", ",,live"),
    "a date of a connection that is none": Fault(CONNECTIONS, "2026-09-01", "September", "live_since"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_named_with_file_and_line(write: Write, name: str) -> None:
    """The sentence begins with file and line and names what is wrong there, in German and in English."""
    fault = FAULTS[name]

    with pytest.raises(BadTables) as caught:
        Tables.load(write(fault.file, fault.old, fault.new), Path("/data"))

    de, en = caught.value.detail.de, caught.value.detail.en
    if fault.line == "whole file":
        assert re.match(r"[a-z]+\.csv: ", de)
        assert re.match(r"[a-z]+\.csv: ", en)
    else:
        lines = FILES[fault.file].replace(fault.old, fault.new, 1).splitlines()
        number = next(number for number, line in enumerate(lines, 1) if (fault.line or fault.new) in line)
        assert de.startswith(f"{fault.file}, Zeile {number}: ")
        assert en.startswith(f"{fault.file}, line {number}: ")
    assert fault.word in de


def test_the_unbroken_tables_load(write: Write) -> None:
    """The faults above are the only thing wrong with them; a byte order mark and empty lines are no fault."""
    folder = write("connections.csv", "service,authority", "\ufeffservice,authority")
    (folder / "authorities.csv").write_text(FILES["authorities.csv"] + "\n,,,\n", encoding="utf-8")

    assert len(Tables.load(folder, Path("/data")).connections) == 4


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(write: Write, name: str) -> None:
    """No table may be absent."""
    folder = write()
    (folder / name).unlink()

    with pytest.raises(BadTables, match=name):
        Tables.load(folder, Path("/data"))


@pytest.mark.parametrize("name", ["regions.csv", "services.toml"])
def test_another_encoding_is_named_with_its_line(write: Write, name: str) -> None:
    """A table saved in Windows-1252 is refused where the first such byte stands."""
    folder = write()
    lines = FILES[name].encode().splitlines(keepends=True)
    lines[1] += b"# \xe4\n"
    (folder / name).write_bytes(b"".join(lines))

    with pytest.raises(BadTables) as caught:
        Tables.load(folder, Path("/data"))

    assert caught.value.detail.de.startswith(f"{name}, Zeile 3: ")


def test_the_digest_names_the_tables(write: Write) -> None:
    """Equal files have one digest wherever they lie; any change makes another."""
    folder = write()
    one = Tables.load(folder, Path("/data")).digest
    other = Tables.load(folder, Path("/elsewhere")).digest
    changed = Tables.load(write("connections.csv", ",paused,", ",retired,"), Path("/data")).digest

    assert len(one) == 64
    assert one == other != changed


CASE = '[[case]]\nsays = "x"\nleistung = "99012070006000"\nars = "09178"\nanswer = "open"\nauthority = "09178"\n'


@pytest.mark.parametrize(
    "old, new, line",
    [
        ("ars =", "place_of_birth =", 4),
        ('"open"', '"offen"', 5),
        ('says = "x"', "says = 1", 2),
        ('answer = "open"\n', "", 1),
        ("[[case]]", "[[cases]]", 1),
        ('ars = "09178"', "day = 2026-01-01T00:00:00Z", 4),
    ],
)
def test_a_faulty_example_is_named_with_its_line(tmp_path: Path, old: str, new: str, line: int) -> None:
    """Examples are read as strictly as tables."""
    (tmp_path / "cases.toml").write_text(CASE.replace(old, new))

    with pytest.raises(BadTables) as caught:
        read_cases(tmp_path, date(2026, 11, 22))

    assert caught.value.detail.de.startswith(f"cases.toml, Zeile {line}: ")
