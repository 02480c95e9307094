"""`gateway routes` and `gateway explain`: who gets it and why, as a contract and as prose."""

import shutil
from pathlib import Path

import pytest

from tests.gateway.cli.calling import A_VALID_ONE, AN_INVALID_ONE, ROOT, WOHNSITZ, Call

BAUANTRAG = "99012070006000"


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    """A copy of the shipped tables, with the Bauaufsicht of the Landkreis Freising connected."""
    shutil.copytree(ROOT / "routing", tmp_path / "routing")
    with (tmp_path / "routing" / "connections.csv").open("a", encoding="utf-8") as file:
        file.write("bau,09178,augsburg-bau,live,,,,2026-09-01,\nbau,09772,augsburg-bau,paused,,,,,\n")
    return tmp_path / "routing"


def test_the_contract(gateway: Call, tables: Path) -> None:
    """Service, authority, connection, state and reasons; exit code 0 where the door is open, if only to wait."""
    heard = gateway("routes", "explain", "--leistung", BAUANTRAG, "--ars", "097720177177", "--json", "--tables", tables)

    assert heard.code == 0
    answer = heard.json
    assert answer["service"] == "bau"
    assert answer["authority"] == {"name": "Landratsamt Augsburg", "ars": "09772"}
    assert answer["connection"] == {"id": "bau/09772", "state": "paused"}
    assert answer["state"] == "paused"
    assert "Art. 53 Abs. 1 BayBO" in " ".join(answer["because"])


def test_a_kreisfreie_stadt_has_five_digits(gateway: Call) -> None:
    """Whichever way it is written."""
    for ars in ("09661", "09661000", "096610000000"):
        answer = gateway("routes", "explain", "--leistung", BAUANTRAG, "--ars", ars, "--json")
        assert (answer.code, answer.json["authority"]["ars"], answer.json["state"]) == (0, "09661", "live")


def test_a_city_is_not_served_by_its_landratsamt(gateway: Call, tables: Path) -> None:
    """Freising is its own Bauaufsicht and not connected, although the Landratsamt around it is."""
    ask = ("routes", "explain", "--leistung", BAUANTRAG, "--json", "--tables", tables, "--ars")
    city, around = gateway(*ask, "091780124124"), gateway(*ask, "091780145145")

    assert (city.code, city.json["authority"]["ars"], city.json["state"]) == (1, "091780124124", "none")
    assert city.json["connection"] is None
    assert (around.code, around.json["authority"]["ars"], around.json["state"]) == (0, "09178", "live")


def test_people_get_a_paragraph(gateway: Call, tables: Path) -> None:
    """Which row decided, by which law, which row lost, and whether the door is open."""
    heard = gateway("routes", "explain", "--leistung", BAUANTRAG, "--ars", "09178124", "--tables", tables)

    assert heard.out.startswith("✗ Nicht angenommen.\nDer Ort ist: Große Kreisstadt Freising")
    assert "Art. 53 Abs. 1 BayBO mit GrKrV" in heard.out
    assert "Nicht maßgeblich ist Zeile" in heard.out


def test_the_addressed_authority_can_be_asked_about(gateway: Call) -> None:
    """By the reader of the head alone; the wrong kind of authority is T080."""
    right = gateway("routes", "explain", "--leistung", BAUANTRAG, "--leser", "ubb:096610000001", "--json")
    wrong = gateway("routes", "explain", "--leistung", BAUANTRAG, "--leser", "ags:096610000001", "--json")

    assert (right.code, right.json["open"]) == (0, True)
    assert (wrong.code, wrong.json["code"], wrong.json["xoev"]) == (1, "wrong-reader", "T080")


def test_without_a_journal_the_order_list_says_what_is_connected(gateway: Call) -> None:
    """And whoever asks is told so."""
    heard = gateway("routes", "explain", "--leistung", BAUANTRAG, "--ars", "09661")

    assert heard.code == 0
    assert "noch kein Journal" in heard.err


def test_a_wrong_table_is_named(gateway: Call, tables: Path) -> None:
    """File and line, and exit code 2."""
    with (tables / "regions.csv").open("a", encoding="utf-8") as file:
        file.write("9178,Landkreis,Freising,,\n")
    heard = gateway("routes", "explain", "--leistung", BAUANTRAG, "--ars", "09661", "--tables", tables)

    assert heard.code == 2
    assert "regions.csv, Zeile 2622" in heard.err


def test_shipped_tables_pass_their_check(gateway: Call) -> None:
    """Files, examples, and an authority for every Gemeinde."""
    heard = gateway("routes", "check")

    assert heard.code == 0
    assert heard.out.count("✓") == 3


def test_an_example_that_fails_is_told(gateway: Call, tmp_path: Path) -> None:
    """With its sentence, and exit code 1."""
    tables = Path(shutil.copytree(ROOT / "routing", tmp_path / "routing"))
    cases = tables / "cases.toml"
    cases.write_text(cases.read_text(encoding="utf-8").replace('authority = "092735215"', 'authority = "09273"', 1))
    heard = gateway("routes", "check", "--tables", tables, "--json")

    assert heard.code == 1
    assert (heard.json["good"], len(heard.json["failing"])) == (False, 1)
    assert "stimmt nicht" in gateway("routes", "check", "--tables", tables).out


def test_the_form_of_order_lists_is_checked_with_the_tables(gateway: Call, tables: Path) -> None:
    """A slip in it shows before somebody brings a list; a folder may do without it."""
    form = tables / "orders.toml"
    form.write_text(form.read_text("utf-8").replace('= "bau"', '= "jagd"'), "utf-8")
    heard = gateway("routes", "check", "--tables", tables)
    assert heard.code == 2
    assert "orders.toml, Zeile" in heard.err

    form.unlink()
    assert "orders.toml" not in gateway("routes", "check", "--tables", tables).err


def test_a_document_is_explained(gateway: Call) -> None:
    """Which schema, what verdict, which authority and why."""
    heard = gateway("explain", A_VALID_ONE)

    assert heard.code == 0
    assert "Es ist eine Nachricht wohnsitz.anmeldung.0100 („Anmeldung eines Wohnsitzes“)" in heard.out
    assert "✓ Es ist gültig.\n✓ Geht an: Stadt Augsburg (09761)." in heard.out
    assert "Art. 1 Abs. 1 BayGMPP" in heard.out


def test_a_message_of_a_case_is_explained_with_a_hint(gateway: Call) -> None:
    """Only the gateway that accepted the case knows where it stays; the explanation says so."""
    heard = gateway("explain", WOHNSITZ / "valid" / "augsburg-korrektur-mit-bezug.xml")

    assert heard.code == 0
    assert "bezieht sich auf eine frühere (referenzUUID)" in heard.err
    assert "referenzUUID" not in gateway("explain", A_VALID_ONE).err


def test_an_invalid_document_is_explained(gateway: Call) -> None:
    """Its findings; nobody looks for an authority."""
    heard = gateway("explain", AN_INVALID_ONE)

    assert heard.code == 1
    assert "Es ist nicht gültig und würde zurückgewiesen." in heard.out
    assert gateway("explain", AN_INVALID_ONE, "--json").json["route"] is None


def test_a_contradiction_beside_the_document_is_explained(gateway: Call) -> None:
    """The call says another service than the document: valid, and not taken."""
    heard = gateway("explain", A_VALID_ONE, "--leistung", BAUANTRAG, "--json")

    assert heard.code == 1
    assert (heard.json["verdict"]["valid"], heard.json["route"]["code"]) == (True, "service-contradiction")


def test_what_is_no_document_is_said_to_be_none(gateway: Call, tmp_path: Path) -> None:
    """No XML at all, and no file at all."""
    (tmp_path / "x.xml").write_bytes(b"kein XML")

    assert gateway("explain", tmp_path / "x.xml").code == 1
    assert gateway("explain", tmp_path / "fehlt.xml").code == 2


@pytest.mark.parametrize(
    "asked, sentence",
    [
        ([], "Wofür? Mit --leistung"),
        (["--ars", "09178"], "Wofür? Mit --leistung"),
        (["--leistung", BAUANTRAG], "Wo? Mit --ars"),
        (["--leistung", "99", "--ars", "09178"], "--leistung besteht aus 14 Ziffern."),
        (["--leistung", BAUANTRAG, "--ars", "Freising"], "--ars besteht aus 2 bis 12 Ziffern."),
        (["--root", "baugenehmigung.antrag.0200", "--ars", "09178"], "--root und --namespace gehören zusammen."),
        (["--leistung", BAUANTRAG, "--ars", "09178", "--day", "1.1.2026"], "Erwartet wird ein Tag wie 2026-12-31."),
    ],
)
def test_half_a_question_is_asked_back(gateway: Call, asked: list[str], sentence: str) -> None:
    """What is missing or has another form is told; 1 would mean that a door is closed."""
    heard = gateway("routes", "explain", *asked)

    assert (heard.code, heard.out) == (2, "")
    assert sentence in heard.err
