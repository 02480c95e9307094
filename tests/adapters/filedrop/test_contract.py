"""The file drop keeps the contract that every adapter signs."""

from dataclasses import replace
from importlib.resources import files

from adapters import filedrop
from adapters.filedrop.simulator.sftp import simulate_over_sftp
from gateway.testing.contract import AdapterContract


class TestFileDrop(AdapterContract):
    plugin = filedrop.plugin
    folder = files("adapters.filedrop")


class TestFileDropOverSftp(AdapterContract):
    plugin = replace(filedrop.plugin, simulate=simulate_over_sftp)
    deliveries = 40
    answers = False
    folder = files("adapters.filedrop")
