"""`gateway adapters`: what is installed, and a test message straight through."""

from pathlib import Path

import pytest

from tests.gateway.cli.calling import A_VALID_ONE, Call


def test_the_list_shows_what_a_manifest_promises(gateway: Call) -> None:
    """For people and for machines, and in both languages."""
    machines, people, english = (
        gateway("adapters", "list", "--json"),
        gateway("adapters", "list"),
        gateway("adapters", "list", "--lang", "en"),
    )

    (filedrop,) = [one for one in machines.json if one["adapter"] == "filedrop"]
    assert machines.code == 0
    assert (filedrop["interface"], filedrop["bestGrade"], filedrop["canAsk"]) == ("published", "transport", True)
    assert "veröffentlicht" in people.out
    assert "published" in english.out


def test_a_way_without_a_pattern_is_refused(gateway: Call, tmp_path: Path) -> None:
    """And those there are, are named."""
    heard = gateway("adapters", "new", "amt", "--transport", "pigeon", "--into", tmp_path)

    assert heard.code == 2
    assert "dir: " in heard.err
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_adapter_is_not_examined(gateway: Call) -> None:
    """The answer lists those that are installed."""
    heard = gateway("adapters", "check", "pigeon")

    assert heard.code == 2
    assert "filedrop" in heard.err


def test_only_a_test_message_is_tried(gateway: Call) -> None:
    """A real Antrag never goes past the journal."""
    heard = gateway("adapters", "test", "filedrop", "augsburg-wohnsitz", A_VALID_ONE)

    assert heard.code == 2
    assert "keine Testnachricht" in heard.err


def test_a_destination_of_another_adapter_is_refused(gateway: Call) -> None:
    """And those that fit are named."""
    heard = gateway("adapters", "test", "filedrop", "nirgendwo", A_VALID_ONE)

    assert heard.code == 1
    assert "augsburg-wohnsitz" in heard.err


@pytest.mark.parametrize("prepared", [True, False])
def test_a_test_message_shows_whether_the_way_is_set_up(gateway: Call, tmp_path: Path, *, prepared: bool) -> None:
    """It arrives at the test endpoint, or the reason has a code that the adapter's README explains."""
    message = tmp_path / "test.xml"
    message.write_bytes(A_VALID_ONE.read_bytes().replace(b' standard="', b' test="true" standard="', 1))
    inbox = tmp_path / "data" / "fachverfahren" / "augsburg-wohnsitz-test" / "eingang"
    if prepared:
        (inbox / ".antragsgateway").mkdir(parents=True)

    heard = gateway("adapters", "test", "filedrop", "augsburg-wohnsitz", message, "--data", tmp_path / "data", "--json")

    assert heard.code == (0 if prepared else 1)
    assert heard.json["outcome"] == ("delivered" if prepared else "unreachable")
