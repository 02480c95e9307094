"""The settings that every adapter has which goes over HTTPS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from gateway.transports.certificates import Credentials
from gateway.transports.https.client import Https, Limits, Peer
from gateway.transports.https.tokens import ClientCredentials, ClientTokens
from gateway.transports.settings import Given

EXPLAINED: Final = {
    "url": "Adresse der Gegenstelle, https://…; ohne Kennwort.",
    "authorities": "PEM-Datei mit den Zertifizierungsstellen, denen hier vertraut wird; ohne Angabe die des Systems.",
    "certificate": "PEM-Datei mit dem eigenen Zertifikat samt Kette, mit dem sich das Gateway ausweist.",
    "key": "PEM-Datei mit dem zugehörigen privaten Schlüssel, ohne Kennwort, nur für das Gateway lesbar.",
    "proxy": "Adresse eines Proxys, http://…, falls der Weg dort hindurchführt.",
    "connect_seconds": "Sekunden für Namensauflösung, Verbindung und TLS; üblich sind 10.",
    "silence_seconds": "Sekunden ohne ein Byte, nach denen nicht länger gewartet wird; üblich sind 60.",
}

TOKENS_EXPLAINED: Final = {
    "token_url": "Adresse, an der es Zugangstoken gibt (OAuth 2.0, client credentials).",
    "client_id": "Kennung, unter der das Gateway dort bekannt ist.",
    "client_secret_file": "Datei mit dem zugehörigen Geheimnis, nur für das Gateway lesbar.",
    "scope": "Umfang, der mit dem Token verlangt wird, falls die Gegenstelle einen erwartet.",
}


@dataclass(frozen=True, slots=True)
class Address:
    """A way over HTTPS as an operator described it; `open` makes a client of it."""

    peer: Peer
    connect: float
    silence: float
    token_url: str | None = None
    client: ClientCredentials | None = None

    @classmethod
    def read(cls, given: Given) -> Self:
        """
        The settings explained above.

        Raises:
            BadSettings: one is missing or impossible.
        """
        given.together("certificate", "key")
        credentials = Credentials(
            authorities=given.path("authorities", optional=True),
            certificate=given.path("certificate", optional=True),
            key=given.path("key", optional=True),
        )
        peer = Peer(
            url=given.url("url", "https"), credentials=credentials, proxy=given.url("proxy", "http", optional=True)
        )
        connect = given.number("connect_seconds", least=1, most=60, default=10)
        silence = given.number("silence_seconds", least=1, most=600, default=60)
        if not given.together("token_url", "client_id", "client_secret_file"):
            if given.has("scope"):
                raise given.wrong("scope", "zusammen mit token_url gesetzt sein", "be set together with token_url")
            return cls(peer, connect, silence)
        client = ClientCredentials(
            client_id=given.text("client_id"),
            secret=given.path("client_secret_file"),
            scope=given.text("scope", optional=True) or "",
        )
        return cls(peer, connect, silence, given.url("token_url", "https"), client)

    def open(self, *, whole: float, answer: int = 1 << 20) -> Https:
        """A client; `whole` is the seconds one request may take, `answer` the bytes of an answer that are held."""
        limits = Limits(connect=self.connect, silence=self.silence, whole=whole, answer=answer)
        return Https(self.peer, limits, tokens=self._tokens(limits))

    def _tokens(self, limits: Limits) -> ClientTokens | None:
        if self.token_url is None or self.client is None:
            return None
        there = Peer(url=self.token_url, credentials=self.peer.credentials, proxy=self.peer.proxy)
        return ClientTokens(Https(there, limits), self.client)
