"""`adapters`: what brings Anträge to a Fachverfahren; listed, begun, examined, tried."""

from __future__ import annotations

from gateway.cli.adapters.beginning import new
from gateway.cli.adapters.examining import check
from gateway.cli.adapters.listing import show
from gateway.cli.adapters.trying import try_out
from gateway.cli.german import Commands

adapters = Commands(help="Adapter zu Fachverfahren: zeigen, neu beginnen, prüfen, ausprobieren.")
adapters.command("list")(show)
adapters.command("new")(new)
adapters.command("check")(check)
adapters.command("test")(try_out)
