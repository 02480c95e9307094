"""What an operator writes down for a destination of this adapter."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from gateway.errors import BadSettings
from gateway.transports.account import Account
from gateway.transports.settings import Given

EXPLAINED: Final = {
    "directory": "Absoluter Pfad des Verzeichnisses, aus dem das Fachverfahren abholt; mit host der auf dem Server.",
    "answers": "Absoluter Pfad des Verzeichnisses, in das das Fachverfahren antwortet; ohne gibt es keine Antworten.",
    "host": "Name des SFTP-Servers; ohne Angabe liegt das Verzeichnis hier.",
    "port": "Port des SFTP-Servers; ohne Angabe 22.",
    "user": "Konto auf dem SFTP-Server.",
    "host_keys": 'Öffentliche Schlüssel des Servers, einer davon muss seiner sein, etwa ["ssh-ed25519 AAAA…"].',
    "key": "Datei mit dem privaten Schlüssel des Kontos, ohne Kennwort, nur für das Gateway lesbar.",
    "password_file": "Datei mit dem Kennwort des Kontos, wo der Server keine Schlüssel nimmt.",
    "connect_seconds": "Sekunden für Namensauflösung, Verbindung und Anmeldung; üblich sind 20.",
}

_REMOTE: Final = tuple(name for name in EXPLAINED if name not in {"directory", "answers"})
_HOST_KEY: Final = re.compile(r"(ssh|ecdsa|sk)-[a-z0-9@.-]+ [A-Za-z0-9+/]+={0,3}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the Fachverfahren picks up: a directory here, or one on a server; and where it answers, if it does."""

    directory: Path
    answers: Path | None = None
    account: Account | None = None

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> Settings:
        """
        The settings of an endpoint, whose names `Plugin.check` has looked at.

        Raises:
            BadSettings: one is missing or impossible.
        """
        said = Given("filedrop", given)
        directory = said.path("directory")
        if not said.has("host"):
            for name in _REMOTE:
                if said.has(name):
                    raise said.wrong(name, "zusammen mit host gesetzt sein", "be set together with host")
            return cls(directory, _answers(said, directory))
        if said.has("answers"):
            raise said.wrong("answers", "ohne host gesetzt sein", "be set without host")
        return cls(directory, account=_account(said))


def _answers(said: Given, directory: Path) -> Path | None:
    answers = said.path("answers", optional=True)
    if answers == directory:
        raise said.wrong("answers", "ein anderes Verzeichnis sein als directory", "be another one than directory")
    return answers


def _account(said: Given) -> Account:
    key, password = said.path("key", optional=True), said.path("password_file", optional=True)
    if key is None and password is None:
        raise said.wrong("key", "gesetzt sein, oder password_file", "be set, or password_file")
    return Account(
        host=said.text("host"),
        port=int(said.number("port", least=1, most=65_535, default=22)),
        user=said.text("user"),
        host_keys=_host_keys(said),
        key=key,
        password=password,
        connect=said.number("connect_seconds", least=1, most=60, default=20),
    )


def _host_keys(said: Given) -> tuple[str, ...]:
    keys = said.settings.get("host_keys")
    if not isinstance(keys, list | tuple) or not keys or not all(_is_key(key) for key in keys):
        raise _no_keys(said)
    return tuple(keys)


def _is_key(key: object) -> bool:
    return isinstance(key, str) and _HOST_KEY.fullmatch(key) is not None


def _no_keys(said: Given) -> BadSettings:
    return said.wrong(
        "host_keys",
        "eine Liste öffentlicher Schlüssel sein, wie ssh-keyscan sie zeigt, ohne den Namen davor",
        "be a list of public keys as ssh-keyscan shows them, without the name in front",
    )
