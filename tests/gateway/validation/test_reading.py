"""What root and head tell, from valid documents and from others."""

import pytest

from gateway.submission import Reading
from gateway.validation import Schemas
from tests.gateway.validation.conftest import Write

UUID = "0199C0DE-0001-7000-8000-00000000000A"

HEAD = """
<{head}>
  <identifikation.nachricht>
    <nachrichtenUUID>{uuid}</nachrichtenUUID>
    <nachrichtentyp><code>0100</code></nachrichtentyp>
    <erstellungszeitpunkt>2026-11-02T08:05:00.125+01:00</erstellungszeitpunkt>
  </identifikation.nachricht>
  <leser><verzeichnisdienst><code>DVDV</code></verzeichnisdienst><kennung>ags:096610000001</kennung></leser>
  <autor><kennung>{author}</kennung></autor>
  <referenzUUID>{uuid}</referenzUUID>
</{head}>
"""


def reading(write: Write, body: str, attributes: str = "") -> Reading:
    document = f'<t:a.b.0100 xmlns:t="urn:t" {attributes}>{body}</t:a.b.0100>'
    return Schemas.load(write()).judge(document.encode()).reading


@pytest.mark.parametrize(
    "head", ["nachrichtenkopf.g2g", "t:nachrichtenkopf.g2g", "nachrichtenkopf", "t:nachrichtenkopf"]
)
def test_a_head_is_found_by_its_name(write: Write, head: str) -> None:
    """The head is read with and without prefix, under its name and its older one."""
    facts = reading(write, HEAD.format(head=head, uuid=UUID, author="mbp:1"))

    assert facts.message_uuid == facts.reference_uuid == UUID.lower()
    assert (facts.message_type, facts.created_at) == ("0100", "2026-11-02T08:05:00.125+01:00")
    assert (facts.reader, facts.author) == ("ags:096610000001", "mbp:1")


def test_a_package_says_where_the_rest_is(write: Write) -> None:
    """Case, service and attachments are read where the manifest says they are."""
    facts = reading(
        write,
        "<vorgang>V-1</vorgang><leistung>99115005104000</leistung>"
        "<anlage><id>a</id></anlage><anlage><id>b</id></anlage>",
    )

    assert (facts.case_id, facts.leistung, facts.attachments) == ("V-1", "99115005104000", ("a", "b"))
    assert facts.case_key == "V-1"


@pytest.mark.parametrize(
    ("attributes", "test"), [("", False), ('test="true"', True), ('test="false"', True), ('test=""', True)]
)
def test_any_value_makes_a_test_message(write: Write, attributes: str, test: bool) -> None:
    """The root attribute `test` marks a test message by being there."""
    assert reading(write, "", attributes).test is test


def test_nothing_is_read_where_nothing_stands(write: Write) -> None:
    """A document without a head has root and package, and no facts."""
    facts = reading(write, "")

    assert (facts.root, facts.standard, facts.version) == ("a.b.0100", "T", "1")
    assert (facts.message_uuid, facts.reader, facts.case_key, facts.attachments) == (None, None, None, ())


def test_names_in_the_place_of_identifiers_are_left_there(write: Write) -> None:
    """An invalid document may hold anything anywhere; a fact is taken only in the shape that such a fact has."""
    facts = reading(
        write,
        HEAD.format(head="nachrichtenkopf", uuid="Erika Beispiel", author="Erika Beispiel")
        + "<vorgang>Erika Beispiel</vorgang><leistung>Beispiel</leistung><anlage><id>Erika Beispiel</id></anlage>",
    )

    assert "Beispiel" not in repr(facts)


def test_an_unknown_root_is_read_as_far_as_it_looks_like_one(write: Write) -> None:
    """Root and namespace of a document nobody knows are kept where they look like those of a message."""
    schemas = Schemas.load(write())

    known_shape = schemas.judge(b"<antrag.bau.0999 xmlns='urn:other'/>").reading
    other = schemas.judge(b"<Erika_Beispiel xmlns='Erika_Beispiel'/>").reading

    assert (known_shape.root, known_shape.namespace) == ("antrag.bau.0999", "urn:other")
    assert (other.root, other.namespace) == ("", "")
