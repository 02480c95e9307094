"""Official packages out of the shared data, each as one closed set of documents."""

import zipfile
from functools import cache
from pathlib import Path, PurePosixPath

from lxml import etree

XSD = "{http://www.w3.org/2001/XMLSchema}"
ENTRY = "all.xsd"

FOLDERS = {
    "xwasser": ("xwasser-1.0.0/xsd",),
    "xhochschule": ("xhochschule-1.2/xsd", "xbildung-1.2/xsd"),
    "xbau": ("xbau-2.5", "xbau-kernmodul-1.2.2"),
}
SAMPLES = {"xwasser": "xwasser-1.0.0/samples", "xhochschule": "xhochschule-1.2/xml"}


@cache
def documents(shared_data: Path, standard: str) -> dict[str, bytes]:
    """The documents of a standard and of all it imports, and `all.xsd`, which imports each of them."""
    files: dict[str, bytes] = {}
    for folder in (*FOLDERS[standard], "xoev-common"):
        for name, content in _found(shared_data / "xoev" / folder):
            files.setdefault(name, _flat(content))
    imports = "".join(f'<xs:import schemaLocation="{name}"/>' for name in files)
    files[ENTRY] = f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{imports}</xs:schema>'.encode()
    return files


def samples(shared_data: Path, standard: str) -> list[etree._Element]:
    """The official messages of a standard."""
    paths = sorted((shared_data / "xoev" / SAMPLES[standard]).glob("*.xml"))
    return [etree.parse(path).getroot() for path in paths]


def _found(folder: Path) -> list[tuple[str, bytes]]:
    found = [(path.name, path.read_bytes()) for path in sorted(folder.glob("*.xsd"))]
    for path in folder.glob("*.zip"):
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if PurePosixPath(name).match("xsd/*.xsd")]
            found += [(PurePosixPath(name).name, archive.read(name)) for name in names]
    return found


def _flat(content: bytes) -> bytes:
    """Every address is the name of a file beside it."""
    document = etree.fromstring(content)
    for reference in document.iter(XSD + "include", XSD + "import"):
        if location := reference.get("schemaLocation"):
            reference.set("schemaLocation", PurePosixPath(location).name)
    return etree.tostring(document)
