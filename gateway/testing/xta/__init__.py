"""A simulated XTA server, and a Fachverfahren behind it, for the simulators of vendors that are reached through one."""

from gateway.testing.xta.server import Carried, XtaServer
from gateway.testing.xta.vendor import ProcedureBehindXta

__all__ = ["Carried", "ProcedureBehindXta", "XtaServer"]
