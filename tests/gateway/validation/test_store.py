"""Packages that use each other, and several folders of them."""

import shutil
from pathlib import Path

import pytest

from gateway.errors import BadPackage
from gateway.validation import Invalid, Schemas, Valid
from tests.gateway.validation.conftest import SCHEMA, Write

BASIS = SCHEMA.format(
    namespace="urn:basis",
    body='<xs:simpleType name="Zahl"><xs:restriction base="xs:int"/></xs:simpleType><xs:element name="teil"/>',
)
USER = (
    '<xs:import namespace="urn:basis" schemaLocation="../../basis/1/basis.xsd"/>'
    '<xs:element name="a.b.0100" xmlns:b="urn:basis" type="b:Zahl"/>'
)
USES = 'uses = ["Basis/1"]'


def test_packages_share_a_basis(write: Write, write_library: Write) -> None:
    """Two packages import one document that lies in a package of its own, by its path between the folders."""
    write(USER, facts=USES)
    write(USER, facts=USES, standard="U", namespace="urn:u")
    schemas = Schemas.load(write_library({"basis.xsd": BASIS}))

    for namespace in (b"urn:t", b"urn:u"):
        assert isinstance(schemas.judge(b"<a.b.0100 xmlns='%s'>1</a.b.0100>" % namespace), Valid)
        assert isinstance(schemas.judge(b"<a.b.0100 xmlns='%s'>x</a.b.0100>" % namespace), Invalid)


def test_a_library_judges_nothing(write: Write, write_library: Write) -> None:
    """The elements of a shared namespace are parts of messages, and none by themselves."""
    write(USER, facts=USES)
    schemas = Schemas.load(write_library({"basis.xsd": BASIS}))

    assert [library.label for library in schemas.libraries] == ["Basis 1"]
    assert [package.label for package in schemas.packages] == ["T 1"]
    assert isinstance(schemas.judge(b"<teil xmlns='urn:basis'/>"), Invalid)


def test_what_is_used_has_to_be_there(write: Write, write_library: Write) -> None:
    """A package that uses another one does not load without it, and both are named."""
    folder = write(USER, facts=USES)

    with pytest.raises(BadPackage, match=r"t/1/manifest\.toml: the package uses \"Basis/1\""):
        Schemas.load(folder)


def test_what_is_not_named_is_not_used(write: Write, write_library: Write) -> None:
    """That a document lies nearby is not enough: the manifest says what a package is made of."""
    write(USER)

    with pytest.raises(
        BadPackage, match=r"T 1: t\.xsd:4 refers to \.\./\.\./basis/1/basis\.xsd \(namespace urn:basis\)"
    ):
        Schemas.load(write_library({"basis.xsd": BASIS}))


def test_a_changed_basis_is_found(write: Write, write_library: Write) -> None:
    """The seal holds for what a package uses as well, and another basis is another digest."""
    write(USER, facts=USES)
    folder = write_library({"basis.xsd": BASIS})
    (before,) = Schemas.load(folder).packages
    shutil.rmtree(folder / "basis")
    write_library({"basis.xsd": BASIS.replace("xs:int", "xs:long")})
    (after,) = Schemas.load(folder).packages
    (folder / "basis/1/basis.xsd").write_text(BASIS)

    assert before.digest != after.digest
    with pytest.raises(BadPackage, match=r"basis\.xsd was changed"):
        Schemas.load(folder)


def test_two_packages_may_call_their_documents_alike(write: Write, write_library: Write) -> None:
    """Names are those of a package: `t.xsd` here and `t.xsd` there are two documents."""
    write(USER, facts=USES)
    schemas = Schemas.load(write_library({"t.xsd": BASIS}))

    assert isinstance(schemas.judge(b"<a.b.0100 xmlns='urn:t'>x</a.b.0100>"), Invalid)
    assert {"t.xsd", "t~2.xsd"} <= schemas.packages[0].files.keys()


def test_several_folders_are_one_stock(write: Write, tmp_path: Path) -> None:
    """The project's packages and the operator's are judged by alike; a folder may still be missing."""
    write()
    write(standard="U", namespace="urn:u")
    own, store = tmp_path / "own", tmp_path / "store"
    shutil.move(tmp_path / "t", own / "t")
    shutil.move(tmp_path / "u", store / "u")

    schemas = Schemas.load(own, store, tmp_path / "nowhere")

    assert [package.label for package in schemas.packages] == ["T 1", "U 1"]
