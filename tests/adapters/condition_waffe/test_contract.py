"""The adapter for the weapons procedure keeps the contract that every adapter signs."""

from importlib.resources import files

from adapters import condition_waffe
from gateway.testing.contract import AdapterContract


class TestWeaponsMailbox(AdapterContract):
    plugin = condition_waffe.plugin
    folder = files("adapters.condition_waffe")
    deliveries = 80
