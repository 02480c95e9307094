"""What an operator writes down for a destination of this adapter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from gateway.errors import BadSettings

EXPLAINED: Final = {
    "directory": "Absoluter Pfad des Verzeichnisses, aus dem das Fachverfahren abholt.",
    "answers": "Absoluter Pfad des Verzeichnisses, in das das Fachverfahren seine Antworten legt; ohne gibt es keine.",
}


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the Fachverfahren picks up, and where it answers, if it does."""

    directory: Path
    answers: Path | None = None

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> Settings:
        """
        The settings of an endpoint, whose names `Plugin.check` has looked at.

        Raises:
            BadSettings: `directory` is missing, one is no absolute path, or both are the same.
        """
        directory, answers = given.get("directory"), given.get("answers")
        if not _is_absolute(directory):
            raise BadSettings(
                "filedrop: directory muss ein absoluter Pfad sein, etwa /srv/fachverfahren/eingang.",
                "filedrop: directory must be an absolute path such as /srv/fachverfahren/eingang.",
            )
        if answers is not None and (not _is_absolute(answers) or Path(str(answers)) == Path(str(directory))):
            raise BadSettings(
                "filedrop: answers muss ein absoluter Pfad sein, und ein anderer als directory.",
                "filedrop: answers must be an absolute path, and another one than directory.",
            )
        return cls(Path(str(directory)), Path(str(answers)) if answers is not None else None)


def _is_absolute(path: object) -> bool:
    return isinstance(path, str) and Path(path).is_absolute()
