"""What an operator writes down for a destination of this adapter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from gateway.transports.settings import Given

EXPLAINED: Final = {"directory": "Absoluter Pfad des Verzeichnisses, aus dem das Musterverfahren abholt."}


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the Musterverfahren picks up."""

    directory: Path

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> Self:
        """
        The settings of an endpoint, whose names `Plugin.check` has looked at.

        Raises:
            BadSettings: one is missing or impossible.
        """
        return cls(Given("muster", given).path("directory"))
