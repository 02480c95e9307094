"""Everything that is installed is pinned, and its bytes are known."""

import re
import tomllib

from tests.house.tree import ROOT

LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
REQUIREMENT = re.compile(r"^([a-z0-9][a-z0-9._-]*)(\[.*?\])?==(\S+)", re.MULTILINE)


def test_every_requirement_has_hashes() -> None:
    """No line of the lock installs something whose digest it does not name."""
    blocks = re.split(r"\n(?=\S)", "\n".join(line for line in LOCK.splitlines() if not line.startswith("#")))

    assert len(blocks) > 40
    assert not [block for block in blocks if not re.search(r"^[a-z0-9._-]+==.*\\\n +--hash=sha256:[0-9a-f]{64}", block)]


def test_the_lock_names_no_address() -> None:
    """No index, no link and no folder of the machine that wrote it: only names, versions and digests."""
    assert not re.search(r"://|--(extra-)?index|--find-links|--trusted-host|file:|(^|\s)/", LOCK)


def test_everything_the_project_asks_for_is_locked() -> None:
    """Run time, tools and the build backend: each direct dependency has its line."""
    groups = PROJECT["dependency-groups"]
    extras = [each for extra in PROJECT["project"]["optional-dependencies"].values() for each in extra]
    asked = [*PROJECT["project"]["dependencies"], *extras, *groups["dev"], *groups["build"]]
    locked = {name for name, _, _ in REQUIREMENT.findall(LOCK)}

    assert {_name(requirement) for requirement in asked} <= locked


def test_the_build_backend_is_the_one_that_is_locked() -> None:
    """`pip install --no-build-isolation` finds in .venv what [build-system] asks for."""
    assert PROJECT["build-system"]["requires"] == PROJECT["dependency-groups"]["build"]


def _name(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found
    return found[0].lower().replace("_", "-").replace(".", "-")
