"""The client that docs/spec/pickup.md shows, as it stands there."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gateway.cli.calling import soon, surroundings
from tests.gateway.pickup.post_office import ROOT
from tests.journeys.sites import PLAN, VORBESCHEID, Town, started, town

PAGE = ROOT / "docs" / "spec" / "pickup.md"


def the_client(folder: Path) -> Path:
    """The script on the page, executable."""
    [script] = re.findall(r"^```sh\n(#!/bin/sh\n.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert len(script.splitlines()) < 50
    file = folder / "pickup.sh"
    file.write_text(script, "utf-8")
    file.chmod(0o700)
    return file


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A gateway and its site, for all tests here."""
    with town(tmp_path_factory.mktemp("town")) as running:
        yield running


def whole(folder: Path) -> bool:
    """Whether document and attachment lie there, byte for byte."""
    document = (folder / "antrag.xml").read_text("utf-8")
    root = VORBESCHEID.read_text("utf-8").splitlines()[-1]
    return document.splitlines()[-1] == root and (folder / hashlib.sha256(PLAN).hexdigest()).read_bytes() == PLAN


def test_shell_and_curl_bring_everything_once(here: Town, tmp_path: Path) -> None:
    """Each Antrag is a folder with all that came with it; what waited and what comes later; and the portal sees it."""
    inbox, script = tmp_path / "inbox", the_client(tmp_path)
    sent = [here.submit() for _ in range(2)]
    command = [str(script), here.door, str(inbox)]
    with started(command, tmp_path / "log", surroundings(SITE_TOKEN=here.site)):
        assert all(here.arrives(one) for one in sent)
        sent.append(here.submit())
        assert here.arrives(sent[-1])

    assert {folder.name for folder in inbox.iterdir()} == {*sent, ".arriving"}
    assert all(whole(inbox / one) for one in sent)


def test_what_is_there_already_is_not_brought_again(here: Town, tmp_path: Path) -> None:
    """After a lost answer the letter comes again; the folder is known, and nothing in it changes."""
    inbox, script = tmp_path / "inbox", the_client(tmp_path)
    submission = here.submit()
    (inbox / submission).mkdir(parents=True)

    with started([str(script), here.door, str(inbox)], tmp_path / "log", surroundings(SITE_TOKEN=here.site)):
        assert here.arrives(submission)

    assert list((inbox / submission).iterdir()) == []


def test_another_token_brings_nothing(here: Town, tmp_path: Path) -> None:
    """The client says so and ends; the letter stays where it is."""
    inbox, script = tmp_path / "inbox", the_client(tmp_path)
    submission = here.submit()

    with started([str(script), here.door, str(inbox)], tmp_path / "log", surroundings(SITE_TOKEN="ags_x")) as client:
        assert soon(lambda: "401" in (tmp_path / "log").read_text(), within=20) or client.alive

    assert here.status(submission)["state"] in ("accepted", "handed_over")
    assert not (inbox / submission).exists()
