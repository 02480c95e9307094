"""What an operator writes down for a destination of this adapter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from gateway.transports import xta
from gateway.transports.settings import Given

EXPLAINED: Final = {
    **xta.EXPLAINED,
    "most_megabytes": "So viele MB nimmt der Server für Nachricht und Anlagen zusammen; ohne Angabe 40 (XTA 2.1.1).",
}


@dataclass(frozen=True, slots=True)
class Settings:
    """The XTA server in front of OK.KOMM, and the authority behind it."""

    server: xta.Server
    most: int
    """bytes of message and attachments together"""

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> Self:
        """
        The settings of an endpoint, whose names `Plugin.check` has looked at.

        Raises:
            BadSettings: one is missing or impossible.
        """
        said = Given("akdb_okkomm", given)
        megabytes = said.number("most_megabytes", least=1, most=2_000, default=40)
        return cls(xta.Server.read(said), int(megabytes * 1_000_000))
