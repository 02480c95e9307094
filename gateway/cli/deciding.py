"""Who decides, and why: what every command asks for that changes what others did."""

from __future__ import annotations

import os
import pwd
from typing import Annotated

import typer

from gateway.errors import BadSettings

Reason = Annotated[str, typer.Option(help="Warum; steht danach im Journal.", metavar="TEXT")]
By = Annotated[str | None, typer.Option(help="Wer das entscheidet; sonst der angemeldete Benutzer.", metavar="NAME")]


def account() -> str:
    """The account that runs this command."""
    # getpass would ask the environment first, and anybody can say there that they are somebody else.
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"


def insist_on_reason(reason: str) -> None:
    """
    A reason in words.

    Raises:
        BadSettings: it is empty.
    """
    if not reason.strip():
        raise BadSettings("--reason braucht einen Grund in Worten.", "--reason wants a reason in words.")
