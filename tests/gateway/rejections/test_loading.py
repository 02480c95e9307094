"""Tables of rejections are read strictly: a wrong one stops the start with its file and entry."""

from pathlib import Path

import pytest

from gateway.errors import BadPackage
from gateway.rejections import Part, Table, load

TABLE = """
standards = ["T", "T-Kern"]
package = "T-Kern"
otherwise = "S999"

[list]
uri = "urn:t:liste"
version = "1"

[codes]
schema-invalid = "X001"

[prefixes]
k = "urn:k"

[rejection]
root = "t:nein.0010"

[rejection.message]
"@produkt" = "{product}"
"@test?" = "{test}"
"kopf/art/@liste" = "1"
"kopf/art/code" = "0010"
"kopf/k:uuid" = "{uuid}"
"t:grund*/code" = "{code}"
"t:grund*/text?" = "{text}"
"t:nachricht?/inhalt" = "{message}"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "rejections").mkdir()
    (tmp_path / "rejections" / "t.toml").write_text(TABLE)
    return tmp_path


def test_a_table_says_what_a_message_is_made_of(folder: Path) -> None:
    """Paths become elements within elements, in their order, with what may be left out and what repeats."""
    table = load(folder)["T"]

    assert table.rejection is not None
    assert (table.rejection.root_name, table.rejection.own_prefix) == ("nein.0010", "t")
    assert table.rejection.root == Part(
        "t:nein.0010",
        attributes=(Part("produkt", "{product}"), Part("test", "{test}", optional=True)),
        parts=(
            Part(
                "kopf",
                parts=(
                    Part("art", attributes=(Part("liste", "1"),), parts=(Part("code", "0010"),)),
                    Part("k:uuid", "{uuid}"),
                ),
            ),
            Part("t:grund", parts=(Part("code", "{code}"), Part("text", "{text}", optional=True)), each=True),
            Part("t:nachricht", parts=(Part("inhalt", "{message}"),), optional=True),
        ),
    )
    assert table.receipt is None


def test_a_table_is_that_of_all_its_standards(folder: Path) -> None:
    """A standard that answers with the messages of another is named in its table."""
    tables = load(folder)

    assert tables.keys() == {"T", "T-Kern"}
    assert tables["T"] is tables["T-Kern"]


def test_what_a_table_does_not_list_has_the_code_for_everything_else(folder: Path) -> None:
    """`otherwise` stands for all of our codes that a standard has no word for."""
    table: Table = load(folder)["T"]

    assert (table.code("schema-invalid"), table.code("not-live")) == ("X001", "S999")


def test_a_folder_without_tables_has_none(tmp_path: Path) -> None:
    """Then answers are JSON."""
    assert load(tmp_path, tmp_path / "nowhere") == {}


WRONG = {
    "standards": ('standards = ["T", "T-Kern"]', "standards = []"),
    "package": ('package = "T-Kern"', ""),
    "otherwise": ('otherwise = "S999"', ""),
    "list": ('version = "1"\n\n[codes]', "[codes]"),
    "codes.schema-invalide": ("schema-invalid", "schema-invalide"),
    "codes.schema-invalid": ('"X001"', "1"),
    "farbe": ('package = "T-Kern"', 'package = "T-Kern"\nfarbe = "rot"'),
    "rejection.root": ("t:nein.0010", "nein.0010"),
    "rejection.farbe": ('root = "t:nein.0010"', 'root = "t:nein.0010"\nfarbe = "rot"'),
    "rejection.message.x:uuid": ("k:uuid", "x:uuid"),
    "rejection.message.kopf/k:uuid": ("{uuid}", "{uid}"),
    "rejection.message.kopf/art/code": ('"0010"', '"{code}"'),
    "rejection.message.kopf//uuid": ("kopf/k:uuid", "kopf//uuid"),
    "rejection.message.t:nachricht?/inhalt*": ("?/inhalt", "?/inhalt*"),
    "rejection.message.@produkt/x": ("@produkt", "@produkt/x"),
    "rejection.message.kopf/art/@liste": (
        '"kopf/art/@liste" = "1"\n"kopf/art/code" = "0010"',
        '"kopf/art/code" = "0010"\n"kopf/art/@liste" = "1"',
    ),
    "rejection.message.kopf/mehr": ('"t:nachricht?/inhalt" = "{message}"', '"kopf/mehr" = "1"'),
}


@pytest.mark.parametrize(("entry", "change"), WRONG.items(), ids=WRONG)
def test_a_wrong_entry_is_named(folder: Path, entry: str, change: tuple[str, str]) -> None:
    """Missing, unknown, of the wrong kind, or out of the document's order."""
    file = folder / "rejections" / "t.toml"
    assert change[0] in TABLE
    file.write_text(TABLE.replace(*change, 1))

    with pytest.raises(BadPackage) as refused:
        load(folder)

    assert f'{file}: the entry "{entry}" is missing' in refused.value.detail.en
    assert f"{file}: Der Eintrag „{entry}“ fehlt" in refused.value.detail.de


@pytest.mark.parametrize("text", [b"= nein", b"\xff"], ids=["no TOML", "no UTF-8"])
def test_a_file_that_is_no_table_is_named(folder: Path, text: bytes) -> None:
    """The start ends with the file's name."""
    (folder / "rejections" / "t.toml").write_bytes(text)

    with pytest.raises(BadPackage, match=r"t\.toml cannot be read"):
        load(folder)


def test_a_standard_has_one_table(folder: Path) -> None:
    """Which of two were right could not be told."""
    (folder / "rejections" / "u.toml").write_text(TABLE.replace('"T", "T-Kern"', '"U", "T"'))

    with pytest.raises(BadPackage, match=r"u\.toml: T has .*t\.toml already"):
        load(folder)
