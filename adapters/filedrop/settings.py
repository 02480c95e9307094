"""What an operator writes down for a destination of this adapter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from gateway.errors import BadSettings

EXPLAINED: Final = {
    "directory": "Absoluter Pfad des Verzeichnisses, aus dem das Fachverfahren abholt.",
}


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the Fachverfahren picks up."""

    directory: Path

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> Settings:
        """
        The settings of an endpoint, whose names `Plugin.check` has looked at.

        Raises:
            BadSettings: `directory` is missing, or no absolute path.
        """
        directory = given.get("directory")
        if not isinstance(directory, str) or not Path(directory).is_absolute():
            raise BadSettings(
                "filedrop: directory muss ein absoluter Pfad sein, etwa /srv/fachverfahren/eingang.",
                "filedrop: directory must be an absolute path such as /srv/fachverfahren/eingang.",
            )
        return cls(Path(directory))
