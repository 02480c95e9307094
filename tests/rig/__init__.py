"""A whole installation as processes: gateway, worker, Fachverfahren and a portal that does not give up."""

from tests.rig.installation import Installation, Servers, installed
from tests.rig.portal import Portal
from tests.rig.procedures import Procedures

__all__ = ["Installation", "Portal", "Procedures", "Servers", "installed"]
