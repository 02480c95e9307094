"""A WSDL's schemas say what is wrong with a message, and nothing outside its folder is ever asked."""

from pathlib import Path

import pytest

from gateway.errors import BadPackage
from gateway.xml import parse
from gateway.xml.schema import Schema

WSDL = """<definitions xmlns="http://schemas.xmlsoap.org/wsdl/"><types>
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:t">{inside}</xs:schema>
</types></definitions>"""


def written(folder: Path, inside: str) -> Path:
    file = folder / "dienst.wsdl"
    file.write_text(WSDL.format(inside=inside))
    return file


def test_a_message_is_judged_by_its_wsdl(tmp_path: Path) -> None:
    """What follows the types has no faults, what does not is told with its line."""
    (tmp_path / "teil.xsd").write_text(
        WSDL[WSDL.index("<xs:") : WSDL.index("</types>")].format(inside='<xs:element name="a" type="xs:int"/>')
    )
    schema = Schema.of_wsdl(written(tmp_path, '<xs:include schemaLocation="teil.xsd"/>'))

    assert schema.faults(parse(b'<a xmlns="urn:t">1</a>')) == ()
    assert schema.faults(parse(b'\n<a xmlns="urn:t">x</a>'))[0].startswith("2: ")


@pytest.mark.parametrize(
    "inside",
    [
        '<xs:include schemaLocation="fehlt.xsd"/>',
        '<xs:include schemaLocation="http://127.0.0.1:1/fern.xsd"/>',
        '<xs:element name="a" type="xs:nichts"/>',
    ],
)
def test_what_does_not_compile_is_refused(tmp_path: Path, inside: str) -> None:
    """A file that is missing, far away or wrong is named."""
    with pytest.raises(BadPackage, match=r"dienst\.wsdl"):
        Schema.of_wsdl(written(tmp_path, inside))


def test_a_wsdl_without_types_is_refused(tmp_path: Path) -> None:
    """So is one that has no schema, and one that is not there."""
    (tmp_path / "leer.wsdl").write_text('<definitions xmlns="http://schemas.xmlsoap.org/wsdl/"/>')

    for name in ("leer.wsdl", "fehlt.wsdl"):
        with pytest.raises(BadPackage, match=name):
            Schema.of_wsdl(tmp_path / name)
