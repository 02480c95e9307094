"""The programs the tests need are found, or missed in a sentence."""

from pathlib import Path

import pytest

from tests.services.packages import FOR_TESTS, MissingProgram, Program, install

ABSENT = Program("no-such-program", "no-such-package")


@pytest.mark.parametrize("program", FOR_TESTS, ids=lambda program: program.name)
def test_every_program_is_there_once_the_tests_run(program: Program) -> None:
    """`make test` has installed what the tests start."""
    assert program.path().is_file()


def test_a_missing_program_is_named_with_its_package() -> None:
    """Who runs the tests without a program learns its name and where it comes from."""
    with pytest.raises(MissingProgram, match=r"need no-such-program.*apt-get install no-such-package"):
        ABSENT.path()


def test_without_apt_nothing_is_skipped_in_silence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where there is no apt-get, the installation fails and names what is missing."""
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(MissingProgram, match=r"no-such-program.*no apt-get"):
        install([ABSENT])


def test_the_newest_of_several_versions_is_taken(tmp_path: Path) -> None:
    """Of PostgreSQL 9, 15 and 16 on one machine the tests start 16."""
    for version in ("9", "15", "16"):
        program = tmp_path / version / "bin" / "server"
        program.parent.mkdir(parents=True)
        program.touch(mode=0o755)

    found = Program("server", "server", beside_path=f"{tmp_path.relative_to('/')}/*/bin").find()

    assert found == tmp_path / "16" / "bin" / "server"
