"""Finds the installed adapters by their entry points; refuses a bad one by name, and the others run."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from typing import Final

from gateway.adapter import Adapter, Askable, Collecting, Plugin
from gateway.errors import BadAdapter

GROUP: Final = "gateway.adapters"


@dataclass(frozen=True, slots=True)
class Plugins:
    """The adapters that can work, and for each other one the reason why it cannot; both by name."""

    found: Mapping[str, Plugin]
    refused: Mapping[str, BadAdapter]
    versions: Mapping[str, str] = field(default_factory=dict)
    """of the packages that bring them, by adapter, as far as they are known"""

    def named(self, name: str) -> Plugin:
        """
        The adapter of this name.

        Raises:
            BadAdapter: it was refused, or is not installed.
        """
        if name in self.found:
            return self.found[name]
        if name in self.refused:
            raise self.refused[name]
        installed = ", ".join(sorted(self.found)) or "-"
        raise BadAdapter(
            f"Adapter {name} ist nicht installiert. Installiert sind: {installed}.",
            f"Adapter {name} is not installed. Installed are: {installed}.",
        )


def load(points: Iterable[EntryPoint] | None = None) -> Plugins:
    """Every adapter among the entry points, those of this installation unless given."""
    known = dict.fromkeys(entry_points(group=GROUP) if points is None else points)
    twice = {name for name, times in Counter(point.name for point in known).items() if times > 1}
    found: dict[str, Plugin] = {}
    refused: dict[str, BadAdapter] = {}
    for point in known:
        try:
            found[point.name] = _plugin(point, claimed_twice=point.name in twice)
        except BadAdapter as reason:
            refused[point.name] = reason
    versions = {point.name: point.dist.version for point in known if point.name in found and point.dist}
    return Plugins(found, refused, versions)


@asynccontextmanager
async def opened(plugin: Plugin) -> AsyncIterator[Adapter]:
    """
    The adapter, open.

    Raises:
        BadAdapter: it can be asked or collects, and its manifest denies it, or the other way round.
    """
    async with plugin.open() as adapter:
        for word, method, can, says in (
            ("can_ask", "ask", isinstance(adapter, Askable), plugin.manifest.can_ask),
            ("collects", "collect", isinstance(adapter, Collecting), plugin.manifest.collects),
        ):
            if can != says:
                raise _refusal(
                    plugin.manifest.name,
                    f"{word} im Manifest und die Methode {method} passen nicht zusammen.",
                    f"{word} in the manifest and the method {method} do not agree.",
                )
        yield adapter


def _plugin(point: EntryPoint, *, claimed_twice: bool) -> Plugin:
    if claimed_twice:
        raise _refusal(point.name, "Zwei Pakete bringen diesen Namen mit.", "Two packages bring this name.")
    plugin = _loaded(point)
    if not isinstance(plugin, Plugin):
        raise _refusal(
            point.name,
            f"{point.value} ist kein gateway.adapter.Plugin.",
            f"{point.value} is no gateway.adapter.Plugin.",
        )
    if plugin.manifest.name != point.name:
        other = plugin.manifest.name
        raise _refusal(
            point.name,
            f"Das Manifest nennt ihn {other}; Einsprungpunkt und Manifest müssen gleich heißen.",
            f"its manifest calls it {other}; entry point and manifest must have the same name.",
        )
    return plugin


def _loaded(point: EntryPoint) -> object:
    try:
        return point.load()
    except BadAdapter as reason:
        raise _refusal(point.name, reason.detail.de, reason.detail.en) from reason
    except Exception as error:  # whatever a stranger's module does, the others run
        what = f"{type(error).__name__}: {error}"
        raise _refusal(
            point.name,
            f"{point.value} lässt sich nicht laden: {what}.",
            f"{point.value} cannot be loaded: {what}.",
        ) from error


def _refusal(name: str, de: str, en: str) -> BadAdapter:
    return BadAdapter(f"Adapter {name}: {de}", f"Adapter {name}: {en}")
