"""
The command line: `gateway VERB`.

Sentences and progress go to stderr, results to stdout. Exit codes are 0 good, 1 the thing asked about is not good, 2 it
could not be asked. What is heavy is imported by the command that needs it, so that a slip is answered at once.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import typer
from typer.main import get_command

from gateway.cli.accounts import accounts
from gateway.cli.adapters import adapters
from gateway.cli.clients import clients
from gateway.cli.connections import connections
from gateway.cli.database import database
from gateway.cli.demonstrating import demo
from gateway.cli.doctor import doctor
from gateway.cli.explaining import explain
from gateway.cli.german import Commands, usage
from gateway.cli.judging import check
from gateway.cli.ledger import ledger
from gateway.cli.parked import parked
from gateway.cli.regions import regions
from gateway.cli.replies import replies
from gateway.cli.reporting import report
from gateway.cli.responsibility import responsibility
from gateway.cli.routes import routes
from gateway.cli.running import speaking, tell_bug
from gateway.cli.schemas import schemas
from gateway.cli.sending import status, submit
from gateway.cli.serving import serve, work
from gateway.cli.sites import sites
from gateway.cli.webhooks import webhooks
from gateway.errors import GatewayError, Language, NotFound, NotResponsible, Sentence
from gateway.terminal import BAD, CANNOT, GOOD, Terminal

_TRYING = "Ausprobieren"
_RUNNING = "Betreiben"
_LOOKING = "Nachsehen und eingreifen"
_ROUTING = "Wer bekommt was"

app = Commands(
    name="gateway",
    help="Antragsgateway: nimmt Anträge an, prüft sie, bewahrt sie und übergibt sie dem zuständigen Fachverfahren.",
    epilog="Für jeden Befehl: --lang en für Meldungen auf Englisch; --debug zeigt, was dahintersteckt.",
)
app.command("demo", rich_help_panel=_TRYING)(demo)
app.command("check", rich_help_panel=_TRYING)(check)
app.command("explain", rich_help_panel=_TRYING)(explain)
app.command("submit", rich_help_panel=_TRYING)(submit)
app.command("status", rich_help_panel=_TRYING)(status)
app.command("doctor", rich_help_panel=_RUNNING)(doctor)
app.command("serve", rich_help_panel=_RUNNING)(serve)
app.command("work", rich_help_panel=_RUNNING)(work)
app.add_typer(adapters, name="adapters", rich_help_panel=_RUNNING)
app.add_typer(schemas, name="schemas", rich_help_panel=_RUNNING)
app.add_typer(accounts, name="accounts", rich_help_panel=_RUNNING)
app.add_typer(clients, name="clients", rich_help_panel=_RUNNING)
app.add_typer(sites, name="sites", rich_help_panel=_RUNNING)
app.add_typer(webhooks, name="webhooks", rich_help_panel=_RUNNING)
app.add_typer(database, name="db", rich_help_panel=_RUNNING)
app.add_typer(routes, name="routes", rich_help_panel=_ROUTING)
app.add_typer(connections, name="connections", rich_help_panel=_ROUTING)
app.add_typer(regions, name="regions", rich_help_panel=_ROUTING)
app.add_typer(responsibility, name="responsibility", rich_help_panel=_ROUTING)
app.add_typer(report, name="report", rich_help_panel=_LOOKING)
app.add_typer(parked, name="parked", rich_help_panel=_LOOKING)
app.add_typer(replies, name="replies", rich_help_panel=_LOOKING)
app.command("ledger", rich_help_panel=_LOOKING)(ledger)


def main() -> None:
    """The `gateway` command."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """The exit code of a call with these arguments."""
    call = _Call.of(arguments)
    with speaking(Terminal(call.language), debug=call.debug) as terminal:
        try:
            return int(_command().main([*call.arguments], prog_name="gateway", standalone_mode=False) or GOOD)
        except GatewayError as error:
            terminal.warn(error.detail)
            return BAD if isinstance(error, (NotFound, NotResponsible)) else CANNOT
        except typer.TyperException as error:
            if said := usage(error):
                terminal.warn(said)
            return CANNOT
        except BrokenPipeError:
            return GOOD
        except Exception as error:
            if call.debug:
                raise
            tell_bug(error, call.arguments[:1])
            terminal.warn(_bug(error))
            return CANNOT


@cache
def _command() -> Any:
    """The commands with their options; putting them together takes longer than many of them run."""
    return get_command(app)


@dataclass(frozen=True, slots=True)
class _Call:
    """The arguments without those that every command has: these may stand anywhere."""

    arguments: tuple[str, ...]
    language: Language = Language.GERMAN
    debug: bool = False

    @classmethod
    def of(cls, arguments: Sequence[str]) -> _Call:
        rest = list(arguments)
        debug = "--debug" in rest
        rest = [one for one in rest if one != "--debug"]
        language = Language.GERMAN
        for at, one in enumerate(rest):
            name, equals, value = one.partition("=")
            if name == "--lang":
                value = value if equals else "".join(rest[at + 1 : at + 2])
                language = Language.ENGLISH if value.startswith("en") else Language.GERMAN
                del rest[at : at + (1 if equals else 2)]
                break
        return cls(tuple(rest), language, debug)


def _bug(error: Exception) -> Sentence:
    from gateway.events import frames_of

    where = frames_of(error, most=1)[-1]
    name = type(error).__name__
    return Sentence(
        f"Das ist ein Fehler in dieser Software: {name} in {where}. Mit --debug zeigt sie den ganzen Weg dorthin; "
        "bitte beides melden.",
        f"This is a bug in this software: {name} in {where}. With --debug it shows the whole way there; "
        "please report both.",
    )
