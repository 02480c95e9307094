"""What an operator writes down for a destination of this adapter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from gateway.transports import xta
from gateway.transports.settings import Given

EXPLAINED: Final = {
    **xta.EXPLAINED,
    "okkomm_switched_off": "true: OK.KOMM holt dieses Postfach nicht mehr ab. Ohne dieses Wort wird nicht geliefert.",
}


def read_settings(given: Mapping[str, Any]) -> xta.Server:
    """
    The settings of an endpoint, whose names `Plugin.check` has looked at.

    Raises:
        BadSettings: one is missing or impossible, or nobody has said that the procedure is the mailbox's only reader.
    """
    said = Given("condition_waffe", given)
    if not said.flag("okkomm_switched_off", default=False):
        raise said.wrong(
            "okkomm_switched_off",
            "true sein: zwei Leser eines Postfachs nehmen sich die Nachrichten weg",
            "be true: two readers of one mailbox take each other's messages away",
        )
    return xta.Server.read(said)
