"""What the gateway writes itself is XML, whatever it is given to write."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.xml import Element, parse, written

PERMITTED = st.characters(min_codepoint=0x20, blacklist_categories=["Cs"], blacklist_characters="\ufffe\uffff")


@given(st.text(PERMITTED, max_size=40), st.text(PERMITTED, max_size=40))
def test_a_text_is_read_back_as_it_was_written(text: str, value: str) -> None:
    """Nothing in a text or an attribute becomes markup, and nothing gets lost."""
    read = parse(written(Element("t:a", (Element("b", text),), {"c": value}), {"t": "urn:t"}))

    assert (read.root, read.namespace) == ("a", "urn:t")
    assert read.text("b") == (text.strip() or None)
    assert read.attribute("c") == value


@given(st.text(max_size=40))
def test_a_document_is_well_formed_whatever_it_says(text: str) -> None:
    """Characters that XML forbids become question marks, in texts and in attributes."""
    assert parse(written(Element("a", (Element("b", text),), {"c": text}), {})).root == "a"


def test_names_are_in_the_namespace_of_their_prefix() -> None:
    """Prefixes are declared once, at the root; a name without one has no namespace."""
    written_out = written(Element("x:a", (Element("y:b", "1"), Element("c", "2"))), {"x": "urn:x", "y": "urn:y"})

    assert written_out.decode().splitlines() == [
        "<?xml version='1.0' encoding='UTF-8'?>",
        '<x:a xmlns:x="urn:x" xmlns:y="urn:y">',
        "  <y:b>1</y:b>",
        "  <c>2</c>",
        "</x:a>",
    ]


@pytest.mark.parametrize("name", ["z:a", "a b", "", "<a", "x:y:a"])
def test_what_is_no_name_is_refused(name: str) -> None:
    """Names come from tables; a wrong one is a mistake there, and no document."""
    with pytest.raises(ValueError):  # noqa: PT011 - lxml's own sentence for it is nobody's promise
        written(Element("x:a", (Element(name),)), {"x": "urn:x"})
