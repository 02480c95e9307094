"""What the commands about routing tables share: which folder, and how its files are written."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.options import settings_from
from gateway.errors import BadSettings

TablesFolder = Annotated[
    Path | None,
    typer.Option(
        "--tables", help="Ordner der Tabellen; sonst GATEWAY_ROUTING, sonst die mitgelieferten.", metavar="ORDNER"
    ),
]


def folder_of(config: Path | None, tables: Path | None) -> Path:
    """
    The folder of routing tables that the call means.

    Raises:
        BadSettings: there is no such folder.
    """
    folder = settings_from(config, routing=tables).routing
    if not folder.is_dir():
        raise BadSettings(f"Den Ordner {folder} gibt es nicht.", f"There is no folder {folder}.")
    return folder


def read_file(file: Path) -> bytes:
    """
    A file that somebody named.

    Raises:
        BadSettings: it cannot be read.
    """
    try:
        return file.read_bytes()
    except OSError as error:
        raise BadSettings(
            f"{file} ist nicht lesbar ({error.strerror}).", f"{file} cannot be read ({error.strerror})."
        ) from None


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """
    Each file as a whole: a reader sees the old one or the new one.

    Raises:
        BadSettings: the folder cannot be written.
    """
    try:
        for name, content in files.items():
            beside = folder / f".{name}.new"
            beside.write_bytes(content)
            os.replace(beside, folder / name)  # noqa: PTH105 - atomic, and says so
    except OSError as error:
        raise BadSettings(
            f"In {folder} lässt sich nicht schreiben ({error.strerror}).",
            f"{folder} cannot be written ({error.strerror}).",
        ) from None
