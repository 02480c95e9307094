"""The settings that every adapter has which goes through an XTA server."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from gateway.transports.https import EXPLAINED as HTTPS_EXPLAINED
from gateway.transports.https import Address
from gateway.transports.settings import Given
from gateway.transports.xta.client import PATHS, Xta
from gateway.transports.xta.ids import MessageIds, OwnIds, RememberedIds
from gateway.transports.xta.vocabulary import XTA_211, Party, Port

EXPLAINED: Final = {
    **HTTPS_EXPLAINED,
    "management_path": "Pfad des ManagementPort unter url; üblich ist der Name des Ports.",
    "send_path": "Pfad des SendXtaPort unter url; üblich ist der Name des Ports.",
    "mailbox_path": "Pfad des MsgBoxPort unter url; üblich ist der Name des Ports.",
    "namespace": f"Namensraum der XTA-Version, die der Server spricht; ohne Angabe {XTA_211}.",
    "author": "Kennung, unter der das Gateway beim XTA-Server eingerichtet ist.",
    "reader": "Kennung des Lesers, etwa ags:09661000.",
    "party_type": "Art der beiden Kennungen; ohne Angabe xöv.",
    "message_ids": "own: Das Gateway bildet die MessageID selbst; server: createMessageId. Ohne Angabe own.",
    "message_prefix": "Präfix der selbst gebildeten MessageID; ohne Angabe antragsgateway.",
    "service_uri": "URI des Dienstes, unter dem der Leser im Verzeichnis steht (DVDV).",
    "scenario": "Geschäftsbereich in Worten, falls der Server einen bestimmten erwartet.",
    "mailbox_lock": "Datei, über die sich Prozesse am eigenen Postfach abwechseln; ohne sie keine Antworten.",
    "exclusive_reader": "true: Außer dem Gateway liest niemand das Postfach des author. Pflicht mit mailbox_lock.",
    "most_megabytes": "So viele MB nimmt der Server für Nachricht und Anlagen zusammen; ohne Angabe 40 (XTA 2.1.1).",
    "memory": "Bei message_ids = server: Ordner, in dem steht, unter welcher MessageID eine Einreichung reist.",
}

_PATH: Final = re.compile(r"/[A-Za-z0-9._~/-]*", re.ASCII)
_PREFIX: Final = re.compile(r"[A-Za-z0-9-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Server:
    """An XTA server as an operator described it; `open` makes a client of it."""

    address: Address
    namespace: str
    paths: tuple[tuple[Port, str], ...]
    author: Party
    reader: Party
    service: str
    scenario: str
    ids: MessageIds
    most: int
    """bytes of message and attachments together"""
    lock: Path | None
    """where our own mailbox is read, and by nobody else: the file by which our processes take turns"""

    @classmethod
    def read(cls, given: Given) -> Self:
        """
        The settings explained above.

        Raises:
            BadSettings: one is missing or impossible.
        """
        kind = given.text("party_type", optional=True) or "xöv"
        return cls(
            Address.read(given),
            given.text("namespace", optional=True) or XTA_211,
            tuple((port, _path(given, f"{port.value}_path", usual)) for port, usual in PATHS.items()),
            Party(given.text("author"), kind),
            Party(given.text("reader"), kind),
            given.text("service_uri"),
            given.text("scenario", optional=True) or "",
            _ids(given),
            int(given.number("most_megabytes", least=1, most=2_000, default=40) * 1_000_000),
            _lock(given),
        )

    def open(self, *, whole: float) -> Xta:
        """A client; `whole` is the seconds one request may take."""
        https = self.address.open(whole=whole)
        return Xta(https, self.author, namespace=self.namespace, url=self.address.peer.url, paths=dict(self.paths))


def _path(given: Given, name: str, usual: str) -> str:
    value = given.text(name, optional=True) or usual
    if not _PATH.fullmatch(value):
        raise given.wrong(name, "mit / beginnen und nur aus einfachen Zeichen bestehen", "begin with / and be plain")
    return value


def _lock(given: Given) -> Path | None:
    exclusive = given.flag("exclusive_reader", default=False)
    lock = given.path("mailbox_lock", optional=True)
    if lock is not None and not exclusive:
        raise given.wrong("exclusive_reader", "mit mailbox_lock true sein", "be true with mailbox_lock")
    return lock


def _ids(given: Given) -> MessageIds:
    match given.settings.get("message_ids", "own"):
        case "own":
            prefix = given.text("message_prefix", optional=True) or "antragsgateway"
            if not _PREFIX.fullmatch(prefix):
                raise given.wrong(
                    "message_prefix", "aus Buchstaben, Ziffern und - bestehen", "be letters, digits and -"
                )
            return OwnIds(prefix)
        case "server":
            return RememberedIds(given.path("memory"))
        case _:
            raise given.wrong("message_ids", "own oder server sein", "be own or server")
