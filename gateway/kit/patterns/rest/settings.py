"""What an operator writes down for a destination of this adapter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from gateway.transports import https
from gateway.transports.settings import Given

EXPLAINED: Final = https.EXPLAINED
"""Address, certificates, proxy and time limits, as for everything that goes over HTTPS. Add your own to it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the Musterverfahren is, and how both sides prove who they are."""

    address: https.Address

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> Self:
        """
        The settings of an endpoint, whose names `Plugin.check` has looked at.

        Raises:
            BadSettings: one is missing or impossible.
        """
        return cls(https.Address.read(Given("muster", given)))
