"""A document is asked by local names, whatever its prefixes."""

import pytest

from gateway.xml import Document, parse

TEXT = b"""
<x:bau.antrag.0200 xmlns:x="urn:bau" test="" produkt="P">
  <nachrichtenkopf.g2g>
    <leser><kennung> ags:09661000 </kennung></leser>
    <autor><kennung>mbp:1</kennung></autor>
  </nachrichtenkopf.g2g>
  <x:anlagen><x:anlage/></x:anlagen>
  <x:anlagen>
    <x:anlage><id>a</id></x:anlage>
    <x:anlage><id>b</id><id></id></x:anlage>
  </x:anlagen>
</x:bau.antrag.0200>
""".strip()


@pytest.fixture
def document() -> Document:
    return parse(TEXT)


def test_a_document_knows_its_root(document: Document) -> None:
    """Local name and namespace of the root are at hand, and its attributes by name."""
    assert (document.root, document.namespace) == ("bau.antrag.0200", "urn:bau")
    assert document.attribute("produkt") == "P"
    assert document.attribute("test") == ""
    assert document.attribute("version") is None


def test_a_root_without_namespace_has_an_empty_one() -> None:
    """No namespace is the empty one, never None."""
    assert parse(b"<a/>").namespace == ""


def test_paths_lead_from_the_root_down(document: Document) -> None:
    """A path names children by local name, and its text comes stripped."""
    assert document.text("nachrichtenkopf.g2g/leser/kennung") == "ags:09661000"
    assert document.text("nachrichtenkopf.g2g/kennung") is None
    assert document.text("leser/kennung") is None


def test_the_first_text_may_lie_in_a_later_branch(document: Document) -> None:
    """A branch without the element asked for hides no other."""
    assert document.text("anlagen/anlage/id") == "a"


def test_all_texts_come_in_the_order_of_the_document(document: Document) -> None:
    """Every branch is followed, and empty elements say nothing."""
    assert document.texts("anlagen/anlage/id") == ("a", "b")
    assert document.texts("anlagen/nichts") == ()


def test_two_slashes_start_anywhere(document: Document) -> None:
    """A path that begins with two slashes finds descendants at any depth, the first one first."""
    assert document.text("//kennung") == "ags:09661000"
    assert document.text("//autor/kennung") == "mbp:1"
    assert document.texts("//id") == ("a", "b")


def test_leaves_gather_what_an_element_holds(document: Document) -> None:
    """All texts below an element come in one mapping, keyed by their path."""
    assert document.leaves("nachrichtenkopf.g2g") == {"leser/kennung": "ags:09661000", "autor/kennung": "mbp:1"}
    assert document.leaves("nichts") == {}


def test_each_element_is_a_document_of_its_own(document: Document) -> None:
    """Elements at a path are asked like documents, a star stands for any name, and each knows its own text."""
    assert [one.text("id") for one in document.each("anlagen/anlage")] == [None, "a", "b"]
    assert [one.root for one in document.each("nachrichtenkopf.g2g/*")] == ["leser", "autor"]
    assert [one.own for one in document.each("//id")] == ["a", "b", ""]


def test_a_text_can_stand_where_an_element_stood() -> None:
    """The copy has the text, and the document itself stays as it was."""
    document = parse(b'<a xmlns:x="urn:x"><b><x:in href="1"/></b><b><in href="2"/></b></a>')
    filled = document.filled("in", "urn:x", lambda element: f"Inhalt {element.attribute('href')}")

    assert filled.texts("b") == ("Inhalt 1",)
    assert document.texts("b") == ()
    assert [one.root for one in filled.each("b/*")] == ["in"]
