"""What lies in the directory after a delivery, and what the adapter says of it."""

import hashlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest

from adapters.filedrop.adapter import FileDrop, open_filedrop
from adapters.filedrop.mapping import EXTENSIONS, Names
from adapters.filedrop.settings import EXPLAINED, Settings
from gateway.adapter import Consignment, Delivered, Enclosure, NotThere, Unreachable
from gateway.errors import BadSettings
from gateway.submission import Grade
from gateway.testing import CANARIES, MemoryStream, a_consignment, a_submission, an_attachment, an_enclosure
from gateway.transports.attachments import AttachmentChanged
from gateway.transports.directory import WORKSPACE

pytestmark = pytest.mark.anyio


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    inbox = tmp_path / "eingang"
    (inbox / WORKSPACE).mkdir(parents=True)
    return inbox


@pytest.fixture
async def filedrop() -> AsyncIterator[FileDrop]:
    async with open_filedrop() as filedrop:
        yield filedrop


def brought_to(inbox: Path, *enclosures: Enclosure, test: bool = False) -> Consignment:
    return a_consignment(enclosures=enclosures, settings={"directory": str(inbox)}, test=test)


def files_in(inbox: Path) -> set[str]:
    return {path.name for path in inbox.iterdir() if path.name != WORKSPACE}


async def test_files_are_named_after_the_submission(filedrop: FileDrop, inbox: Path) -> None:
    """Id, number and an extension from a list are all that a file name holds, whatever the portal called the file."""
    scan = an_enclosure(b"scan", name=f"../{CANARIES[0]}.exe", media_type="image/jpeg; q=1")
    sent = brought_to(inbox, scan, an_enclosure(b"?", name="anlage-2", media_type="application/x-unbekannt"))

    await filedrop.deliver(sent)

    id_ = sent.submission.id
    assert files_in(inbox) == {f"{id_}.xml", f"{id_}.1.jpg", f"{id_}.2.bin", f"{id_}.json"}
    assert (inbox / f"{id_}.1.jpg").read_bytes() == b"scan"


async def test_the_sidecar_tells_what_belongs_together(filedrop: FileDrop, inbox: Path) -> None:
    """It names each file with type, size, digest and its id in the XML, and the facts a Fachverfahren sorts by."""
    scan = an_enclosure(b"scan", name="anlage-1", media_type="image/png")
    sent = brought_to(inbox, scan, test=True)

    await filedrop.deliver(sent)

    submission = sent.submission
    assert json.loads((inbox / f"{submission.id}.json").read_bytes()) == {
        "format": 1,
        "submissionId": submission.id,
        "service": "wohnsitz",
        "leistung": "99115005104000",
        "authority": "096610000000",
        "root": "wohnsitz.anmeldung.0100",
        "standard": "beispiel",
        "version": "1.0",
        "messageUuid": submission.message_uuid,
        "receivedAt": "2026-01-01T12:00:00.000000Z",
        "test": True,
        "files": [
            {
                "name": f"{submission.id}.xml",
                "mediaType": "application/xml",
                "size": len(sent.document),
                "sha256": hashlib.sha256(sent.document).hexdigest(),
            },
            {
                "name": f"{submission.id}.1.png",
                "mediaType": "image/png",
                "size": 4,
                "sha256": hashlib.sha256(b"scan").hexdigest(),
                "attachment": "anlage-1",
            },
        ],
    }


async def test_the_sidecar_repeats_nothing_from_the_document(filedrop: FileDrop, inbox: Path) -> None:
    """Name, birth date and IBAN stay in the document."""
    sent = brought_to(inbox)

    await filedrop.deliver(sent)

    sidecar = (inbox / f"{sent.submission.id}.json").read_text("utf-8")
    assert all(canary in sent.document.decode() for canary in CANARIES)
    assert not [canary for canary in CANARIES if canary in sidecar]


async def test_a_delivery_is_handed_to_the_transport(filedrop: FileDrop, inbox: Path) -> None:
    """The grade claims no more than that; the reference is the sidecar's name, the same each time."""
    sent = brought_to(inbox)

    outcomes = [await filedrop.deliver(sent), await filedrop.deliver(sent), await filedrop.ask(sent)]

    assert outcomes == [Delivered(f"{sent.submission.id}.json", Grade.TRANSPORT)] * 3


async def test_asked_after_the_pick_up_it_still_knows(filedrop: FileDrop, inbox: Path) -> None:
    """A Fachverfahren may do with the files what it likes: what was delivered stays so, also for a new process."""
    sent, unsent = brought_to(inbox, an_enclosure()), brought_to(inbox)
    await filedrop.deliver(sent)
    for name in files_in(inbox):
        (inbox / name).unlink()

    async with open_filedrop() as restarted:
        assert isinstance(await restarted.ask(sent), Delivered)
        assert isinstance(await restarted.deliver(sent), Delivered)
        assert await restarted.ask(unsent) == NotThere()
    assert files_in(inbox) == set()


async def test_a_changed_attachment_is_not_handed_over(filedrop: FileDrop, inbox: Path) -> None:
    """Bytes other than those recorded at intake stop the delivery; a human has to look."""
    recorded = an_attachment(MemoryStream(b"was kam"), name="anlage-1", media_type="text/plain")
    sent = brought_to(inbox, Enclosure(recorded, MemoryStream(b"was da ist")))

    with pytest.raises(AttachmentChanged):
        await filedrop.deliver(sent)

    assert files_in(inbox) == set()


async def test_one_full_directory_says_nothing_about_another(filedrop: FileDrop, inbox: Path) -> None:
    """Of two destinations, the one that is away does not touch the other."""
    away = brought_to(inbox.with_name("weg"))
    there = brought_to(inbox)

    assert await filedrop.deliver(away) == Unreachable("folder-missing")
    assert isinstance(await filedrop.deliver(there), Delivered)


@pytest.mark.parametrize("given", [{}, {"directory": ""}, {"directory": "eingang"}, {"directory": 7}])
def test_a_directory_must_be_an_absolute_path(given: dict[str, object]) -> None:
    """Anything else is refused by name."""
    with pytest.raises(BadSettings, match="directory"):
        Settings.read(given)


REMOTE: Final[dict[str, object]] = {
    "directory": "/eingang",
    "host": "sftp.example",
    "port": 2_222,
    "user": "gateway",
    "host_keys": ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"],
    "key": "/etc/antragsgateway/sftp",
    "password_file": "/etc/antragsgateway/kennwort",
    "connect_seconds": 5,
}


def test_an_account_is_read_from_its_settings() -> None:
    """The names an operator may write are those that are explained, and together they make an account."""
    settings = Settings.read(REMOTE)

    assert {*REMOTE, "answers"} == set(EXPLAINED)
    assert settings.account is not None
    assert (settings.account.host, settings.account.port, settings.account.connect) == ("sftp.example", 2_222, 5)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"answers": "/srv/ausgang"}, "answers"),
        ({"user": None}, "user"),
        ({"host": None}, "port"),
        ({"port": 0}, "port"),
        ({"key": None, "password_file": None}, "key"),
        ({"key": "sftp"}, "key"),
        ({"host_keys": None}, "host_keys"),
        ({"host_keys": []}, "host_keys"),
        ({"host_keys": ["sftp.example ssh-ed25519 AAAA"]}, "host_keys"),
        ({"directory": "eingang"}, "directory"),
    ],
)
def test_an_account_that_will_not_do_is_refused_by_name(changes: dict[str, object], named: str) -> None:
    """Nothing about a server is guessed, its key least of all."""
    with pytest.raises(BadSettings, match=f"filedrop: {named} "):
        Settings.read({name: value for name, value in (REMOTE | changes).items() if value is not None})


def test_no_attachment_can_be_taken_for_a_sidecar() -> None:
    """An attachment of JSON is called `.bin`, so that `*.json` finds sidecars only."""
    attachment = an_attachment(MemoryStream(b"{}"), name="anlage-1", media_type="application/json")

    assert Names.of(a_submission(attachments=(attachment,))).attachments[0].endswith(".1.bin")
    assert "json" not in EXTENSIONS.values()
