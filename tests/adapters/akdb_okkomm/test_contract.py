"""The adapter for OK.KOMM keeps the contract that every adapter signs."""

from importlib.resources import files

from adapters import akdb_okkomm
from gateway.testing.contract import AdapterContract


class TestOkKomm(AdapterContract):
    plugin = akdb_okkomm.plugin
    folder = files("adapters.akdb_okkomm")
    deliveries = 80
