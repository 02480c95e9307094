"""
Secrets by reference: tables name them, and whoever delivers puts them in at the last moment.

In the settings of an endpoint, `secret:NAME` stands for the content of a secret and `secret-file:NAME` for the path of
the file in which it lies. Only the names travel, in tables, letters and leases; what they stand for does not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Protocol

from gateway.adapter import Endpoint

FindEndpoint = Callable[[str, bool], Endpoint]
"""A destination's endpoint, by its name and whether the test one is meant."""

_FORM: Final = re.compile(r"secret(-file)?:(.*)", re.DOTALL)
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]*")


class Vault(Protocol):
    """Where secrets lie. Both raise MissingSecret, which says the name and why, and nothing of the secret."""

    def text(self, name: str) -> str:
        """The secret, as text."""
        ...

    def file(self, name: str) -> Path:
        """The absolute path of the file with the secret in it."""
        ...


@dataclass(frozen=True, slots=True)
class Reference:
    """Which secret is meant, and whether by its file."""

    name: str
    by_file: bool

    @classmethod
    def read(cls, value: object) -> Reference | None:
        """
        The reference that a setting is; None where it is something else.

        Raises:
            ValueError: it begins like one, and what follows is no name.
        """
        found = _FORM.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            return None
        if not _NAME.fullmatch(found[2]):
            raise ValueError
        return cls(found[2], by_file=found[1] is not None)

    def put_in(self, vault: Vault) -> str:
        """What the setting becomes; raises MissingSecret."""
        return str(vault.file(self.name)) if self.by_file else vault.text(self.name)


def references(value: object) -> Iterator[Reference]:
    """Every secret that settings refer to, at any depth; raises ValueError as `Reference.read`."""
    match value:
        case Mapping():
            for one in value.values():
                yield from references(one)
        case list():
            for one in value:
                yield from references(one)
        case _:
            if found := Reference.read(value):
                yield found


def revealed(settings: Mapping[str, Any], vault: Vault) -> dict[str, Any]:
    """
    The settings with every secret put in.

    Raises:
        MissingSecret: one is not there, or not kept as it has to be.
    """
    return {name: _revealed(value, vault) for name, value in settings.items()}


def _revealed(value: Any, vault: Vault) -> Any:
    match value:
        case Mapping():
            return revealed(value, vault)
        case list():
            return [_revealed(one, vault) for one in value]
        case _:
            found = Reference.read(value)
            return found.put_in(vault) if found else value


def revealing(endpoint: FindEndpoint, vault: Vault) -> FindEndpoint:
    """
    Finds the same endpoints, with their secrets in them, read each time.

    What is found raises MissingSecret as `revealed` does.
    """

    def found(name: str, test: bool) -> Endpoint:  # noqa: FBT001 - as the lane has it: live or test
        there = endpoint(name, test)
        return replace(there, settings=revealed(there.settings, vault))

    return found
