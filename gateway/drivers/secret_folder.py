"""Secrets in a folder: one file each, named as tables refer to it, readable by the gateway and nobody else."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Final

from gateway.errors import MissingSecret

_MOST: Final = 64 * 1024
"""bytes of a secret at most: what is longer is something else"""

_OTHERS: Final = stat.S_IRWXO | stat.S_IWGRP
"""Nobody but the owner writes it, and nobody but the owner and the group read it."""


class SecretFolder:
    """
    A vault whose secrets are files: what systemd's credentials and Kubernetes' secrets are, and what a person can make.

    Each is read when it is needed, so that a new password counts from the next delivery on.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()

    def text(self, name: str) -> str:
        """The file's content, without the line break that editors put at its end."""
        file = self.file(name)
        try:
            text = file.read_bytes()[:_MOST].decode().removesuffix("\n").removesuffix("\r")
        except OSError:
            raise _missing(name, "ist nicht lesbar", "cannot be read") from None
        except UnicodeDecodeError:
            raise _missing(name, "ist kein Text in UTF-8", "is no text in UTF-8") from None
        if not text:
            raise _missing(name, "ist leer", "is empty")
        return text

    def file(self, name: str) -> Path:
        """Where it lies, if it is kept as it has to be."""
        file = self._folder / name
        try:
            found = file.stat()
        except OSError:
            raise _missing(name, "fehlt im Ordner GATEWAY_SECRETS", "is not in the folder GATEWAY_SECRETS") from None
        if not stat.S_ISREG(found.st_mode):
            raise _missing(name, "ist keine Datei", "is no file")
        if found.st_mode & _OTHERS:
            raise _missing(
                name,
                "ist für andere zugänglich; bitte die Rechte auf 600 oder 400 setzen",
                "is open to others; set its permissions to 600 or 400",
            )
        return file


def _missing(name: str, de: str, en: str) -> MissingSecret:
    return MissingSecret(f"Das Geheimnis „{name}“ {de}.", f"The secret “{name}” {en}.")
