"""ProBAUG of PROSOZ: XBau 2 with attachments over HTTPS, answered later."""

from __future__ import annotations

from importlib.resources import files
from typing import Final

from adapters.prosoz_probaug.adapter import open_probaug
from adapters.prosoz_probaug.settings import EXPLAINED, Settings
from adapters.prosoz_probaug.simulator import simulate
from gateway.adapter import Plugin
from gateway.manifest import read_manifest

plugin: Final = Plugin(
    manifest=read_manifest(files(__name__) / "manifest.toml"),
    open=open_probaug,
    simulate=simulate,
    settings=EXPLAINED,
    read_settings=Settings.read,
)
