"""Secrets as files: read when they are needed, and refused where others could read them."""

from pathlib import Path

import pytest

from gateway.drivers.secret_folder import SecretFolder
from gateway.errors import MissingSecret


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    keep(tmp_path / "kelheim", b"Sesam \xc3\xb6ffne dich\n")
    return tmp_path


def keep(file: Path, content: bytes, mode: int = 0o600) -> None:
    file.write_bytes(content)
    file.chmod(mode)


def test_a_secret_is_the_text_in_its_file(folder: Path) -> None:
    """Without the line break at its end, and with the blanks in it; a new one counts at once."""
    vault = SecretFolder(folder)

    assert vault.text("kelheim") == "Sesam öffne dich"
    assert vault.file("kelheim") == folder / "kelheim"
    keep(folder / "kelheim", b"neu ")
    assert vault.text("kelheim") == "neu "


@pytest.mark.parametrize("mode", [0o400, 0o440, 0o600, 0o640])
def test_the_owner_and_the_group_may_read_it(folder: Path, mode: int) -> None:
    """As systemd's credentials and Kubernetes' secrets are."""
    (folder / "kelheim").chmod(mode)

    assert SecretFolder(folder).text("kelheim")


@pytest.mark.parametrize("mode", [0o604, 0o644, 0o660, 0o602, 0o666, 0o777])
def test_what_others_can_read_or_change_is_no_secret(folder: Path, mode: int) -> None:
    """It is refused with what to do, by its text as by its file."""
    (folder / "kelheim").chmod(mode)

    for ask in (SecretFolder(folder).text, SecretFolder(folder).file):
        with pytest.raises(MissingSecret) as caught:
            ask("kelheim")
        assert "600 oder 400" in caught.value.detail.de


@pytest.mark.parametrize(
    "content, word", [(b"", "ist leer"), (b"\n", "ist leer"), (b"\xff\xfe\x00", "kein Text in UTF-8")]
)
def test_what_is_no_text_is_refused(folder: Path, content: bytes, word: str) -> None:
    """A key in another form is meant by its file, not by its text."""
    keep(folder / "kelheim", content)

    with pytest.raises(MissingSecret) as caught:
        SecretFolder(folder).text("kelheim")

    assert word in caught.value.detail.de
    assert SecretFolder(folder).file("kelheim") == folder / "kelheim"


def test_what_is_not_there_is_named(folder: Path) -> None:
    """A file that is missing, or a folder in its place."""
    (folder / "ordner").mkdir()

    for name, word in (("fehlt", "GATEWAY_SECRETS"), ("ordner", "keine Datei")):
        with pytest.raises(MissingSecret) as caught:
            SecretFolder(folder).text(name)
        assert f"„{name}“" in caught.value.detail.de
        assert word in caught.value.detail.de


def test_no_error_says_what_is_in_it(folder: Path) -> None:
    """Neither the sentence nor the chain of causes holds the secret."""
    keep(folder / "kelheim", b"Sesam \xff")

    with pytest.raises(MissingSecret) as caught:
        SecretFolder(folder).text("kelheim")

    assert "Sesam" not in str(caught.value)
    assert caught.value.__suppress_context__
