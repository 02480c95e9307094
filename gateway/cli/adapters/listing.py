"""`adapters list`: what is installed, and what was refused and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from gateway.cli.options import Json
from gateway.cli.running import terminal
from gateway.errors import Sentence
from gateway.terminal import BAD, GOOD

if TYPE_CHECKING:
    from gateway.adapter import Plugin
    from gateway.plugins import Plugins


def show(*, json: Json = False) -> int:
    """
    Zeigt die installierten Adapter mit dem, was ihr Manifest verspricht.

    Exit-Code 1: Einer ist unbrauchbar; die anderen arbeiten trotzdem.
    """
    from gateway import plugins

    known = plugins.load()
    if json:
        terminal().hand_out([*_installed(known), *_refused(known)])
    else:
        terminal().show(_table(known))
        for _, reason in sorted(known.refused.items()):
            terminal().warn(reason.detail)
    return BAD if known.refused else GOOD


def _installed(known: Plugins) -> list[dict[str, object]]:
    return [_as_json(plugin, known.versions.get(name, "")) for name, plugin in sorted(known.found.items())]


def _as_json(plugin: Plugin, version: str) -> dict[str, object]:
    manifest = plugin.manifest
    return {
        "adapter": manifest.name,
        "version": version or None,
        "vendor": manifest.vendor,
        "product": manifest.product,
        "interface": manifest.interface,
        "services": manifest.services,
        "schemas": manifest.schemas,
        "transports": manifest.transports,
        "bestGrade": manifest.best_grade.value,
        "canAsk": manifest.can_ask,
        "whenUnclear": manifest.when_unclear,
        "settings": dict(plugin.settings),
    }


def _refused(known: Plugins) -> list[dict[str, object]]:
    return [
        {"adapter": name, "refused": terminal().words(reason.detail)} for name, reason in sorted(known.refused.items())
    ]


def _table(known: Plugins) -> Table:
    words = terminal().words
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="quiet")
    for heading in (
        Sentence("Adapter", "adapter"),
        Sentence("Version", "version"),
        Sentence("Hersteller, Produkt", "vendor, product"),
        Sentence("Schnittstelle", "interface"),
        Sentence("Leistungen", "services"),
        Sentence("Wege", "ways"),
        Sentence("bester Nachweis", "best proof"),
        Sentence("auskunftsfähig", "can be asked"),
    ):
        table.add_column(words(heading))
    for name, plugin in sorted(known.found.items()):
        manifest = plugin.manifest
        table.add_row(
            name,
            known.versions.get(name, ""),
            f"{manifest.vendor}, {manifest.product}",
            words(_INTERFACE[manifest.interface]),
            " ".join(manifest.services),
            " ".join(manifest.transports),
            manifest.best_grade.value,
            words(Sentence("ja", "yes") if manifest.can_ask else Sentence("nein", "no")),
        )
    return table


_INTERFACE = {
    "published": Sentence("veröffentlicht", "published"),
    "assumed": Sentence("angenommen", "assumed"),
}
