"""The tables that say what is a reply: read strictly, and described for editors."""

import json
from pathlib import Path

import pytest

from gateway.errors import BadTables
from gateway.reply import Effect, Kind, ReplyTables
from gateway.reply.tables import Table
from gateway.submission import Reading
from gateway.xml import parse
from tests.conftest import ROOT

REPLIES = ROOT / "xsd" / "replies"

GOOD = """
standard = "Beispiel"

[[messages]]
root = "antwort.1"
kind = "status"
effect = "confirm"
answers = "bezug/nachricht"
case = "bezug/vorgang"
code = "stand/code"
file_number = "bezug/aktenzeichen"
"""


def load(folder: Path, *tables: str) -> ReplyTables:
    for number, table in enumerate(tables):
        (folder / f"{number}.toml").write_text(table, encoding="utf-8")
    return ReplyTables.load(folder)


FAULTS = {
    "no TOML": ("standard = ", "0.toml"),
    "no standard": (GOOD.replace('standard = "Beispiel"', ""), "standard"),
    "no messages": ('standard = "Beispiel"', "messages"),
    "an unknown key": (GOOD + 'effekt = "confirm"', r"messages\.1\.effekt"),
    "an unknown kind": (GOOD.replace('"status"', '"brief"'), r"messages\.1\.kind"),
    "an unknown effect": (GOOD.replace('"confirm"', '"delete"'), r"messages\.1\.effect"),
    "a path that is none": (GOOD.replace("bezug/vorgang", "bezug//*[1]"), r"messages\.1\.case"),
    "a number for a name": (GOOD.replace('"antwort.1"', "1"), r"messages\.1\.root"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_table_that_is_wrong_is_refused_by_file_and_place(tmp_path: Path, fault: str) -> None:
    """The sentence names the file and the entry, in both languages."""
    table, place = FAULTS[fault]

    with pytest.raises(BadTables, match=place) as refused:
        load(tmp_path, table)

    assert refused.value.place.startswith("0.toml")
    assert refused.value.detail.de != refused.value.detail.en


def test_a_message_stands_in_one_table_only(tmp_path: Path) -> None:
    """Which of two would count? The sentence names both."""
    with pytest.raises(BadTables, match=r"1\.toml.*0\.toml"):
        load(tmp_path, GOOD, GOOD)


def test_a_folder_may_be_missing(tmp_path: Path) -> None:
    """An operator need not have tables of their own."""
    assert ReplyTables.load(tmp_path / "nirgends").messages == {}


def test_a_change_changes_the_digest(tmp_path: Path) -> None:
    """Replicas that read replies differently are seen."""
    assert load(tmp_path, GOOD).digest != load(tmp_path, GOOD.replace("confirm", "refuse")).digest


DOCUMENT = parse(
    b"<antwort.1><bezug><nachricht>0199C0DE-0012-7000-8000-000000000012</nachricht><vorgang>BA-2026-1</vorgang>"
    b"<aktenzeichen>41-602</aktenzeichen></bezug><stand><code>ruht</code></stand></antwort.1>"
)
READING = Reading(root="antwort.1", namespace="", standard="Beispiel")


def test_a_message_means_what_its_table_says(tmp_path: Path) -> None:
    """Kind and effect, and what it is found by: the UUID in lower case, the case, code and Aktenzeichen."""
    meaning = load(tmp_path, GOOD).meaning(READING, DOCUMENT)

    assert meaning is not None
    assert (meaning.kind, meaning.effect) == (Kind.STATUS, Effect.CONFIRM)
    assert meaning.answers == "0199c0de-0012-7000-8000-000000000012"
    assert (meaning.case, meaning.code, meaning.file_number) == ("BA-2026-1", "ruht", "41-602")


def test_what_the_head_and_the_package_say_goes_first(tmp_path: Path) -> None:
    """`referenzUUID` and the case that the package's own paths lead to."""
    uuid = "0199c0de-0099-7000-8000-000000000099"
    reading = Reading(root="antwort.1", namespace="", standard="Beispiel", reference_uuid=uuid, case_id="WA-1")

    meaning = load(tmp_path, GOOD).meaning(reading, DOCUMENT)

    assert meaning is not None
    assert (meaning.answers, meaning.case) == (uuid, "WA-1")


def test_what_does_not_have_its_shape_is_left_where_it_is(tmp_path: Path) -> None:
    """A name where a code or an id belongs goes nowhere."""
    odd = parse(
        b"<antwort.1><bezug><nachricht>Kanaria</nachricht><vorgang>Kanaria Beispielvogel</vorgang></bezug>"
        b"<stand><code>Kanaria Beispielvogel</code></stand></antwort.1>"
    )

    meaning = load(tmp_path, GOOD).meaning(READING, odd)

    assert meaning is not None
    assert (meaning.answers, meaning.case, meaning.code, meaning.file_number) == (None, None, "", "")


def test_what_no_table_knows_is_no_reply(tmp_path: Path) -> None:
    """The same root in another standard, and another root in the same."""
    tables = load(tmp_path, GOOD)

    for reading in (
        Reading(root="antwort.1", namespace="", standard="Anderes"),
        Reading(root="antrag.1", namespace="", standard="Beispiel"),
    ):
        assert tables.meaning(reading, DOCUMENT) is None


def test_editors_are_told_what_the_loader_takes() -> None:
    """The JSON Schema beside the tables is made from the loader's own classes."""
    schema = json.loads((REPLIES / "schemas" / "replies.schema.json").read_text(encoding="utf-8"))
    made = Table.model_json_schema()

    assert {key: value for key, value in schema.items() if key not in {"$schema", "title"}} == {
        key: value for key, value in made.items() if key != "title"
    }


def test_every_table_names_its_schema_and_is_named_after_its_standard() -> None:
    """`xsd/replies/<standard>.toml`, in lower case, with the line that editors look for."""
    for file in REPLIES.glob("*.toml"):
        text = file.read_text(encoding="utf-8")
        assert text.startswith("#:schema schemas/replies.schema.json\n")
        assert f'standard = "{file.stem}"' in text.lower()
