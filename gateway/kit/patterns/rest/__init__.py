"""Brings Anträge to the Musterverfahren over HTTPS."""

from __future__ import annotations

from importlib.resources import files
from typing import Final

from gateway.adapter import Plugin
from gateway.manifest import read_manifest

from .adapter import open_muster
from .settings import EXPLAINED, Settings
from .simulator import simulate

plugin: Final = Plugin(
    manifest=read_manifest(files(__name__) / "manifest.toml"),
    open=open_muster,
    simulate=simulate,
    settings=EXPLAINED,
    read_settings=Settings.read,
)
