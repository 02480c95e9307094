"""What an operator writes down for a destination of this adapter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from gateway.transports import xta
from gateway.transports.settings import Given

EXPLAINED: Final = xta.EXPLAINED
"""An XTA server and the authority behind it; OK.KOMM wants nothing else."""


def read_settings(given: Mapping[str, Any]) -> xta.Server:
    """
    The settings of an endpoint, whose names `Plugin.check` has looked at.

    Raises:
        BadSettings: one is missing or impossible.
    """
    return xta.Server.read(Given("akdb_okkomm", given))
