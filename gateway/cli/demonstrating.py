"""`demo`: the whole story in half a minute, or for as long as somebody wants to play with it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.running import asked_to_stop, farewell, terminal
from gateway.errors import BadSettings
from gateway.terminal import GOOD


def demo(
    *,
    keep: Annotated[bool, typer.Option("--keep", help="Statt der Vorführung: weiterlaufen, zum Ausprobieren.")] = False,
    data: Annotated[Path | None, typer.Option(help="Ordner für --keep; sonst ./var.", metavar="ORDNER")] = None,
    port: Annotated[int | None, typer.Option(help="Port für --keep; sonst 8420.", metavar="PORT")] = None,
) -> int:
    """
    Führt in einer Sandbox vor, was das Gateway tut, und prüft sich dabei selbst.

    Braucht keinen Broker und keine Datenbank. Exit-Code 1, wenn etwas anders ausging als erwartet.
    """
    if not keep and (data or port is not None):
        raise BadSettings("--data und --port gehören zu --keep.", "--data and --port belong to --keep.")
    return asyncio.run(_keep(data, port) if keep else _show())


async def _show() -> int:
    from gateway.demo import show

    return await show(terminal())


async def _keep(data: Path | None, port: int | None) -> int:
    from gateway.demo import playground

    async with playground(terminal(), data, port):
        await asked_to_stop(farewell)
    return GOOD
