"""OK.KOMM in front of the OK.* procedures for Wohnsitz, Führerschein and Aufenthalt, through an XTA server."""

from __future__ import annotations

from importlib.resources import files
from typing import Final

from adapters.akdb_okkomm.adapter import open_okkomm
from adapters.akdb_okkomm.settings import EXPLAINED, read_settings
from adapters.akdb_okkomm.simulator import simulate
from gateway.adapter import Plugin
from gateway.manifest import read_manifest

plugin: Final = Plugin(
    manifest=read_manifest(files(__name__) / "manifest.toml"),
    open=open_okkomm,
    simulate=simulate,
    settings=EXPLAINED,
    read_settings=read_settings,
)
