"""A directory from which the Fachverfahren picks up: the adapter for everything that has no interface of its own."""

from __future__ import annotations

from importlib.resources import files
from typing import Final

from adapters.filedrop.adapter import open_filedrop
from adapters.filedrop.settings import EXPLAINED, Settings
from adapters.filedrop.simulator import simulate
from gateway.adapter import Plugin
from gateway.manifest import read_manifest

plugin: Final = Plugin(
    manifest=read_manifest(files(__name__) / "manifest.toml"),
    open=open_filedrop,
    simulate=simulate,
    settings=EXPLAINED,
    read_settings=Settings.read,
)
