"""Typer in German: its headings, and what it says about a wrong option or argument."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any, Final, TypeVar

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup

from gateway.errors import Sentence

Command = TypeVar("Command", bound=Callable[..., Any])

_HELP: Final = "Zeigt diese Hilfe."
_QUOTED: Final = re.compile(r"'([^']*)'")


class Commands(typer.Typer):
    """A group of commands; what it shows without being asked is German, as are the commands' own words."""

    def __init__(self, **said: Any) -> None:
        super().__init__(cls=_Group, add_completion=False, no_args_is_help=True, **said)

    def command(self, name: str | None = None, **said: Any) -> Callable[[Command], Command]:
        def known(function: Command) -> Command:
            paragraphs = inspect.cleandoc(function.__doc__ or "").split("\n\n")
            flowing = "\n\n".join(paragraph.replace("\n", " ") for paragraph in paragraphs)
            return add(name, cls=_Command, help=flowing, **said)(function)

        add = super().command
        return known


class _Command(TyperCommand):
    def __init__(self, *args: Any, **said: Any) -> None:
        super().__init__(*args, **said)
        for param in self.params:
            if isinstance(param, TyperArgument) or getattr(param, "is_flag", False):
                _keep_type_to_itself(param)

    def get_help_option(self, ctx: Any) -> Any:
        return _explained(super().get_help_option(ctx))

    def format_help(self, ctx: Any, formatter: Any) -> None:
        _name_the_panels()
        super().format_help(ctx, formatter)


class _Group(TyperGroup):
    def get_help_option(self, ctx: Any) -> Any:
        return _explained(super().get_help_option(ctx))

    def format_help(self, ctx: Any, formatter: Any) -> None:
        _name_the_panels()
        super().format_help(ctx, formatter)


def _explained(option: Any) -> Any:
    if option is not None:
        option.help = _HELP
        _keep_type_to_itself(option)
    return option


def _keep_type_to_itself(param: Any) -> None:
    """A flag is no `<bool>` to people, and a file no `<list[Path]>`."""
    param.display_type_rich = lambda **_: None


def _name_the_panels() -> None:
    from typer import rich_utils

    rich_utils.ARGUMENTS_PANEL_TITLE = "Argumente"
    rich_utils.OPTIONS_PANEL_TITLE = "Optionen"
    rich_utils.COMMANDS_PANEL_TITLE = "Befehle"
    rich_utils.DEFAULT_STRING = "[sonst: {}]"
    rich_utils.REQUIRED_LONG_STRING = "[nötig]"


def usage(error: typer.TyperException) -> Sentence | None:
    """What is wrong with the call; None where its help has just been shown instead."""
    kind = type(error).__name__
    if kind == "NoArgsIsHelpError":
        return None
    said = error.format_message()
    quoted = _QUOTED.findall(said)
    about = quoted[0] if quoted else ""
    match kind:
        case "MissingParameter":
            de = f"Es fehlt: {about}."
        case "NoSuchOption":
            close = ", ".join(getattr(error, "possibilities", None) or ())
            de = f"Die Option {getattr(error, 'option_name', '')} gibt es nicht."
            de += f" Gemeint ist vielleicht: {close}." if close else ""
        case "BadOptionUsage":
            de = f"Der Option {about} fehlt ihr Wert, oder sie nimmt keinen."
        case "BadParameter":
            de = f"Der Wert für {about} passt nicht."
            choices = ", ".join(_QUOTED.findall(said.partition("not one of")[2]))
            de += f" Möglich ist: {choices}." if choices else ""
            de += " Erwartet wird ein Tag wie 2026-12-31." if "does not match the format" in said else ""
        case _ if said.startswith("Got unexpected extra argument"):
            de = f"Das ist zu viel: {said.rpartition('(')[2].removesuffix(')')}."
        case _ if said.startswith("No such command"):
            de = f"Den Befehl „{about}“ gibt es nicht."
            de += f" Gemeint ist vielleicht: {', '.join(quoted[1:])}." if quoted[1:] else ""
        case _:
            de = said
    return Sentence(de, said)
