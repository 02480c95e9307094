"""Secrets by reference: tables hold names, and whoever delivers puts in what they stand for."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from gateway.errors import BadTables, MissingSecret
from gateway.routing import Tables
from gateway.routing.secrets import Reference, references, revealed
from gateway.routing.watching import insist_on_secrets
from tests.gateway.routing.conftest import Write

REFERRING = 'live = { folder = "{data}/{destination}", password = "secret:freising", key = "secret-file:freising.pem"'


class AVault:
    """Holds what it is given."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._secrets = secrets

    def text(self, name: str) -> str:
        if name not in self._secrets:
            raise MissingSecret(f"„{name}“ fehlt.", f"“{name}” is missing.")
        return self._secrets[name]

    def file(self, name: str) -> Path:
        self.text(name)
        return Path("/geheim") / name


VAULT = AVault({"freising": "Sesam öffne dich", "freising.pem": "…"})


@pytest.fixture
def tables(write: Write) -> Tables:
    folder = write("destinations.toml", 'live = { folder = "{data}/{destination}"', REFERRING)
    return Tables.load(folder, Path("/data"))


def test_settings_hold_names_until_they_are_revealed(tables: Tables) -> None:
    """The endpoint as tables have it says which secret; revealed, it has its text, or the path of its file."""
    settings = tables.endpoint("freising-bau", test=False).settings

    assert settings["password"] == "secret:freising"
    assert revealed(settings, VAULT) == {
        "folder": "/data/freising-bau",
        "password": "Sesam öffne dich",
        "key": "/geheim/freising.pem",
        "mode": 7,
    }


def test_secrets_are_found_at_any_depth() -> None:
    """In tables and lists within the settings, too; what only looks like one is left alone."""
    settings = {"a": {"b": ["secret:eins", {"c": "secret-file:zwei"}]}, "d": "my secret: none", "e": 3}

    assert set(references(settings)) == {Reference("eins", by_file=False), Reference("zwei", by_file=True)}
    vault = AVault({"eins": "1", "zwei": "2"})
    assert revealed(settings, vault) == {"a": {"b": ["1", {"c": "/geheim/zwei"}]}, "d": "my secret: none", "e": 3}


def test_an_endpoint_shows_no_settings(tables: Tables) -> None:
    """Whoever prints one, prints no secret."""
    endpoint = tables.endpoint("freising-bau", test=False)

    assert "freising-bau" in repr(endpoint)
    assert "secret" not in repr(endpoint)


@pytest.mark.parametrize(
    "reference", ["secret:", "secret:../journal.db", "secret:Groß", "secret-file:a b", "secret:a\\n"]
)
def test_a_reference_that_is_none_is_refused_with_its_line(write: Write, reference: str) -> None:
    """No path leads out of the folder, and a slip is seen before anything is delivered."""
    folder = write("destinations.toml", 'test.folder = "/srv/eingang-test"', f'test.folder = "{reference}"')

    with pytest.raises(BadTables) as caught:
        Tables.load(folder, Path("/data"))

    assert caught.value.detail.de.startswith("destinations.toml, Zeile 11: „folder“ verweist auf kein Geheimnis")


def test_a_missing_secret_is_refused_with_destination_and_name(tables: Tables) -> None:
    """Before the tables are used, by whoever delivers with that adapter, and by nobody else."""
    insist_on_secrets(tables, VAULT, {"filedrop"})
    insist_on_secrets(tables, AVault({}), {"another"})

    with pytest.raises(MissingSecret) as caught:
        insist_on_secrets(tables, AVault({"freising": "Sesam"}), {"filedrop"})

    assert caught.value.detail.de == (
        "destinations.toml: der Zustellpunkt „freising-bau“ braucht ein Geheimnis. „freising.pem“ fehlt."
    )
    assert caught.value.code == "secret-missing"
    assert caught.value.place == "destinations.toml"
