"""Plays all turns against a client, and makes a report of what was seen."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from importlib.metadata import version
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory
from typing import Final

from gateway.errors import BadSettings
from gateway.kit.sites.report import Report
from gateway.kit.sites.rules import Ruling, summed
from gateway.kit.sites.stage import SITE, Sample, Stage, stage
from gateway.kit.sites.turns import TURNS, Pace, Play
from gateway.kit.sites.watching import all_along, lose_the_first_reply
from gateway.validation import Schemas

_AGAIN: Final = 1.0
"""seconds until a client that ended is started again, as a service would be"""
_FAREWELL: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What is examined, and with what."""

    schemas: Schemas
    sample: Sample
    facts: Mapping[str, Path]
    """the folders `routing`, `replies` and `data`"""
    command: Sequence[str] = ()
    """the client; nothing where somebody starts it by hand. `{url}`, `{site}` and `{token}` are put in"""
    booked: Path | None = None
    """where its Fachverfahren keeps its books"""
    pace: Pace = field(default_factory=Pace)
    day: date


Told = Callable[[str, Sequence[Ruling]], None]
"""hears of each turn that was played, and of what was seen"""


async def examine(what: Examination, *, opened: Callable[[str, str, str], None], told: Told) -> Report:
    """
    Play every turn. `opened` hears address, site and token before the first.

    A client that never brings a letter to its end is asked nothing further.

    Raises:
        BadSettings: the client cannot be started.
    """
    with TemporaryDirectory() as folder:
        async with stage(Path(folder), what.schemas, what.sample, what.facts) as there:
            opened(there.url, SITE, there.token)
            async with _running(what.command, there) as ends:
                rulings = await _played(Play(there, what.pace, what.booked), told)
            return _report(there, rulings, what.day, ends)


async def _played(play: Play, told: Told) -> list[Ruling]:
    rulings: list[Ruling] = []
    lose_the_first_reply(play.stage)
    for turn in TURNS:
        seen = await turn(play)
        rulings += seen
        told(turn.__name__.replace("_", "-"), seen)
        if not any(one.counts for one in play.stage.record.asked):
            break
        play.stage.front.be_honest(but="reply")
    return [*rulings, *all_along(play)]


def _report(there: Stage, rulings: Sequence[Ruling], day: date, ends: list[int]) -> Report:
    asked = there.record.asked
    beats = [one.said for one in asked if one.call == "heartbeat" and isinstance(one.said, dict)]
    agents = sorted({one.agent for one in asked if one.agent})
    return Report(
        client=str(beats[-1].get("worker", "")) if beats else "",
        version=str(beats[-1].get("version", "")) if beats else "",
        agents=tuple(agents[:5]),
        gateway=version("antragsgateway"),
        day=day,
        requests=len(asked),
        ended=len(ends),
        rulings=summed(rulings),
    )


@asynccontextmanager
async def _running(command: Sequence[str], there: Stage) -> AsyncIterator[list[int]]:
    """The client, started again whenever it ends; its exit codes."""
    ends: list[int] = []
    if not command:
        yield ends
        return
    put_in = {"{url}": there.url, "{site}": SITE, "{token}": there.token}
    words = [_filled(word, put_in) for word in command]
    surroundings = {"SITE_URL": there.url, "SITE_NAME": SITE, "SITE_TOKEN": there.token, "GATEWAY_TOKEN": there.token}
    process = await _started(words, surroundings)
    keeping = asyncio.create_task(_kept_running(process, words, surroundings, ends), name="client")
    try:
        yield ends
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)


async def _kept_running(
    process: asyncio.subprocess.Process, words: Sequence[str], surroundings: Mapping[str, str], ends: list[int]
) -> None:
    while True:
        try:
            ends.append(await process.wait())
            await asyncio.sleep(_AGAIN)
        finally:
            await _end(process)
        process = await _started(words, surroundings)


async def _started(words: Sequence[str], surroundings: Mapping[str, str]) -> asyncio.subprocess.Process:
    if which(words[0]) is None:
        raise BadSettings(
            f"Der Client lässt sich nicht starten: {words[0]} ist kein Programm.",
            f"The client cannot be started: {words[0]} is no program.",
        )
    told = [f"{name}={value}" for name, value in surroundings.items()]
    return await asyncio.create_subprocess_exec(
        "env", *told, *words, stdin=asyncio.subprocess.DEVNULL, start_new_session=True
    )


async def _end(process: asyncio.subprocess.Process) -> None:
    """End it and what it started; politely first."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            return
        try:
            await asyncio.wait_for(process.wait(), _FAREWELL)
        except TimeoutError:
            continue


def _filled(word: str, put_in: Mapping[str, str]) -> str:
    for name, value in put_in.items():
        word = word.replace(name, value)
    return word
