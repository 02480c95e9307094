"""Exactly one package knows a root, and it says yes or why not."""

import shutil
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gateway.errors import NotChecked
from gateway.submission import Finding, Severity
from gateway.validation import Invalid, Schemas, Undecided, Valid, Verdict
from gateway.validation.engine import Engine
from gateway.validation.witness import MOST_FAULTS
from gateway.xml import parse
from tests.gateway.validation.conftest import Write

XSD = Path(__file__).parents[3] / "xsd"

LIST = """
<xs:element name="a.b.0100">
  <xs:complexType>
    <xs:sequence>
      <xs:element name="zahl" type="xs:int" maxOccurs="unbounded"/>
    </xs:sequence>
  </xs:complexType>
</xs:element>
"""


def numbers(*items: object) -> bytes:
    return f'<a.b.0100 xmlns="urn:t">{"".join(f"<zahl>{item}</zahl>" for item in items)}</a.b.0100>'.encode()


def test_a_valid_document_is_valid(write: Write) -> None:
    """The verdict carries the document and what was read from it, and finds nothing."""
    verdict = Schemas.load(write(LIST)).judge(numbers(1, 2))

    assert isinstance(verdict, Valid)
    assert verdict.document.texts("zahl") == ("1", "2")
    assert (verdict.reading.root, verdict.reading.standard, verdict.findings) == ("a.b.0100", "T", ())


def test_an_invalid_document_is_told_where(write: Write) -> None:
    """A finding is an error with code, line and path, and with the code of the standard's list."""
    verdict = Schemas.load(write(LIST)).judge(numbers(1, "\n\n", 3))

    assert isinstance(verdict, Invalid)
    (finding,) = verdict.findings
    assert (finding.code, finding.xoev, finding.severity) == ("schema-invalid", "X001", Severity.ERROR)
    assert (finding.path, finding.line) == ("/a.b.0100/zahl[2]", 1)


@pytest.mark.parametrize("size", [60, 30_000], ids=["narrow", "wide"])
def test_findings_end_at_fifty(write: Write, size: int) -> None:
    """Of many faults the first fifty are told in the order of the document, in small documents and large ones alike."""
    verdict = Schemas.load(write(LIST)).judge(numbers(*"x" * size))

    assert isinstance(verdict, Invalid)
    *told, last = verdict.findings
    assert [finding.path for finding in told] == [f"/a.b.0100/zahl[{n}]" for n in range(1, 51)]
    assert (last.code, verdict.omitted) == ("more-findings", min(size, MOST_FAULTS) - 50)


def test_a_wide_document_is_judged_to_its_end(write: Write) -> None:
    """A long list is valid where all of it is, and one wrong item at its end is found."""
    schemas = Schemas.load(write(LIST))

    assert isinstance(schemas.judge(numbers(*range(30_000))), Valid)
    wrong = schemas.judge(numbers(*range(30_000), "x"))
    assert isinstance(wrong, Invalid)
    assert [finding.path for finding in wrong.findings] == ["/a.b.0100/zahl[30001]"]


@pytest.mark.parametrize("size", [1, 30_000], ids=["narrow", "wide"])
def test_what_the_parser_only_warns_of_is_no_finding(write: Write, size: int) -> None:
    """A namespace that is no absolute URI is odd and allowed."""
    document = numbers(*range(size)).replace(b"<a.b.0100 ", b"<a.b.0100 xmlns:odd='odd' ")

    assert isinstance(Schemas.load(write(LIST)).judge(document), Valid)


def test_what_explaining_takes_can_be_made_ready_beforehand(write: Write) -> None:
    """Package by package, until nothing is left; what is found wrong is the same before and afterwards."""
    write(LIST, standard="T")
    schemas = Schemas.load(write(LIST, standard="U", namespace="urn:u"))
    unprepared = schemas.judge(numbers(1, "x"))

    assert [schemas.prepare() for _ in range(3)] == [True, False, False]
    assert schemas.judge(numbers(1, "x")) == unprepared
    assert isinstance(unprepared, Invalid)


def test_an_unknown_root_is_told_what_is_known(write: Write) -> None:
    """Where no package knows the root, the finding lists the installed ones."""
    verdict = Schemas.load(write()).judge(b"<x xmlns='urn:elsewhere'/>")

    assert isinstance(verdict, Invalid)
    (finding,) = verdict.findings
    assert (finding.code, finding.xoev) == ("unknown-schema", "V000")
    assert finding.text.en.endswith("Installed are: T 1 (urn:t).")


@pytest.mark.parametrize(
    ("document", "hint"),
    [
        (b"<c.d.0200 xmlns='urn:t'/>", "this package knows: a.b.0100"),
        (b"<a.b.0100 xmlns='urn:t:2'/>", "T 1 has a message of this name, but in another namespace"),
        (b"<c.d.0200 xmlns='urn:t:2' standard='T' version='2'/>", "The standard is known, but in version 1 only."),
    ],
    ids=["namespace", "root", "standard"],
)
def test_the_usual_mistakes_are_recognised(write: Write, document: bytes, hint: str) -> None:
    """A near miss is told which one it is."""
    verdict = Schemas.load(write()).judge(document)

    assert isinstance(verdict, Invalid)
    assert hint in verdict.findings[0].text.en


def test_two_packages_for_one_root_are_ambiguous(write: Write) -> None:
    """Packages that contradict each other are the operator's matter, and no document is judged by chance."""
    folder = write()
    shutil.copytree(folder / "t/1", folder / "t/2")
    manifest = folder / "t/2/manifest.toml"
    manifest.write_text(manifest.read_text().replace('version = "1"', 'version = "2"'))

    verdict = Schemas.load(folder).judge(b"<a.b.0100 xmlns='urn:t'/>")

    assert isinstance(verdict, Undecided)
    assert verdict.valid is None
    assert verdict.findings[0].code == verdict.error.code == "ambiguous-schema"
    assert "T 1, T 2" in verdict.findings[0].text.en


@pytest.mark.parametrize("source", [numbers(1), b"<a.b.0100"], ids=["the two looks disagree", "the second look fails"])
def test_what_could_not_be_judged_is_not_valid(write: Write, source: bytes) -> None:
    """Where the engine breaks down or contradicts itself, there is no verdict at all."""
    (package,) = Schemas.load(write(LIST)).packages

    with pytest.raises(NotChecked):
        Engine(package).faults(parse(numbers("x")), source)


def test_no_room_to_compile_is_nobodys_fault(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread that cannot compile a package, because the disk is full, gives no verdict."""
    (package,) = Schemas.load(write()).packages
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))

    with pytest.raises(NotChecked, match="T 1 could not be compiled"):
        Engine(package)


def test_threads_do_not_see_each_others_findings() -> None:
    """Two threads that judge different wrong documents at once get their own findings only."""
    examples = XSD / "ag-wohnsitz/1.0/examples/invalid"
    schemas = Schemas.load(XSD)
    documents = [(examples / name).read_bytes() for name in ("ohne-person.xml", "mehrere-fehler.xml")]
    alone = [findings_of(schemas.judge(document)) for document in documents]

    def judged(which: int) -> set[tuple[Finding, ...]]:
        return {findings_of(schemas.judge(documents[which])) for _ in range(300)}

    with ThreadPoolExecutor(2) as threads:
        together = list(threads.map(judged, (0, 1)))

    for which in (0, 1):
        assert together[which] == {alone[which]}


def test_a_thread_compiles_while_others_read() -> None:
    """A package compiles to the same in every thread, however many documents are being read at the time."""
    (package, *_) = Schemas.load(XSD).packages
    document = (XSD / "ag-bau/1.0/examples/valid/regensburg-reihenhaus.xml").read_bytes()
    done = threading.Event()

    def compiled() -> int:
        return len({Engine(package).names.known for _ in range(100)})

    def read() -> None:
        while not done.is_set():
            parse(document)

    with ThreadPoolExecutor(4) as threads:
        readers = [threads.submit(read) for _ in range(2)]
        compilers = [threads.submit(compiled) for _ in range(2)]
        try:
            assert [compiler.result() for compiler in compilers] == [1, 1]
        finally:
            done.set()
    assert all(reader.exception() is None for reader in readers)


def findings_of(verdict: Verdict) -> tuple[Finding, ...]:
    assert isinstance(verdict, Invalid)
    return verdict.findings
