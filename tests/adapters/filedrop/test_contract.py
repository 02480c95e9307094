"""The file drop keeps the contract that every adapter signs."""

from importlib.resources import files

from adapters import filedrop
from gateway.testing.contract import AdapterContract


class TestFileDrop(AdapterContract):
    plugin = filedrop.plugin
    folder = files("adapters.filedrop")
