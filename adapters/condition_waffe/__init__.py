"""The weapons procedure of Condition, which reads a mailbox and must be its only reader; through an XTA server."""

from __future__ import annotations

from importlib.resources import files
from typing import Final

from adapters.condition_waffe.adapter import open_waffe
from adapters.condition_waffe.settings import EXPLAINED, read_settings
from adapters.condition_waffe.simulator import simulate
from gateway.adapter import Plugin
from gateway.manifest import read_manifest

plugin: Final = Plugin(
    manifest=read_manifest(files(__name__) / "manifest.toml"),
    open=open_waffe,
    simulate=simulate,
    settings=EXPLAINED,
    read_settings=read_settings,
)
