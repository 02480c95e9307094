"""
`connections`: the life of a connection, from the order to its end.

    showing    list, show, export
    importing  an order list becomes records
    checking   the pre-flight
    stepping   promote, pause, resume
    choosing   which connections a command means
"""

from gateway.cli.connections.checking import check
from gateway.cli.connections.importing import take_over
from gateway.cli.connections.showing import export, show, tell
from gateway.cli.connections.stepping import pause, promote, resume
from gateway.cli.german import Commands

connections = Commands(help="Anbindungen: bestellen, einrichten, prüfen, in Betrieb nehmen, anhalten.")
connections.command("list")(show)
connections.command("show")(tell)
connections.command("import")(take_over)
connections.command("export")(export)
connections.command("check")(check)
connections.command("promote")(promote)
connections.command("pause")(pause)
connections.command("resume")(resume)

__all__ = ["connections"]
