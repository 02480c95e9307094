"""What an operator writes down for a destination of this adapter."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from gateway.transports import https
from gateway.transports.settings import Given

EXPLAINED: Final = {
    **https.EXPLAINED,
    **https.TOKENS_EXPLAINED,
    "messages_path": "Pfad unter url, der Nachrichten annimmt; ohne Angabe /nachrichten.",
    "replies_path": "Pfad unter url, unter dem Antworten liegen; ohne Angabe /antworten.",
    "collect_replies": "false, wenn die Antworten der Behörde auf anderem Weg kommen; ohne Angabe true.",
    "stylesheet": "XSLT-Datei (1.0), die das Dokument vor der Übergabe umschreibt; ohne Angabe bleibt es, wie es kam.",
}

_PATH: Final = re.compile(r"/[A-Za-z0-9._~/-]*[A-Za-z0-9._~-]", re.ASCII)


@dataclass(frozen=True, slots=True)
class Settings:
    """Where ProBAUG is, how both sides prove who they are, and what it is asked there."""

    address: https.Address
    messages: str
    replies: str
    collects: bool
    stylesheet: Path | None

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> Self:
        """
        The settings of an endpoint, whose names `Plugin.check` has looked at.

        Raises:
            BadSettings: one is missing or impossible.
        """
        said = Given("prosoz_probaug", given)
        return cls(
            https.Address.read(said),
            _path(said, "messages_path", "/nachrichten"),
            _path(said, "replies_path", "/antworten"),
            said.flag("collect_replies", default=True),
            said.path("stylesheet", optional=True),
        )


def _path(said: Given, name: str, usual: str) -> str:
    value = said.text(name, optional=True) or usual
    if not _PATH.fullmatch(value):
        raise said.wrong(name, "mit / beginnen und nur aus einfachen Zeichen bestehen", "begin with / and be plain")
    return value
