"""Packages as they are published go into the store whole, or not at all and with the reason."""

import json
import shutil
import stat
import tomllib
import zipfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest

from gateway.errors import BadPackage
from gateway.validation import Invalid, Schemas, Valid, ends_soon
from gateway.validation.installing import install
from tests.gateway.validation.conftest import SCHEMA

NAMED = """<xs:annotation><xs:appinfo>
<standard><nameLang>Ein Standard für Tests</nameLang><nameKurz>XTest</nameKurz><kennung>urn:test</kennung></standard>
<versionStandard><version>{version}</version></versionStandard></xs:appinfo></xs:annotation>"""
MESSAGE = (
    '<xs:element name="a.b.0100" type="xs:int"><xs:annotation><xs:appinfo><title>Eine Nachricht</title></xs:appinfo>'
    "<xs:documentation>Leistung 99012070006000.</xs:documentation></xs:annotation></xs:element>"
)
IMPORT = '<xs:import namespace="{0}" schemaLocation="https://example.org/{1}"/>'
RULES = """<schema xmlns="http://purl.oclc.org/dsdl/schematron" queryBinding="xslt2">
<pattern><rule context="/*"><assert test="true()" id="t-1">Immer wahr.</assert></rule></pattern>
</schema>"""
LIST = """<gc:CodeList xmlns:gc="http://docs.oasis-open.org/codelist/ns/genericode/1.0/"><Identification>
<ShortName>farbe</ShortName><Version>1</Version><CanonicalUri>urn:test:farbe</CanonicalUri></Identification>
<ColumnSet><Column Id="code"><ShortName>code</ShortName></Column>
<Key Id="k"><ShortName>k</ShortName><ColumnRef Ref="code"/></Key></ColumnSet>
<SimpleCodeList><Row><Value ColumnRef="code"><SimpleValue>rot</SimpleValue></Value></Row></SimpleCodeList>
</gc:CodeList>"""

Pack = Callable[..., Path]


def schema(body: str = MESSAGE, *, version: str | None = "1.0", namespace: str = "urn:test:1") -> str:
    return SCHEMA.format(namespace=namespace, body=(NAMED.format(version=version) if version else "") + body)


LIBRARY = schema('<xs:simpleType name="Zahl"><xs:restriction base="xs:int"/></xs:simpleType>', version=None).replace(
    "urn:test:1", "urn:lib"
)
USER = schema(IMPORT.format("urn:lib", "lib.xsd") + '<xs:element name="a.b.0100" type="l:Zahl" xmlns:l="urn:lib"/>')


@pytest.fixture
def pack(tmp_path: Path) -> Pack:
    """Pack files into a ZIP, or into a folder where the name has no suffix."""

    def packed(files: Mapping[str, str | bytes], name: str = "paket.zip") -> Path:
        target = tmp_path / name
        contents = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
        if target.suffix == ".zip":
            with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
                for path, content in contents.items():
                    archive.writestr(path, content)
        else:
            for path, content in contents.items():
                (target / path).parent.mkdir(parents=True, exist_ok=True)
                (target / path).write_bytes(content)
        return target

    return packed


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


def labels(pairs: tuple[tuple[str, str], ...]) -> list[str]:
    return [label for label, _ in pairs]


def manifest(store: Path, key: str) -> dict[str, object]:
    return tomllib.loads((store / key / "manifest.toml").read_text())


# ── what goes in ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["urn:xoev-de:test:standard:xtest_1.0.zip", "ordner"])
def test_a_published_package_is_judged_by(pack: Pack, store: Path, name: str) -> None:
    """A ZIP with colons in its name, or a folder: what the documents say of themselves is what is known of them."""
    report = install(store, [pack({"top/xsd/t.xsd": schema()}, name)], valid_until=date(2026, 12, 31))
    (package,) = Schemas.load(store).packages

    assert labels(report.installed) == ["XTest 1.0"]
    assert (package.label, package.title, package.namespace) == ("XTest 1.0", "Ein Standard für Tests", "urn:test:1")
    assert dict(package.roots) == {"a.b.0100": "Eine Nachricht"}
    assert dict(package.leistungen) == {"a.b.0100": ("99012070006000",)}
    assert package.valid_until == date(2026, 12, 31)
    assert not package.strict


def test_documents_are_kept_as_published(pack: Pack, store: Path) -> None:
    """Not a byte of a document changes; what an engine needs to have otherwise is made when it is loaded."""
    install(store, [pack({"lib.xsd": LIBRARY, "t.xsd": USER})])

    assert (store / "xtest/1.0/t.xsd").read_text() == USER


def test_one_variant_is_taken(pack: Pack, store: Path) -> None:
    """`xsd/` and `xsd_dev/` are two ways to say the same, and are never mixed."""
    pair = {"xsd/lib.xsd": LIBRARY, "xsd/t.xsd": USER, "xsd_dev/t.xsd": USER, "xsd_dev/stray.xsd": "<no/>"}
    report = install(store, [pack(pair)])

    assert sorted(labels(report.installed)) == ["XTest 1.0", "lib"]
    assert manifest(store, "xtest/1.0")["files"].keys() == {"t.xsd"}  # type: ignore[attr-defined]


def test_the_self_contained_variant_helps_out(pack: Pack, store: Path) -> None:
    """Where the dependencies of `xsd/` are not at hand, `xsd_dev/` brings them, and the report says so."""
    report = install(store, [pack({"xsd/t.xsd": USER, "xsd_dev/t.xsd": USER, "xsd_dev/lib.xsd": LIBRARY})])

    assert sorted(labels(report.installed)) == ["XTest 1.0", "lib"]
    assert "xsd_dev/ is taken" in report.warnings[0].en


def test_a_dependency_may_come_first(pack: Pack, store: Path) -> None:
    """What is installed already can be imported by what comes later."""
    install(store, [pack({"lib.xsd": LIBRARY}, "lib.zip")])
    install(store, [pack({"t.xsd": USER})])

    assert isinstance(Schemas.load(store).judge(b"<a.b.0100 xmlns='urn:test:1'>x</a.b.0100>"), Invalid)
    assert isinstance(Schemas.load(store).judge(b"<a.b.0100 xmlns='urn:test:1'>1</a.b.0100>"), Valid)


def test_an_address_may_name_a_document(pack: Pack, store: Path) -> None:
    """Where a table says which file an address means, the file may be called otherwise."""
    table = json.dumps({"https://example.org/lib.xsd": "bausteine.xsd"})
    more = schema('<xs:simpleType name="Mehr"><xs:restriction base="xs:int"/></xs:simpleType>', version=None)
    two = {"bausteine.xsd": LIBRARY, "mehr.xsd": more.replace("urn:test:1", "urn:lib")}

    install(store, [pack({**two, "url-map.json": table}, "lib.zip"), pack({"t.xsd": USER})])

    assert [package.label for package in Schemas.load(store).packages] == ["XTest 1.0"]


def test_copies_that_differ_in_layout_are_one(pack: Pack, store: Path) -> None:
    """A module often comes twice, with other blanks, comments and annotations: it is the same module."""
    annotated = LIBRARY.replace("<xs:simpleType", "<!-- neu -->\n<xs:annotation/>\n <xs:simpleType", 1)
    report = install(store, [pack({"a/lib.xsd": LIBRARY, "b/lib.xsd": annotated, "t.xsd": USER})])
    again = install(store, [pack({"lib.xsd": annotated}, "lib.zip")])

    assert sorted(labels(report.installed)) == ["XTest 1.0", "lib"]
    assert labels(again.present) == ["lib"]


def test_an_import_that_serves_nothing_may_be_missing(pack: Pack, store: Path) -> None:
    """Published packages import what they never refer to; that is worth a sentence and no more."""
    report = install(store, [pack({"t.xsd": schema(IMPORT.format("urn:gone", "gone.xsd") + MESSAGE)})])

    (warning,) = report.warnings
    assert "gone.xsd (namespace urn:gone) and uses nothing of it" in warning.en
    assert isinstance(Schemas.load(store).judge(b"<a.b.0100 xmlns='urn:test:1'>1</a.b.0100>"), Valid)


def test_the_document_type_of_signatures_is_taken_off(pack: Pack, store: Path) -> None:
    """An internal subset with plain entities is unfolded under control: the W3C publishes its schema like that."""
    typed = (
        '<!DOCTYPE xs:schema PUBLIC "-//W3C//DTD XMLSchema 200102//EN" "http://www.w3.org/2001/XMLSchema.dtd" '
        "[<!ENTITY t 'urn:test:1'><!ENTITY % p ''>]>"
    )
    text = (
        schema().replace("?>\n", f"?>\n{typed}\n", 1).replace('targetNamespace="urn:test:1"', 'targetNamespace="&t;"')
    )

    install(store, [pack({"t.xsd": text})])

    assert isinstance(Schemas.load(store).judge(b"<a.b.0100 xmlns='urn:test:1'>1</a.b.0100>"), Valid)


def test_lists_and_rules_come_along(pack: Pack, store: Path) -> None:
    """Code lists are found by URI and version, rules by name; samples and other papers stay where they are."""
    rules = {"sch/t.sch": RULES, "sch/t.xsl": "<x/>", "andere/fremd.xsl": "<x/>"}
    papers = {"xml/beispiel.xml": "<sample/>", "README.md": "# XTest"}
    install(store, [pack({"xsd/t.xsd": schema(), "code/farbe_1.xml": LIST, **rules, **papers})])
    (package,) = Schemas.load(store).packages

    found = package.code_lists.find("urn:test:farbe", "1")
    assert found is not None
    assert found.codes(None) == {"rot"}
    assert package.code_lists.find("urn:test:farbe", "2") is None
    assert package.rules.keys() == {"t.sch", "t.xsl"}


def test_lists_may_come_later(pack: Pack, store: Path) -> None:
    """XRepository hands lists out one by one: they serve every package, in whichever order they come."""
    install(store, [pack({"t.xsd": schema()})])
    report = install(store, [pack({"urn:test:farbe_1.xml": LIST}, "liste.zip")])
    schemas = Schemas.load(store)

    assert labels(report.installed) == ["farbe 1"]
    assert schemas.packages[0].code_lists.find("urn:test:farbe", "1") is not None
    assert schemas.libraries == ()


def test_what_was_forgotten_can_be_added(pack: Pack, store: Path) -> None:
    """The same version with its rules or lists after all is no other version."""
    install(store, [pack({"t.xsd": schema()})])
    (before,) = Schemas.load(store).packages
    report = install(store, [pack({"t.xsd": schema(), "t.sch": RULES, "code/farbe.xml": LIST})])
    (after,) = Schemas.load(store).packages

    assert labels(report.supplemented) == ["XTest 1.0"]
    assert (list(before.rules), list(after.rules)) == ([], ["t.sch"])
    assert before.digest != after.digest


def test_versions_live_side_by_side(pack: Pack, store: Path) -> None:
    """Portals do not all change on one day; each version has its own dates, and one near its end is known to be."""
    install(store, [pack({"t.xsd": schema()})], valid_until=date(2027, 1, 31))
    install(store, [pack({"t.xsd": schema(version="2.0", namespace="urn:test:2")})], valid_from=date(2027, 2, 1))
    old, new = Schemas.load(store).packages

    assert (old.version, new.version) == ("1.0", "2.0")
    assert [ends_soon(old, day) for day in (date(2026, 11, 1), date(2026, 11, 2), date(2027, 3, 1))] == [
        False,
        True,
        True,
    ]
    assert not ends_soon(new, date(2027, 3, 1))


def test_dates_may_be_told_later(pack: Pack, store: Path) -> None:
    """The last day of a version is known when the next one is published: told again, it changes, and nothing else."""
    package = pack({"lib.xsd": LIBRARY, "t.xsd": USER})
    install(store, [package], valid_from=date(2026, 1, 1))
    before = manifest(store, "xtest/1.0")

    report = install(store, [package], valid_until=date(2026, 12, 31))
    again = install(store, [package], valid_until=date(2026, 12, 31))

    assert (labels(report.dated), labels(report.present)) == (["XTest 1.0"], ["lib"])
    assert (again.dated, sorted(labels(again.present))) == ((), ["XTest 1.0", "lib"])
    assert manifest(store, "xtest/1.0") == before | {"valid_until": date(2026, 12, 31)}


def test_a_version_ends_after_it_begins(pack: Pack, store: Path) -> None:
    """A slip in a date is noticed, whether the other one is told with it or was told before."""
    package = pack({"t.xsd": schema()})

    with pytest.raises(BadPackage, match="last day of validity lies before the first"):
        install(store, [package], valid_from=date(2026, 2, 1), valid_until=date(2026, 1, 31))
    assert not store.exists()

    install(store, [package], valid_from=date(2026, 2, 1))
    with pytest.raises(BadPackage, match="last day of validity lies before the first"):
        install(store, [package], valid_until=date(2026, 1, 31))
    assert Schemas.load(store).packages[0].valid_until is None


def test_versions_of_one_namespace_are_pointed_out(pack: Pack, store: Path) -> None:
    """A namespace without version in it serves two versions at once: nobody could say by which one to judge."""
    install(store, [pack({"t.xsd": schema()}, "eins.zip")])
    report = install(store, [pack({"t.xsd": schema(version="2.0")}, "zwei.zip")])

    (warning,) = report.warnings
    assert "XTest 2.0 and XTest 1.0 know the same messages in the same namespace (1)" in warning.en
    assert Schemas.load(store).judge(b"<a.b.0100 xmlns='urn:test:1'>1</a.b.0100>").valid is None


def test_the_same_again_changes_nothing(pack: Pack, store: Path) -> None:
    """Installing what is there is said to be that, and no file is touched."""
    package = pack({"lib.xsd": LIBRARY, "t.xsd": USER})
    install(store, [package])
    before = {path: path.stat().st_mtime_ns for path in store.rglob("*") if path.is_file()}

    report = install(store, [package])

    assert (report.installed, sorted(labels(report.present))) == ((), ["XTest 1.0", "lib"])
    assert before == {path: path.stat().st_mtime_ns for path in store.rglob("*") if path.is_file()}


def test_two_may_install_at_once(pack: Pack, store: Path) -> None:
    """One after the other gets its turn, and each finds the store whole."""
    package = pack({"lib.xsd": LIBRARY, "t.xsd": USER})

    with ThreadPoolExecutor(4) as several:
        reports = list(several.map(lambda _: install(store, [package]), range(4)))

    assert sorted(len(report.installed) for report in reports) == [0, 0, 0, 2]
    assert [package.label for package in Schemas.load(store).packages] == ["XTest 1.0"]


def test_what_a_killed_installation_left_goes(pack: Pack, store: Path) -> None:
    """A half-made package is never loaded, and the next installation clears it away."""
    install(store, [pack({"t.xsd": schema()})])
    shutil.copytree(store / "xtest", store / ".installing-x" / "halb")

    assert len(Schemas.load(store).packages) == 1
    install(store, [pack({"lib.xsd": LIBRARY}, "lib.zip")])
    assert sorted(path.name for path in store.iterdir()) == ["lib", "xtest"]


# ── which elements are messages ──────────────────────────────────────────────────────────────────────────────────────


def test_numbers_make_messages(pack: Pack, store: Path) -> None:
    """Where messages have numbers, other elements on the top level are parts of them, and the engine knows them too."""
    install(store, [pack({"t.xsd": schema(MESSAGE + '<xs:element name="nachrichtenkopf" type="xs:string"/>')})])
    (package,) = Schemas.load(store).packages

    assert (list(package.roots), list(package.parts)) == (["a.b.0100"], ["nachrichtenkopf"])


def test_a_standard_without_numbers_has_messages_too(pack: Pack, store: Path) -> None:
    """There each element is a message that no other one refers to."""
    body = (
        '<xs:element name="zeugnis"><xs:complexType><xs:sequence><xs:element ref="t:note"/></xs:sequence>'
        '</xs:complexType></xs:element><xs:element name="note" type="xs:int"/>'
    )
    install(store, [pack({"t.xsd": schema(body)})])

    assert Schemas.load(store).packages[0].roots.keys() == {"zeugnis"}


def test_root_attributes_may_name_the_standard(pack: Pack, store: Path) -> None:
    """Documents without an appinfo say by fixed attributes what they are."""
    body = (
        '<xs:complexType name="N"><xs:attribute name="standard" type="xs:string" fixed="XFest"/>'
        '<xs:attribute name="version" type="xs:string" fixed="3.1"/></xs:complexType>'
        '<xs:element name="a.b.0100" type="t:N"/>'
    )
    install(store, [pack({"t.xsd": schema(body, version=None)})])

    assert Schemas.load(store).packages[0].label == "XFest 3.1"


# ── what does not ────────────────────────────────────────────────────────────────────────────────────────────────────

ERROR_OF_XREPOSITORY = '<bdt:Fehler xmlns:bdt="urn:bdt"><code>404</code></bdt:Fehler>'
BROKEN: dict[str, tuple[dict[str, str | bytes], str]] = {
    "an include that is missing": (
        {"t.xsd": schema('<xs:include schemaLocation="teil.xsd"/>' + MESSAGE)},
        r"t\.xsd:\d+ includes teil\.xsd; that document is missing",
    ),
    "a dependency that is missing": (
        {"t.xsd": USER},
        r"XTest 1\.0 needs .*namespace urn:lib \(imported as https://example\.org/lib\.xsd in t\.xsd\)",
    ),
    "imports that lead in a circle to nothing": (
        {
            "t.xsd": USER,
            "lib.xsd": LIBRARY.replace(
                "<xs:simpleType",
                IMPORT.format("urn:test:1", "t.xsd")
                + IMPORT.format("urn:x", "x.xsd")
                + '<xs:element name="e" type="x:E" xmlns:x="urn:x"/><xs:simpleType',
            ),
        },
        r"namespace urn:x \(imported as https://example\.org/x\.xsd in lib\.xsd\)",
    ),
    "a type that is nowhere": ({"t.xsd": schema('<xs:element name="a.b.0100" type="t:Nix"/>')}, r"does not compile"),
    "an error message saved as a list": (
        {"t.xsd": schema(), "code/farbe.xml": ERROR_OF_XREPOSITORY},
        r"code/farbe\.xml: .*error message of XRepository",
    ),
    "an error message saved anywhere": (
        {"t.xsd": schema(), "farbe.xml": ERROR_OF_XREPOSITORY},
        r"farbe\.xml: .*error message of XRepository",
    ),
    "something else among lists": ({"t.xsd": schema(), "codelists/x.xml": "<x/>"}, r"codelists/x\.xml"),
    "rules that are none": ({"t.xsd": schema(), "sch/t.sch": "<s/>"}, r"t\.sch: there are no rules in it"),
    "no schema": ({"README.md": "nichts"}, r"holds no XML schema"),
    "a schema that is none": ({"t.xsd": "<html/>"}, r"t\.xsd is no XML schema"),
    "a schema that is no XML": ({"t.xsd": "<xs:schema"}, r"t\.xsd is not well-formed"),
    "two versions in one namespace": (
        {"t.xsd": schema(), "u.xsd": schema('<xs:element name="c.d.0200" type="xs:int"/>', version="2.0")},
        r"disagree about version: 1\.0, 2\.0",
    ),
    "two documents of one name": ({"a/t.xsd": schema(), "b/t.xsd": schema("")}, r"two documents are called t\.xsd"),
    "a document type that reaches out": (
        {"t.xsd": '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>'},
        r"t\.xsd has a document type declaration that does more",
    ),
    "entities that multiply": (
        {"t.xsd": '<!DOCTYPE a [<!ENTITY x "xx"><!ENTITY y "&x;&x;">]><a>&y;</a>'},
        r"t\.xsd has a document type declaration that does more",
    ),
    "an entry that climbs out": ({"../t.xsd": schema()}, r"an entry leads out of the archive \('\.\./t\.xsd'\)"),
    "an entry from the root": ({"/etc/t.xsd": schema()}, r"an entry leads out of the archive"),
    "an entry with a drive": ({"C:\\t.xsd": schema()}, r"an entry leads out of the archive"),
    "a bomb": ({"t.xsd": schema(), "x.xsd": b"\0" * (8 << 20)}, r"x\.xsd is too large or unfolds"),
    "a bomb beside the schema": ({"t.xsd": schema(), "x.bin": b"\0" * (8 << 20)}, r"x\.bin is too large or unfolds"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_package_leaves_nothing_behind(pack: Pack, store: Path, tmp_path: Path, what: str) -> None:
    """It is refused with the file and the reason, and neither the store nor anything beside it has changed."""
    files, reason = BROKEN[what]
    package = pack(files)
    before = sorted(tmp_path.rglob("*"))

    with pytest.raises(BadPackage, match=reason):
        install(store, [package])

    assert before == sorted(tmp_path.rglob("*"))


def test_good_ones_wait_for_the_broken_one(pack: Pack, store: Path) -> None:
    """What is given together goes in together, or not at all."""
    with pytest.raises(BadPackage, match="is not well-formed"):
        install(store, [pack({"t.xsd": schema()}, "gut.zip"), pack({"x.xsd": "<x"}, "schlecht.zip")])

    assert not store.exists()


@pytest.mark.parametrize("content", [b"", b"kein ZIP", b"PK\x03\x04 abgebrochen"])
def test_what_is_no_archive_is_refused(tmp_path: Path, store: Path, content: bytes) -> None:
    """A download that broke off, or a page that says why there is none."""
    (tmp_path / "paket.zip").write_bytes(content)

    with pytest.raises(BadPackage, match=r"paket\.zip is no readable ZIP archive"):
        install(store, [tmp_path / "paket.zip"])


def test_a_path_that_is_not_there_is_named(tmp_path: Path, store: Path) -> None:
    """A slip in a path is a sentence."""
    with pytest.raises(BadPackage, match=r"fort\.zip is not there"):
        install(store, [tmp_path / "fort.zip"])


def test_links_are_not_followed(pack: Pack, store: Path, tmp_path: Path) -> None:
    """Neither in a folder nor in a ZIP: what they lead to is none of the package's business."""
    folder = pack({"t.xsd": schema()}, "ordner")
    (folder / "x.xsd").symlink_to("/etc/hostname")
    linked = tmp_path / "link.zip"
    with zipfile.ZipFile(linked, "w") as archive:
        entry = zipfile.ZipInfo("x.xsd")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, "/etc/hostname")

    for path in (folder, linked):
        with pytest.raises(BadPackage, match=r"x\.xsd is a symbolic link"):
            install(store, [path])


def test_a_lying_size_is_found_out(pack: Pack, store: Path) -> None:
    """An entry that unfolds to more than it declares is not unfolded further."""
    package = pack({"t.xsd": schema() + " " * 10_000})
    content = package.read_bytes()
    real = len(schema().encode()) + 10_000
    package.write_bytes(content.replace(real.to_bytes(4, "little"), (100).to_bytes(4, "little")))

    with pytest.raises(BadPackage, match=r"t\.xsd cannot be unpacked"):
        install(store, [package])


@pytest.mark.parametrize("change", ["xs:long", "xs:int"])
def test_a_version_has_one_content(pack: Pack, store: Path, change: str) -> None:
    """The same version of a standard with other content is refused, in a changed document or an added one."""
    install(store, [pack({"t.xsd": schema()})])
    other = {"t.xsd": schema().replace("xs:int", change)}
    added = {"u.xsd": schema('<xs:element name="c.d.0200" type="xs:int"/>')} if change == "xs:int" else {}

    with pytest.raises(BadPackage, match=r"XTest 1\.0 is installed already, with other content"):
        install(store, [pack({**other, **added}, "anders.zip")])

    assert Schemas.load(store).packages[0].roots.keys() == {"a.b.0100"}


@pytest.mark.parametrize("file", ["t.xsd", "code/farbe.xml", "sch/t.sch"])
def test_a_changed_file_refuses_to_load(pack: Pack, store: Path, file: str) -> None:
    """What was installed is sealed: documents, code lists and rules."""
    install(store, [pack({"t.xsd": schema(), "code/farbe.xml": LIST, "sch/t.sch": RULES})])
    with (store / "xtest/1.0" / file).open("a") as sealed:
        sealed.write(" ")

    with pytest.raises(BadPackage, match=rf"{Path(file).name} was changed"):
        Schemas.load(store)


def test_a_store_that_cannot_be_made_is_named(pack: Pack, store: Path) -> None:
    """A file in its place, or missing rights, are a sentence."""
    store.write_text("")

    with pytest.raises(BadPackage, match=r"store cannot be made"):
        install(store, [pack({"t.xsd": schema()})])
