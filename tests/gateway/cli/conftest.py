"""What tests of the command line ask for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.cli import run
from gateway.events import write_log
from tests.gateway.cli.calling import (
    Call,
    Heard,
    Serving,
    a_corner_of_bavaria,
    call_apart,
    open_the_doors,
    serving,
)
from tests.rig.tables import with_directories


@pytest.fixture(autouse=True)
def _nothing_said_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """No setting comes from whoever runs the tests, and no call leaves its log's address behind."""
    for name in ("DATA", "JOURNAL", "BROKER", "KIND", "PORT", "URL", "TOKEN", "XSD", "STORE", "ATTACHMENTS"):
        monkeypatch.delenv(f"GATEWAY_{name}", raising=False)
    monkeypatch.setenv("GATEWAY_ROUTING", str(with_directories()))
    monkeypatch.chdir(tmp_path)
    yield
    write_log()


@pytest.fixture
def gateway(capsys: pytest.CaptureFixture[str]) -> Call:
    """The `gateway` command: `gateway("ledger", "--json")`."""

    def call(*arguments: str | Path) -> Heard:
        code = run([str(one) for one in arguments])
        out, err = capsys.readouterr()
        return Heard(code, out, err)

    return call


@pytest.fixture(scope="session")
def corner(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tables of a corner of Bavaria."""
    return a_corner_of_bavaria(tmp_path_factory.mktemp("corner"))


@pytest.fixture
def small(gateway: Call, corner: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """The command, with those tables."""
    monkeypatch.setenv("GATEWAY_ROUTING", str(corner))
    return gateway


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """One gateway that serves for the whole run."""
    data = tmp_path_factory.mktemp("served")
    open_the_doors(data)
    with serving(data) as running:
        yield running


@pytest.fixture(scope="session")
def token(served: Serving) -> str:
    """The token of a portal that may send everything there."""
    added = call_apart("clients", "add", "portal-beispiel", "--data", served.data, "--json")
    assert added.code == 0, added.err
    return str(added.json["token"])
