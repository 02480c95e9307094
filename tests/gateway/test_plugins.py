"""Adapters are found by their entry points; a bad one is refused by name with the reason, and the others run."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from gateway import plugins
from gateway.adapter import Adapter, Plugin
from gateway.errors import BadAdapter
from gateway.testing import AskableVendor, FakeVendor

pytestmark = pytest.mark.anyio


@pytest.fixture
def stranger() -> Iterator[Any]:
    """A module from somebody else's wheel."""
    module = ModuleType("strangers_wheel")
    sys.modules[module.__name__] = module
    yield module
    del sys.modules[module.__name__]


def point(name: str, value: str = "strangers_wheel:plugin") -> EntryPoint:
    return EntryPoint(name, value, plugins.GROUP)


def refusal_of(*points: EntryPoint, name: str = "beispiel") -> str:
    loaded = plugins.load(points)
    assert name not in loaded.found
    return loaded.refused[name].detail.en


def test_the_installed_adapters_are_found() -> None:
    """Our own come in through the same door as strangers."""
    loaded = plugins.load()

    assert loaded.found["filedrop"].manifest.name == "filedrop"
    assert loaded.refused == {}


def test_a_bad_adapter_does_not_keep_the_others_out(stranger: Any) -> None:
    """One that does not load is refused with its reason; the one beside it works."""
    stranger.plugin = FakeVendor().plugin()

    loaded = plugins.load([point("kaputt", "no_such_module:plugin"), point("beispiel")])

    assert set(loaded.found) == {"beispiel"}
    assert "no_such_module" in loaded.refused["kaputt"].detail.de


@pytest.mark.parametrize(
    "value", ["no_such_module:plugin", "strangers_wheel:nothing", "strangers_wheel:plugin.nothing"]
)
def test_what_cannot_be_imported_is_refused(stranger: Any, value: str) -> None:
    """The reason names what was looked for."""
    stranger.plugin = FakeVendor().plugin()

    assert value in refusal_of(point("beispiel", value))


def test_a_module_that_breaks_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever its import raises becomes a reason."""
    (tmp_path / "broken_wheel.py").write_text("1 / 0\n", "utf-8")
    monkeypatch.syspath_prepend(tmp_path)

    assert "ZeroDivisionError" in refusal_of(point("beispiel", "broken_wheel:plugin"))


def test_something_else_than_a_plugin_is_refused(stranger: Any) -> None:
    """An entry point has to name a `Plugin`."""
    stranger.plugin = FakeVendor()

    assert "is no gateway.adapter.Plugin" in refusal_of(point("beispiel"))


def test_another_name_in_the_manifest_is_refused(stranger: Any) -> None:
    """Entry point and manifest must agree, because queue and routing row bear the same name."""
    stranger.plugin = FakeVendor().plugin(name="anders")

    assert "its manifest calls it anders" in refusal_of(point("beispiel"))


def test_a_bad_manifest_is_refused_with_its_own_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the manifest lacks is the reason."""
    (tmp_path / "manifest.toml").write_text('name = "beispiel"\n', "utf-8")
    code = "from pathlib import Path\nfrom gateway.manifest import read_manifest\n"
    (tmp_path / "hasty_wheel.py").write_text(
        f"{code}plugin = read_manifest(Path(__file__).with_name('manifest.toml'))\n", "utf-8"
    )
    monkeypatch.syspath_prepend(tmp_path)

    assert "vendor" in refusal_of(point("beispiel", "hasty_wheel:plugin"))


def test_a_name_claimed_twice_is_refused(stranger: Any) -> None:
    """Of two packages that bring the same name nobody can say which is meant; the same one found twice is one."""
    stranger.plugin = stranger.other = FakeVendor().plugin()

    assert "Two packages" in refusal_of(point("beispiel"), point("beispiel", "strangers_wheel:other"))
    assert set(plugins.load([point("beispiel"), point("beispiel")]).found) == {"beispiel"}


def test_an_adapter_is_asked_for_by_name(stranger: Any) -> None:
    """A refused one gives its reason, an unknown one the list of those there are."""
    stranger.plugin = FakeVendor().plugin()
    loaded = plugins.load([point("beispiel"), point("kaputt", "no_such_module:plugin")])

    assert loaded.named("beispiel") is stranger.plugin
    with pytest.raises(BadAdapter, match="no_such_module"):
        loaded.named("kaputt")
    with pytest.raises(BadAdapter, match=r"not installed\. Installed are: beispiel"):
        loaded.named("fehlt")


@pytest.mark.parametrize("vendor", [FakeVendor(), AskableVendor()])
async def test_an_adapter_opens_if_it_is_what_its_manifest_says(vendor: FakeVendor) -> None:
    """`can_ask` and the method `ask` have to agree, in both directions."""
    honest = vendor.plugin()
    lying = replace(honest, manifest=replace(honest.manifest, can_ask=not honest.manifest.can_ask))

    assert await _open(honest) is vendor
    with pytest.raises(BadAdapter, match="beispiel: can_ask"):
        await _open(lying)


async def _open(plugin: Plugin) -> Adapter:
    async with plugins.opened(plugin) as adapter:
        return adapter
