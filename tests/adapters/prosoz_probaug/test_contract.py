"""The adapter for ProBAUG keeps the contract that every adapter signs."""

from importlib.resources import files

from adapters import prosoz_probaug
from gateway.testing.contract import AdapterContract


class TestProBaug(AdapterContract):
    plugin = prosoz_probaug.plugin
    folder = files("adapters.prosoz_probaug")
    deliveries = 80
