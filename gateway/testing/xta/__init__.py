"""A simulated XTA server, for the simulators of vendors that are reached through one."""

from gateway.testing.xta.server import Carried, XtaServer

__all__ = ["Carried", "XtaServer"]
