"""The packages in `xsd/`, and what their indexes say of the examples."""

import tomllib
from pathlib import Path
from typing import Any, Final

XSD: Final = Path(__file__).parents[2] / "xsd"

FOLDERS: Final = sorted(path.parent for path in XSD.glob("*/*/examples"))
"""the packages that have messages"""

SERVICES: Final = [folder for folder in FOLDERS if folder.parent.name != "ag-prozess"]
"""those for Anträge; the other one is for what is answered to them"""

INDEXES: Final[dict[Path, dict[str, Any]]] = {
    folder: tomllib.loads((folder / "examples/index.toml").read_text()) for folder in FOLDERS
}


def called(value: object) -> str:
    """What a test about a package or an example of one is called."""
    if not isinstance(value, Path):
        return ""
    folder = value if value in FOLDERS else value.parents[2]
    return f"{folder.parent.name}-{value.stem}" if value.suffix == ".xml" else folder.parent.name
